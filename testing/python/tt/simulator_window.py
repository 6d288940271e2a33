"""Runs wolfpine's server with a window into its memory, which ttnn has no part in.

    python simulator_window.py FOLDER MODULE SERVER-ARGUMENTS...

A request, FOLDER/window.json, is a list of [x, y, address, bytes]; the answer, FOLDER/window.bin, is what
the simulator's own memory holds there, one after the other.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import threading
import time
from pathlib import Path

from framework.bridge import fabric

_fabrics: list[fabric.Fabric] = []


def _remember(self, *args, _init=fabric.Fabric.__init__, **kwargs):
    _init(self, *args, **kwargs)
    _fabrics.append(self)


def serve(folder: Path) -> None:
    request, answer = folder / "window.json", folder / "window.bin"
    while True:
        time.sleep(0.02)
        if request.exists():
            places = json.loads(request.read_text())
            found = [bytes(_fabrics[0].read((x, y), at, size)) for x, y, at, size in places]
            request.unlink()
            answer.with_suffix(".draft").write_bytes(b"".join(found))
            os.replace(answer.with_suffix(".draft"), answer)


def look(folder: Path, places: list[list[int]]) -> bytes:
    """What the simulator of a session's folder has at some places."""
    request, answer = folder / "window.json", folder / "window.bin"
    answer.unlink(missing_ok=True)
    request.with_suffix(".draft").write_text(json.dumps(places))
    os.replace(request.with_suffix(".draft"), request)
    deadline = time.monotonic() + 20
    while not answer.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return answer.read_bytes()


if __name__ == "__main__":
    fabric.Fabric.__init__ = _remember
    folder, module, *arguments = sys.argv[1:]
    threading.Thread(target=serve, args=[Path(folder)], daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
