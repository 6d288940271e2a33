"""What each step does: padding, bounds, undefined memory, views, order, and what has no meaning."""

from __future__ import annotations

import math
import re

import ml_dtypes
import numpy as np
import pytest
from tile_builder import Builder, cast, number, op

import tilelang.tt as tt
from tilelang.tt import program as p

BF16 = np.dtype(ml_dtypes.bfloat16)


def run(b: Builder, *args, **named):
    return tt.reference(b.program())(*args, **named)


def floats(*shape, seed=0, dtype="float32"):
    values = np.random.default_rng(seed).standard_normal(shape)
    return values.astype(np.float32).astype(BF16 if dtype == "bfloat16" else dtype)


@pytest.mark.parametrize("pad", [None, 7.0, -math.inf])
def test_a_copy_pads_outside_of_a_tensor_and_leaves_out_what_lies_outside(pad):
    b = Builder()
    A, C = b.tensor("A", (5, 6), pad=pad), b.tensor("C", (5, 6))
    D = b.tensor("D", (4, 4))
    s = b.shared("s", (4, 4))
    with b.launch((2, 2), "bx", "by") as (bx, by):
        b.copy(A.at(by * 4 - 1, bx * 4 - 1).of(4, 4), s)
        b.copy(s, C.at(by * 4 - 1, bx * 4 - 1).of(4, 4))
        with b.when(bx.eq(1) & by.eq(1)):
            b.copy(s, D)
    a = floats(5, 6)
    same, last = run(b, a)
    assert np.array_equal(same, a)
    expected = np.full((4, 4), pad or 0.0, np.float32)
    expected[:2, :3] = a[3:, 3:]
    assert np.array_equal(last, expected)


def test_loads_and_stores_of_a_map_pad_and_leave_out_too():
    b = Builder()
    A, C = b.tensor("A", (4,), "int32", pad=9), b.tensor("C", (4,), "int32")
    with b.launch(), b.map(i=8) as i:
        b.store(C[i - 2], A[i - 1])
    assert run(b, np.arange(4, dtype=np.int32)).tolist() == [1, 2, 3, 9]


def test_regions_of_other_ranks_fit_by_the_extents_that_are_not_1():
    b = Builder()
    A, C = b.tensor("A", (2, 3, 4)), b.tensor("C", (4, 2), "bfloat16")
    s = b.shared("s", (1, 2, 1, 4), "bfloat16")
    with b.launch():
        b.copy(A.at(0, 1, 0).of(2, 1, 4), s)
        b.transpose(s.at(0, 0, 0, 0).of(1, 1, 1, 4), C.at(0, 1).of(4, 1))
        b.transpose(s.at(0, 1, 0, 0).of(1, 1, 1, 4), C.at(0, 0).of(4, 1))
    a = floats(2, 3, 4)
    assert np.array_equal(run(b, a), a[:, 1].T[:, ::-1].astype(BF16))


def test_a_copy_onto_itself_reads_all_of_it_first():
    b = Builder()
    A = b.tensor("A", (8,))
    with b.launch():
        b.copy(A.at(0).of(6), A.at(2).of(6))
    a = floats(8)
    assert np.array_equal(run(b, a), a[[0, 1, 0, 1, 2, 3, 4, 5]])


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("float32", math.nan),
        ("bfloat16", math.nan),
        ("int32", 2**31 - 1),
        ("uint8", 255),
        ("bool", True),
    ],
)
def test_memory_that_was_never_written_is_undefined_in_each_block(dtype, value):
    b = Builder()
    C = b.tensor("C", (2, 4), dtype)
    s = b.shared("s", (4,), dtype)
    with b.launch(2, "bx") as bx:
        b.copy(s, C.at(bx, 0).of(1, 4))
        b.fill(s, 0)
    found = run(b).astype(np.float64)
    assert np.array_equal(found, np.full((2, 4), float(value)), equal_nan=True)


def test_an_output_that_no_block_writes_is_undefined_and_one_that_is_given_is_kept():
    b = Builder()
    C = b.tensor("C", (4,))
    with b.launch():
        b.fill(C.at(0).of(2), 1)
    assert np.array_equal(run(b), np.array([1, 1, np.nan, np.nan], np.float32), equal_nan=True)
    given = np.zeros(4, np.float32)
    assert run(b, given).tolist() == [1, 1, 0, 0]
    assert given.tolist() == [0, 0, 0, 0]


def test_a_workspace_lasts_from_launch_to_launch():
    b = Builder()
    A, C, W = b.tensor("A", (4,)), b.tensor("C", (4,)), b.workspace("W", (4,))
    with b.launch(4, "bx") as bx, b.map():
        b.store(W[bx], A[bx] * 2)
    with b.launch(4, "bx") as bx, b.map():
        b.store(C[bx], W[op("sub", 3, bx)])
    a = floats(4)
    assert np.array_equal(run(b, a), a[::-1] * 2)


def test_a_view_has_the_bytes_of_its_storage():
    b = Builder()
    A, C = b.tensor("A", (2, 4)), b.tensor("C", (4,), "uint16")
    s = b.shared("s", (2, 4))
    words, tail = b.view("words", s, (16,), "uint16"), b.view("tail", s, (2, 2), offset=4)
    with b.launch():
        b.copy(A, s)
        b.fill(tail.at(1, 0).of(1, 2), 1)
        b.copy(words.at(10).of(4), C)
    a = floats(2, 4)
    a_after = a.copy()
    a_after[1, 2:] = 1
    assert np.array_equal(run(b, a), a_after.view(np.uint16).reshape(-1)[10:14])


REDUCTIONS = {
    "sum": lambda x: np.sum(x, 1),
    "max": lambda x: np.max(x, 1),
    "min": lambda x: np.min(x, 1),
    "abssum": lambda x: np.sum(np.abs(x), 1),
    "absmax": lambda x: np.max(np.abs(x), 1),
    "bitand": lambda x: np.bitwise_and.reduce(x, 1),
    "bitor": lambda x: np.bitwise_or.reduce(x, 1),
    "bitxor": lambda x: np.bitwise_xor.reduce(x, 1),
}
JOINS = {"sum": np.add, "max": np.maximum, "min": np.minimum, "and": np.bitwise_and,
         "or": np.bitwise_or, "xor": np.bitwise_xor}  # fmt: skip


@pytest.mark.parametrize("clear", [True, False])
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("kind", REDUCTIONS)
def test_reductions(kind, keep, clear):
    b = Builder()
    A = b.tensor("A", (3, 5, 4), "int32")
    C = b.tensor("C", (3, 1, 4) if keep else (3, 4), "int32")
    s = b.scratch("s", C.shape, "int32")
    with b.launch():
        b.copy(C, s)
        b.reduce(kind, A, s, 1, clear=clear)
        b.copy(s, C)
    r = np.random.default_rng(0)
    a = r.integers(-99, 99, (3, 5, 4)).astype(np.int32)
    c = r.integers(-99, 99, C.shape).astype(np.int32)
    expected = REDUCTIONS[kind](a).reshape(C.shape)
    if not clear:
        expected = JOINS[kind.removeprefix("abs").removeprefix("bit")](c, expected)
    assert np.array_equal(run(b, a, c), expected)


def test_a_sum_is_made_in_its_targets_dtype_in_ascending_order():
    """2^24 + 1 is 2^24 in float32: four ones after it are lost, before it they are not."""
    for first, dtype, one in ((True, "float32", 2.0**24), (True, "bfloat16", 2.0**8)):
        for order, expected in (([one, 1, 1, 1, 1], one), ([1, 1, 1, 1, one], one + 4)):
            b = Builder()
            A, C = b.tensor("A", (1, 5), dtype), b.tensor("C", (1,), dtype)
            with b.launch():
                b.reduce("sum", A, C, 1)
            a = np.array([order], np.float32).astype(BF16 if dtype == "bfloat16" else dtype)
            assert first
            assert float(run(b, a)[0]) == float(np.float32(expected).astype(a.dtype))


def test_a_gemm_in_a_narrow_dtype_rounds_each_product_and_each_sum():
    b = Builder()
    A, B, C = (
        b.tensor("A", (1, 3), "bfloat16"),
        b.tensor("B", (3, 1), "bfloat16"),
        b.tensor("C", (1, 1), "bfloat16"),
    )
    with b.launch():
        b.gemm(A, B, C, clear=True)
    a = np.array([[256, 1, 1]], np.float32).astype(BF16)
    assert float(run(b, a, np.ones((3, 1), BF16))[0, 0]) == 256.0


@pytest.mark.parametrize("kind", ["max", "min", "absmax"])
def test_a_maximum_passes_over_nan_unless_it_is_told_not_to(kind):
    for nan in (False, True):
        b = Builder()
        A, C = b.tensor("A", (2, 3), "bfloat16"), b.tensor("C", (2,))
        with b.launch():
            b.reduce(kind, A, C, 1, nan=nan)
        found = run(b, np.array([[1, np.nan, 3], [2, 4, 1]], np.float32).astype(BF16))
        assert math.isnan(found[0]) == nan
        assert not math.isnan(found[1])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("kind", ["sum", "max"])
def test_scans(kind, axis, reverse):
    b = Builder()
    A, C = b.tensor("A", (5, 7), "int32"), b.tensor("C", (5, 7), "int64")
    with b.launch():
        b.scan(kind, A, C, axis, reverse=reverse)
    a = np.random.default_rng(0).integers(-99, 99, (5, 7)).astype(np.int32)
    flipped = np.flip(a, axis) if reverse else a
    expected = (np.cumsum if kind == "sum" else np.maximum.accumulate)(flipped, axis)
    assert np.array_equal(run(b, a), np.flip(expected, axis) if reverse else expected)


def test_atomics_of_regions_and_of_elements():
    b = Builder()
    A, C, top = b.tensor("A", (4, 4)), b.tensor("C", (6,)), b.tensor("top", (1,))
    s = b.shared("s", (4,))
    with b.launch(4, "bx") as bx:
        b.copy(A.at(bx, 0).of(1, 4), s)
        b.atomic("add", C.at(bx).of(4), src=s)
        b.atomic("max", top, value=cast("float32", bx))
        with b.map(i=4) as i:
            b.atomic_store("add", C[i // 2], 1.0)
    a = floats(4, 4)
    zero, low = np.zeros(6, np.float32), np.full(1, -9, np.float32)
    added, top = run(b, a, zero, low)
    expected = np.zeros(6)
    for row in range(4):
        for j in range(4):
            if row + j < 6:
                expected[row + j] += a[row, j]
            expected[j // 2] += 1
    assert np.allclose(added, expected, rtol=1e-6)
    assert top.tolist() == [3.0]


def test_a_histogram_counts_each_point_of_a_serial_map_too():
    for kind in ("serial", "parallel"):
        b = Builder()
        A, C = b.tensor("A", (500,), "int32"), b.tensor("C", (7,), "int32")
        with b.launch(), b.map(kind, i=500) as i:
            b.atomic_store("add", C[A[i] % 7], 1)
        a = np.random.default_rng(0).integers(-99, 99, 500).astype(np.int32)
        assert run(b, a, np.zeros(7, np.int32)).tolist() == np.bincount(a % 7, minlength=7).tolist()


def test_loops_conditions_variables_and_what_leaves_them():
    """Collatz: a while within a loop, with break and continue, in scalars of the block."""
    b = Builder()
    C, most = b.tensor("C", (20,), "int32"), b.scalar("most")
    x, count = b.var("x"), b.var("count")
    with b.launch(), b.loop("n", 18, min=2) as n:
        b.assign(x, n)
        b.assign(count, 0)
        with b.when(n.eq(7)):
            b.step(p.Continue())
        with b.repeat_while(x[0].ne(1)):
            with b.when(count[0] >= most):
                b.step(p.Break())
            half = b.let("half", x[0] // 2)
            with b.when((x[0] % 2).eq(0)):
                b.assign(x, half)
            with b.otherwise():
                b.assign(x, x[0] * 3 + 1)
            b.assign(count, count[0] + 1)
        b.step(p.Barrier())
        with b.map():
            b.store(C[n], count[0])

    def collatz(n):
        count = 0
        while n != 1 and count < 15:
            n, count = (n // 2 if n % 2 == 0 else 3 * n + 1), count + 1
        return count

    found = run(b, np.zeros(20, np.int32), 15)
    assert found.tolist() == [0, 0] + [0 if n == 7 else collatz(n) for n in range(2, 20)]


def test_blocks_run_with_x_fastest():
    b = Builder()
    C, count = b.tensor("C", (2, 3, 4), "int32"), b.workspace("count", (1,), "int32")
    with b.launch():
        b.fill(count, 0)
    with b.launch((4, 3, 2), "bx", "by", "bz") as (bx, by, bz), b.map():
        b.store(C[bz, by, bx], count[0])
        b.store(count[0], count[0] + 1)
    assert run(b).reshape(-1).tolist() == [*range(24)]


def faulty(make):
    b = Builder()
    A, n = b.tensor("A", (4, 4)), b.scalar("n")
    s, k = b.shared("s", (2, 4)), b.var("k")
    with b.launch(2, "bx") as bx:
        b.fill(s, 1)
        make(b, A, s, k, n + bx)
    return b.program()


def stored(b, s, at, value=1.0):
    with b.map(i=2, j=4) as (i, j):
        b.store(s[at(i), j], value)


@pytest.mark.parametrize(
    ("message", "make"),
    [
        ("T.copy(s[n + bx, :], A[0, :]) reads s[2:3, 0:4], not all inside; expected a part of its (2, 4)",
         lambda b, A, s, k, x: b.copy(s.at(x, 0).of(1, 4), A.at(0, 0).of(1, 4))),
        ("T.fill(s[n + bx, :], 1.0) writes s[2:3, 0:4], not all inside",
         lambda b, A, s, k, x: b.fill(s.at(x, 0).of(1, 4), 1)),
        ("T.map writes s[2, 0], which is outside; expected an element of its (2, 4)",
         lambda b, A, s, k, x: stored(b, s, lambda i: i + x - 1)),
        ("copies extents (2, 4) to (3, 4); expected the same but for 1",
         lambda b, A, s, k, x: b.copy(s, A.at(0, 0).of(x + 1, 4))),
        ("has extents (-1, 4) of s; expected none below 0",
         lambda b, A, s, k, x: b.copy(s.at(0, 0).of(op("sub", 1, x), 4), A.at(0, 0).of(op("sub", 1, x), 4))),
        ("k = T.truncdiv(1, n + bx - 2) divides an integer by 0",
         lambda b, A, s, k, x: b.assign(k, op("div", 1, x - 2))),
        ("reduces 0 elements of A",
         lambda b, A, s, k, x: b.reduce("sum", A.at(0, 0).of(op("sub", 2, x), 4), s.at(0, 0).of(1, 4), 0)),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_an_error_with_the_block_and_the_step(message, make):
    kernel = faulty(make)
    text = re.escape(message)
    # Block 0 does what it may; block 1, with n + bx = 2, is the one that doesn't.
    with pytest.raises(
        ValueError, match=rf"^the kernel: block \(1, 0, 0\): launches\[0\]\.body\[1\]: .*{text}"
    ):
        tt.reference(kernel)(floats(4, 4), 1)


def test_a_run_ends():
    b = Builder()
    C, k = b.tensor("C", (1,), "int32"), b.var("k")
    with b.launch():
        b.assign(k, 0)
        with b.repeat_while(k[0] >= 0):
            b.assign(k, 0)
        b.fill(C, 1)
    with pytest.raises(RuntimeError, match=r"more than 1000 steps.*max_steps="):
        tt.reference(b.program(), max_steps=1000)()
    for loops in (dict(i=2**31 - 1), dict(i=2**20, j=2**20)):
        for kind in ("parallel", "serial"):
            b = Builder()
            C = b.tensor("C", (1,), "int32")
            with b.launch(), b.map(kind, **loops):
                b.store(C[0], 1)
            with pytest.raises(RuntimeError, match="more than 3000 steps"):
                tt.reference(b.program(), max_steps=3000)()
    b = Builder()
    C = b.tensor("C", (1,), "int32")
    with b.launch((2**30, 2**20)):
        b.fill(C, 1)
    with pytest.raises(RuntimeError, match="more than 1000 steps"):
        tt.reference(b.program(), max_steps=1000)()


def test_a_number_of_a_scalar_decides_at_run_time():
    b = Builder()
    A, C, n = b.tensor("A", (8, 8)), b.tensor("C", (8, 8)), b.scalar("n")
    scale = b.scalar("scale", "float32")
    with b.launch(), b.map(i=(n, "parallel"), j=(lambda i: i + 1, "parallel")) as (i, j):
        b.store(C[i, j], A[i, j] * scale)
    a = floats(8, 8)
    expected = np.zeros((8, 8), np.float32)
    for i in range(5):
        expected[i, : i + 1] = a[i, : i + 1] * np.float32(0.1)
    assert np.array_equal(run(b, a, np.zeros((8, 8), np.float32), 5, 0.1), expected)
    assert number(0.1, "float32").dtype == "float32"
