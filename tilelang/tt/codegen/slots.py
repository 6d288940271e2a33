"""A value in DST: which tile goes to which slot, and in what order things are computed.

A value is a tree, and each of its nodes is computed once for each place where it stands. The
operand that needs more slots goes first, so that as few as possible are taken at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Union

from .tiles import Apply, Leaf, Number, Value


@dataclass(frozen=True)
class Load:
    """A tile of a storage to a slot, spread as a Leaf says."""

    storage: int
    spread: str
    slot: int


@dataclass(frozen=True)
class Put:
    """A number in all elements of a slot; of no variable: 0."""

    slot: int
    number: int


@dataclass(frozen=True)
class Call:
    """A function of the vector unit: ``slots`` are its operands, then where the result goes.

    Of one operand the result takes its place, and ``slots`` has it alone. ``number`` is the
    variable of a number that it takes; ``inverse``: it gets 1 / number instead.
    """

    function: str
    slots: tuple[int, ...]
    number: int | None = None
    inverse: bool = False


Instruction = Union[Load, Put, Call]  # noqa: UP007

#: Functions that there are twice: as exact as float32 is, and as bfloat16 is, which takes less time
#: and rounds its own result. Others that TT-metal has so would lose by it (docs/kernels.md).
ROUNDING = {"gelu": "gelu_bfloat16"}

_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
_COMMUTE = {"add", "mul", "max", "min"}
#: Conditions are 1 and 0.
_LOGIC = {"and": "mul", "or": "max"}


class TooDeep(Exception):
    """A value that needs more slots than there are; the argument is how many."""


def instructions(value: Value, slots: int, inverted: frozenset[int]) -> tuple[Instruction, ...]:
    """What computes a value in slot 0. Raises TooDeep.

    ``inverted``: the numbers whose inverse in float32 a kernel can be given.
    """
    tree = _simple(value, inverted)
    if _need(tree) > slots:
        raise TooDeep(_need(tree))
    out: list[Instruction] = []
    _emit(tree, 0, out)
    return tuple(out)


def rounding(code: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
    """The same for a result that is to be rounded to bfloat16 and nothing else, by a function that
    does so, if the last one is such a one."""
    *before, last = code
    if isinstance(last, Call) and last.function in ROUNDING:
        return (*before, replace(last, function=ROUNDING[last.function]))
    return code


def rounds(code: tuple[Instruction, ...]) -> str:
    """The function whose result is rounded to bfloat16 by itself, if the last one is such a one."""
    last = code[-1]
    names = {rounding: name for name, rounding in ROUNDING.items()}
    return names.get(last.function, "") if isinstance(last, Call) else ""


@dataclass(frozen=True)
class _WithNumber:
    function: str
    value: _Tree
    number: int
    inverse: bool = False


@dataclass(frozen=True)
class _Squared:
    """A function of one value twice."""

    function: str
    value: _Tree


_Tree = Union[Leaf, Number, Apply, _WithNumber, _Squared]  # noqa: UP007


def _simple(value: Value, inverted: frozenset[int]) -> _Tree:
    """With functions that take a number in their operations' place."""
    if not isinstance(value, Apply):
        return value
    op = _LOGIC.get(value.op, value.op)
    args = tuple(_simple(arg, inverted) for arg in value.args)
    if len(args) == 2:
        a, b = args
        if isinstance(b, Number) and b.var >= 0 and not isinstance(a, Number):
            return _number_right(op, a, b.var, inverted)
        if isinstance(a, Number) and a.var >= 0 and not isinstance(b, Number):
            return _number_left(op, a.var, b)
        if a == b and op != "sub":
            return _Squared(op, a)
    return Apply(op, args)  # type: ignore[arg-type]


def _number_right(op: str, a: _Tree, number: int, inverted: frozenset[int]) -> _Tree:
    if op == "div":
        if number in inverted:
            return _WithNumber("mul", a, number, inverse=True)
        return Apply("div", (a, Number(number)))  # type: ignore[arg-type]
    return _WithNumber(op, a, number)


def _number_left(op: str, number: int, b: _Tree) -> _Tree:
    if op in _COMMUTE:
        return _WithNumber(op, b, number)
    if op in _MIRRORED:
        return _WithNumber(_MIRRORED[op], b, number)
    if op == "sub":
        return _WithNumber("rsub", b, number)
    return Apply(op, (Number(number), b))  # type: ignore[arg-type]


def _children(tree: _Tree) -> tuple[_Tree, ...]:
    if isinstance(tree, Apply):
        return tree.args
    return (tree.value,) if isinstance(tree, (_WithNumber, _Squared)) else ()


def _need(tree: _Tree) -> int:
    """How many slots it takes at once."""
    needs = sorted((_need(child) for child in _children(tree)), reverse=True)
    return max([1, *(need + taken for taken, need in enumerate(needs))])


def _emit(tree: _Tree, slot: int, out: list[Instruction]) -> None:
    if isinstance(tree, Leaf):
        out.append(Load(tree.storage, tree.spread, slot))
    elif isinstance(tree, Number):
        out.append(Put(slot, tree.var))
    elif isinstance(tree, _WithNumber):
        _emit(tree.value, slot, out)
        out.append(Call(f"{tree.function}_number", (slot,), tree.number, tree.inverse))
    elif isinstance(tree, _Squared):
        _emit(tree.value, slot, out)
        out.append(Call(tree.function, (slot, slot, slot)))
    else:
        order = sorted(range(len(tree.args)), key=lambda i: -_need(tree.args[i]))
        places = {i: slot + taken for taken, i in enumerate(order)}
        for i in order:
            _emit(tree.args[i], places[i], out)
        operands = tuple(places[i] for i in range(len(tree.args)))
        out.append(Call(tree.op, operands if len(operands) == 1 else (*operands, slot)))
