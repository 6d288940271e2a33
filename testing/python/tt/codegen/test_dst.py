"""DST has 16 bits where a kernel's sums have, and nothing else in it could tell; else 32."""

from __future__ import annotations

import json

import golden_texts
import pytest
from asked import asked_of
from tile_builder import Builder, cast, number, op
from tile_kernels import gemm

from tilelang.tt.codegen.describe import render
from tilelang.tt.codegen.emit import sources
from tilelang.tt.codegen.launch import launch
from tilelang.tt.protocol import faults

pytestmark = pytest.mark.needs("ttnn")


def product(after=None, acc="bfloat16", out="bfloat16", inputs="bfloat16"):
    """C = after(A @ B), by an accumulator of a dtype."""
    b = Builder()
    A, B, C = (b.tensor(n, (64, 64), d) for n, d in (("A", inputs), ("B", inputs), ("C", out)))
    x, y = (b.shared(name, (64, 64), "bfloat16") for name in "xy")
    c = b.scratch("c", (64, 64), acc)
    with b.launch(1, "bx"):
        b.copy(A, x)
        b.copy(B, y)
        b.gemm(x, y, c, clear=True)
        if after is not None:
            after(b, c, x)
        b.copy(c, C)
    return b.program()


def mapped(value):
    """Each element of the accumulator becomes a value of itself and of an operand's."""

    def after(b, c, x):
        with b.map(i=64, j=64) as (i, j):
            b.store(c[i, j], cast(c.dtype, value(c[i, j], x[i, j])))

    return after


def with_statistics(b, c, x):
    top = b.scratch("top", (64,), "bfloat16")
    b.reduce("max", c, top, 1)


def with_another(b, c, x):
    """A second accumulator, in float32."""
    other = b.scratch("other", (64, 64))
    b.gemm(x, x, other, clear=True)
    b.copy(other, c)


def with_a_row(b, c, x):
    """The larger of each element and its column's number, which is spread over the rows in float32."""
    bias, row = b.tensor("bias", (64,), "bfloat16"), b.shared("row", (64,), "bfloat16")
    b.copy(bias, row)
    with b.map(i=64, j=64) as (i, j):
        b.store(c[i, j], op("max", c[i, j], row[j]))


#: What a program has, and whether its DST may have 16 bits.
TABLE = {
    "a sum alone": (product(), True),
    "relu": (product(mapped(lambda c, x: op("max", c, number(0.0, "bfloat16")))), True),
    "an operand's magnitude": (product(mapped(lambda c, x: op("max", c, op("abs", x)))), True),
    "a copy": (product(lambda b, c, x: b.copy(x, c)), True),
    "a transpose": (product(lambda b, c, x: b.transpose(x, c)), True),
    "float32 sums": (product(acc="float32"), False),
    "one sum of each": (product(with_another), False),
    "an addition": (product(mapped(lambda c, x: c + x)), False),
    "a function": (product(mapped(lambda c, x: op("exp", op("min", c, x)))), False),
    "a number of float32": (
        product(mapped(lambda c, x: op("max", cast("float32", c), number(0.1, "float32")))),
        False,
    ),
    "a reduction": (product(with_statistics), False),
    "a row": (product(with_a_row), False),
    "a float32 output": (product(out="float32"), False),
    "float32 inputs that are rounded": (product(inputs="float32"), False),
    "no sum at all": (golden_texts.EVERY["add_bfloat16_ragged"], False),
}


@pytest.mark.parametrize("name", TABLE)
def test_dst_has_16_bits_where_the_sums_have_and_all_else_is_exact(name):
    program, narrow = TABLE[name]
    made = golden_texts.plan(program, "kernel")
    expected = ("bfloat16", 8) if narrow else ("float32", 4)
    assert (made.dst, made.slots) == expected
    assert launch(made).dst == made.dst
    described = json.loads(render(made.to_json()))["dst"]
    assert described == {"tiles": expected[1], "format": expected[0]}


def test_a_product_takes_all_of_dst():
    """2 x 4 tiles of 16 bits, where 2 x 2 of 32 bits fit."""
    found = {}
    for acc in ("bfloat16", "float32"):
        made = golden_texts.plan(gemm(128, 128, 64, bm=128, bn=128, acc=acc), "kernel")
        found[acc] = made.to_json()["products"][0]["sub_block"]
        assert faults(*asked_of(made)) == []
    assert found == {"bfloat16": [2, 4], "float32": [2, 2]}


def test_the_checker_knows_how_many_tiles_dst_has():
    """Kernels for 8 tiles are wrong where DST has 4."""
    made = golden_texts.plan(gemm(128, 128, 64, bm=128, bn=128, acc="bfloat16"), "kernel")
    texts, buffers, slots, arguments = asked_of(made)
    assert slots == 8
    found = faults(texts, buffers, 4, arguments)
    assert any("of DST, which has 4" in str(each) for each in found)


def test_the_text_says_what_dst_holds():
    for acc, said in (("bfloat16", True), ("float32", False)):
        made = golden_texts.plan(gemm(64, 64, 64, acc=acc), "kernel")
        assert ("DST has 8 tiles of bfloat16" in sources(made)["compute"]) == said
