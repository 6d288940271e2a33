"""Kernels traced by the real tilelang, read into tile programs and run in numpy, against formulas."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tilelang.tt as tt

pytestmark = pytest.mark.needs("tilelang")


@pytest.fixture
def kernels():
    import tilelang_kernels

    return tilelang_kernels


def bfloat16(array):
    import ml_dtypes

    return array.astype(ml_dtypes.bfloat16)


def normal(*shape):
    return np.random.default_rng(7).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(("M", "N", "K"), [(128, 128, 96), (100, 70, 50)])
def test_a_gemm_gives_the_product_ragged_edges_included(kernels, M, N, K):
    func = kernels.gemm.get_tir(M=M, N=N, K=K, block_M=64, block_N=64, block_K=32)
    a, b = bfloat16(normal(M, K)), bfloat16(normal(K, N))
    c = tt.reference(func)(a, b)
    expected = a.astype(np.float64) @ b.astype(np.float64)
    # Sums in float32, then one rounding to 8 bits.
    np.testing.assert_allclose(c.astype(np.float64), expected, rtol=2**-8, atol=1e-4)


def test_a_causal_flash_attention_gives_the_softmax_of_each_row(kernels):
    batch, heads, length, width = 1, 2, 128, 64
    func = kernels.causal_attention(batch, heads, length, width)
    q, k, v = (bfloat16(normal(batch, heads, length, width) * (i + 1) / 2) for i in range(3))
    out = tt.reference(tt.tile_program(func))(q, k, v).astype(np.float64)
    scores = np.einsum("bhid,bhjd->bhij", q.astype(np.float64), k.astype(np.float64)) / width**0.5
    scores[..., np.triu_indices(length, 1)[0], np.triu_indices(length, 1)[1]] = -np.inf
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    expected = np.einsum("bhij,bhjd->bhid", weights, v.astype(np.float64))
    # The weights are rounded to bfloat16 before the second product, the result once more.
    np.testing.assert_allclose(out, expected, rtol=2**-6, atol=2**-6)


def test_symbolic_dimensions_are_bound_by_name(kernels):
    func = kernels.row_scale()
    with pytest.raises(NotImplementedError, match=r"the dimensions n are symbolic.*-a n=1024"):
        tt.infer_metadata(func, "n150")
    planned = tt.infer_metadata(func, "n150", dims={"n": 100})
    assert tt.schedule_of(planned).grid == (2, 1, 1)
    assert tt.buffers_of(planned)["A"].shape == (100, 64)
    assert dict(planned.attrs["tt_dims"]) == {"n": 100}
    assert tt.Plan.from_module(planned).functions[func.attrs["global_symbol"]]["tt_dims"] == {
        "n": 100
    }
    a = normal(100, 64)
    np.testing.assert_array_equal(tt.reference(tt.tile_program(planned))(a), 2 * a)


@pytest.mark.parametrize(
    ("dims", "message"),
    [
        ({"m": 3}, 'found a value for the dimension "m"; expected one of n'),
        ({"n": 0}, "dims['n'] is 0; expected at least 1"),
        ({"n": "x"}, "dims['n'] is 'x'; expected an integer"),
    ],
)
def test_values_of_dimensions_that_can_not_be_are_malformed(kernels, dims, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        tt.infer_metadata(kernels.row_scale(), "n150", dims=dims)


def test_memory_that_the_kernel_allocates_is_described_and_has_an_address(kernels):
    func = tt.infer_metadata(kernels.with_workspace(), "n150")
    buffers = tt.buffers_of(func)
    assert buffers["w"].role == "workspace"
    assert [arg.name for arg in tt.schedule_of(func).runtime_args if arg.source == "w"] == [
        "w_addr"
    ]
    assert tt.Plan.from_module(func).buffers("with_workspace")["w"].shape == (64, 64)


@pytest.mark.parametrize(
    ("K", "step", "expected"), [(96, 32, 3), (96, 64, 3), (72, 64, 3), (160, 128, 5)]
)
def test_a_reduction_is_as_long_as_its_tensors_are(kernels, K, step, expected):
    func = tt.infer_metadata(kernels.gemm.get_tir(M=64, N=64, K=K, block_K=step), "n150")
    found = [arg.value for arg in tt.schedule_of(func).runtime_args if arg.name == "kt_tiles"]
    assert found == [expected]


def test_a_parallel_map_whose_points_use_each_others_stores_is_not_understood(kernels):
    program = tt.tile_program(kernels.racy_sum())
    (step,) = program.launches[0].body
    assert (step.op, step.reads, step.writes) == ("T.Parallel", (0, 1), (1,))
    assert step.reason.startswith("may be racy")
    with pytest.raises(NotImplementedError, match="may be racy"):
        tt.reference(program)
