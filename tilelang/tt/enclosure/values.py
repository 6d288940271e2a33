"""The values that maps store, on intervals: what the vector unit makes of an expression in DST.

A map's values stay in float32 between its operations, whatever dtypes the program has there, so
casts among floats change nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..program import Cast, Const, Expr, Load, Op, Program, Var, dtype_of, nodes
from ..program.dtypes import DTYPES
from ..program.formulas import gelu_of
from ..program.interpreter.evaluate import Evaluator, Frame
from ..program.interpreter.values import constant
from . import vector
from .interval import Interval

_BINARY = {
    "add": vector.add, "sub": vector.sub, "mul": vector.mul, "div": vector.div,
    "min": vector.least, "max": vector.greatest, "and": vector.mul, "or": vector.greatest,
}  # fmt: skip
_COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")


class Values:
    """Evaluates expressions in a frame. ``load`` gives what DST has of an element."""

    def __init__(
        self,
        program: Program,
        evaluator: Evaluator,
        load: Callable[[Load, Frame], Interval],
        lets: Mapping[int, Expr],
    ) -> None:
        self.program = program
        self.e = evaluator
        self.load = load
        self.lets = lets

    def value(self, e: Expr, frame: Frame, rounds: bool = False) -> Interval:
        """``rounds``: its last function is one that rounds its own result to bfloat16."""
        kind = DTYPES[dtype_of(self.program, e)].kind
        if kind == "bool" and self._of_indices(e):
            return Interval.of(np.asarray(self.e.compile(e)(frame), np.float64))
        if isinstance(e, Const):
            return Interval.of(float(constant(e.value, e.dtype)))
        if isinstance(e, Var):
            if e.id in self.lets:
                return self.value(self.lets[e.id], frame, rounds)
            return Interval.of(float(frame.vars[e.id]))
        if isinstance(e, Load):
            return self.load(e, frame)
        if isinstance(e, Cast):
            return self.value(e.value, frame, rounds)
        if not isinstance(e, Op):
            raise NotImplementedError(f"found {type(e).__name__}; no kernel is generated for it")
        return self._op(e, frame, rounds)

    def _of_indices(self, e: Expr) -> bool:
        return all(
            DTYPES[dtype_of(self.program, n)].kind != "float"
            and not isinstance(n, Load)
            and not (isinstance(n, Var) and n.id in self.lets)
            for n in nodes(e)
        )

    def _number(self, e: Expr) -> float | None:
        return float(constant(e.value, e.dtype)) if isinstance(e, Const) else None

    def _op(self, e: Op, frame: Frame, rounds: bool) -> Interval:
        gelu = gelu_of(e, self._number, self.lets) if e.op == "mul" else None
        if gelu is not None:
            x = self.value(gelu, frame)
            return vector.gelu_bfloat16(x) if rounds else vector.gelu(x)
        args = [self.value(arg, frame) for arg in e.args]
        if e.op == "select":
            return vector.select(*args)
        if e.op == "fma":
            return vector.add(vector.mul(*args[:2]), args[2])
        if e.op == "mul" and e.args[0] == e.args[1]:
            return vector.square(args[0])
        if e.op in _COMPARISONS:
            return vector.compared(e.op, *args)
        if e.op in _BINARY:
            return _BINARY[e.op](*args)
        if e.op == "not":
            return vector.inverted(args[0])
        return vector.absolute(args[0]) if e.op == "abs" else vector.function(e.op, args[0])
