"""Policies compared on wolfpine with its cost model: what bounds each, and what it takes.

    python benchmarks/bench_choice.py [--only NAME] [--arch wormhole]

Each case is one program on a few cores, under each policy: the bounds, the modelled cycles, and the
bytes of DRAM read, counted and predicted. What is held: the bytes are equal; no bound is above
the cycles; of the cases that keep the matrix engine busy, the bound of the policy that "auto" takes
is at least half of them; and that policy costs at most 1.1 times the cheapest one. A case beyond
that ends in an exit code of 1. None of the shapes but those of TUNED was used to tune anything.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import bench_kernels  # sets the path of the tests' modules
import ml_dtypes
import numpy as np
import tile_kernels

from tilelang.tt.bounds import bounds_of
from tilelang.tt.choice import Option, choose
from tilelang.tt.codegen.generate import generate_all
from tilelang.tt.codegen.launch import launch
from tilelang.tt.describe import describe_tensor, schedule_program
from tilelang.tt.policies import POLICIES
from tilelang.tt.program import Program, Tensor
from tilelang.tt.runtime.running import RUN
from tilelang.tt.runtime.session.parent import Session

#: Seconds for a launch on a busy machine.
_PATIENCE = 3600


@dataclass(frozen=True)
class Case:
    """``busy``: the matrix engine is its wall, and its start matters little. ``alone``: only the
    policy that "auto" takes is run."""

    program: Callable[[], Program]
    cores: tuple[int, int]
    busy: bool = False
    alone: bool = False


def _gemm(
    m: int, n: int, k: int, bm: int, bn: int, cores: tuple[int, int], busy: bool = False
) -> Case:
    return Case(lambda: tile_kernels.gemm(m, n, k, bm, bn, bk=64), cores, busy)


#: Shapes that the constants of choice.py were set by.
TUNED = {
    "gemm-256x256x256": _gemm(256, 256, 256, 128, 128, (2, 2), busy=True),
    "gemm-160x96x64": _gemm(160, 96, 64, 32, 32, (3, 2)),
    "gemm-64x192x128": _gemm(64, 192, 128, 64, 64, (3, 1)),
    "gemm-64x256x192": _gemm(64, 256, 192, 64, 64, (4, 1)),
    "gemm-128x128x320": _gemm(128, 128, 320, 64, 64, (2, 2)),
    "gemm-192x192x64": _gemm(192, 192, 64, 96, 96, (2, 2)),
    "gemm-32x416x64": _gemm(32, 416, 64, 32, 32, (5, 2)),
    "gemm-224x64x96": _gemm(224, 64, 96, 32, 64, (1, 4)),
    "softmax-224x64": Case(lambda: tile_kernels.softmax(224, 64), (4, 1)),
}

#: Long ones, that the matrix engine bounds.
LONG = {
    f"gemm-{m}x{n}x{k}": replace(_gemm(m, n, k, 128, 128, cores, busy=True), alone=True)
    for m, n, k, cores in (
        (256, 256, 512, (2, 2)),
        (256, 256, 1024, (2, 2)),
        (512, 256, 512, (2, 4)),
        (512, 512, 512, (4, 4)),
        (1024, 512, 512, (4, 8)),
    )
}

#: Ten that they were not.
CASES = {
    "gemm-64x128x160": _gemm(64, 128, 160, 32, 64, (2, 2)),
    "norm-96x64": Case(lambda: tile_kernels.norm(96, 64, False), (3, 1)),
    "gemm-256x32x128": _gemm(256, 32, 128, 32, 32, (2, 3)),
    "gemm-128x192x128": _gemm(128, 192, 128, 64, 64, (3, 2)),
    "gemm-128x64x256": _gemm(128, 64, 256, 64, 64, (1, 2)),
    "gemm-192x64x64": _gemm(192, 64, 64, 96, 32, (2, 2)),
    "gemm-70x100x64": _gemm(70, 100, 64, 64, 32, (2, 2)),
    "gemm-2x64x64x64": Case(lambda: tile_kernels.gemm(64, 64, 64, 32, 32, batch=2), (2, 4)),
    "softmax-96x64": Case(lambda: tile_kernels.softmax(96, 64), (2, 1)),
    "attention-64": Case(lambda: tile_kernels.flash_attention(1, 2, 64, 32, False, 32, 32), (2, 2)),
}


def run(name: str, case: Case, session: Session, out: Path) -> bool:
    """Measure a case, print it, and say whether it keeps its bounds."""
    program, spec = case.program(), session.spec
    tensors = [each for each in program.parameters() if isinstance(each, Tensor)]
    buffers = {t.name: describe_tensor(t.name, t.shape, t.dtype, spec) for t in tensors}
    numbers = np.random.default_rng(0)
    given = {t.name: numbers.standard_normal(t.shape).astype(ml_dtypes.bfloat16) for t in tensors}
    schedules = {p: schedule_program(program, spec, p, cores=case.cores)[0] for p in POLICIES}
    options = [
        Option(policy, (bounds_of(program, buffers, plan, spec),))
        for policy, plan in schedules.items()
    ]
    best, _ = choose(options)
    cycles: dict[str, int] = {}
    shares: dict[str, float] = {}
    kept, alone = True, None
    print(f"{name} on {case.cores[0]}x{case.cores[1]} cores:", flush=True)
    for option in (best,) if case.alone else options:
        policy, (found,) = option.policy, option.launches
        plan = schedules[policy]
        blocks = [list(plan.blocks(core)) for core in range(len(plan.counts))]
        if policy == "strided" and blocks == alone:  # the same kernel, but for its arguments
            cycles[policy], shares[policy] = cycles["contiguous"], shares["contiguous"]
            continue
        alone = blocks
        (kernel,) = generate_all(program, (plan,), spec, name)
        session.call(RUN, (launch(kernel),), given, {}, timeout=_PATIENCE)
        counts = json.loads(out.read_text())[-1]
        cycles[policy] = counts["cycles"]
        share = found.least / counts["cycles"]
        shares[policy] = share
        right = counts.get("bytes read", 0) == found.read and share <= 1
        kept &= right
        print(
            f"  {policy:>11}: {counts['cycles']} cycles, bound {found.least} by {found.wall} "
            f"({share:.2f}), read {counts.get('bytes read', 0)} of {found.read}"
            f"{'' if right else '  <- wrong'}",
            flush=True,
        )
    regret = cycles[best.policy] / min(cycles.values())
    times = "" if case.alone else f": {regret:.2f} times the best; bound 1.10"
    print(f"  auto takes {best.policy}{times}", flush=True)
    if case.busy:
        (chosen,) = best.launches
        kept &= chosen.wall == "matrix" and shares[best.policy] >= 0.5
        print(f"  its bound is {shares[best.policy]:.2f} of the cycles; at least 0.50", flush=True)
    return kept and regret <= 1.1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=CASES | TUNED | LONG, action="append")
    parser.add_argument("--arch", choices=("wormhole", "blackhole"), default="wormhole")
    args = parser.parse_args()
    known = CASES | TUNED | LONG
    names = args.only or [*CASES, *(name for name, case in known.items() if case.busy)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts.json"
        with Session(bench_kernels.Counted(args.arch, out), timeout=600) as session:
            kept = [run(name, known[name], session, out) for name in names]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
