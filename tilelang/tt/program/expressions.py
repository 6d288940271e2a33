"""Expressions of a tile program, as frozen values. docs/program.md says what each means.

A node holds what the JSON holds and nothing else; its dtype follows (:func:`dtype_of`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from .dtypes import BITS, FLOATS, INTEGERS, NUMBERS

if TYPE_CHECKING:
    from .program import Program

NUMBERS_AND_BOOL = NUMBERS | {"bool"}
BOOL = frozenset({"bool"})


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A number of a dtype: a bool, an int, or a float that is still to be rounded to the dtype.

    Two are equal if their text is: 0.0 is not -0.0, and a NaN is a NaN.
    """

    value: bool | int | float
    dtype: str = "int32"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Const):
            return NotImplemented
        return self.dtype == other.dtype and repr(self.value) == repr(other.value)

    def __hash__(self) -> int:
        return hash((self.dtype, repr(self.value)))


@dataclass(frozen=True, slots=True)
class Var:
    """The value of a variable, by its place in the program's list."""

    id: int


@dataclass(frozen=True, slots=True)
class Load:
    """An element of a buffer; one index for each dimension."""

    buffer: int
    at: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """A value in another dtype."""

    dtype: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Bits:
    """The same bits as another dtype of the same size."""

    dtype: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Op:
    """An operation of :data:`OPERATIONS` on its operands."""

    op: str
    args: tuple[Expr, ...]


Expr = Union[Const, Var, Load, Cast, Bits, Op]  # noqa: UP007  Python 3.10 can't join forward names

TRUE = Const(True, "bool")
FALSE = Const(False, "bool")
ZERO = Const(0)


@dataclass(frozen=True, slots=True)
class Operation:
    """How many operands it has, of which dtypes; all have one dtype but select's condition.

    ``result`` is "operands" (their dtype) or "bool".
    """

    arity: int
    dtypes: frozenset[str]
    result: str = "operands"


# fmt: off
_UNARY = (
    "exp", "exp2", "exp10", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "sin", "cos", "tan",
    "tanh", "sinh", "cosh", "asin", "acos", "atan", "asinh", "acosh", "atanh", "sigmoid", "erf",
    "floor", "ceil", "trunc", "round", "nearbyint",
)
# fmt: on

OPERATIONS: dict[str, Operation] = {
    **dict.fromkeys(
        ("add", "sub", "mul", "div", "mod", "floordiv", "floormod"), Operation(2, NUMBERS)
    ),
    **dict.fromkeys(("min", "max"), Operation(2, NUMBERS)),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge"), Operation(2, NUMBERS_AND_BOOL, "bool")),
    **dict.fromkeys(("and", "or"), Operation(2, BOOL)),
    "not": Operation(1, BOOL),
    **dict.fromkeys(("bitand", "bitor", "bitxor"), Operation(2, BITS)),
    **dict.fromkeys(("shl", "shr"), Operation(2, INTEGERS)),
    "bitnot": Operation(1, BITS),
    "select": Operation(3, NUMBERS_AND_BOOL),
    **dict.fromkeys(
        _UNARY,
        Operation(1, FLOATS),
    ),
    "abs": Operation(1, NUMBERS),
    **dict.fromkeys(("isnan", "isinf", "isfinite"), Operation(1, FLOATS, "bool")),
    **dict.fromkeys(("pow", "atan2", "fmod", "copysign", "hypot"), Operation(2, FLOATS)),
    "fma": Operation(3, FLOATS),
}
"""Each operation, with its operands."""


def dtype_of(program: Program, e: Expr) -> str:
    """The dtype of an expression of a program."""
    while True:
        if isinstance(e, Op):
            if OPERATIONS[e.op].result == "bool":
                return "bool"
            e = e.args[1 if e.op == "select" else 0]
        elif isinstance(e, Var):
            return program.variables[e.id].dtype
        elif isinstance(e, Load):
            return program.buffers[e.buffer].dtype
        else:
            return e.dtype


def children(e: Expr) -> tuple[Expr, ...]:
    """The operands or indices of a node, in order."""
    if isinstance(e, Op):
        return e.args
    if isinstance(e, Load):
        return e.at
    if isinstance(e, (Cast, Bits)):
        return (e.value,)
    return ()


def nodes(e: Expr) -> Iterator[Expr]:
    """A node and all below it, each before its children."""
    stack = [e]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))
