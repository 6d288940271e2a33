"""Running a Python module in a child process that can neither hang nor leave anything behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import BackendError

_LAST_LINES = 3


def run_module(
    module: str, args: Sequence[str], env: Mapping[str, str], timeout: float, what: str
) -> None:
    """Run ``python -m module args`` and wait for it.

    The child works in a folder of its own, which is removed with whatever TT-metal wrote
    into it, and in a process group of its own, which is ended whatever happens.

    Parameters
    ----------
    env : the whole environment of the child
    timeout : seconds
    what : what the child does, for messages: "opening a mock n150"

    Raises
    ------
    BackendError
        The child failed or did not finish in time; with its last output.
    """
    with tempfile.TemporaryDirectory(prefix="tilelang-tt-") as folder:
        log = Path(folder, "output.log")
        with log.open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", module, *args],
                env={**env, **folder_variables(Path(folder))},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = child.wait(timeout)
            except subprocess.TimeoutExpired:
                raise BackendError(
                    f"{what}: not done within {timeout:g} s.{last_output(log)}"
                ) from None
            finally:
                _end_group(child)
        if code != 0:
            reason = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            raise BackendError(f"{what}: failed with {reason}.{last_output(log)}")


def folder_variables(folder: Path) -> dict[str, str]:
    """Variables that keep what TT-metal and its libraries write in a folder, and quiet."""
    return {
        "TT_METAL_LOGS_PATH": str(folder),
        "TMPDIR": str(folder),
        "LOGURU_LEVEL": "WARNING",
    }


def _end_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


# A fault as TT-metal logs it: "... TT_FATAL: the reason (file.cpp:129)".
_FAULT = re.compile(r"TT_(?:FATAL|THROW): (?P<reason>.*?)(?: \(\w+\.\w+:\d+\))?$", re.MULTILINE)


def last_output(log: Path) -> str:
    """The reason that TT-metal gave, if the log has one, else the log's last lines; one line."""
    text = log.read_text(errors="replace")
    fault = _FAULT.search(text)
    if fault:
        return f" TT-metal says: {fault['reason']}"
    shown = [line.strip() for line in text.splitlines() if line.strip()][-_LAST_LINES:]
    return f" It printed last: {' / '.join(shown)}" if shown else " It printed nothing."
