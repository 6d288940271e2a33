"""Code for the vector unit: which instructions it becomes, and what is refused."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tilelang.tt.runtime.compiler import elf
from tilelang.tt.runtime.compiler.vectors import source_of

pytestmark = pytest.mark.needs("wolfpine")

START = "#include <cstdint>\n#include <sfpi.h>\nusing namespace sfpi;\nvoid f() {\n"
OPCODES = {
    0x38: "INCRWC",
    0x70: "SFPLOAD",
    0x71: "SFPLOADI",
    0x72: "SFPSTORE",
    0x74: "SFPMULI",
    0x75: "SFPADDI",
    0x77: "SFPEXEXP",
    0x79: "SFPIADD",
    0x7B: "SFPSETCC",
    0x7C: "SFPMOV",
    0x82: "SFPSETEXP",
    0x84: "SFPMAD",
    0x87: "SFPPUSHC",
    0x88: "SFPPOPC",
    0x8B: "SFPCOMPC",
    0x92: "SFPSWAP",
}


@pytest.fixture
def compile_vectors(run_compiler, tmp_path: Path) -> Callable[..., list[int]]:
    """Compiles the body of a function; its Tensix instructions, turned back."""

    def compile_body(body: str, cpu: str = "tt-wh-tensix") -> list[int]:
        (tmp_path / "a.cc").write_text(f"{START}{body}\n}}\n")
        define = "-DARCH_BLACKHOLE" if "bh" in cpu else "-DARCH_WORMHOLE"
        result = run_compiler(
            "-O3", "-std=c++17", "-c", define, f"-mcpu={cpu}", "-o", "a.o", "a.cc"
        )
        assert result.returncode == 0, result.stderr
        program = (tmp_path / "a.o").read_bytes()
        (text,) = (found for found in elf.sections(program) if found.name == ".text._Z1fv")
        words = struct.unpack_from(f"<{text.size // 4}I", program, text.offset)
        return [word >> 2 | (word & 3) << 30 for word in words if word & 3 != 3]

    return compile_body


def names(words: list[int]) -> list[str]:
    return [OPCODES[word >> 24].removeprefix("SFP") for word in words]


BODIES = [
    ("dst_reg[0] = vFloat(dst_reg[2]);", "LOAD STORE"),
    ("vFloat x = dst_reg[0], y = dst_reg[1]; dst_reg[0] = x * y + x;", "LOAD LOAD MAD STORE"),
    ("vFloat x = dst_reg[0]; dst_reg[0] = x * 0.1f + 1.0f;", "LOAD LOADI LOADI MAD STORE"),
    ("vFloat x = dst_reg[0]; dst_reg[0] = x * 0.5f;", "LOAD MULI STORE"),
    ("vFloat x = dst_reg[0]; dst_reg[0] = x + 3.0f;", "LOAD ADDI STORE"),
    ("vFloat x = dst_reg[0]; dst_reg[0] = x - vFloat(dst_reg[1]);", "LOAD LOAD MAD STORE"),
    (
        "vFloat x = dst_reg[0]; dst_reg[0] = setexp(x, exexp(x) + 5);",
        "LOAD EXEXP IADD SETEXP STORE",
    ),
    ("vFloat x = dst_reg[0]; dst_reg[0] = max(x, 0.0f);", "LOAD LOADI SWAP STORE"),
    # An assignment under v_if is the operation itself, over the old value.
    (
        "vFloat x = dst_reg[0]; v_if (x < 0.0f) { x = x * x + 1.0f; } v_endif; dst_reg[0] = x;",
        "LOAD PUSHC SETCC MAD POPC STORE",
    ),
    (
        "vFloat x = dst_reg[0]; v_if (x > 2.0f) { x = 0.0f; } v_else { x = 1.0f; } v_endif;"
        "dst_reg[0] = x;",
        "LOAD PUSHC LOADI MAD SETCC SETCC LOADI COMPC LOADI POPC STORE",
    ),
    # "Or" is made of its opposite, turned round.
    (
        "vFloat x = dst_reg[0], y = dst_reg[1]; v_if (x < 0.0f || y < 0.0f) { x = y; } v_endif;"
        "dst_reg[0] = x;",
        "LOAD LOAD PUSHC SETCC SETCC COMPC MOV POPC STORE",
    ),
    # After another condition it can't be turned round, so it becomes a vector of 0 and 1.
    (
        "vFloat x = dst_reg[0]; v_if (x < 0.0f) { v_and(x == 0.0f || x < 0.0f); x = 1.0f; } v_endif;"
        "dst_reg[0] = x;",
        "LOAD PUSHC SETCC LOADI PUSHC SETCC SETCC COMPC LOADI POPC SETCC LOADI POPC STORE",
    ),
    ("dst_reg += 9;", "INCRWC INCRWC"),
]


@pytest.mark.parametrize("cpu", ["tt-wh-tensix", "tt-bh-tensix"])
@pytest.mark.parametrize(("body", "expected"), BODIES, ids=[body for body, _ in BODIES])
def test_vectors_become_these_instructions(body, expected, cpu, compile_vectors) -> None:
    assert names(compile_vectors(body, cpu)) == expected.split()


# The words are those of TT-metal's TT_OP_ macros, with registers of the allocator's choice.
WORDS = [
    ("vFloat x = dst_reg[3]; dst_reg[1] = x;", [0x7070C006, 0x7270C002], "tt-wh-tensix"),
    ("vFloat x = dst_reg[3]; dst_reg[1] = x;", [0x7070E006, 0x7270E002], "tt-bh-tensix"),
    ("vInt x = dst_reg[0]; dst_reg[0] = x;", [0x707CC000, 0x727CC000], "tt-wh-tensix"),
    ("vInt x = dst_reg[0]; dst_reg[0] = x;", [0x7074E000, 0x7274E000], "tt-bh-tensix"),
    ("vFloat x = l_reg[LRegs::LReg3]; dst_reg[0] = x;", [0x7230C000], "tt-wh-tensix"),
    ("l_reg[LRegs::LReg5] = vFloat(1.5f);", [0x71503FC0], "tt-wh-tensix"),
    ("vConstFloatPrgm0 = 1.5f;", [0x71003FC0, 0x910000C0], "tt-wh-tensix"),
]


@pytest.mark.parametrize(("body", "expected", "cpu"), WORDS)
def test_words_are_those_of_the_instruction_set(body, expected, cpu, compile_vectors) -> None:
    assert [hex(word) for word in compile_vectors(body, cpu)] == [hex(word) for word in expected]


def test_a_copy_that_the_allocator_adds_is_in_all_lanes(compile_vectors) -> None:
    """SFPIADD writes over an operand, and both are wanted afterwards."""
    words = compile_vectors(
        "vInt x = dst_reg[0], y = dst_reg[1]; vInt z = x + y;"
        "dst_reg[0] = x; dst_reg[1] = y; dst_reg[2] = z;"
    )
    copies = [word for word in words if word >> 24 == 0x7C]
    assert len(copies) == 1
    assert copies[0] & 0xF == 2


NINE = "\n".join(
    [f"vFloat x{i} = dst_reg[{i}];" for i in range(9)] + [f"dst_reg[{i}] = x{i};" for i in range(9)]
)
UNFIT = [
    ("vectors that don't fit", f"void f() {{\n{NINE}\n}}"),
    ("a scalar float", "float f(float a, float b) { return a + b; }"),
    ("a vector in a call", "[[gnu::noinline]] vFloat g(vFloat x) { return x * x; }"),
]


@pytest.mark.parametrize("source", [code for _, code in UNFIT], ids=[name for name, _ in UNFIT])
def test_what_would_need_more_registers_is_refused_with_its_line(source, run_compiler, tmp_path):
    (tmp_path / "a.cc").write_text(f"#include <sfpi.h>\nusing namespace sfpi;\n{source}\n")
    result = run_compiler("-O3", "-std=c++17", "-c", "-mcpu=tt-wh-tensix", "-o", "a.o", "a.cc")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "a.cc:" in line
    assert "registers (8)" in line
    assert not (tmp_path / "a.o").exists()


def test_eight_vectors_fit(compile_vectors) -> None:
    body = "\n".join(
        [f"vFloat x{i} = dst_reg[{i}];" for i in range(8)]
        + [f"dst_reg[{i}] = x{i};" for i in range(8)]
    )
    words = compile_vectors(body)
    assert names(words) == ["LOAD"] * 8 + ["STORE"] * 8
    assert {word >> 20 & 0xF for word in words} == set(range(8))


def test_a_line_of_the_source_is_found_in_a_listing() -> None:
    inlined = "\t.loc\t1 9 3 is_stmt 0  # /x/sfpi/vector/a.h:9:3 @[ b/c.h:12:5 @[ d.cc:1:1 ] ]"
    listing = f"{inlined}\n\tnop\n\t.loc\t1 0 3  # e.h:0:3\n\tflw\tfa0, 0(sp)\n"
    assert source_of(listing, 4) == "c.h:12"
    assert source_of("\tnop\n", 1) is None
