"""Expressions and regions as TileLang spells them, and lines wrapped as Python would be."""

from __future__ import annotations

import math
import re

from .dtypes import DTYPES, rounded
from .expressions import Bits, Cast, Const, Expr, Load, Op, Var, dtype_of
from .program import Program, Scratch
from .steps import Region

WIDTH = 110
_DEEPEST = 60  # columns of indentation; what is nested more deeply stays there

_INFIX = {
    "or": ("or", 1), "and": ("and", 2),
    "eq": ("==", 4), "ne": ("!=", 4),
    "lt": ("<", 4), "le": ("<=", 4), "gt": (">", 4), "ge": (">=", 4),
    "bitor": ("|", 5), "bitxor": ("^", 6), "bitand": ("&", 7), "shl": ("<<", 8), "shr": (">>", 8),
    "add": ("+", 9), "sub": ("-", 9),
    "mul": ("*", 10), "floordiv": ("//", 10), "floormod": ("%", 10),
}  # fmt: skip
_CALLS = {"div": "truncdiv", "mod": "truncmod", "select": "if_then_else"}
_UNARY = 11
_ATOM = 12


def number(value: bool | int | float, dtype: str) -> str:
    """A number as short as the dtype allows."""
    if not isinstance(value, float):
        return str(value)
    if math.isnan(value):
        return f'T.{dtype}("nan")'
    if math.isinf(value):
        return f'{"-" if value < 0 else ""}T.infinity("{dtype}")'
    wanted = rounded(value, dtype)
    for digits in range(1, 17):
        short = float(f"{value:.{digits}g}")
        if rounded(short, dtype) == wanted:
            return repr(short)
    return repr(value)


class Speller:
    """Expressions and regions of one program; the names of its variables come and go."""

    def __init__(self, program: Program, buffer_names: list[str]) -> None:
        self.program = program
        self.buffers = buffer_names
        self.variables: dict[int, str] = {}

    def expr(self, e: Expr, above: int = 0, typed: bool = False) -> str:
        """``above`` is how strongly what is around binds; ``typed``: say the dtype of a number."""
        text, binds = self._expr(e, typed)
        return f"({text})" if binds < above else text

    def _expr(self, e: Expr, typed: bool) -> tuple[str, int]:
        if isinstance(e, Const):
            text = number(e.value, e.dtype)
            if typed and e.dtype not in ("bool", "int32") and not text.startswith(("T.", "-T.")):
                return f"T.{e.dtype}({text})", _ATOM
            return text, _UNARY if text.startswith("-") else _ATOM
        if isinstance(e, Var):
            return self.variables.get(e.id, f"v{e.id}"), _ATOM
        if isinstance(e, Load):
            return self.element(e.buffer, e.at), _ATOM
        if isinstance(e, Cast):
            return f'T.cast({self.expr(e.value, typed=True)}, "{e.dtype}")', _ATOM
        if isinstance(e, Bits):
            return f'T.reinterpret({self.expr(e.value, typed=True)}, "{e.dtype}")', _ATOM
        return self._op(e)

    def _op(self, e: Op) -> tuple[str, int]:
        numbers = all(isinstance(arg, Const) for arg in e.args)
        sign, binds = _INFIX.get(e.op, ("", 0))
        if e.op == "div" and DTYPES[dtype_of(self.program, e)].kind == "float":
            sign, binds = "/", 10
        if sign:
            # Comparisons don't chain, and + 1 - 1 is from the left.
            left = self.expr(e.args[0], binds + (binds == 4), numbers)
            return f"{left} {sign} {self.expr(e.args[1], binds + 1, numbers)}", binds
        if e.op == "not":
            return f"not {self.expr(e.args[0], 3)}", 3
        if e.op == "bitnot":
            return f"~{self.expr(e.args[0], _UNARY, numbers)}", _UNARY
        args = ", ".join(self.expr(arg, typed=numbers) for arg in e.args)
        return f"T.{_CALLS.get(e.op, e.op)}({args})", _ATOM

    def element(self, buffer: int, at: tuple[Expr, ...]) -> str:
        """An element; a scalar of the block by its name alone."""
        found = self.program.buffers[buffer]
        if isinstance(found, Scratch) and found.scope == "local.var":
            return self.buffers[buffer]
        return f"{self.buffers[buffer]}[{', '.join(map(self.expr, at)) or '()'}]"

    def whole(self, region: Region) -> bool:
        """Whether a region is all of its buffer."""
        shape = self.program.buffers[region.buffer].shape
        return all(e == Const(0) for e in region.at) and region.shape == tuple(map(Const, shape))

    def region(self, region: Region, other: Region | None = None) -> str:
        """A region. By its first element, where the other operand gives the extents."""
        name = self.buffers[region.buffer]
        if self.whole(region):
            return name
        if other is not None and self.whole(other):
            lead = len(region.shape) - len(other.shape)
            if lead >= 0 and region.shape == (Const(1),) * lead + other.shape:
                return f"{name}[{', '.join(map(self.expr, region.at))}]"
        shape = self.program.buffers[region.buffer].shape
        parts = map(self._slice, region.at, region.shape, shape)
        return f"{name}[{', '.join(parts)}]"

    def _slice(self, at: Expr, extent: Expr, size: int) -> str:
        if extent == Const(1):
            return self.expr(at)
        if at == Const(0) and extent == Const(size):
            return ":"
        return f"{self.expr(at)}:{self.end(at, extent)}"

    def end(self, low: Expr, extent: Expr) -> str:
        """low + extent."""
        if isinstance(low, Const) and isinstance(extent, Const):
            return str(low.value + extent.value)
        if isinstance(low, Const) and low.value == 0:
            return self.expr(extent)
        return f"{self.expr(low, 9)} + {self.expr(extent, 10)}"


def wrapped(text: str, depth: int) -> list[str]:
    """A statement as lines of at most WIDTH columns, ``depth`` levels in.

    It is broken within brackets alone, as Python asks: after a comma or an operator, and as far
    out as can be. A value that is too long is put into brackets.
    """
    indent = " " * min(4 * depth, _DEEPEST)
    if len(indent) + len(text) <= WIDTH:
        return [indent + text]
    text = re.sub(r"^(.*?) = (.*)$", r"\1 = (\2)", text)
    text = re.sub(r"^(if|while) (.*):$", r"\1 (\2):", text)
    breaks = _breaks(text)
    lines: list[str] = []
    start, lead = 0, indent
    while len(lead) + len(text) - start > WIDTH:
        end = start + WIDTH - len(lead)
        # A space at the end of a line is not written.
        here = [b for b in breaks if start < b[2] <= end + (text[b[2] - 1] == " ")]
        later = [b for b in breaks if b[2] > end][:1]
        if not (here or later):
            break
        cut = min(here or later, key=lambda b: (b[0], b[1], -b[2]))[2]
        lines.append((lead + text[start:cut]).rstrip())
        start, lead = cut, indent + " " * (8 if text.endswith(":") else 4)
        breaks = [(d, kind, b) for d, kind, b in breaks if b > start]
    return [*lines, lead + text[start:]]


def _breaks(text: str) -> list[tuple[int, int, int]]:
    """Where a line may end: (how many brackets around, 0 after a comma, where)."""
    found: list[tuple[int, int, int]] = []
    depth = 0
    quoted = False
    for index, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        if quoted:
            continue
        depth += (sign in "([") - (sign in ")]")
        if depth > 0 and sign in " ([":
            comma = sign == " " and text[index - 1] == ","
            found.append((depth, 0 if comma else 1 if sign == " " else 2, index + 1))
    return found
