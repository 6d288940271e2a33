"""What the matrix engine makes of a sum of products in a DST of 16 bits, as an interval.

After each instruction (16 products of a part of each factor's significand) the sum is rounded to
bfloat16: to nearest, and what is halfway away from zero. That is no error like those of float32,
which have nothing to do with each other: of a large sum, the products of the factors' lower parts
may all be lost. So the sum is followed from instruction to instruction, in the order in which the
engine goes: of each tile the four pairs of parts, one after the other, of each all 32 products.
Rounding never makes a larger number the smaller one, so that what begins between two ends stays
between what becomes of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .interval import Array, Interval, cut, last_place, rounded, whole
from .matrix import LANES

_TILE = 32
_LANES = 2 * LANES  # of an instruction
#: Bits behind the point of a factor's upper part; its lower part is what is left of it.
_UPPER_A, _UPPER_B = 6, 4  # in SrcB, and in SrcA
#: Half of what is rounded away: of a product, of its power of two over that of the largest of
#: its eight; of a sum of eight, and of DST, of the power of the largest of the three.
_HALF = 2.0**-11


class _Parts(NamedTuple):
    """Factors as the engine takes them: their upper and lower parts, and their powers of two."""

    upper: Array
    lower: Array
    power: Array
    unsure: Array


def multiply(old: Interval, a: Interval, b: Interval) -> Interval:
    """old + a @ b, of matrices as they are in L1."""
    left, right = _parts(cut(a, 10), _UPPER_A), _parts(cut(b, 9), _UPPER_B)
    shape = (*a.shape[:1], *b.shape[1:])
    value = Interval(*(np.broadcast_to(end, shape).copy() for end in (old.low, old.high)))
    for first in range(0, a.shape[1], _TILE):
        # SrcA's part changes faster than SrcB's.
        for upper_a, upper_b in ((True, True), (True, False), (False, True), (False, False)):
            for begin in range(first, min(first + _TILE, a.shape[1]), _LANES):
                value = _instruction(value, left, right, begin, upper_a, upper_b)
    return value


def _parts(x: Interval, bits: int) -> _Parts:
    middle = x.middle
    unit = last_place(middle, bits)
    upper = np.trunc(middle / unit) * unit
    power = np.where(x.largest == 0, 0.0, last_place(x.largest, 0))
    # Of a factor that isn't known, neither is where its upper part ends.
    unsure = np.where(x.radius > 0, x.radius + unit, 0.0)
    return _Parts(upper, middle - upper, power, unsure)


def _instruction(
    sum_: Interval, a: _Parts, b: _Parts, first: int, upper_a: bool, upper_b: bool
) -> Interval:
    lanes = slice(first, first + _LANES)
    x = (a.upper if upper_a else a.lower)[:, lanes]
    y = (b.upper if upper_b else b.lower)[lanes]
    with np.errstate(invalid="ignore"):
        added = x @ y
        off = np.abs(x) @ b.unsure[lanes] + a.unsure[:, lanes] @ (np.abs(y) + b.unsure[lanes])
        there = ((x != 0) | (a.unsure[:, lanes] > 0)).astype(float) @ (
            (y != 0) | (b.unsure[lanes] > 0)
        ).astype(float)
    scale = (1.0 if upper_a else 2.0**-7) * (1.0 if upper_b else 2.0**-5)
    largest = np.zeros_like(added)
    for begin in range(first, min(first + _LANES, a.power.shape[1]), LANES):
        eight = slice(begin, begin + LANES)
        powers = a.power[:, eight, None] * b.power[None, eight] * scale
        most = powers.max(axis=1)
        off = off + _HALF * most * ((powers < most[:, None]) & (powers > 0)).sum(axis=1)
        largest = np.maximum(largest, most)
    powers = last_place(sum_.largest, 0)
    # The two sums of eight, and DST if it isn't the largest.
    terms = 2 + (powers < largest)
    off = off + _HALF * np.maximum(powers, largest) * terms
    found = whole(sum_.low + added - off, sum_.high + added + off)
    found = rounded(found, "bfloat16", away=True)
    keep = there == 0
    return Interval(np.where(keep, sum_.low, found.low), np.where(keep, sum_.high, found.high))
