"""What the proof of a GEMM costs, against what any use of its tensors and its cores costs.

    python benchmarks/bench_validate.py [--backend wolfpine] [--arch wormhole] [--repeat 3]
        [--pages 10000,50000,200000]

The proof: A, B and C of 1024 x 1024 bfloat16 (3,072 pages) and the schedule of 64 blocks, through
E1 to E6 with all controls. Against it, on the same backend in the same run: moving the three
tensors to the device and back, compiling one kernel (which does nothing), and starting it once on
the schedule's cores. Both in a session of their own, by turns, each from an empty kernel cache.
Bound: 1.5 times.

Beside the seconds stands the CPU time of the device's process, its compilers and its simulator,
which says more on a machine that others use too.

Then the cost a page of tensors alone, three to a proof, for more and more pages, kernels compiled.
Bound: that of the fewest.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

Cost = tuple[float, float]


def start_cores(device: Any, schedule: Any, source: str) -> None:
    """Run a kernel once on a schedule's cores; a job of the session."""
    from tilelang.tt.runtime.jobs import bridge

    cores = bridge.core_range_set(schedule)
    args = bridge.runtime_args(schedule, _Zeros(), _Zeros())
    kernel = bridge.Kernel(Path(source), cores, args, len(schedule.runtime_args))
    bridge.run(device, [kernel], [bridge.room_in_l1(device, 1, 4)])


class _Zeros(dict):
    """A value for any name."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> int:
        return 0


def cost(session: Any, work: Callable[[], Any]) -> Cost:
    """Seconds, and CPU seconds of the device's processes."""
    started, used = time.perf_counter(), _cpu(session)
    work()
    return time.perf_counter() - started, _cpu(session) - used


def _cpu(session: Any) -> float:
    """Of the worker, of what it has waited for, and of a simulator that is a process of its own."""
    from tilelang.tt.runtime.session.guardian import simulator_pid

    ticks = 0
    for pid in filter(None, (session._worker.pid, simulator_pid(str(session.folder)))):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))  # proc(5): utime, stime, cutime, cstime
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="wolfpine")
    parser.add_argument("--arch", default="wormhole")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--pages", default="10000,50000,200000")
    options = parser.parse_args()
    from ml_dtypes import bfloat16

    from tilelang.tt.describe import describe_tensor, schedule_tiles
    from tilelang.tt.runtime.backends.devices import open_device
    from tilelang.tt.runtime.root.cache import part
    from tilelang.tt.validate.cases import Case
    from tilelang.tt.validate.harness import validate

    os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # for the worker to find start_cores
    array = np.random.default_rng(0).random((1024, 1024)).astype(bfloat16)

    def tensors(spec: Any, size: int) -> list[Any]:
        return [describe_tensor(name, (size, size), "bfloat16", spec) for name in "ABC"]

    def cases(spec: Any, size: int) -> list[Case]:
        return [Case(buffer.name, "kernels", buffer=buffer) for buffer in tensors(spec, size)]

    def prove(device: Any, chosen: list[Case]) -> None:
        evidence = validate(device, chosen)
        assert evidence.exit_code() == 0, evidence.objections()

    @contextmanager
    def opened() -> Iterator[Any]:
        """A device with an empty kernel cache."""
        shutil.rmtree(part("kernels"))
        with open_device(options.backend, options.arch, timeout=600) as device:
            yield device

    def reference(device: Any) -> tuple[Cost, Cost]:
        schedule = schedule_tiles([8, 8], device.spec)
        source = device.folder / "nothing.cpp"
        source.write_text('#include "api/dataflow/dataflow_api.h"\n\nvoid kernel_main() {}\n')

        def move() -> None:
            for buffer in tensors(device.spec, 1024):
                device.call(
                    "tilelang.tt.runtime.jobs.copies:round_trip", array, buffer, timeout=900
                )

        def start() -> None:
            device.call("bench_validate:start_cores", schedule, str(source), timeout=900)

        return cost(device, move), cost(device, start)

    with tempfile.TemporaryDirectory(prefix="bench-cache-") as cache:
        os.environ["TILELANG_TT_CACHE"] = cache
        with open_device(options.backend, options.arch, timeout=600) as device:  # makes the root
            print(f"{device.backend}, {options.repeat} times, seconds (of CPU):")
        ratios = []
        for _ in range(options.repeat):
            with opened() as device:
                moved, started = reference(device)
            with opened() as device:
                schedule = Case("gemm", "kernels", schedule=schedule_tiles([8, 8], device.spec))
                gemm = [*cases(device.spec, 1024), schedule]
                first = cost(device, lambda: prove(device, gemm))  # noqa: B023
                again = cost(device, lambda: prove(device, gemm))  # noqa: B023
            ratios.append([first[i] / (moved[i] + started[i]) for i in (0, 1)])
            named = {"move": moved, "compile and start": started, "proof": first, "again": again}
            shown = ", ".join(f"{name} {a:.2f} ({b:.2f})" for name, (a, b) in named.items())
            print(f"{shown}: {ratios[-1][0]:.2f} times ({ratios[-1][1]:.2f})", flush=True)
        median = [statistics.median(row[i] for row in ratios) for i in (0, 1)]
        print(f"median: {median[0]:.2f} times ({median[1]:.2f})")
        with open_device(options.backend, options.arch, timeout=600) as device:
            prove(device, cases(device.spec, 64))
            for pages in map(int, filter(None, options.pages.split(","))):
                size = 32 * round(math.sqrt(pages / 3))
                chosen = cases(device.spec, size)
                asked = sum(case.buffer.accessor.num_pages for case in chosen)
                taken = cost(device, lambda: prove(device, chosen))  # noqa: B023
                each = [1000 * seconds / asked for seconds in taken]
                print(f"{asked} pages: {each[0]:.3f} ({each[1]:.3f}) ms a page", flush=True)


if __name__ == "__main__":
    main()
