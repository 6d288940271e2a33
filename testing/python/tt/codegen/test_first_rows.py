"""Below a row that is all that is taken of a tile, a reader fills nothing; elsewhere it does."""

from __future__ import annotations

import golden_texts
import pytest
from tile_builder import Builder, cast
from tile_kernels import gemm, norm, softmax

from tilelang.tt.codegen.emit import sources
from tilelang.tt.codegen.ways import ways_of


def with_row(after=None, rows=1, at=0):
    """Y = X + W[at], row by row; ``after`` is done with X's, W's and Y's scratch before the end."""
    b = Builder()
    X, W = b.tensor("X", (64, 48), "bfloat16"), b.tensor("W", (rows, 48), "bfloat16")
    Y = b.tensor("Y", (64, 48), "bfloat16")
    x, y = b.shared("x", (64, 48), "bfloat16"), b.scratch("y", (64, 48))
    w = b.shared("w", (rows, 48), "bfloat16")
    with b.launch(1, "bx"):
        b.copy(X, x)
        b.copy(W, w)
        with b.map(i=64, j=48) as (i, j):
            b.store(y[i, j], cast("float32", x[i, j]) + cast("float32", w[at, j]))
        if after is not None:
            after(b, x, w, y)
        b.copy(y, Y)
    return b.program()


def summed(b, x, w, y):
    """Along the columns of W, of which the reduction takes whole tiles."""
    total = b.scratch("total", (1,))
    b.reduce("sum", w, total, 1)
    with b.map(i=64, j=48) as (i, j):
        b.store(y[i, j], y[i, j] + total[0])


def mapped(b, x, w, y):
    """W by itself, tile by tile."""
    other = b.scratch("other", (1, 48))
    with b.map(i=1, j=48) as (_, j):
        b.store(other[0, j], cast("float32", w[0, j]) * 2.0)
    with b.map(i=64, j=48) as (i, j):
        b.store(y[i, j], y[i, j] + other[0, j])


def passed_on(b, x, w, y):
    V = b.tensor("V", (1, 48), "bfloat16")
    b.copy(w, V)


#: Programs, and the tensors of which first rows are all that is taken.
TABLE = {
    "a row that is spread": (with_row(), {"W"}),
    "the first row of several": (with_row(rows=40), {"W"}),
    "a row that a reduction takes too": (with_row(summed), set()),
    "a row that is a map's own operand too": (with_row(mapped), set()),
    "a row that goes to a tensor too": (with_row(passed_on), set()),
    "a bias": (gemm(64, 128, 64, bias=True), {"bias"}),
    "a norm's weights": (norm(64, 96, False), {"W"}),
    "weights and a shift": (norm(64, 96, True), {"W", "B"}),
    "operands and whole blocks": (gemm(50, 70, 60), set()),
    "statistics": (softmax(50, 96), set()),
}


@pytest.mark.parametrize("name", TABLE)
def test_rows_are_all_that_is_taken_of_these(name):
    program, rows = TABLE[name]
    (plan,) = golden_texts.plans(program, "kernel")
    assert ways_of(plan).first_rows == rows
    text = "".join(sources(plan).values())
    assert text.count("the first row alone is taken") == len(rows)
    for row in rows:
        assert f"({row}_rows + 31) / 32 * 32" in text
