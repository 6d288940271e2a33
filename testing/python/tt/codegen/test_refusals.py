"""What no kernels are generated for is refused before there is text: function, step, reason, advice."""

from __future__ import annotations

import golden_texts
import pytest
from tile_builder import Builder, op, select
from tile_kernels import flash_attention, gemm

from tilelang.tt import DeviceSpec, describe
from tilelang.tt.codegen.generate import generate


def one_block(steps, rows=64, columns=64, dtype="bfloat16"):
    """X -> x -> steps(b, x, y) -> y -> Y."""
    b = Builder()
    X, Y = b.tensor("X", (rows, columns), dtype), b.tensor("Y", (rows, columns), "float32")
    x, y = b.shared("x", (rows, columns), dtype), b.scratch("y", (rows, columns))
    with b.launch(1, "bx"):
        b.copy(X, x)
        steps(b, x, y)
        b.copy(y, Y)
    return b.program()


def opaque(b, x, y):
    b.opaque("tl.mystery", "no plain meaning", (x,), (y,))


def part(b, x, y):
    b.copy(x.at(0, 0).of(32, 64), y.at(0, 0).of(32, 64))


def scan(b, x, y):
    b.scan("sum", x, y, 1)


def loops(b, x, y):
    with b.map(i=64, j=64) as (i, j), b.loop("k", 4):
        b.store(y[i, j], 1.0)


def diagonal(b, x, y):
    with b.map(i=64, j=64) as (i, j):
        b.store(y[i, j], op("exp", y_of(x, i, i)))


def y_of(x, i, j):
    from tile_builder import cast

    return cast("float32", x[i, j])


def index_value(b, x, y):
    from tile_builder import cast

    with b.map(i=64, j=64) as (i, j):
        b.store(y[i, j], cast("float32", i + j))


def half(b, x, y):
    with b.map(i=32, j=64) as (i, j):
        b.store(y[i, j], 1.0)


def several(b, x, y):
    with b.map(i=64, j=64, k=(2, "serial")) as (i, j, _k):
        b.store(y[i, j], 1.0)


def sine(b, x, y):
    with b.map(i=64, j=64) as (i, j):
        b.store(y[i, j], op("sin", y_of(x, i, j)))


def no_turn(b, x, y):
    with b.loop("k", 4):
        b.copy(x, y)


def unwritten(b, x, y):
    with b.map(i=64, j=64) as (i, j):
        b.store(y[i, j], y[i, j] + 1.0)


def gathered():
    b = Builder()
    X, Y = b.tensor("X", (64, 64)), b.tensor("Y", (64, 64))
    rows = b.tensor("rows", (2,), "int32")
    x = b.shared("x", (32, 64))
    with b.launch(2, "bx") as bx:
        b.copy(X.at(rows[bx] * 32, 0).of(32, 64), x)
        b.copy(x, Y.at(bx * 32, 0).of(32, 64))
    return b.program()


def misaligned():
    b = Builder()
    X, Y = b.tensor("X", (64, 64)), b.tensor("Y", (64, 64))
    x = b.shared("x", (16, 64))
    with b.launch(4, "bx") as bx:
        b.copy(X.at(bx * 16, 0).of(16, 64), x)
        b.copy(x, Y.at(bx * 16, 0).of(16, 64))
    return b.program()


def shared_pages():
    b = Builder()
    X, Y = b.tensor("X", (64, 64)), b.tensor("Y", (64, 64))
    x = b.shared("x", (32, 64))
    with b.launch(4, "bx") as bx:
        b.copy(X.at(bx % 2 * 32, 0).of(32, 64), x)
        b.copy(x, Y.at(bx % 2 * 32, 0).of(32, 64))
    return b.program()


def read_again():
    """What is written is read again by the same block, and the reader doesn't wait for the writer."""
    b = Builder()
    X, Y = b.tensor("X", (64, 64)), b.tensor("Y", (64, 64))
    x, y = b.shared("x", (32, 64)), b.shared("y", (32, 64))
    with b.launch(2, "bx") as bx:
        block = X.at(bx * 32, 0).of(32, 64)
        b.copy(block, x)
        b.copy(x, block)
        b.copy(block, y)
        b.copy(y, Y.at(bx * 32, 0).of(32, 64))
    return b.program()


def not_waited_for():
    """What is written doesn't wait for what was read before."""
    b = Builder()
    X, Y = b.tensor("X", (64, 64)), b.tensor("Y", (64, 64))
    x, y = b.shared("x", (32, 64)), b.scratch("y", (32, 64))
    with b.launch(2, "bx") as bx:
        block = X.at(bx * 32, 0).of(32, 64)
        b.copy(block, x)
        b.fill(y, 1.0)
        b.copy(y, block)
        b.copy(x, Y.at(bx * 32, 0).of(32, 64))
    return b.program()


def neighbours():
    """A block reads what another writes."""
    b = Builder()
    X = b.tensor("X", (128, 64))
    x = b.shared("x", (32, 64))
    with b.launch(2, "bx") as bx:
        b.copy(X.at(bx * 32, 0).of(32, 64), x)
        b.copy(x, X.at(bx * 32 + 32, 0).of(32, 64))
    return b.program()


def later_turn():
    """A turn of a loop reads what the one before has written."""
    b = Builder()
    X = b.tensor("X", (64, 256))
    x = b.shared("x", (32, 64))
    with b.launch(2, "bx") as bx, b.loop("k", 3) as k:
        b.copy(X.at(bx * 32, k * 64).of(32, 64), x)
        b.copy(x, X.at(bx * 32, k * 64 + 64).of(32, 64))
    return b.program()


def one_row():
    b = Builder()
    X, L = b.tensor("X", (2, 64, 64)), b.tensor("L", (2, 64))
    x, r = b.shared("x", (64, 64)), b.scratch("r", (64,))
    with b.launch(2, "bx") as bx:
        b.copy(X.at(bx, 0, 0).of(1, 64, 64), x)
        b.reduce("sum", x, r, 1)
        b.copy(r, L.at(bx, 0).of(1, 64))
    return b.program()


def matrices():
    b = Builder()
    X, Y = b.tensor("X", (2, 32, 32)), b.tensor("Y", (2, 32, 32))
    x, y = b.shared("x", (2, 32, 32)), b.scratch("y", (2, 32))
    with b.launch(1):
        b.copy(X, x)
        b.reduce("sum", x, y, 2)
        b.copy(x, Y)
    return b.program()


def int32():
    b = Builder()
    X, Y = b.tensor("X", (64, 64), "int32"), b.tensor("Y", (64, 64), "int32")
    x = b.shared("x", (32, 64), "int32")
    with b.launch(2, "bx") as bx:
        b.copy(X.at(bx * 32, 0).of(32, 64), x)
        b.copy(x, Y.at(bx * 32, 0).of(32, 64))
    return b.program()


def atomic():
    b = Builder()
    X, Y = b.tensor("X", (64, 64)), b.tensor("Y", (64, 64))
    x = b.shared("x", (32, 64))
    with b.launch(2, "bx") as bx:
        b.copy(X.at(bx * 32, 0).of(32, 64), x)
        b.atomic("add", Y.at(bx * 32, 0).of(32, 64), src=x)
    return b.program()


def on_data():
    b = Builder()
    X, Y = b.tensor("X", (64, 64)), b.tensor("Y", (64, 64))
    x = b.shared("x", (32, 64))
    with b.launch(2, "bx") as bx:
        b.copy(X.at(bx * 32, 0).of(32, 64), x)
        with b.when(x[0, 0] > 0.0):
            b.copy(x, Y.at(bx * 32, 0).of(32, 64))
    return b.program()


def both_ways(b, x, y):
    v = b.scratch("v", (64,))
    b.fill(v, 1.0)
    with b.map(i=64, j=64) as (i, j):
        b.store(y[i, j], v[i] + v[j])


def narrow_accumulator(b, x, y):
    z = b.scratch("z", (64, 64), "float16")
    v = b.shared("v", (64, 64), "float16")
    b.copy(x, v)
    b.gemm(v, v, z, clear=True)
    b.copy(z, y)


def deep(b, x, y):
    def tree(i, j, depth):
        if depth == 0:
            return y_of(x, i, j)
        return op(
            "atan2" if depth < 0 else "sub", tree(i, j, depth - 1) * 2.0, tree(i, j, depth - 1)
        )

    with b.map(i=64, j=64) as (i, j):
        b.store(y[i, j], select(y_of(x, i, j) > 0.0, tree(i, j, 4), tree(i, j, 3)))


TABLE = {
    "opaque": (one_block(opaque), "tl.mystery is not understood: no plain meaning"),
    "part of a buffer": (one_block(part), "it takes a part of x"),
    "scan": (one_block(scan), "no kernel is generated for such a step"),
    "loop in a map": (one_block(loops), "it has a loop or an atomic update within"),
    "diagonal": (one_block(diagonal), "x is not indexed by the loops' variables"),
    "value of indices": (one_block(index_value), "it casts int32 to float32"),
    "half of a buffer": (one_block(half), "it doesn't store all of y"),
    "several points": (one_block(several), "several points of it store to one element of y"),
    "no function": (one_block(sine), "the vector unit has no function for sin"),
    "read before written": (one_block(unwritten), "y: read before all of it is written"),
    "written by a loop alone": (
        one_block(no_turn),
        "y: written by turns of a loop alone, and needed where it has none; write",
    ),
    "gather": (gathered(), "it depends on the content of rows"),
    "misaligned": (misaligned(), "begins at no multiple of 32 elements"),
    "pages shared": (shared_pages(), "both write page 0 of Y"),
    "read after written": (read_again(), "X is both read and written, and it is read after it"),
    "not waited for": (not_waited_for(), "what is written doesn't depend on what is read before"),
    "neighbours": (neighbours(), "blocks may read pages that others write"),
    "later turn": (later_turn(), "a turn of a loop reads what an earlier one writes"),
    "one row of a page": (one_row(), "give L a dimension of 1 in that place: (..., n, 1, m)"),
    "several matrices": (matrices(), "x has (2, 32, 32); use one matrix a buffer"),
    "int32": (int32(), "x is int32; use one of bfloat16, float32, float16"),
    "atomic": (atomic(), "no kernel is generated for such a step"),
    "data decides": (on_data(), "it depends on the content of x"),
    "both ways": (one_block(both_ways), "v is used along rows here and along columns elsewhere"),
    "narrow accumulator": (one_block(narrow_accumulator), "it accumulates in float16"),
    "too deep": (one_block(deep), "tiles of DST at once, which has 4"),
    "bshd": (flash_attention(1, 2, 64, 64, False, bshd=True), "rows of different matrices of Q"),
    "L1": (
        gemm(2048, 2048, 64, bm=1024, bn=1024),
        "bytes of L1, of 1393312 that there are (C_local",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_it_is_refused_by_name(name):
    program, said = TABLE[name]
    with pytest.raises(NotImplementedError) as error:
        golden_texts.plan(program, "the_kernel")
    message = str(error.value)
    assert said in message
    assert message.startswith("the_kernel: ")
    assert message.endswith("or tilelang.tt.reference runs it in numpy")


def test_a_schedule_of_another_grid_is_refused():
    device = DeviceSpec.preset("n150")
    schedule = describe.schedule_tiles((3, 1, 1), device)
    with pytest.raises(ValueError, match=r"schedule is for a grid of \(3, 1, 1\); expected"):
        generate(gemm(128, 128, 64), schedule, device)


def test_an_unknown_fusion_is_refused():
    with pytest.raises(ValueError, match="found fusions"):
        golden_texts.plan(gemm(128, 128, 64), "kernel", fusions=frozenset({"magic"}))


def test_l1_that_is_not_known_is_refused():
    from dataclasses import replace

    device = replace(DeviceSpec.preset("n150"), l1_bank_size=None)
    schedule = describe.schedule_tiles((2, 2, 1), device)
    with pytest.raises(ValueError, match="l1_bank_size is not known"):
        generate(gemm(128, 128, 64), schedule, device)
