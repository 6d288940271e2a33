"""What reading and writing plans costs, against the passes on the same function in the same run.

    python benchmarks/bench_plan.py

Prints the figures, and exits 1 if one is above its bound:
  - infer_metadata with a preset's name: at most 1.5 times that with a DeviceSpec
  - Plan.from_module, Plan.save and Plan.load of one function: at most 10 times the stage each
  - Plan.from_module, .save and .load of 2,000 functions: at most 2 s each

A figure is the least of several runs, which are taken in turn so that all see the same machine. It
is CPU time, which is the time taken on a machine that nobody else uses; all of it is one thread's.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 40
MANY = 2000


def minima(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """The least CPU seconds of each call; every round makes each of them once."""
    for call in calls.values():  # the first calls load and register
        call()
    least = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.process_time()
            call()
            least[name] = min(least[name], time.process_time() - start)
    return least


def report(what: str, found: float, bound: float, unit: str) -> bool:
    held = found <= bound
    print(f"{'ok ' if held else 'NO '} {what}: {found:.2f}{unit}, bound {bound:g}{unit}")
    return held


def main() -> int:
    import tvm

    import tilelang.tt as tt

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
    from gemm_tir import gemm

    func = gemm(M=1024, N=1024, K=1024, block=128)
    device = tt.DeviceSpec.preset("n150")
    module = tvm.IRModule({"gemm": func})
    planned = tt.infer_metadata(module, device)
    many = tt.infer_metadata(tvm.IRModule({f"gemm{i}": func for i in range(MANY)}), device)
    folder = Path(tempfile.mkdtemp())
    plan, plans = tt.Plan.from_module(planned), tt.Plan.from_module(many)
    plans.save(folder / "many.json")

    one = minima(
        {
            "the stage": lambda: tt.infer_metadata(module, device),
            "the stage with a preset's name": lambda: tt.infer_metadata(module, "n150"),
            "Plan.from_module": lambda: tt.Plan.from_module(planned),
            "Plan.save": lambda: plan.save(folder / "one.json"),
            "Plan.load": lambda: tt.Plan.load(folder / "one.json"),
        },
        ROUNDS,
    )
    stage = one.pop("the stage")
    print(f"Python {sys.version.split()[0]}; the stage takes {stage * 1e6:.0f} us")
    held = True
    for name, seconds in one.items():
        bound = 1.5 if "preset" in name else 10
        held &= report(f"{name}, one function", seconds / stage, bound, " stages")
    for name, seconds in minima(
        {
            "Plan.from_module": lambda: tt.Plan.from_module(many),
            "Plan.save": lambda: plans.save(folder / "many.json"),
            "Plan.load": lambda: tt.Plan.load(folder / "many.json"),
        },
        2,
    ).items():
        held &= report(f"{name}, {MANY} functions", seconds, 2, " s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
