"""Each operator that the installed tilelang registers is in the reader's table, or known not to be.

A new TileLang's operators turn this red, so that each is looked at before a kernel has it. One that
is not in the table is an opaque step, or makes the step that it stands in opaque.
"""

from __future__ import annotations

import re
import runpy

import numpy as np
import pytest

import tilelang.tt as tt
from tilelang.tt import _ffi_api

pytestmark = pytest.mark.needs("tilelang")

#: TileLang's tile operators, regions and pointers, atomics, and functions of elements: by name.
OURS = {
    "read": (
        "tl.tileop.atomicadd tl.tileop.atomicmax tl.tileop.atomicmin tl.tileop.copy tl.tileop.cummax"
        " tl.tileop.cumsum tl.tileop.fill tl.tileop.gemm tl.tileop.reduce tl.tileop.transpose"
        " tl.region tl.access_ptr tl.infinity tl.clamp tl.fma tl.fmul tl.pow_of_int tl.max_nan"
        " tl.min_nan tl.fast_rcp tl.ieee_add tl.ieee_sub tl.ieee_mul tl.ieee_fdiv tl.ieee_fmaf"
        " tl.ieee_fsqrt tl.ieee_frsqrt tl.ieee_frcp tl.round_ties_away_from_zero tl.__exp tl.__exp10"
        " tl.__log tl.__log2 tl.__log10 tl.__sin tl.__cos tl.__tan tl.atomic_add_elem_op"
        " tl.atomic_max_elem_op tl.atomic_min_elem_op tl.sync_warp tl.loop_break"
    ),
    "passed over": (
        "tl.device_assert tl.device_assert_with_msg tl.conflict_hint tl.pdl_trigger tl.pdl_sync"
        " tl.no_set_max_nreg tl.set_max_nreg tl.annotate_producer_reg_dealloc"
        " tl.annotate_consumer_reg_alloc"
    ),
    "opaque": (
        "tl.tileop.ascend_copy tl.tileop.async_copy tl.tileop.c2d_im2col tl.tileop.finalize_reducer"
        " tl.tileop.finalize_reducer_v2 tl.tileop.gemm_blockscaled tl.tileop.gemm_sp tl.tileop.im2col"
        " tl.tileop.reducer_init tl.tileop.tcgen05_gemm tl.tileop.tcgen05_gemm_blockscaled"
        " tl.tileop.tcgen05_gemm_sp tl.tileop.tma_copy tl.tileop.wgmma_gemm tl.tileop.wgmma_gemm_sp"
        " tl.reducer_update tl.atomic_addx2_elem_op tl.atomic_addx4_elem_op tl.atomic_or_elem_op"
        " tl.atomic_load_elem_op tl.atomic_store_elem_op tl.sync_grid tl.warpgroup_wait"
        " tl.wait_wgmma tl.mbarrier_wait_parity tl.mbarrier_expect_tx tl.launch_thread_idx"
    ),
    # Atomics that give back what was there, which no step does.
    "": (
        "tl.atomic_add_ret_elem_op tl.atomic_max_ret_elem_op tl.atomic_min_ret_elem_op"
        " tl.atomic_addx2_ret_elem_op tl.atomic_addx4_ret_elem_op"
    ),
}

#: The rest, none of which is in the table: instructions of one vendor's processors, what threads of
#: a warp or blocks of a cluster tell each other, numbers packed in words, and generators of random
#: ones. Counted, since their names are of no interest here.
OTHERS = re.compile(
    r"tl\.(simd\.|ascend_|ptx_|tma_|tcgen05_|warp|cooperative_tensor_|cluster_|clc_|shfl_|match_|"
    r"get_(lane|warp)|ld[gs]\d|st[gs]\d|rng_|pack_|ieee_|ds_read_|tvm_|named_barrier|initialize_|"
    r"(abs|add|sub|mul|fma|max|min)2(_nan)?$|"
    r"(any|all)_(of|sync)$|ballot|syncthreads_|create_tma|prefetch_tma|fence_|increase_|deallocate_|"
    r"(__ffs|__fns|__ldg|GemmWarpPolicy|activemask|block_rank_in_cluster|mvb_stage_index|"
    r"tl_shuffle_elect)$)"
)
COUNT = 242


def registered() -> list[str]:
    import tvm

    return sorted(name for name in tvm.ir.Op.list_op_names() if name.startswith("tl."))


def test_every_operator_of_the_installed_tilelang_is_known():
    by_hand = {name: meaning for meaning, names in OURS.items() for name in names.split()}
    found = registered()
    assert [name for name in by_hand if name not in found] == []
    others = [name for name in found if name not in by_hand]
    assert [name for name in others if not OTHERS.match(name)] == []
    assert len(others) == COUNT


def test_the_table_has_each_as_it_is_listed():
    for meaning, names in OURS.items():
        for name in names.split():
            kind, _, reason = _ffi_api.operator_meaning(name).partition(": ")
            assert (name, kind) == (name, meaning)
            assert bool(reason) == (kind in ("opaque", "passed over")), name
    by_hand = {name for names in OURS.values() for name in names.split()}
    unlisted = [name for name in registered() if name not in by_hand]
    assert [name for name in unlisted if _ffi_api.operator_meaning(name)] == []


X = np.linspace(0.5, 4, 64, dtype=np.float32)

FUNCTIONS = [
    ("T.pow(A[i], 3)", X * X * X),
    ("T.pow(A[i], 1)", X),
    ("T.ieee_add(A[i], B[i])", X + X[::-1]),
    ("T.ieee_sub(A[i], B[i])", X - X[::-1]),
    ("T.ieee_mul(A[i], B[i])", X * X[::-1]),
    ("T.ieee_fdiv(A[i], B[i])", X / X[::-1]),
    ("T.ieee_fmaf(A[i], B[i], A[i])", (X.astype(np.float64) * X[::-1] + X).astype(np.float32)),
    ("T.ieee_fsqrt(A[i])", np.sqrt(X)),
    ("T.ieee_frsqrt(A[i])", 1 / np.sqrt(X)),
    ("T.ieee_frcp(A[i])", 1 / X),
    # A product of bools, as masks are written, and what has no meaning for them.
    (
        "T.if_then_else((A[i] > 1) * (B[i] > 1), A[i], B[i])",
        np.where((X > 1) & (X[::-1] > 1), X, X[::-1]),
    ),
    (
        "T.if_then_else(T.max(A[i] > 3, B[i] > 3), A[i], B[i])",
        np.where((X > 3) | (X[::-1] > 3), X, X[::-1]),
    ),
    ("T.if_then_else((A[i] > 1) - (B[i] > 1), A[i], B[i])", r"found sub, .*has operands of bool"),
    ("T.ieee_add(A[i], B[i], 'rz')", "rounds in another way than to nearest"),
    ("T.ieee_frcp(A[i], 'ru')", "rounds in another way than to nearest"),
]


@pytest.mark.parametrize(("written", "expected"), FUNCTIONS, ids=[each for each, _ in FUNCTIONS])
def test_functions_of_elements_have_their_plain_meaning(written, expected, tmp_path):
    (tmp_path / "kernel.py").write_text(
        "import tilelang.language as T\n\n\n"
        "@T.prim_func\n"
        'def main(A: T.Tensor((64,), "float32"), B: T.Tensor((64,), "float32"),'
        ' C: T.Tensor((64,), "float32")):\n'
        "    with T.Kernel(2) as bx:\n"
        "        for j in T.Parallel(32):\n"
        f"            C[bx * 32 + j] = {written.replace('[i]', '[bx * 32 + j]')}\n"
    )
    func = runpy.run_path(str(tmp_path / "kernel.py"))["main"]
    if isinstance(expected, str):
        with pytest.raises(NotImplementedError, match=expected):
            tt.reference(func)
    else:
        np.testing.assert_allclose(tt.reference(func)(X, X[::-1].copy()), expected, rtol=3e-7)
