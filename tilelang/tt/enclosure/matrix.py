"""What the matrix engine makes of products and sums, as an interval.

It multiplies by parts of significands (a part of 5 bits of what is in SrcA by one of 7 of SrcB, in
four phases), aligns the products of eight lanes to the largest of them, where what is below 2^-10
of its power of two is rounded, and adds to DST in float32. So an error is relative to the largest
product of each eight, and not to the sum: where numbers cancel, it stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .interval import Array, Interval, cut, last_place, whole

LANES = 8
#: Half of what is rounded away of a product, over all phases, of the power of two of the largest.
HALF = 2.0**-11 * (1 + 2.0**-5 + 2.0**-7 + 2.0**-12)
#: Of roundings that have nothing to do with each other, each at most h, so many times the root of
#: the sum of squares is not reached: if each is as likely anywhere up to h, the chance is below
#: 2 exp(-1.5 * 4^2) = 8e-11.
DEVIATIONS = 4.0
#: Roundings to float32 of an instruction, in half units: two sums of eight lanes, and DST.
_ROUNDINGS = 3
_INSTRUCTION = 16 / 4  # products of all four phases


@dataclass
class Sum:
    """A sum in DST that goes on: the interval of exact products, and what roundings may do to it.

    ``most`` is the sum of the most that each rounding may do, ``squares`` that of their squares,
    ``lean`` that of what each does on average: what is halfway goes away from zero. ``mass`` is the
    sum of the products' magnitudes, ``length`` that of the reduction.
    """

    value: Interval
    most: Array = field(default_factory=lambda: np.zeros(()))
    squares: Array = field(default_factory=lambda: np.zeros(()))
    lean: Array = field(default_factory=lambda: np.zeros(()))
    mass: Array = field(default_factory=lambda: np.zeros(()))
    length: int = 0

    def added(self, other: Sum) -> Sum:
        value = whole(self.value.low + other.value.low, self.value.high + other.value.high)
        return Sum(
            value, self.most + other.most, self.squares + other.squares, self.lean + other.lean,
            self.mass + other.mass, self.length + other.length,
        )  # fmt: skip

    def interval(self, independent: bool) -> Interval:
        """With the roundings: at worst, or of such as have nothing to do with each other."""
        roundings = self.length / _INSTRUCTION * _ROUNDINGS
        aligning = self.most
        if independent:
            aligning = np.minimum(aligning, np.abs(self.lean) + DEVIATIONS * np.sqrt(self.squares))
            roundings = min(roundings, DEVIATIONS * roundings**0.5)
        # What is in DST grows with the sum: on the way it is half of the mass.
        adding = (roundings + 1) / 2 * 2.0**-24 * self.mass
        found = self.value.wider(np.where(self.mass > 0, aligning + adding, 0.0))
        return whole(found.low, found.high)


def begin(old: Interval) -> Sum:
    """A sum that begins with what was there; what is added to an infinite number leaves it."""
    return Sum(old, mass=np.where(np.isfinite(old.largest), old.largest, 0.0))


def multiply(a: Interval, b: Interval) -> Sum:
    """a @ b, of matrices as they are in L1: a goes to SrcB, b to SrcA, which has a bit less."""
    return product(cut(a, 10), cut(b, 9))


def total(values: Interval) -> Sum:
    """The sum along the first axis, as the product with ones, in SrcA or in SrcB.

    Such a product has as many bits as the value's part, 5 or 7, so that one is rounded only if it
    is below the largest by so many powers of two that its last bit is below 2^-10 of that.
    """
    length = len(values.low)
    flat = Interval(*(x.reshape(length, -1) for x in (values.low, values.high)))
    less, more = cut(flat, 9), cut(flat, 10)
    data = Interval(np.minimum(less.low, more.low), np.maximum(less.high, more.high))
    powers = np.where(data.largest == 0, 0.0, last_place(data.largest, 0))
    signs = np.sign(data.low + data.high)
    most, squares, lean = (np.zeros(powers.shape[1]) for _ in range(3))
    for first in range(0, length, LANES):
        group = powers[first : first + LANES] * 2.0**4
        half = HALF * powers[first : first + LANES].max(axis=0)
        small = HALF * group < half
        most += half * small.sum(axis=0)
        squares += half**2 * small.sum(axis=0)
        lean += HALF * np.where(small, group * signs[first : first + LANES], 0.0).sum(axis=0)
    mass = data.largest.sum(axis=0)
    with np.errstate(invalid="ignore"):
        value = whole(data.low.sum(axis=0), data.high.sum(axis=0))
    return Sum(value, most, squares, lean, mass, length)


def product(a: Interval, b: Interval) -> Sum:
    """The sum of the products of what is in the sources."""
    x, y = a.middle, b.middle
    with np.errstate(invalid="ignore"):
        middle = x @ y
        radius = np.abs(x) @ b.radius + a.radius @ (np.abs(y) + b.radius)
        value = whole(middle - radius, middle + radius)
        mass = a.largest @ b.largest
    most, squares, lean = _roundings(a, b)
    return Sum(value, most, squares, lean, mass, a.shape[1])


def _roundings(a: Interval, b: Interval) -> tuple[Array, Array, Array]:
    """Of the products that are less than the largest of their eight: Sum's figures."""
    # The power of two of each magnitude, none of zero; and with its sign.
    p, q = (np.where(x.largest == 0, 0.0, last_place(x.largest, 0)) for x in (a, b))
    r, s = (x * np.sign(y.low + y.high) for x, y in ((p, a), (q, b)))
    most, squares, lean = (np.zeros((p.shape[0], q.shape[1])) for _ in range(3))
    for first in range(0, p.shape[1], LANES):
        lanes = slice(first, first + LANES)
        powers = p[:, lanes, None] * q[None, lanes]
        half = HALF * powers.max(axis=1)
        less = HALF * powers < half[:, None]
        count = (less & (powers > 0)).sum(axis=1)
        most += half * count
        squares += half**2 * count
        lean += HALF * np.where(less, r[:, lanes, None] * s[None, lanes], 0.0).sum(axis=1)
    return most, squares, lean
