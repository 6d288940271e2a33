"""kt_tiles: the length of the reduction, where the code says it beyond doubt."""

from __future__ import annotations

import kernels
import pytest
from tvm.script import tirx as T

import tilelang.tt as tt


# fmt: off
@T.prim_func
def product_on_the_left(A: T.Buffer((8, 64), "float32"), B: T.Buffer((64, 8), "float32"), C: T.Buffer((8, 8), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for i, j, k in T.grid(8, 8, 64):
        C[i, j] = A[i, k] * B[k, j] + C[i, j]

@T.prim_func
def with_casts(A: T.Buffer((8, 65), "bfloat16"), B: T.Buffer((65, 8), "bfloat16"), C: T.Buffer((8, 8), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for i, j, k in T.grid(8, 8, 65):
        C[i, j] = C[i, j] + T.Cast("float32", A[i, k]) * T.Cast("float32", B[k, j])

@T.prim_func
def a_difference(A: T.Buffer((8, 64), "float32"), C: T.Buffer((8,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for i, k in T.grid(8, 64):
        C[i] = C[i] - A[i, k] * A[i, k]

@T.prim_func
def a_maximum(A: T.Buffer((8, 64), "float32"), C: T.Buffer((8,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for i, k in T.grid(8, 64):
        C[i] = T.max(C[i], A[i, k] * A[i, k])

@T.prim_func
def repeated_elementwise(A: T.Buffer((64,), "float32"), C: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for t, j in T.grid(4, 64):
        C[j] = C[j] + A[j] * A[j]

@T.prim_func
def left_early(A: T.Buffer((8, 64), "float32"), B: T.Buffer((64, 8), "float32"), C: T.Buffer((8, 8), "float32"), n: T.int32):
    bx = T.launch_thread("blockIdx.x", 1)
    for i, j, k in T.grid(8, 8, 64):
        if k > n:
            break
        C[i, j] = C[i, j] + A[i, k] * B[k, j]
# fmt: on


@pytest.mark.parametrize(
    ("func", "expected"),
    [
        (kernels.gemm(64, 64, 100), [4]),
        (kernels.launch(4), []),
        (product_on_the_left, [2]),
        (with_casts, [3]),
        (a_difference, []),
        (a_maximum, []),
        (repeated_elementwise, []),
        (left_early, []),
    ],
    ids=lambda value: value.attrs["global_symbol"] if hasattr(value, "attrs") else "",
)
def test_kt_tiles(func, expected):
    args = tt.schedule_of(tt.infer_default_tt_schedule(func, kernels.device(8, 8))).runtime_args
    assert [arg.value for arg in args if arg.name == "kt_tiles"] == expected
