"""Expressions, compiled to functions of a frame.

A frame has the values of variables. Within a vectorised map a variable is an array over the points,
each loop along an axis of its own, and so are values; ``mask`` says for which points they count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dtypes import INTEGERS
from ..expressions import OPERATIONS, Bits, Cast, Const, Expr, Load, Op, Var, nodes
from ..program import Program
from .memory import Memory
from .operations import BRANCHING, DIVISIONS, operation
from .values import KernelError, Value, cast, constant, numpy_dtype

Mask = Any
"""A bool array over the points of a map, or None: all of them."""


class Frame:
    """Where a run stands: the values of variables, the points of the map, and those that count."""

    __slots__ = ("mask", "shape", "vars")

    def __init__(self, variables: int) -> None:
        self.vars: list[Value] = [None] * variables
        self.shape: tuple[int, ...] = ()
        self.mask: Mask = None


Evaluate = Callable[[Frame], Value]


def both(a: Mask, b: Mask) -> Mask:
    """The points that are in two masks."""
    return b if a is None else a if b is None else a & b


def counts(frame: Frame, where: Value) -> bool:
    """Whether a fault at some points is one at a point that counts."""
    return bool(np.any(where if frame.mask is None else where & frame.mask))


class Evaluator:
    """Compiles the expressions of one program, on one memory."""

    def __init__(self, program: Program, memory: Memory) -> None:
        self.program = program
        self.memory = memory

    def compile(self, e: Expr) -> Evaluate:
        return self._compile(e)[0]

    def of_dtype(self, e: Expr, dtype: str) -> Evaluate:
        """An expression, cast to a dtype."""
        evaluate, found = self._compile(e)
        if found == dtype:
            return evaluate
        return lambda frame: cast(evaluate(frame), found, dtype)

    def _compile(self, e: Expr) -> tuple[Evaluate, str]:
        if isinstance(e, Const):
            value = constant(e.value, e.dtype)
            return (lambda frame: value), e.dtype
        if isinstance(e, Var):
            id = e.id
            return (lambda frame: frame.vars[id]), self.program.variables[id].dtype
        if isinstance(e, Load):
            return self._load(e), self.program.buffers[e.buffer].dtype
        if isinstance(e, Cast):
            return self.of_dtype(e.value, e.dtype), e.dtype
        if isinstance(e, Bits):
            inner = self.compile(e.value)
            bits = numpy_dtype(e.dtype)
            return (lambda frame: inner(frame).view(bits)), e.dtype
        compiled = [self._compile(arg) for arg in e.args]
        args = [each for each, _ in compiled]
        dtype = compiled[-1][1]
        result = "bool" if OPERATIONS[e.op].result == "bool" else dtype
        if e.op in BRANCHING:
            return _branching(e, args), result
        function = operation(e.op, dtype)
        if e.op in DIVISIONS and dtype in INTEGERS:
            return _divided(function, *args), result
        if len(args) == 1:
            (one,) = args
            return (lambda frame: function(one(frame))), result
        if len(args) == 2:
            a, b = args
            return (lambda frame: function(a(frame), b(frame))), result
        return (lambda frame: function(*(each(frame) for each in args))), result

    def _load(self, e: Load) -> Evaluate:
        array = self.memory.arrays[e.buffer]
        pad = self.memory.pads[e.buffer]
        name = self.program.buffers[e.buffer].name
        at = [self.compile(index) for index in e.at]

        def load(frame: Frame) -> Value:
            index = tuple([each(frame) for each in at])
            outside = out_of_bounds(index, array.shape)
            if outside is None:
                return array[index]
            if pad is None and counts(frame, outside):
                raise KernelError(beyond("reads", name, index, array.shape, outside))
            inside = tuple(np.where(outside, 0, each) for each in index)
            value = array[inside]
            return value if pad is None else np.where(outside, pad, value).astype(array.dtype)[()]

        return load


def out_of_bounds(index: tuple[Value, ...], shape: tuple[int, ...]) -> Value | None:
    """At which points an index is outside of a shape; None if at none."""
    outside: Value | None = None
    for each, extent in zip(index, shape, strict=True):
        if isinstance(each, np.ndarray):
            wrong: Value = (each < 0) | (each >= extent)
            if not wrong.any():
                continue
        elif 0 <= each < extent:
            continue
        else:
            wrong = np.True_
        outside = wrong if outside is None else outside | wrong
    return outside


def beyond(
    verb: str, name: str, index: tuple[Value, ...], shape: tuple[int, ...], outside: Value
) -> str:
    """The words for an access of a block's memory at a place that it doesn't have."""
    full = np.broadcast_arrays(outside, *index)
    first = np.unravel_index(int(np.argmax(full[0])), full[0].shape)
    at = ", ".join(str(each[first]) for each in full[1:])
    extents = ", ".join(map(str, shape))
    return f"{verb} {name}[{at}], which is outside; expected an element of its ({extents})"


def _divided(function: Callable[..., Value], a: Evaluate, b: Evaluate) -> Evaluate:
    def divide(frame: Frame) -> Value:
        x, y = a(frame), b(frame)
        zero = y == 0
        if np.any(zero):
            if counts(frame, zero):
                raise KernelError("divides an integer by 0; expected a divisor other than 0")
            y = np.where(zero, y.dtype.type(1), y)
        return function(x, y)

    return divide


def partial(e: Expr) -> bool:
    """Whether an expression can fail for some points: it loads, or divides integers."""
    return any(isinstance(n, Load) or (isinstance(n, Op) and n.op in DIVISIONS) for n in nodes(e))


def _under(evaluate: Evaluate, e: Expr) -> Callable[[Frame, Mask], Value]:
    """An operand that is evaluated only where it is needed."""
    if not partial(e):
        return lambda frame, mask: evaluate(frame)

    def under(frame: Frame, mask: Mask) -> Value:
        before = frame.mask
        frame.mask = both(before, mask)
        try:
            return evaluate(frame)
        finally:
            frame.mask = before

    return under


def _branching(e: Op, args: list[Evaluate]) -> Evaluate:
    first = args[0]
    second = _under(args[1], e.args[1])
    if e.op == "select":
        third = _under(args[2], e.args[2])

        def select(frame: Frame) -> Value:
            c = first(frame)
            if not isinstance(c, np.ndarray):
                return (args[1] if c else args[2])(frame)
            a, b = second(frame, c), third(frame, ~c)
            return np.where(c, a, b)

        return select
    join = np.logical_and if e.op == "and" else np.logical_or
    decides = e.op == "or"

    def either(frame: Frame) -> Value:
        a = first(frame)
        if not isinstance(a, np.ndarray):
            return a if bool(a) == decides else args[1](frame)
        return join(a, second(frame, ~a if decides else a))

    return either
