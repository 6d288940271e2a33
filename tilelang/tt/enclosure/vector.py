"""The vector unit's operations on intervals, each as exact as docs/vector_unit.md has it measured.

Operands and results are float32 in DST.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .interval import Array, Interval, hull, outward, rounded, whole

#: Units in the last place of float32 that a result may be off: what docs/vector_unit.md measured on
#: either architecture, and a half more for float64's and the interpreter's own roundings. For log2
#: and a division by a constant those of a product besides, which they are computed with.
UNITS = {
    "add": 1.0, "sub": 1.0, "mul": 1.0, "div": 2.0, "exp": 1.3, "exp2": 1.4, "log": 1.4,
    "log2": 2.5, "sqrt": 1.4, "rsqrt": 1.6, "sigmoid": 3.0, "tanh": 2.6, "erf": 5.0,
    "gelu": 6.3,
}  # fmt: skip

TRUE, FALSE = Interval.of(1.0), Interval.of(0.0)


def _times(a: Array, b: Array) -> Array:
    """Products in which nothing times infinity is nothing: the ends of intervals, not numbers."""
    return np.asarray(np.where((a == 0) | (b == 0), 0.0, a * b))


def _over_ends(a: Interval, b: Interval, function: Callable[[Array, Array], Array]) -> Interval:
    found = [function(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    return whole(np.minimum.reduce(np.broadcast_arrays(*found)),
                 np.maximum.reduce(np.broadcast_arrays(*found)))  # fmt: skip


def add(a: Interval, b: Interval) -> Interval:
    return outward(whole(a.low + b.low, a.high + b.high), UNITS["add"])


def sub(a: Interval, b: Interval) -> Interval:
    return outward(whole(a.low - b.high, a.high - b.low), UNITS["sub"])


def mul(a: Interval, b: Interval) -> Interval:
    return outward(_over_ends(a, b, _times), UNITS["mul"])


def square(a: Interval) -> Interval:
    found = absolute(a)
    return outward(found.each(np.square), UNITS["mul"])


def div(a: Interval, b: Interval) -> Interval:
    has_zero = (b.low <= 0) & (b.high >= 0)
    found = _over_ends(a, b, np.divide)
    found = Interval(np.where(has_zero, -np.inf, found.low), np.where(has_zero, np.inf, found.high))
    return outward(found, UNITS["div"])


def absolute(a: Interval) -> Interval:
    has_zero = (a.low <= 0) & (a.high >= 0)
    ends = np.abs(a.low), np.abs(a.high)
    return Interval(np.where(has_zero, 0.0, np.minimum(*ends)), np.maximum(*ends))


def negative(a: Interval) -> Interval:
    return Interval(-a.high, -a.low)


def least(a: Interval, b: Interval) -> Interval:
    return Interval(np.fmin(a.low, b.low), np.fmin(a.high, b.high))


def greatest(a: Interval, b: Interval) -> Interval:
    return Interval(np.fmax(a.low, b.low), np.fmax(a.high, b.high))


_erf = np.frompyfunc(math.erf, 1, 1)


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


_RISING: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp, "exp2": np.exp2, "log": np.log, "log2": np.log2, "sqrt": np.sqrt,
    "sigmoid": _sigmoid, "tanh": np.tanh, "erf": lambda x: np.asarray(_erf(x), np.float64),
}  # fmt: skip


def function(name: str, a: Interval) -> Interval:
    """A function of one operand that rises or falls everywhere."""
    falls = name == "rsqrt"
    found = a.falling(lambda x: 1 / np.sqrt(x)) if falls else a.each(_RISING[name])
    return outward(whole(found.low, found.high), UNITS[name])


#: Where gelu is least; from there to its other side it falls.
_GELU_LEAST = -0.7517915246935645
#: How far it is off at most below -1 (docs/vector_unit.md), and how far the interpreter, which
#: adds 1 to erf in float32 and so loses half a unit in the last place of 1, by up to 5.54 / 2.
_GELU_OFF, _GELU_ROUNDED = 1e-6, 5.54 / 2 * 2.0**-24


def _gelu(x: Array) -> Array:
    # erfc, which is as exact where gelu is small.
    return np.asarray(x * 0.5 * np.asarray(_erfc(-x * math.sqrt(0.5)), np.float64))


_erfc = np.frompyfunc(math.erfc, 1, 1)


def _all_of_gelu(a: Interval) -> Interval:
    """All that it exactly is."""
    ends = _gelu(np.maximum(a.low, -40.0)), _gelu(np.maximum(a.high, -40.0))
    has_least = (a.low < _GELU_LEAST) & (a.high > _GELU_LEAST)
    low = np.where(has_least, _gelu(np.asarray(_GELU_LEAST)), np.minimum(*ends))
    return whole(low, np.maximum(*ends))


def gelu(a: Interval) -> Interval:
    """x * (1 + erf(x / sqrt(2))) / 2."""
    found = outward(_all_of_gelu(a), UNITS["gelu"])
    off = np.where(a.low < -1, _GELU_OFF + _GELU_ROUNDED, 0.0)
    return whole(found.low - off, found.high + off)


# The one for bfloat16 is x from 2.78125 on; from -3.125 to there x times a polynomial, which is off
# by so much of x below each magnitude of it; below, a product with an exponential, which is off by
# so much of itself, and of x, since its factor is rounded to a multiple of 2^-25 (and is 0 below
# -5.54). All is measured, and the factor's half of 2^-25 known.
_SAME_FROM, _POLYNOMIAL_FROM, _NOTHING_TO = 2.78125, -3.125, 5.6
_POLYNOMIAL_OFF = ((2.0, 2.4e-5), (2.5, 1.25e-5), (3.125, 6.6e-6))
_TAIL_OFF, _TAIL_ROUNDED = 2.4e-3, 1.6e-8


def _off_before(a: Interval) -> Array:
    """How far gelu for bfloat16 is off at most before it rounds, below the numbers that it leaves
    as they are."""
    of_polynomial = (a.high >= _POLYNOMIAL_FROM) & (a.low < _SAME_FROM)
    size = absolute(a.each(lambda x: np.clip(x, _POLYNOMIAL_FROM, _SAME_FROM)))
    most = np.select([size.low < below for below, _ in _POLYNOMIAL_OFF],
                     [each for _, each in _POLYNOMIAL_OFF], _POLYNOMIAL_OFF[-1][1])  # fmt: skip
    last = np.clip(a.high, -40.0, _POLYNOMIAL_FROM)
    tail = _TAIL_OFF * np.abs(_gelu(last)) + _TAIL_ROUNDED * np.minimum(-a.low, _NOTHING_TO)
    return np.maximum(
        np.where(of_polynomial, most * size.high, 0.0),
        np.where(a.low < _POLYNOMIAL_FROM, tail, 0.0),
    )


def gelu_bfloat16(a: Interval) -> Interval:
    """The same by the function that rounds its result to bfloat16."""
    below = a.each(lambda x: np.minimum(x, _SAME_FROM))
    found, off = _all_of_gelu(below), _off_before(a)
    low = np.where(a.low >= _SAME_FROM, a.low, found.low - off)
    high = np.where(a.low >= _SAME_FROM, a.high, found.high + off)
    high = np.where(a.high >= _SAME_FROM, np.maximum(high, a.high), high)
    return rounded(outward(whole(low, high), 1.0), "bfloat16")


# Truths are 1 and 0; where it is not known which, an interval of both.


def compared(name: str, a: Interval, b: Interval) -> Interval:
    if name in ("gt", "ge"):
        a, b, name = b, a, {"gt": "lt", "ge": "le"}[name]
    if name == "lt":
        sure, never = a.high < b.low, a.low >= b.high
    elif name == "le":
        sure, never = a.high <= b.low, a.low > b.high
    else:
        same = (a.low == a.high) & (b.low == b.high) & (a.low == b.low)
        apart = (a.high < b.low) | (b.high < a.low)
        sure, never = (same, apart) if name == "eq" else (apart, same)
    return Interval(np.where(sure, 1.0, 0.0), np.where(never, 0.0, 1.0))


def inverted(a: Interval) -> Interval:
    return Interval(1.0 - a.high, 1.0 - a.low)


def select(condition: Interval, a: Interval, b: Interval) -> Interval:
    """Where it isn't known which is taken, all that either may be."""
    yes, no = condition.low >= 1, condition.high <= 0
    both = hull(a, b)
    low = np.where(yes, a.low, np.where(no, b.low, both.low))
    high = np.where(yes, a.high, np.where(no, b.high, both.high))
    return Interval(low, high)
