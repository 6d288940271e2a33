"""Whether a device's result is the interpreter's within the bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .interval import Array, Interval


def bound_of(wanted: Array, interval: Interval) -> Array:
    """The most that each element may be off from the interpreter's; infinite where unknown."""
    x = wanted.astype(np.float64)
    with np.errstate(invalid="ignore"):
        found = np.maximum(np.abs(interval.high - x), np.abs(interval.low - x))
    same = (interval.low == x) & (interval.high == x)
    return np.asarray(np.where(same, 0.0, np.where(np.isnan(found), np.inf, found)))


@dataclass(frozen=True)
class Agreement:
    """How a result compares. ``at`` is the element that uses up most of its bound, ``used`` which
    part of it its error is; ``error`` and ``bound`` are that element's. ``checked`` elements have
    a bound, of ``elements``. ``largest_error`` and ``largest_bound`` are of any elements."""

    at: tuple[int, ...]
    used: float
    error: float
    bound: float
    found: float
    wanted: float
    checked: int
    elements: int
    wrong: int
    largest_error: float
    largest_bound: float

    @property
    def agrees(self) -> bool:
        """Each element has a bound and is within it."""
        return not self.wrong and self.checked == self.elements > 0


def errors(found: Array, wanted: Array) -> Array:
    """How far each element is off; infinite where one of the two alone is not a number."""
    have, want = found.astype(np.float64), wanted.astype(np.float64)
    same = (have == want) | (np.isnan(have) & np.isnan(want))
    with np.errstate(invalid="ignore"):
        error = np.where(same, 0.0, np.abs(have - want))
    return np.asarray(np.where(np.isnan(error), np.inf, error))


def part_of_bound(error: Array, bound: Array) -> Array:
    """Which part of its own bound each element is off by; NaN where it has none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        used = np.where(error == 0, 0.0, error / bound)
    return np.asarray(np.where(np.isfinite(bound), used, np.nan))


def compare(found: Array, wanted: Array, bound: Array) -> Agreement:
    """Compare a result with the interpreter's, element by element.

    found, wanted : of one shape; bound : as bound_of gives it
    """
    have, want = found.astype(np.float64), wanted.astype(np.float64)
    error = errors(found, wanted)
    known = np.isfinite(bound)
    used = np.where(known, part_of_bound(error, bound), 0.0)
    flat = int(np.argmax(used)) if used.size else 0
    at = tuple(int(i) for i in np.unravel_index(flat, used.shape)) if used.size else ()
    return Agreement(
        at=at,
        used=float(used[at]) if used.size else 0.0,
        error=float(error[at]) if used.size else 0.0,
        bound=float(bound[at]) if used.size else 0.0,
        found=float(have[at]) if used.size else 0.0,
        wanted=float(want[at]) if used.size else 0.0,
        checked=int(known.sum()),
        elements=int(used.size),
        wrong=int((used > 1).sum()),
        largest_error=float(error[known].max(initial=0.0)),
        largest_bound=float(bound[known].max(initial=0.0)),
    )
