"""A function whose result is rounded to bfloat16 at once is the one that rounds by itself."""

from __future__ import annotations

import golden_texts
import pytest
from tile_builder import Builder, cast
from tile_kernels import ACTIVATIONS

from tilelang.tt.codegen.describe import render
from tilelang.tt.codegen.emit import sources
from tilelang.tt.codegen.fuse import FUSIONS
from tilelang.tt.codegen.slots import ROUNDING

gelu = ACTIVATIONS["gelu"]

#: The two spellings, as a compute kernel has them.
AS_FLOAT32, AS_BFLOAT16 = "gelu_tile<false>(", "gelu_tile<false, false>("


def mapped(value=gelu, scratch="float32", out="bfloat16", after=None):
    """y = value(x), then what is ``after`` it, and y to a tensor."""
    b = Builder()
    X, Y = b.tensor("X", (32, 64), "float32"), b.tensor("Y", (32, 64), out)
    x, y = b.shared("x", (32, 64)), b.scratch("y", (32, 64), scratch)
    with b.launch(1, "bx"):
        b.copy(X, x)
        with b.map(i=32, j=64) as (i, j):
            b.store(y[i, j], cast(scratch, value(x[i, j])))
        b.copy(after(b, x, y) if after else y, Y)
    return b.program()


def copied(dtype, again=False):
    """By way of another buffer; ``again``: the first one is used once more."""

    def after(b, x, y):
        z = b.shared("z", (32, 64), dtype)
        b.copy(y, z)
        if again:
            with b.map(i=32, j=64) as (i, j):
                b.store(z[i, j], cast(dtype, cast("float32", z[i, j]) + y[i, j]))
        return z

    return after


def used_again(b, x, y):
    with b.map(i=32, j=64) as (i, j):
        b.store(x[i, j], y[i, j] + 1.0)
    return x


def to_memory(out):
    b = Builder()
    X, Y = b.tensor("X", (32, 64), "float32"), b.tensor("Y", (32, 64), out)
    with b.launch(1, "bx"), b.map(i=32, j=64) as (i, j):
        b.store(Y[i, j], cast(out, gelu(X[i, j])))
    return b.program()


#: What a program has, and whether its GELU is the one that rounds.
TABLE = {
    "a result that is packed for a bfloat16 tensor": (mapped(), True),
    "one that is stored to it": (to_memory("bfloat16"), True),
    "one in scratch of bfloat16": (mapped(scratch="bfloat16", after=copied("float32")), True),
    "one that a copy alone takes, which rounds it": (mapped(after=copied("bfloat16")), True),
    "a function of a sum": (mapped(lambda x: gelu(x + 1.0)), True),
    "one for a float32 tensor": (mapped(out="float32"), False),
    "one that is stored to one": (to_memory("float32"), False),
    "one for a float16 tensor, which travels as float32": (mapped(out="float16"), False),
    "one of which more is made in the map": (mapped(lambda x: gelu(x) * 2.0), False),
    "one of which more is made in float32": (mapped(after=used_again), False),
    "one that is copied, and used": (mapped(after=copied("bfloat16", again=True)), False),
    "one that is copied in float32": (mapped(after=copied("float32"), out="float32"), False),
}


@pytest.mark.parametrize("name", TABLE)
def test_a_gelu_rounds_where_nothing_could_tell(name):
    program, rounds = TABLE[name]
    (plan,) = golden_texts.plans(program, "kernel")
    text = sources(plan)["compute"]
    assert (AS_BFLOAT16 in text, AS_FLOAT32 in text) == (rounds, not rounds)
    # The listing of choices says so too.
    told = plan.to_json().get("rounding_functions", [])
    assert [each["function"] for each in told] == ["gelu"] * rounds
    assert all(each["to"] == "bfloat16" for each in told)
    assert ("rounding_functions" in render(plan.to_json())) == rounds


@pytest.mark.parametrize("without", sorted(FUSIONS))
def test_it_does_so_without_fusions(without):
    program, _ = TABLE["a result that is packed for a bfloat16 tensor"]
    (plan,) = golden_texts.plans(program, "kernel", FUSIONS - {without})
    assert AS_BFLOAT16 in sources(plan)["compute"]


def test_only_gelu_has_two():
    """The others of TT-metal's would lose what docs/kernels.md says."""
    assert list(ROUNDING) == ["gelu"]
