"""Kernels traced by the real tilelang: both of its styles, batches, atomics, scalars."""

from __future__ import annotations

import pytest

import tilelang.tt as tt

pytestmark = pytest.mark.needs("tilelang")


@pytest.fixture
def kernels():
    import tilelang_kernels

    return tilelang_kernels


def roles(func) -> dict[str, str]:
    return {name: buffer.role for name, buffer in tt.buffers_of(func).items()}


def kt_tiles(func) -> list[int]:
    return [arg.value for arg in tt.schedule_of(func).runtime_args if arg.name == "kt_tiles"]


def test_todays_eager_style(kernels):
    func = tt.infer_metadata(kernels.gemm.get_tir(M=1000, N=500, K=300), "n150")
    assert tt.schedule_of(func).grid == (4, 8, 1)
    assert roles(func) == {"A": "in", "B": "in", "C": "out"}
    assert kt_tiles(func) == [10]


def test_the_lazy_style(kernels):
    func = tt.infer_metadata(kernels.lazy_gemm.get_tir(M=256, N=128, K=512), "p150a")
    assert tt.schedule_of(func).grid == (2, 4, 1)
    assert roles(func) == {"A": "in", "B": "in", "C": "out"}
    assert kt_tiles(func) == [16]


def test_batches_are_the_z_axis_and_count_as_pages(kernels):
    func = tt.infer_metadata(kernels.batched_copy(5, 96), "n150")
    assert tt.schedule_of(func).grid == (3, 3, 5)
    assert tt.schedule_of(func).num_tiles == 45
    assert {b.accessor.num_pages for b in tt.buffers_of(func).values()} == {45}
    assert roles(func) == {"X": "in", "Y": "out"}
    assert kt_tiles(func) == []


def test_an_atomic_update_reads_what_was_there(kernels):
    func = tt.infer_metadata(kernels.split_k(256, 2), "n150")
    assert roles(func) == {"A": "in", "B": "in", "C": "inout"}
    assert kt_tiles(func) == [4]


def test_a_scalar_parameter_is_a_runtime_argument(kernels):
    func = tt.infer_metadata(kernels.with_scalar(1024), "n150")
    last = tt.schedule_of(func).runtime_args[-1]
    assert (last.name, last.dtype, last.kind, last.source) == ("s_value", "float32", "scalar", "s")
    assert roles(func) == {"X": "in", "Y": "out"}


def test_the_metadata_survives_tilelangs_own_passes(kernels):
    import tvm

    import tilelang

    func = tt.infer_metadata(kernels.lazy_gemm.get_tir(M=128, N=128, K=128), "n150")
    mod = tilelang.transform.Simplify()(tvm.IRModule({"main": func}))
    tt.verify_tt_metadata(mod)
    assert tt.schedule_of(mod["main"]) == tt.schedule_of(func)
