"""What the stage costs, against TVM's StmtSimplify on the same function in the same run.

    python benchmarks/bench_passes.py

Prints three figures and exits 1 if one is above its bound:
  - defaults, device, schedule, shard and verify together, on a GEMM: at most twice StmtSimplify
  - the same on a 2^15 x 2^15 tile grid: at most 1.2 times that on an 8x8 grid
  - import tilelang.tt after import tvm: at most 20 ms

The GEMM is TileLang's where tilelang is installed, else the same in plain TVMScript.
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPEATS = 30
CALLS = 50


def paired(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[float, float]:
    """The median seconds a call of each, timed in turn so that both see the same machine."""

    def seconds(call: Callable[[], Any]) -> float:
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        return (time.perf_counter() - start) / CALLS

    for call in (first, second):  # the first calls load and register
        call()
    pairs = [(seconds(first), seconds(second)) for _ in range(REPEATS)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def import_seconds(code: str) -> float:
    """The median time that the last statement of a fresh process takes."""
    timed = f"import time\n{code}\nprint(time.perf_counter() - start)"
    runs = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", timed],
            capture_output=True,
            text=True,
            check=True,
        )
        for _ in range(7)
    ]
    return statistics.median(float(run.stdout.split()[-1]) for run in runs)


def report(what: str, found: str, ratio: float, bound: float, unit: str) -> bool:
    held = ratio <= bound
    print(f"{'ok ' if held else 'NO '} {what}: {found} = {ratio:.2f}{unit}, bound {bound:g}{unit}")
    return held


def main() -> int:
    has_tilelang = importlib.util.find_spec("tilelang.language") is not None
    if has_tilelang:
        import tilelang
    import tvm
    import tvm_ffi

    import tilelang.tt as tt

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
    if has_tilelang:
        from gemm import gemm

        def trace(size: int, block: int) -> Any:
            return gemm.get_tir(M=size, N=size, K=1024, block_M=block, block_N=block)
    else:
        from gemm_tir import gemm

        def trace(size: int, block: int) -> Any:
            return gemm(M=size, N=size, K=1024, block=block)

    def module(tiles: int, block: int) -> Any:
        return tvm.IRModule({"main": trace(tiles * block, block)})

    # TVM 0.25 called it Simplify.
    simplify = (
        tvm_ffi.get_global_func("tirx.transform.StmtSimplify", allow_missing=True)
        or tvm_ffi.get_global_func("tirx.transform.Simplify")
    )()
    device = tt.DeviceSpec.preset("p150a")
    gemm_mod, small, large = module(8, 128), module(8, 32), module(2**15, 32)
    print(
        f"{'tilelang ' + tilelang.__version__ if has_tilelang else 'apache-tvm'}, "
        f"Python {sys.version.split()[0]}; medians of {REPEATS} paired runs"
    )

    stage, reference = paired(
        lambda: tt.infer_metadata(gemm_mod, device), lambda: simplify(gemm_mod)
    )
    held = report(
        "the stage on a GEMM against StmtSimplify",
        f"{stage * 1e6:.0f} us / {reference * 1e6:.0f} us",
        stage / reference,
        2,
        "x",
    )
    on_large, on_small = paired(
        lambda: tt.infer_metadata(large, device), lambda: tt.infer_metadata(small, device)
    )
    held &= report(
        "2^15 x 2^15 tiles against 8x8",
        f"{on_large * 1e6:.0f} us / {on_small * 1e6:.0f} us",
        on_large / on_small,
        1.2,
        "x",
    )
    before = "import tilelang\n" if has_tilelang else ""
    cost = import_seconds(f"{before}import tvm\nstart = time.perf_counter()\nimport tilelang.tt")
    milliseconds = cost * 1e3
    held &= report(
        "import tilelang.tt after import tvm", f"{milliseconds:.1f} ms", milliseconds, 20, " ms"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
