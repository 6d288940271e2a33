"""Kernels for :mod:`tvm_on_cpu`, drawn by hypothesis: stores, scratch, loops, conditions, gathers.

What they compute is exact in TVM's code and in a tile program: integers that don't overflow (an int32 that does is
undefined for LLVM), and of floats what IEEE defines, without NaN and infinities.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tvm_on_cpu import Kernel

BLOCKS, N = 3, 8
PARAMS = (
    f'F: T.Buffer(({BLOCKS}, {N}), "float32"), G: T.Buffer(({N},), "float32"), '
    f'I: T.Buffer(({BLOCKS}, {N}), "int32"), J: T.Buffer(({N},), "int32"), '
    f'OF: T.Buffer(({BLOCKS}, {N}), "float32"), OI: T.Buffer(({BLOCKS}, {N}), "int32")'
)

#: The largest magnitude of what is in I and J, and below which integers stay.
INPUT, MOST = 100, 2**30


class Maker:
    """Draws one kernel. An integer is (its text, its largest magnitude)."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.loops = [("b", BLOCKS - 1)]
        self.lets: list[tuple[str, int]] = []
        self.names = 0

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def number(self, least: int, most: int) -> int:
        return int(self.draw(st.integers(least, most)))

    def place(self) -> str:
        """An index below N."""
        if self.pick(True, False):
            names = [name for name, most in self.loops if most < N]
            return str(self.pick(*names))
        return f"T.floormod({self.integer(1)[0]}, {N})"

    def integer(self, depth: int) -> tuple[str, int]:
        kind = self.pick("number", "loop", "I", "J") if depth == 0 else self.pick(*_INTEGERS)
        if kind == "number":
            value = self.number(-20, 20)
            return (str(value), abs(value))
        if kind == "loop":
            return self.pick(*self.loops, *self.lets)
        if kind == "I":
            return (f"I[b, {self.place() if depth else 'i'}]", INPUT)
        if kind == "J":
            return (f"J[{self.place() if depth else 'i'}]", INPUT)
        if kind == "scratch":
            return (f"counts[{self.pick('i', '0')}]", MOST // 4)
        if kind == "from bool":
            return (f'T.cast({self.condition(depth - 1)}, "int32")', 1)
        if kind == "from float":
            inside = f"T.min(T.max({self.real(depth - 1)}, T.float32(-1000)), T.float32(1000))"
            rounded = self.pick("{}", "T.floor({})", "T.round({})", "T.nearbyint({})")
            return (f'T.cast({rounded.format(inside)}, "int32")', 1000)
        a, most = self.integer(depth - 1)
        if kind == "shift":
            return (f"T.shift_right({a}, {self.number(0, 8)})", most)
        if kind == "not":
            return (f"T.bitwise_not({a})", most + 1)
        if kind == "abs":
            return (f"T.abs({a})", most)
        if kind in ("floordiv", "floormod", "truncdiv", "truncmod"):
            by = self.number(1, 9) * self.pick(1, -1)
            text = str(by)
            if self.pick(True, False):
                text = f"(T.floormod({self.integer(depth - 1)[0]}, 5) + 1)"
                by = 5
            return (f"T.{kind}({a}, {text})", most if "div" in kind else abs(by))
        b, other = self.integer(depth - 1)
        if kind == "mul":
            return (f"({a} * {b})", most * other) if most * other < MOST // 8 else (a, most)
        if kind in ("+", "-"):
            return (f"({a} {kind} {b})", most + other) if most + other < MOST // 8 else (a, most)
        if kind in ("&", "|", "^"):
            return (f"({a} {kind} {b})", 2 ** (max(most, other).bit_length() + 1))
        if kind == "select":
            form = self.pick("T.Select", "T.if_then_else")
            return (f"{form}({self.condition(depth - 1)}, {a}, {b})", max(most, other))
        return (f"T.{kind}({a}, {b})", max(most, other))  # min and max

    def real(self, depth: int) -> str:
        kind = self.pick("number", "F", "G") if depth == 0 else self.pick(*_REALS)
        if kind == "number":
            value = self.number(-64, 64) / self.pick(1, 8, 3)
            return f"T.float32({value!r})"
        if kind == "F":
            return f"F[b, {self.place() if depth else 'i'}]"
        if kind == "G":
            return f"G[{self.place() if depth else 'i'}]"
        if kind == "scratch":
            return f"sums[{self.pick('i', '0')}]"
        if kind == "from int":
            return f'T.cast({self.integer(depth - 1)[0]}, "float32")'
        a = self.real(depth - 1)
        if kind == "narrow":
            inside = f"T.min(T.max({a}, T.float32(-1000)), T.float32(1000))"
            # Not bfloat16: TVM's code for the CPU leaves out a cast to it and back.
            return f'T.cast(T.cast({inside}, "float16"), "float32")'
        if kind == "sqrt":
            return f"T.sqrt(T.abs({a}))"
        if kind in ("abs", "floor", "ceil", "trunc", "round", "nearbyint"):
            return f"T.{kind}({a})"
        b = self.real(depth - 1)
        if kind == "/":
            return f"({a} / (T.abs({b}) + T.float32(0.5)))"
        if kind in ("+", "-", "*"):
            return f"({a} {kind} {b})"
        if kind == "select":
            form = self.pick("T.Select", "T.if_then_else")
            return f"{form}({self.condition(depth - 1)}, {a}, {b})"
        return f"T.{kind}({a}, {b})"

    def condition(self, depth: int) -> str:
        compare = self.pick("<", "<=", ">", ">=", "==", "!=")
        kind = (
            self.pick("int", "real") if depth <= 0 else self.pick("int", "real", "and", "or", "not")
        )
        if kind == "int":
            return f"({self.integer(max(depth, 0))[0]} {compare} {self.integer(max(depth, 0))[0]})"
        if kind == "real":
            return f"({self.real(max(depth, 0))} {compare} {self.real(max(depth, 0))})"
        if kind == "not":
            return f"T.Not({self.condition(depth - 1)})"
        return f"T.{kind.capitalize()}({self.condition(depth - 1)}, {self.condition(depth - 1)})"

    def statements(self, depth: int) -> list[str]:
        lines = []
        held = len(self.lets)
        for _ in range(self.number(1, 3)):
            lines += self.statement(depth)
        del self.lets[held:]
        return lines

    def statement(self, depth: int) -> list[str]:
        kind = self.pick("OF", "OI", "sums", "counts", "let", *(["loop", "if"] if depth else []))
        if kind == "OF":
            return [f"OF[b, i] = {self.real(3)}"]
        if kind == "OI":
            return [f"OI[b, i] = {self.integer(3)[0]}"]
        if kind == "sums":
            # Bounded, however often a loop adds to it.
            limit = f"T.max(T.min({self.real(2)}, T.float32(100)), T.float32(-100))"
            return [f"sums[i] = sums[i] * T.float32(0.5) + {limit}"]
        if kind == "counts":
            return [
                f"counts[i] = T.truncmod(counts[i], 1000) + T.truncmod({self.integer(2)[0]}, 1000)"
            ]
        self.names += 1
        name = f"v{self.names}"
        if kind == "let":
            value, most = self.integer(2)
            if "[" in value:  # a variable is bound once, and what is loaded may change after it
                return []
            self.lets.append((name, most))
            return [f"{name}: T.int32 = {value}"]
        if kind == "loop":
            least = self.number(0, 2)
            stop = self.pick(str(least + self.number(1, 4)), "i + 1", "b + 2")
            self.loops.append((name, 9))
            inside = self.statements(depth - 1)
            self.loops.pop()
            return [f"for {name} in T.serial({least}, {stop}):", *_indented(inside)]
        inside, other = self.statements(depth - 1), self.statements(depth - 1)
        lines = [f"if {self.condition(1)}:", *_indented(inside)]
        return [*lines, "else:", *_indented(other)] if self.pick(True, False) else lines

    def kernel(self) -> Kernel:
        first = [
            f'sums = T.alloc_buffer(({N},), "float32", scope="local")',
            f'counts = T.alloc_buffer(({N},), "int32", scope="local")',
            f"for z in range({N}):",
            "    sums[z] = T.float32(0)",
            "    counts[z] = 0",
            # Both are outputs, whatever of the rest TVM's parser finds to be dead.
            "    OF[b, z] = T.float32(0)",
            "    OI[b, z] = 0",
        ]
        self.loops.append(("i", N - 1))
        body = [*first, f"for i in range({N}):", *_indented(self.statements(2))]
        return Kernel(PARAMS, "\n".join(body), BLOCKS)


_INTEGERS = (
    *("number", "loop", "I", "J", "scratch", "from bool", "from float", "shift", "not", "abs"),
    *("floordiv", "floormod", "truncdiv", "truncmod", "mul", "+", "-", "&", "|", "^", "select"),
    *("min", "max"),
)
_REALS = (
    *("number", "F", "G", "scratch", "from int", "narrow", "sqrt", "abs", "floor", "ceil"),
    *("trunc", "round", "nearbyint", "/", "+", "-", "*", "select", "min", "max"),
)


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines or ["T.evaluate(0)"]]


@st.composite
def kernels(draw: Any) -> Kernel:
    return Maker(draw).kernel()
