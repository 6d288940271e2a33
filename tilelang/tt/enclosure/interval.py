"""Intervals of numbers, in arrays, and what the formats of a device make of them.

Ends are float64. What is not a number, or has no end, is from -inf to inf.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: The least normal number of float32 and bfloat16; what is nearer to zero, a device takes for zero.
NORMAL = 2.0**-126
#: Bits behind the point of each format's significands.
BITS = {"bfloat16": 7, "float16": 10}
#: The power of two of the least normal number of each, and the one that is too large.
RANGE = {"bfloat16": (-126, 128), "float16": (-14, 16)}


@dataclass(frozen=True)
class Interval:
    """All numbers from ``low`` to ``high``, of one shape or such as spread to one."""

    low: Array
    high: Array

    @classmethod
    def of(cls, value: Any) -> Interval:
        exact = np.asarray(value, np.float64)
        return cls(exact, exact)

    def __getitem__(self, at: Any) -> Interval:
        return Interval(self.low[at], self.high[at])

    @property
    def shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(self.low.shape, self.high.shape)

    @property
    def largest(self) -> Array:
        """The largest magnitude."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    @property
    def middle(self) -> Array:
        return np.asarray(np.where(self.low == self.high, self.low, (self.low + self.high) / 2))

    @property
    def radius(self) -> Array:
        return np.asarray(np.where(self.low == self.high, 0.0, (self.high - self.low) / 2))

    def each(self, function: Callable[[Array], Array]) -> Interval:
        """What a function that never falls makes of it."""
        return Interval(function(self.low), function(self.high))

    def falling(self, function: Callable[[Array], Array]) -> Interval:
        return Interval(function(self.high), function(self.low))

    def moved(self, function: Callable[[Array], Array]) -> Interval:
        return Interval(function(self.low), function(self.high))

    def wider(self, by: Array | float) -> Interval:
        return Interval(self.low - by, self.high + by)


def hull(a: Interval, b: Interval) -> Interval:
    """The least interval that has both."""
    return Interval(np.minimum(a.low, b.low), np.maximum(a.high, b.high))


def whole(low: Array, high: Array) -> Interval:
    """From ends that may be NaN, where nothing is known."""
    unknown = np.isnan(low) | np.isnan(high)
    return Interval(np.where(unknown, -np.inf, low), np.where(unknown, np.inf, high))


def where(condition: Any, a: Interval, b: Interval) -> Interval:
    return Interval(np.where(condition, a.low, b.low), np.where(condition, a.high, b.high))


def flushed(value: Interval) -> Interval:
    """Numbers that are not normal may have become zero."""
    low = np.where((value.low > 0) & (value.low < NORMAL), 0.0, value.low)
    high = np.where((value.high < 0) & (value.high > -NORMAL), 0.0, value.high)
    return Interval(low, high)


def last_place(x: Array, bits: int, least: int = -126) -> Array:
    """A unit in the last place of each number, for significands with so many bits behind the
    point; at least that of the least normal number, which is a power of two."""
    _, exponent = np.frexp(np.where(np.isfinite(x), np.abs(x), 1.0))
    return np.asarray(np.ldexp(1.0, np.maximum(exponent - 1, least) - bits))


def cut(value: Interval, bits: int) -> Interval:
    """Significands of which only so many bits are taken."""

    def toward_zero(x: Array) -> Array:
        unit = last_place(x, bits)
        return np.where(np.isfinite(x), np.trunc(x / unit) * unit, x)

    return flushed(value.each(toward_zero))


def rounded(value: Interval, format_: str, away: bool = False) -> Interval:
    """Rounded to a format, to nearest; which way a number goes that is halfway is left open, or
    it goes ``away`` from zero."""
    bits, least, most = BITS[format_], *RANGE[format_]

    def ends(x: Array, up: Array | bool) -> Array:
        unit = last_place(x, bits, least)
        steps = x / unit
        if away:
            up = x > 0
        near = np.where(up, np.floor(steps + 0.5), np.ceil(steps - 0.5)) * unit
        near = np.where(np.abs(near) < 2.0**most, near, np.copysign(np.inf, x))
        return np.where(np.isfinite(x), near, x)

    return flushed(Interval(ends(value.low, False), ends(value.high, True)))


def outward(value: Interval, units: float, floor: float = NORMAL) -> Interval:
    """Wider by so many units in the last place of float32; where a result is so small that it may
    become zero, that too."""
    margin = units * 2.0**-23

    def by(x: Array) -> Array:
        # A unit in the last place is at most 2^-23 of the number.
        return np.where(np.isfinite(x), np.abs(x) * margin, 0.0)

    low, high = value.low - by(value.low), value.high + by(value.high)
    low = np.where((low > 0) & (low < floor), 0.0, low)
    high = np.where((high < 0) & (high > -floor), 0.0, high)
    return whole(low, high)
