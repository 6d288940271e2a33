"""What the proof of a GEMM costs, against moving its tensors in the same run.

    python benchmarks/bench_validate.py [--backend wolfpine] [--arch wormhole]

A, B and C of 1024 x 1024 bfloat16 (3,072 pages) and its schedule through E1 to E6 with controls,
from an empty kernel cache, against the three tensors to the device and back and the compilation
of one kernel. Bound: 3 times that. Then the cost a page, for more and more pages.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="wolfpine")
    parser.add_argument("--arch", default="wormhole")
    options = parser.parse_args()
    from tilelang.tt.describe import describe_tensor, schedule_tiles
    from tilelang.tt.runtime.devices import open_device
    from tilelang.tt.validate.cases import Case
    from tilelang.tt.validate.harness import validate

    def tensors(spec: Any, size: int) -> list[Any]:
        return [describe_tensor(name, (size, size), "bfloat16", spec) for name in "ABC"]

    def cases(spec: Any, size: int) -> list[Case]:
        found = [Case(buffer.name, "kernels", buffer=buffer) for buffer in tensors(spec, size)]
        launch = schedule_tiles([size // 128, size // 128], spec)
        return [*found, Case("schedule", "kernels", schedule=launch)]

    def prove(device: Any, size: int, with_schedule: bool = True) -> None:
        chosen = cases(device.spec, size)
        evidence = validate(device, chosen if with_schedule else chosen[:-1])
        assert evidence.exit_code() == 0, evidence.failure

    with tempfile.TemporaryDirectory(prefix="bench-cache-") as cache:
        os.environ["TILELANG_TT_CACHE"] = cache
        with open_device(options.backend, options.arch):
            pass  # the firmware goes into the cache
        with open_device(options.backend, options.arch) as device:
            spec = device.spec

            def kernel() -> None:
                device.call("tilelang.tt.runtime.jobs:bank_tables", spec.dram_banks)

            compiled = seconds(kernel)
            compiled -= seconds(kernel)
            array = np.random.default_rng(0).random((1024, 1024)).astype(ml_dtypes.bfloat16)

            def move() -> None:
                for buffer in tensors(spec, 1024):
                    job = "tilelang.tt.runtime.jobs:round_trip"
                    device.call(job, array, buffer, timeout=300)

            moved = seconds(move)
        with open_device(options.backend, options.arch) as device:
            first = seconds(lambda: prove(device, 1024))
            again = seconds(lambda: prove(device, 1024))
            print(
                f"{device.backend}: compiling one kernel {compiled:.2f} s, moving the tensors "
                f"{moved:.2f} s; the proof {first:.2f} s ({first / (compiled + moved):.1f} times), "
                f"again {again:.2f} s"
            )
            for size in (256, 512, 1024, 2048):
                pages = 3 * (size // 32) ** 2
                taken = seconds(lambda size=size: prove(device, size, with_schedule=False))
                print(f"{pages} pages: {1000 * taken / pages:.2f} ms a page")


if __name__ == "__main__":
    main()
