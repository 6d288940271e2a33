"""Bytes of DRAM that generated kernels move, counted by themselves, are those that are predicted."""

from __future__ import annotations

import pytest
import tile_kernels as kernels
from policies import schedule
from random_arrays import arrays_of
from test_bounds import described

from tilelang.tt.bounds import bounds_of
from tilelang.tt.codegen.generate import generate_all

pytestmark = pytest.mark.needs("ttsim")

AB = (("A", "x", 1), ("B", "y", 0))

# Name, program, policy, cores that may be used, what is shared.
CASES = [
    ("ragged", lambda: kernels.gemm(100, 140, 70, 64, 64), "contiguous", None, ()),
    ("float16", lambda: kernels.gemm(64, 64, 64, 32, 32, dtype="float16"), "strided", None, ()),
    ("causal", lambda: kernels.flash_attention(1, 2, 128, 64, True), "contiguous", None, ()),
    # 3 x 5 blocks on 2 x 3 cores: some cores repeat a row, a column, or both.
    ("shared", lambda: kernels.gemm(160, 90, 100, 32, 32), "rectangular", [(1, 2, 2, 4)], AB),
    ("one shared", lambda: kernels.gemm(64, 64, 64, 32, 32, batch=3, bias=True),
     "rectangular", None, (("bias", "y", 0), ("A", "x", 1))),
    # Two layers of two rows; B comes once for the five batches.
    ("one weight", lambda: kernels.gemm(64, 128, 96, 32, 32, batch=5, weight=True), "rectangular",
     [(0, 0, 1, 3)], (("A", "x", 1), ("B", "yz", 0))),
    ("attention", lambda: kernels.flash_attention(1, 2, 128, 64, False), "rectangular", None,
     (("K", "x", 1), ("V", "x", 0))),
]  # fmt: skip


@pytest.fixture(scope="module", params=["wormhole", "blackhole"])
def session(request):
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("ttsim", request.param) as opened:
        yield opened


@pytest.mark.parametrize(
    ("name", "make", "policy", "cores", "shared"), CASES, ids=[case[0] for case in CASES]
)
def test_bytes_of_dram_are_those_that_are_predicted(name, make, policy, cores, shared, session):
    from dram_counts import count

    program, spec = make(), session.spec
    plan = schedule(program.launches[0].grid, spec, policy, cores=cores, shared=shared)
    plans = generate_all(program, (plan,), spec, name)
    found = bounds_of(program, described(program, spec), plan, spec)
    assert count(plans, arrays_of(program), session) == (found.read, found.written)
