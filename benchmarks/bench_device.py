"""What a device costs through this package, against ttnn alone in the same run.

    python benchmarks/bench_device.py [--backend wolfpine] [--arch wormhole] [--rounds 5]

Opening: from nothing to an open device that was asked, against a process that imports ttnn and
opens the same device with the same environment. Bound: 0.5 s more.
Compiling: the first kernel of an empty cache, and the same in the next session. Bound: 2 s,
and next to nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = """
import sys, time
import ttnn
device = ttnn.open_device(device_id=0)
print("open", flush=True)
time.sleep(100)
"""


def bare_open(backend: object) -> float:
    """Seconds until ttnn alone has the device open."""
    from tilelang.tt.runtime.session.guardian import end_session

    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", BARE],
        env={**backend.environment(folder), "LOGURU_LEVEL": "WARNING"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    while (line := child.stdout.readline()) and line != "open\n":
        pass
    seconds = time.perf_counter() - started
    end_session(child.pid, str(folder))
    child.wait()
    return seconds


def layer_open(backend: object) -> float:
    from tilelang.tt.runtime.session.parent import Session

    started = time.perf_counter()
    session = Session(backend)
    seconds = time.perf_counter() - started
    session.close()
    return seconds


def first_kernel(backend: object) -> tuple[float, float]:
    """Seconds of a program on one core: when it is compiled, and when it has been."""
    from tilelang.tt.describe import describe_tensor, schedule_tiles
    from tilelang.tt.runtime.session.parent import Session

    with Session(backend) as session:
        tensor = describe_tensor("tiles", (32, 32), "uint32", session.spec)
        times = []
        for _ in range(2):
            started = time.perf_counter()
            session.call(
                "tilelang.tt.runtime.jobs.copies:copy_by_schedule",
                *(schedule_tiles([1], session.spec), tensor, {}, {}),
            )
            times.append(time.perf_counter() - started)
    return times[0], times[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="wolfpine")
    parser.add_argument("--arch", default="wormhole")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    from tilelang.tt.runtime.backends.devices import make_backend

    with tempfile.TemporaryDirectory(prefix="bench-cache-") as cache:
        os.environ["TILELANG_TT_CACHE"] = cache
        backend = make_backend(options.backend, options.arch)
        layer_open(backend)  # the firmware goes into the cache
        first, again = first_kernel(backend)
        cached, _ = first_kernel(backend)
        rounds = [(bare_open(backend), layer_open(backend)) for _ in range(options.rounds)]
    bare, layer = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"{backend}, median of {options.rounds}")
    more = layer - bare
    print(f"open: ttnn alone {bare:.2f} s, through the package {layer:.2f} s: {more:+.2f} s")
    print(
        f"one core's copy: {first:.2f} s compiled, {cached:.2f} s in the next session, "
        f"{again:.2f} s when run again: {first - again:.2f} s to compile"
    )


if __name__ == "__main__":
    main()
