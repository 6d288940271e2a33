"""Generated kernels beside ttnn's own operations, counted: both on wolfpine with its cost model.

    python benchmarks/bench_kernels.py [--only gemm-64] [--arch wormhole] [--clock]

Both run in one session, on as many cores, with the same math fidelity and the same format of DST:
float32, or 16 bits where the kernel's accumulator has 16. What is printed is counted by the
simulator (wolfpine_counters.py): bytes of DRAM read and written, which for the generated kernel
have to be what its schedule predicts; operations of the matrix engine, unpacks and packs; and the
span in modelled cycles, which is a floor: the model has no packer drain, no joint limit of the
unpackers and no bank conflicts in L1. The host's seconds mean nothing and aren't told. The bounds
are those of the cases; a case beyond its bound ends in an exit code of 1.

``--clock`` times the generated kernel by its cores' clocks instead (``run --time``), beside the
span that is counted of the same run: from the host's go, so that the firmware's beginning and end
are in it too. Bound: CLOCK_APART cycles.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "testing" / "python" / "tt"))

import policies  # noqa: E402
import tile_kernels  # noqa: E402

from tilelang.tt.codegen.generate import generate  # noqa: E402
from tilelang.tt.codegen.launch import launch  # noqa: E402
from tilelang.tt.codegen.plan import KernelPlan  # noqa: E402
from tilelang.tt.device_spec import DeviceSpec  # noqa: E402
from tilelang.tt.program import Program, Tensor  # noqa: E402
from tilelang.tt.runtime.backends.wolfpine import Wolfpine  # noqa: E402
from tilelang.tt.runtime.running import RUN, kernel_plans  # noqa: E402
from tilelang.tt.runtime.session.parent import Session  # noqa: E402
from tilelang.tt.runtime.timing import time_kernel  # noqa: E402

#: Seconds for a launch: 16 cores take minutes of a quiet machine.
_PATIENCE = 7200

_SIMULATORS = {"wormhole": "wormhole_b0", "blackhole": "blackhole"}


@dataclass(frozen=True)
class Case:
    """``most`` is the bound on generated cycles to stock ones; None: told, not held to anything."""

    program: Program
    stock: str
    grid: tuple[int, int]
    pages: Callable[[], int]
    lower: Callable[[], int]
    most: float | None = None
    shared: tuple[tuple[str, str, int], ...] = ()


def _gemm(
    m: int, n: int, k: int, block: int, grid: tuple[int, int], most: float | None, **how: Any
) -> Case:
    """Each block reads its rows of A and columns of B once, and writes its tiles of C."""
    cores = grid[0] * grid[1]
    blocks = math.ceil(m / block) * math.ceil(n / block)
    tiles = [math.ceil(each / 32) for each in (m, n, k, block)]
    pages = blocks * (2 * tiles[3] * tiles[2]) + tiles[0] * tiles[1]
    products = tiles[0] * tiles[1] * tiles[2] // cores
    return Case(
        tile_kernels.gemm(m, n, k, bm=block, bn=block, bk=64, **how), "matmul", grid,
        lambda: pages, lambda: products * 64, most,
    )  # fmt: skip


def _shared(
    m: int, n: int, k: int, block: int, grid: tuple[int, int], most: float | None, **how: Any
) -> Case:
    """Cores of a row share A's rows, those of a column B's columns: each page is read once."""
    alone = _gemm(m, n, k, block, grid, most, **how)
    tiles = [math.ceil(each / 32) for each in (m, n, k)]
    pages = tiles[2] * (tiles[0] + tiles[1])
    return replace(alone, pages=lambda: pages, shared=(("A", "x", 1), ("B", "y", 0)))


def _gelu(m: int, n: int, k: int, block: int, grid: tuple[int, int], most: float | None) -> Case:
    """With a bias, of which each block reads its own columns, and GELU, in one kernel."""
    case = _shared(m, n, k, block, grid, most, bias=True, act="gelu")
    pages = case.pages() + math.ceil(m / block) * math.ceil(n / 32)
    return replace(case, stock="matmul, add and gelu", pages=lambda: pages)


def _softmax(rows: int, n: int, grid: tuple[int, int]) -> Case:
    pages = 2 * math.ceil(rows / 32) * math.ceil(n / 32)
    return Case(tile_kernels.softmax(rows, n), "softmax", grid, lambda: pages, lambda: 0)


#: HiFi4 takes 64 cycles for the product of two tiles, which is the lower bound of a core's.
CASES = {
    "gemm-64": _gemm(64, 64, 64, 32, (2, 2), None),
    "gemm-128": _gemm(128, 128, 128, 64, (2, 2), None),
    "gemm-256": _gemm(256, 256, 256, 128, (2, 2), 1.05),
    "gemm-512": _gemm(512, 512, 256, 128, (4, 4), 1.6),
    "gemm-256-shared": _shared(256, 256, 256, 128, (2, 2), 0.85),
    "gemm-512-shared": _shared(512, 512, 256, 128, (4, 4), 0.9),
    "gemm-256-shared-16": _shared(256, 256, 256, 128, (2, 2), 0.8, acc="bfloat16"),
    "gemm-512-shared-16": _shared(512, 512, 256, 128, (4, 4), 0.9, acc="bfloat16"),
    "gemm-256-gelu": _gelu(256, 256, 256, 128, (2, 2), 0.85),
    "softmax-128": _softmax(128, 128, (4, 1)),
}


class Counted(Wolfpine):
    """wolfpine with its cost model, whose server counts to a file."""

    def __init__(self, arch: str, out: Path) -> None:
        super().__init__(_SIMULATORS[arch])
        self.simulated, self.out = arch, out

    def environment(self, folder: Path) -> dict[str, str]:
        env = super().environment(folder)
        start = folder / "simulator" / "run.sh"
        server = f"{HERE / 'wolfpine_counters.py'} {self.simulated} {self.out}"
        module = f"-m framework.sim.{self.simulated}"
        text = start.read_text()
        assert module in text, text
        start.write_text(text.replace(module, server))
        # The worker finds the stock operation here; a kernel that says what it waits for stores it.
        here = {"PYTHONPATH": str(HERE), "TILELANG_TT_WAYPOINTS": "0"}
        return {**env, **here, "TT_SIM_COST_MODEL": "1"}


def stock(
    device: Any, name: str, arrays: list[Any], grid: tuple[int, int], fidelity: str, dst: str
) -> Any:
    """An operation of ttnn, or several, on the same arrays. Runs where the device is open."""
    import ttnn

    tensors = [
        ttnn.to_device(
            ttnn.to_layout(ttnn.Tensor(a.astype(np.float32), ttnn.bfloat16), ttnn.TILE_LAYOUT),
            device, memory_config=ttnn.DRAM_MEMORY_CONFIG,
        )
        for a in arrays
    ]  # fmt: skip
    config = ttnn.init_device_compute_kernel_config(
        device.arch(),
        math_fidelity=getattr(ttnn.MathFidelity, fidelity),
        math_approx_mode=False,
        fp32_dest_acc_en=dst == "float32",
        packer_l1_acc=False,  # wolfpine has none, and gives wrong numbers without a word
    )
    if name.startswith("matmul"):
        core_grid = ttnn.CoreGrid(x=grid[0], y=grid[1])
        y = ttnn.matmul(*tensors[:2], core_grid=core_grid, compute_kernel_config=config)
        if name != "matmul":
            last = ttnn.CoreCoord(grid[0] - 1, grid[1] - 1)
            cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), last)])
            y = ttnn.add(y, tensors[2], sub_core_grids=cores)
            y = ttnn.gelu(y, sub_core_grids=cores)
    else:
        y = ttnn.softmax(*tensors, dim=-1, compute_kernel_config=config)
    ttnn.synchronize_device(device)
    return ttnn.to_dtype(ttnn.from_device(y), ttnn.float32).to_numpy()


def planned(case: Case, spec: DeviceSpec) -> KernelPlan:
    """The kernel plan of a case: by the default schedule, or by one that shares."""
    if not case.shared:
        return kernel_plans(case.program, spec)[0]
    corners = (0, 0, case.grid[0] - 1, case.grid[1] - 1)
    of_launch = policies.schedule(
        case.program.launches[0].grid, spec, "rectangular", cores=[corners], shared=case.shared
    )
    return generate(case.program, of_launch, spec, "kernel")


def run(name: str, case: Case, arch: str) -> bool:
    """Run and count a case, print it, and say whether it keeps its bounds."""
    numbers = np.random.default_rng(0)
    *inputs, output = [each for each in case.program.parameters() if isinstance(each, Tensor)]
    arrays = [numbers.standard_normal(t.shape).astype(ml_dtypes.bfloat16) for t in inputs]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts.json"
        with Session(Counted(arch, out), timeout=600) as session:
            plan = planned(case, session.spec)
            given = {t.name: a for t, a in zip(inputs, arrays, strict=True)}
            # Each runs once: a second run takes as many cycles, to a thousandth.
            found = session.call(RUN, (launch(plan),), given, {}, timeout=_PATIENCE)[output.name]
            its = session.call(
                "bench_kernels:stock",
                case.stock,
                arrays,
                case.grid,
                plan.fidelity,
                plan.dst,
                timeout=_PATIENCE,
            )
        ours, *of_stock = json.loads(out.read_text())
    stocks = sum(map(Counter, of_stock), Counter())  # an operation may be several launches
    cores = len(plan.cores)
    predicted = case.pages() * 2048
    # What is multicast is written too, so of cores that share only what is read counts.
    written = 0 if case.shared else ours.get("bytes written", 0)
    counted = ours.get("bytes read", 0) + written
    ratio = ours["cycles"] / stocks["cycles"]
    difference = float(np.abs(found.astype(np.float32) - its).max() / np.abs(its).max())
    print(f"{name} on {arch}, {cores} cores, {plan.fidelity}, {plan.dst} DST (modelled, a floor):")
    print(f"  generated to ttnn.{case.stock}: {ratio:.2f} of its cycles"
          + (f"; bound {case.most}" if case.most else ""))  # fmt: skip
    print(f"  bytes of DRAM, counted to predicted: {counted / predicted:.2f}")
    print(f"  lower bound by the matrix engine: {case.lower()} cycles")
    for label, counts in (("generated", ours), (f"ttnn.{case.stock}", stocks)):
        words = [f"{key} {counts.get(key, 0)}" for key in (
            "cycles", "MVMUL", "UNPACR", "PACR", "bytes read", "bytes written")]  # fmt: skip
        print(f"  {label:>14}: {', '.join(words)}")
    print(f"  the two results differ by {difference:.1e} of the largest value", flush=True)
    return counted == predicted and (case.most is None or ratio <= case.most)


#: Cycles by which a kernel's own clocks may fall short of the span from the host's go to the end.
CLOCK_APART = 600


def clock(name: str, case: Case, arch: str) -> bool:
    """Time a case's generated kernel by its clocks and by the counters, and compare."""
    numbers = np.random.default_rng(0)
    *inputs, _ = [each for each in case.program.parameters() if isinstance(each, Tensor)]
    given = {t.name: numbers.standard_normal(t.shape).astype(ml_dtypes.bfloat16) for t in inputs}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts.json"
        with Session(Counted(arch, out), timeout=600) as session:
            (timing,) = time_kernel(case.program, given, session, runs=1, timeout=_PATIENCE)
        counted = json.loads(out.read_text())[-1]["cycles"]
    shown = timing.rows()["core"][1]
    print(f"{name} on {arch}: {shown} cycles by its clocks, {counted} counted", flush=True)
    return 0 <= counted - shown <= CLOCK_APART


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=CASES, action="append")
    parser.add_argument("--arch", choices=_SIMULATORS, default="wormhole")
    parser.add_argument("--clock", action="store_true")
    args = parser.parse_args()
    judge = clock if args.clock else run
    kept = [judge(name, CASES[name], args.arch) for name in args.only or CASES]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
