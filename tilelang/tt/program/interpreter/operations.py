"""The operations of expressions, on numpy values of one dtype.

add, sub, mul, div and the like are those of IEEE in the dtype they compute in. Functions without an
exact result (exp, tanh, ...) are evaluated in float64 and rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..dtypes import DTYPES
from ..expressions import OPERATIONS
from .values import F64, Value, narrowed, numpy_dtype, wide

Function = Callable[..., Value]

_erf = np.frompyfunc(math.erf, 1, 1)


def _truncated(a: Value, b: Value) -> Value:
    return (a - np.fmod(a, b)) // b


def _round(a: Value) -> Value:
    whole = np.trunc(a)
    return np.where(np.abs(a - whole) >= 0.5, whole + np.sign(a), whole)[()]


def _sigmoid(a: Value) -> Value:
    return 1 / (1 + np.exp(-a))


# In the dtype itself; for a narrow float, in float32.
_EXACT: dict[str, Function] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "min": np.fmin,
    "max": np.fmax,
    "div": np.divide,
    "mod": np.fmod,
    "floordiv": lambda a, b: np.floor(a / b),
    "floormod": lambda a, b: a - np.floor(a / b) * b,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "not": np.logical_not,
    "bitand": np.bitwise_and,
    "bitor": np.bitwise_or,
    "bitxor": np.bitwise_xor,
    "bitnot": np.invert,
    "shl": np.left_shift,
    "shr": np.right_shift,
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "round": _round,
    "nearbyint": np.rint,
    "sqrt": np.sqrt,
    "fmod": np.fmod,
    "copysign": np.copysign,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
}

_OF_INTEGERS: dict[str, Function] = {
    "min": np.minimum,
    "max": np.maximum,
    "div": _truncated,
    "floordiv": np.floor_divide,
    "floormod": np.remainder,
}

# In float64, and rounded once.
_ROUNDED: dict[str, Function] = {
    "exp": np.exp,
    "exp2": np.exp2,
    "exp10": lambda a: np.power(10.0, a),
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "rsqrt": lambda a: 1 / np.sqrt(a),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "sigmoid": _sigmoid,
    "erf": lambda a: np.asarray(_erf(a), F64)[()],
    "pow": np.power,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "fma": lambda a, b, c: a * b + c,
}

DIVISIONS = frozenset({"div", "mod", "floordiv", "floormod"})
"""What fails for integers where the second operand is 0."""

BRANCHING = frozenset({"select", "and", "or"})
"""What evaluates an operand only where it is needed; the evaluator's own."""

assert {*_EXACT, *_ROUNDED} | BRANCHING == {*OPERATIONS}


def operation(op: str, dtype: str) -> Function:
    """The function for operands of a dtype; its result has the operation's dtype."""
    known = DTYPES[dtype]
    if op in _ROUNDED:
        inner = _ROUNDED[op]
        if dtype == "float64":
            return inner

        def rounded(*args: Any) -> Value:
            return narrowed(inner(*(arg.astype(F64) for arg in args)), dtype)

        return rounded
    function = _EXACT[op]
    if known.kind in ("int", "uint"):
        function = _OF_INTEGERS.get(op, function)
    if not known.narrow:
        return function
    if OPERATIONS[op].result == "bool":
        return lambda *args: function(*map(wide, args))
    target = numpy_dtype(dtype)
    return lambda *args: function(*map(wide, args)).astype(target)
