"""Calling a kernel: what is taken for one, and which arguments."""

from __future__ import annotations

import re
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
import tile_kernels
from tile_builder import Builder

import tilelang.tt as tt
from tilelang.tt.program import Program
from tilelang.tt.program.interpreter import program_of


def scaled():
    """C = A * n, and the sum of what was in S and A's rows."""
    b = Builder()
    A, n = b.tensor("A", (4, 4)), b.scalar("n", "float32")
    C, S = b.tensor("C", (4, 4)), b.tensor("S", (4,))
    with b.launch():
        with b.map(i=4, j=4) as (i, j):
            b.store(C[i, j], A[i, j] * n)
        b.reduce("sum", A, S, 1, clear=False)
    return b.program()


A = np.arange(16, dtype=np.float32).reshape(4, 4)
S = np.ones(4, np.float32)


class GlobalVar:
    def __init__(self, name_hint: str) -> None:
        self.name_hint = name_hint


class Function:
    """A PrimFunc, as far as it matters: attributes, the program behind a field ``json``."""

    def __init__(self, program: Program, **more) -> None:
        self.attrs = {"tt_program": SimpleNamespace(json=program.to_text()), **more}


@pytest.mark.parametrize(
    "take",
    [
        lambda p: p,
        lambda p: p.to_text(),
        lambda p: p.to_json(),
        lambda p: {"tt_program": p.to_json(), "global_symbol": "main"},
        lambda p: Function(p, global_symbol="main"),
        lambda p: SimpleNamespace(functions={"main": {"tt_program": p.to_json()}}),
        lambda p: SimpleNamespace(functions={GlobalVar("main"): Function(p)}),
    ],
    ids=["program", "text", "document", "attributes", "function", "plan", "module"],
)
def test_a_kernel_is_whatever_has_a_tile_program(take):
    program = scaled()
    assert program_of(take(program)) == program
    scaled_by, sums = tt.reference(take(program))(A, 2, S)
    assert np.array_equal(scaled_by, A * 2)
    assert np.array_equal(sums, A.sum(1) + 1)


def test_one_function_of_several_is_named():
    program = scaled()
    plan = SimpleNamespace(functions={"a": {"tt_program": program.to_json()}, "b": {}})
    assert program_of(plan, "a") == program
    for function, message in (
        (None, "found 2 functions; expected function= one of ['a', 'b']"),
        ("c", "found no function 'c'; expected one of ['a', 'b']"),
        ("b", "b: found no tile program; expected one, as tilelang.tt.tile_program(func) gives"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            tt.reference(plan, function=function)


@pytest.mark.parametrize("thing", [None, 3, [], {}, object(), "{", "text"])
def test_what_has_no_program_is_refused(thing):
    with pytest.raises(ValueError, match="found"):
        tt.reference(thing)


def test_outputs_may_be_left_out_and_nothing_that_was_given_is_written():
    run = tt.reference(scaled())
    given = np.full((4, 4), 5, np.float32)
    before = A.copy(), S.copy(), given.copy()
    calls = [
        run(A, 2, S),
        run(A, 2, given, S),
        run(A, S, n=2),
        run(A=A, n=2, S=S),
        run(A, n=2.0, C=given, S=S),
    ]
    for scaled_by, sums in calls:
        assert np.array_equal(scaled_by, A * 2)
        assert np.array_equal(sums, A.sum(1) + 1)
    for now, then in zip((A, S, given), before, strict=True):
        assert np.array_equal(now, then)


def test_roles_of_the_metadata_say_what_may_be_left_out():
    program = scaled()
    described = {
        name: {"tt_role": role} for name, role in (("A", "in"), ("C", "out"), ("S", "out"))
    }
    run = tt.reference({"tt_program": program.to_json(), "tt_buffers": described})
    _, sums = run(A, 2)
    assert np.all(np.isnan(sums))


ARGUMENTS = [
    ((A, 2), {}, "found 2 arguments; expected 4 (A, n, C, S), or 3 without the outputs"),
    ((A, 2, A, S, S), {}, "found 5 arguments"),
    ((A, 2, S), {"x": 1}, "found an argument 'x'; expected one of ['A', 'n', 'C', 'S']"),
    ((A, 2, S), {"A": A}, "found 3 arguments; expected 3 (n, C, S), or 2 without the outputs"),
    ((A[:3], 2, S), {}, "A: found float32 of shape (3, 4); expected float32 of shape (4, 4)"),
    ((A.astype(np.float64), 2, S), {}, "A: found float64 of shape (4, 4); expected float32"),
    (
        (A.astype(ml_dtypes.bfloat16), 2, S),
        {},
        "A: found bfloat16 of shape (4, 4); expected float32",
    ),
    ((A, "2", S), {}, "n: found '2'; expected a number of float32"),
    ((A, None, S), {}, "n: found None; expected a number of float32"),
    ((A, True, S), {}, "n: found True; expected a number of float32"),
    (([1], 2, S), {}, "A: found int64 of shape (1,)"),
]


@pytest.mark.parametrize(("args", "named", "message"), ARGUMENTS, ids=[row[2] for row in ARGUMENTS])
def test_arguments_that_do_not_fit_are_refused(args, named, message):
    if message.endswith("expected 3 (n, C, S), or 2 without the outputs"):
        args = (*args, 1, 1)
        message = message.replace("found 3", "found 5")
    with pytest.raises(ValueError, match=re.escape(f"the kernel: {message}")):
        tt.reference(scaled())(*args, **named)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("int32", 2**31), ("uint8", -1), ("int32", 1.0), ("bool", 1), ("int64", True)],
)
def test_a_scalar_has_to_fit_its_dtype(dtype, value):
    b = Builder()
    C, n = b.tensor("C", (1,)), b.scalar("n", dtype)
    with b.launch():
        b.fill(C, n)
    with pytest.raises(ValueError, match=f"n: found {value}; expected a number of {dtype}"):
        tt.reference(b.program())(value)


def test_arrays_need_not_be_contiguous():
    run = tt.reference(scaled())
    found, _ = run(A.T, np.float32(2), S[::-1])
    assert np.array_equal(found, A.T * 2)


def test_what_is_not_understood_is_refused_before_anything_runs():
    b = Builder()
    s = b.shared("s", (4,))
    with b.launch(), b.loop("k", 2):
        b.opaque("tl.tileop.gemm_sp", "sparse operands have no plain meaning", [s], [s])
    message = (
        "sparse: launches[0].body[0].body[0]: found tl.tileop.gemm_sp, which is not understood "
        "(sparse operands have no plain meaning)"
    )
    with pytest.raises(NotImplementedError, match=re.escape(message)):
        tt.reference({"tt_program": b.program().to_json(), "global_symbol": "sparse"})


@pytest.mark.parametrize("dtype", ["float4_e2m1fn", "int4", "handle"])
def test_a_dtype_of_less_than_a_byte_is_refused(dtype):
    b = Builder()
    b.shared("s", (4,), dtype)
    with pytest.raises(NotImplementedError, match=f"found {dtype}"):
        tt.reference(b.program())


def test_a_run_leaves_nothing_behind_for_the_next():
    program = tile_kernels.softmax(40, 32)
    run = tt.reference(program)
    x = np.random.default_rng(0).standard_normal((40, 32)).astype(ml_dtypes.bfloat16)
    first = run(x)
    run(x * 0)
    assert np.array_equal(run(x), first)
    assert Program.from_json(program.to_text()) == run.program
