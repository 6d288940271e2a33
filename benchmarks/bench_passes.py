"""What the stage costs, against TVM's StmtSimplify on the same function in the same run.

    python benchmarks/bench_passes.py

Prints figures and exits 1 if one is above its bound:
  - defaults, device, schedule, shard and verify together, on a GEMM, with the reading of it: 1.5
    times StmtSimplify on apache-tvm and 1.8 times on tilelang, what it was without reading
  - the same on a 2^15 x 2^15 grid of blocks: at most 1.1 times that on an 8x8 grid
  - a causal flash attention: at most 3 times the GEMM's stage; its plan made, and read: 5 ms each
  - reading a kernel of 100,000 nodes: at most three times a bare walk over its nodes, and as long a
    node as one of 1,000
  - import tilelang.tt after import tvm: at most 20 ms

Minima of paired runs. The kernels are TileLang's where tilelang is installed, else the GEMM is the
same in plain TVMScript, and there is no attention.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Few calls at a time: a batch in which another process took the core is no minimum.
REPEATS = 150
CALLS = 4


def paired(
    first: Callable[[], Any],
    second: Callable[[], Any],
    calls: int = CALLS,
    repeats: int = REPEATS,
) -> tuple[float, float]:
    """The least seconds a call of each, timed in turn so that both see the same machine."""

    def seconds(call: Callable[[], Any]) -> float:
        start = time.perf_counter()
        for _ in range(calls):
            call()
        return (time.perf_counter() - start) / calls

    for call in (first, second):  # the first calls load and register
        call()
    pairs = [(seconds(first), seconds(second)) for _ in range(repeats)]
    return min(a for a, _ in pairs), min(b for _, b in pairs)


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


def attention_figures(tt: Any, tvm: Any, gemm_mod: Any, device: Any) -> bool:
    """Of a causal flash attention: its stage, making its plan and reading it."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "testing" / "python" / "tt"))
    from tilelang_kernels import causal_attention

    attention = tvm.IRModule({"main": causal_attention(1, 8, 1024, 64)})
    longer, stage = paired(
        lambda: tt.infer_metadata(attention, device), lambda: tt.infer_metadata(gemm_mod, device)
    )
    held = report(
        "the stage on a causal flash attention against the GEMM's",
        f"{longer * 1e6:.0f} us / {stage * 1e6:.0f} us",
        longer / stage,
        3,
        "x",
    )
    planned = tt.infer_metadata(attention, device)
    text = tt.Plan.from_module(planned).to_text()
    made, read = paired(lambda: tt.Plan.from_module(planned), lambda: tt.Plan.from_text(text))
    for what, seconds in (("making", made), ("reading", read)):
        milliseconds = seconds * 1e3
        found = f"{milliseconds:.2f} ms, {len(text)} bytes"
        held &= report(f"{what} its plan", found, milliseconds, 5, " ms")
    return held


def chain(length: int) -> Any:
    """A kernel of so many stores, A[i + 1] = A[i] + 1, which are ten nodes each."""
    from tvm import tirx
    from tvm.script import tirx as T

    @T.prim_func
    def chain(A: T.Buffer((length + 1,), "float32")):
        with T.launch_thread("blockIdx.x", 1):
            A[0] = T.float32(0)

    launch = chain.body
    while type(launch).__name__ != "AttrStmt":
        launch = launch.body
    buffer, zero = launch.body.buffer, launch.body.value
    stores = [
        tirx.BufferStore(buffer, tirx.Add(tirx.BufferLoad(buffer, [i]), zero), [i + 1])
        for i in range(length)
    ]
    return chain.with_body(
        tirx.AttrStmt(launch.node, launch.attr_key, launch.value, tirx.SeqStmt(stores))
    )


def reading_figures(tt: Any) -> bool:
    """Of reading alone: against TVM's structural hash, a walk by reflection, and by size."""
    import tvm_ffi

    from tilelang.tt._ffi_api import read_program

    small, large = chain(100), chain(10_000)
    reading, walk = paired(
        lambda: read_program(large, {}), lambda: tvm_ffi.structural_hash(large), 1, 30
    )
    held = report(
        "reading a kernel of 100,000 nodes, as text, against its structural hash",
        f"{reading * 1e3:.1f} ms / {walk * 1e3:.1f} ms",
        reading / walk,
        3,
        "x",
    )
    many, few = paired(lambda: read_program(large, {}), lambda: read_program(small, {}), 1, 30)
    return held & report(
        "reading 100,000 nodes against 100 times 1,000",
        f"{many * 1e3:.1f} ms / {few * 1e5:.1f} ms",
        many / few / 100,
        1.2,
        "x",
    )


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
        f"Python {sys.version.split()[0]}; minima of {REPEATS} paired runs"
    )

    stage, reference = paired(
        lambda: tt.infer_metadata(gemm_mod, device), lambda: simplify(gemm_mod)
    )
    held = report(
        "the stage on a GEMM against StmtSimplify",
        f"{stage * 1e6:.0f} us / {reference * 1e6:.0f} us",
        stage / reference,
        1.8 if has_tilelang else 1.5,
        "x",
    )
    boundless = dataclasses.replace(device, dram_bank_size=None)  # no device holds as many blocks
    on_large, on_small = paired(
        lambda: tt.infer_metadata(large, boundless), lambda: tt.infer_metadata(small, boundless)
    )
    held &= report(
        "2^15 x 2^15 blocks against 8x8",
        f"{on_large * 1e6:.0f} us / {on_small * 1e6:.0f} us",
        on_large / on_small,
        1.1,
        "x",
    )
    if has_tilelang:
        held &= attention_figures(tt, tvm, gemm_mod, device)
    held &= reading_figures(tt)
    before = "import tilelang\n" if has_tilelang else ""
    cost = import_seconds(f"{before}import tvm\nstart = time.perf_counter()\nimport tilelang.tt")
    milliseconds = cost * 1e3
    held &= report(
        "import tilelang.tt after import tvm", f"{milliseconds:.1f} ms", milliseconds, 20, " ms"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
