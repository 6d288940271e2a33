"""A buffer's role is found from how the code reads and writes it, never from its name."""

from __future__ import annotations

import inspect

import kernels
import pytest
import tvm
from tvm.script import tirx as T

import tilelang.tt as tt

DEVICE = kernels.device(8, 8)


def roles(func) -> dict[str, str]:
    buffers = tt.buffers_of(tt.infer_default_tt_shard(func, DEVICE))
    return {name: buffer.role for name, buffer in buffers.items()}


# fmt: off
@T.prim_func
def misleading_names(C: T.Buffer((64,), "float32"), out: T.Buffer((64,), "float32"), A: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for i in range(64):
        A[i] = C[i] + out[i]

@T.prim_func
def accumulated_into_what_was_there(X: T.Buffer((64,), "float32"), Y: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for i in range(64):
        Y[i] = Y[i] + X[i]

@T.prim_func
def cleared_in_the_same_loop(X: T.Buffer((64, 8), "float32"), Y: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for i in range(64):
        Y[i] = T.float32(0)
        for k in range(8):
            Y[i] = Y[i] + X[i, k]

@T.prim_func
def cleared_in_a_loop_before(X: T.Buffer((64, 8), "float32"), Y: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 2)
    for i in range(32):
        Y[bx * 32 + i] = T.float32(0)
    for j, k in T.grid(32, 8):
        Y[bx * 32 + j] = Y[bx * 32 + j] + X[bx * 32 + j, k]

@T.prim_func
def cleared_in_too_short_a_loop(X: T.Buffer((64, 8), "float32"), Y: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for i in range(63):
        Y[i] = T.float32(0)
    for j, k in T.grid(64, 8):
        Y[j] = Y[j] + X[j, k]

@T.prim_func
def cleared_only_sometimes(X: T.Buffer((64,), "float32"), Y: T.Buffer((64,), "float32"), n: T.int32):
    bx = T.launch_thread("blockIdx.x", 1)
    for i in range(64):
        if n > i:
            Y[i] = T.float32(0)
        Y[i] = Y[i] + X[i]

@T.prim_func
def read_before_it_is_written(Y: T.Buffer((64,), "float32"), Z: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for i in range(64):
        Z[i] = Y[i]
        Y[i] = T.float32(0)

@T.prim_func
def another_element_is_read(Y: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for i in range(63):
        Y[i] = Y[i + 1]

@T.prim_func
def never_written(X: T.Buffer((64,), "float32"), unused: T.Buffer((64,), "float32"), Y: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    Y[0] = X[0]

@T.prim_func
def by_pointer_with_masks(X: T.Buffer((64,), "float32"), Y: T.Buffer((64,), "float32"), Z: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    T.evaluate(T.call_extern("int32", "f", X.access_ptr("r"), Y.access_ptr("w"), Z.access_ptr("rw")))

@T.prim_func
def by_pointer_without_a_mask(X: T.Buffer((64,), "float32"), Y: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    T.evaluate(T.call_extern("int32", "f", X.data, T.address_of(Y[0])))

@T.prim_func
def left_early(X: T.Buffer((64,), "float32"), Y: T.Buffer((64,), "float32"), n: T.int32):
    bx = T.launch_thread("blockIdx.x", 1)
    for i in range(64):
        if n < 3:
            break
        Y[i] = T.float32(0)
    for j in range(64):
        Y[j] = Y[j] + X[j]

@T.prim_func
def read_as_an_index(X: T.Buffer((64,), "int32"), Y: T.Buffer((64,), "float32")):
    bx = T.launch_thread("blockIdx.x", 1)
    for i in range(64):
        Y[X[i]] = T.float32(1)
# fmt: on


@pytest.mark.parametrize(
    ("func", "expected"),
    [
        (misleading_names, {"C": "in", "out": "in", "A": "out"}),
        (accumulated_into_what_was_there, {"X": "in", "Y": "inout"}),
        (cleared_in_the_same_loop, {"X": "in", "Y": "out"}),
        (cleared_in_a_loop_before, {"X": "in", "Y": "out"}),
        (cleared_in_too_short_a_loop, {"X": "in", "Y": "inout"}),
        (cleared_only_sometimes, {"X": "in", "Y": "inout"}),
        (read_before_it_is_written, {"Y": "inout", "Z": "out"}),
        (another_element_is_read, {"Y": "inout"}),
        (never_written, {"X": "in", "unused": "in", "Y": "out"}),
        (by_pointer_with_masks, {"X": "in", "Y": "out", "Z": "inout"}),
        (by_pointer_without_a_mask, {"X": "inout", "Y": "inout"}),
        (left_early, {"X": "in", "Y": "inout"}),
        (read_as_an_index, {"X": "in", "Y": "out"}),
    ],
    ids=lambda value: value.attrs["global_symbol"] if isinstance(value, tvm.tirx.PrimFunc) else "",
)
def test_role(func, expected):
    assert roles(func) == expected


@pytest.mark.parametrize("index", [1, -1])
def test_what_tilelang_allocates_for_the_caller_is_an_output(index):
    func = accumulated_into_what_was_there.with_attr("tilelang_out_idx", [index])
    assert roles(func) == {"X": "in", "Y": "out"}


def test_an_output_index_beyond_the_parameters_is_malformed():
    func = misleading_names.with_attr("tilelang_out_idx", [3])
    with pytest.raises(ValueError, match=r"tilelang_out_idx has 3; expected .* -3 to 2"):
        roles(func)


BLOCK_REDUCTION = """
# from tvm.script import tirx as T
@T.prim_func{flags}
def block_reduction(X: T.Buffer((64, 8), "float32"), Y: T.Buffer((64,), "float32")):
    for bx in T.thread_binding(1, thread="blockIdx.x"):
        for i, k in T.grid(64, 8):
            with T.sblock("Y"):
                vi, vk = T.axis.remap("SR", [i, k])
                with T.init():
                    Y[vi] = T.float32(0)
                Y[vi] = Y[vi] + X[vi, vk]
"""


def test_a_reduction_block_initialises_its_output():
    # From apache-tvm 0.26 on, a function with blocks is marked so.
    marked = "s_tir" in inspect.signature(T.prim_func).parameters
    func = tvm.script.from_source(BLOCK_REDUCTION.format(flags="(s_tir=True)" if marked else ""))
    assert roles(func) == {"X": "in", "Y": "out"}
