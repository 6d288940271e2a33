"""A listing reads as the kernel that its author wrote."""

from __future__ import annotations

import math
from textwrap import dedent

import pytest
import tile_kernels
from tile_builder import Builder, E, cast, number, op, select

from tilelang.tt import program as p


def test_a_gemm_is_listed_as_tilelang_writes_it():
    program = tile_kernels.gemm(256, 256, 128, bias=True, act="relu")
    assert p.listing(program, "gemm") == dedent("""\
        def gemm(A: T.Tensor((256, 128), "bfloat16"), B: T.Tensor((128, 256), "bfloat16"),
                bias: T.Tensor((1, 256), "bfloat16"), C: T.Tensor((256, 256), "bfloat16")):
            with T.Kernel(4, 4) as (bx, by):
                A_shared = T.alloc_shared((64, 32), "bfloat16")
                B_shared = T.alloc_shared((32, 64), "bfloat16")
                C_local = T.alloc_fragment((64, 64), "float32")
                bias_shared = T.alloc_shared((1, 64), "bfloat16")
                T.copy(bias[0, bx * 64], bias_shared)
                T.clear(C_local)
                for ko in T.Pipelined(4, num_stages=2):
                    T.copy(A[by * 64, ko * 32], A_shared)
                    T.copy(B[ko * 32, bx * 64], B_shared)
                    T.gemm(A_shared, B_shared, C_local)
                for i, j in T.Parallel(64, 64):
                    C_local[i, j] = T.max(C_local[i, j] + T.cast(bias_shared[0, j], "float32"), 0.0)
                T.copy(C_local, C[by * 64, bx * 64])""")


def body(program: p.Program) -> list[str]:
    """The lines below T.Kernel that are no declarations, without their indentation."""
    lines = [line for line in p.listing_lines(program) if "body" in line.place]
    return [line.text.strip() for line in lines]


def one_step(make) -> str:
    b = Builder()
    with b.launch(1, "bx") as bx:
        make(b, bx)
    (line,) = body(b.program())
    return line


def copied(first, extents, to):
    def make(b, bx):
        source = b.tensor("A", (2, 64, 64))
        b.copy(source.at(*(bx if each == "bx" else each for each in first)).of(*extents), to(b))

    return one_step(make)


def whole(*shape):
    return lambda b: b.shared("s", shape)


def part(*extents):
    return lambda b: b.shared("s", (64, 64)).at(0, 0).of(*extents)


@pytest.mark.parametrize(
    ("line", "first", "extents", "to"),
    [
        ("T.copy(A, s)", (0, 0, 0), (2, 64, 64), whole(2, 64, 64)),
        ("T.copy(A[bx, 32, 0], s)", ("bx", 32, 0), (1, 32, 64), whole(32, 64)),
        ("T.copy(A[bx, :, 5], s)", ("bx", 0, 5), (1, 64, 1), whole(64)),
        ("T.copy(A[bx, 32:64, :], s[0:32, :])", ("bx", 32, 0), (1, 32, 64), part(32, 64)),
        ("T.copy(A[:, bx, bx:bx + 32], s)", (0, "bx", "bx"), (2, 1, 32), whole(2, 32)),
    ],
)
def test_a_region_is_shown_by_its_first_element_where_the_other_gives_the_extents(
    line, first, extents, to
):
    assert copied(first, extents, to) == line


def stored(make) -> str:
    def one(b, bx):
        x, f = b.var("x"), b.scratch("f", (8, 8))
        with b.map():
            value = make(x[0], bx, f[0, 0])
            b.store((b.scratch("o", (1,), value.dtype))[0], value)

    return one_step(one).removeprefix("o[0] = ")


@pytest.mark.parametrize(
    ("text", "make"),
    [
        ("(x + 1) * bx", lambda x, bx, f: (x + 1) * bx),
        ("x - (bx - 1)", lambda x, bx, f: x - (bx - 1)),
        ("x - bx - 1", lambda x, bx, f: x - bx - 1),
        ("x // 2 % 4", lambda x, bx, f: x // 2 % 4),
        ("T.truncdiv(x, -2) * T.truncmod(bx, 2)", lambda x, bx, f: op("div", x, -2) * op("mod", bx, 2)),
        ("f[0, 0] / 3.0", lambda x, bx, f: f / 3),
        ("not x < 1 and (bx == 2 or bx != x)", lambda x, bx, f: op("not", x < 1) & (bx.eq(2) | bx.ne(x))),
        ("x << 1 & ~bx", lambda x, bx, f: op("bitand", op("shl", x, 1), op("bitnot", bx))),
        ("T.if_then_else(x >= bx, 0.1, -T.infinity(\"float32\"))", lambda x, bx, f: select(x >= bx, number(0.1, "float32"), -math.inf)),
        ("T.rsqrt(f[0, 0] * 0.33333333 + 1e-05)", lambda x, bx, f: op("rsqrt", f * float(1 / 3) + 1e-5)),
        ("T.cast(T.float16(0.1), \"float32\")", lambda x, bx, f: cast("float32", number(0.1, "float16"))),
        ("f[x, bx * 2]", lambda x, bx, f: E(p.Load(f.node.buffer, (x.node, (bx * 2).node)), "float32")),
    ],
)  # fmt: skip
def test_an_expression_has_the_brackets_that_it_needs(text, make):
    assert stored(make) == text


def test_equal_names_of_different_buffers_are_told_apart():
    b = Builder()
    first, second, taken = (b.scratch(name, (4,)) for name in ("A", "A", "A_1"))
    with b.launch(1, "A"):
        for buffer in (first, second, taken):
            b.fill(buffer, 0)
        with b.map(i=4) as i, b.when(i < 2):
            b.store(first[i], 1)
        with b.map(i=4) as i:
            b.store(second[i], 2)
    lines = [line.text.strip() for line in p.listing_lines(b.program())]
    assert lines[1] == "with T.Kernel(1) as A_3:"
    assert [line for line in lines if "clear" in line] == [
        "T.clear(A)",
        "T.clear(A_2)",
        "T.clear(A_1)",
    ]
    assert lines.count("for i in T.Parallel(4):") == 2


def test_what_is_not_understood_says_its_operator_and_its_reason():
    b = Builder()
    s = b.shared("s", (4,))
    with b.launch(1, "bx"), b.loop("k", 3):
        b.opaque("tl.tileop.gemm_sp", "sparse operands have no plain meaning " * 4, [s], [s], ["u"])
    lines = body(b.program())
    assert lines[0] == "for k in T.serial(3):"
    assert all(line.startswith("# ") for line in lines[1:])
    text = " ".join(line.removeprefix("# ") for line in lines[1:])
    assert text.startswith(
        "not understood: tl.tileop.gemm_sp: sparse operands have no plain meaning"
    )
    assert text.endswith("reads s; writes s; binds u")


def test_each_line_has_its_step_and_its_place():
    program = tile_kernels.flash_attention(1, 1, 128, 64, causal=True)
    steps = dict(p.steps_of(program))
    lines = [line for line in p.listing_lines(program) if line.step is not None]
    assert all(steps[line.place] is line.step for line in lines)
    assert {line.place for line in lines} == set(steps)


def test_a_long_statement_is_wrapped_within_brackets_as_python_asks():
    b = Builder()
    names = [b.scratch(f"a_rather_long_name_{i}", (64,)) for i in range(8)]
    with b.launch(), b.map(i=64) as i:
        total = names[0][i]
        for name in names[1:]:
            total = total + name[i]
        with b.when((total > 0) & (total < 1)):
            b.store(names[0][i], total)
    text = p.listing(b.program())
    assert max(map(len, text.splitlines())) <= 110
    # It is Python: what TileLang's names stand for does not matter to its parser.
    compile(text, "listing", "exec")
    assert "a_rather_long_name_0[i] = (" in text
