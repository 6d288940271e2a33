"""What it costs to call a kernel, beside what the device does: TileLang's own call, with a session
that is open and a job that does nothing.

    python benchmarks/bench_call.py [--backend ttsim] [--calls 1000]

The parts are timed in the same run: the session's bare round trip, and a copy of the tensors in the
process, there and back. What is said is of all calls.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import tilelang.language as T
import torch

import tilelang
import tilelang.tt as tt
from tilelang.tt.jit.kernel import Kernel
from tilelang.tt.runtime.session import opened


def copy_func(rows: int, columns: int):
    """B = A, a tile a block."""

    @T.prim_func
    def copy(A: T.Tensor((rows, columns), "bfloat16"), B: T.Tensor((rows, columns), "bfloat16")):
        with T.Kernel(rows // 32, columns // 32, threads=128) as (by, bx):
            own = T.alloc_shared((32, 32), "bfloat16")
            T.copy(A[by * 32, bx * 32], own)
            T.copy(own, B[by * 32, bx * 32])

    return copy


def timed(call: Callable[[], object], calls: int) -> tuple[float, float]:
    """Milliseconds: the median, and the least, which other processes' work is not in."""
    times = []
    for _ in range(calls):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return 1e3 * sorted(times)[calls // 2], 1e3 * min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--calls", type=int, default=1000)
    args = parser.parse_args()
    with tt.device(args.backend):
        session = opened.current().opened().session
        bare, least_bare = timed(lambda: session.call("builtins:id"), args.calls)
        print(f"{'median (least), ms':>18} {'a call':>16} {'the session':>16} {'two copies':>16}")
        for rows, columns in ((32, 32), (256, 128), (1024, 1024)):
            kernel = tilelang.compile(copy_func(rows, columns), out_idx=[1], target="tenstorrent")
            a = torch.randn(rows, columns).bfloat16()
            there, back = torch.empty_like(a), torch.empty_like(a)
            assert torch.equal(kernel(a), a)
            job, Kernel.job = Kernel.job, "tilelang.tt.runtime.jobs.calls:nothing"
            try:
                call, least = timed(lambda kernel=kernel, a=a: kernel(a), args.calls)
            finally:
                Kernel.job = job
            copies, least_copies = timed(
                lambda a=a, there=there, back=back: (there.copy_(a), back.copy_(there)), args.calls
            )
            columns = ((call, least), (bare, least_bare), (copies, least_copies))
            cells = "".join(f"{f'{middle:.3f} ({low:.3f})':>17}" for middle, low in columns)
            print(f"{a.nbytes:>12,} bytes{cells}")


if __name__ == "__main__":
    main()
