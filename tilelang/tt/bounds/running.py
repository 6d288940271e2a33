"""What each core of a schedule does, turn by turn: its blocks, and those that it repeats.

Under a rectangular schedule all cores that have blocks go through as many turns along each axis as
the one with the most. A core with fewer repeats its last block along that axis: it reads and
multiplies it again, and doesn't write it. A tensor that is shared is read by the first core of each
group, which multicasts it to the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..metadata import Box, Schedule


@dataclass(frozen=True)
class Turns:
    """Blocks as cores go through them: of turn i, the core and the block's place along x, y and z;
    sorted by core. ``cores`` are those that have some, ``starts`` where each one's turns begin.
    ``number`` is the number of turn i along x, y and z, where cores go through boxes."""

    core: Any
    place: tuple[Any, Any, Any]
    cores: Any
    starts: Any
    number: tuple[Any, Any, Any] | None = None

    def summed(self, by_block: Any, kept: Sequence[int] = ()) -> Any:
        """By core of ``cores``: the sum over its turns of [x, y, z, ...], whose axes of one stand
        for all; of what is ``kept`` along some axes, over the first of their turns."""
        index = tuple(
            np.zeros_like(p) if by_block.shape[axis] == 1 else p
            for axis, p in enumerate(self.place)
        )
        values = by_block[index]
        if kept:
            assert self.number is not None
            first = np.logical_and.reduce([self.number[axis] == 0 for axis in kept])
            values = values * first.reshape(-1, *(1,) * (values.ndim - 1))
        return np.add.reduceat(values, self.starts)


def turns_of(schedule: Schedule, repeats: bool) -> Turns:
    """The turns of all cores, with those that a rectangular schedule repeats or without."""
    x, y, _ = schedule.grid
    numbers = (
        [_turns_of_box(box, schedule.turns, schedule.grid) for box in schedule.boxes]
        if schedule.boxes and repeats
        else [np.asarray(schedule.blocks(core), int) for core in range(len(schedule.counts))]
    )
    core = np.repeat(np.arange(len(numbers)), [each.size for each in numbers])
    block = np.concatenate(numbers)
    cores, starts = np.unique(core, return_index=True)
    place = block % x, block // x % y, block // x // y
    number = None
    if schedule.boxes and repeats:
        across, down, deep = schedule.turns
        turn = np.arange(block.size) % (across * down * deep)
        number = turn % across, turn // across % down, turn // across // down
    return Turns(core, place, cores, starts, number)


def _turns_of_box(box: Box, most: Sequence[int], grid: tuple[int, int, int]) -> Any:
    if not box.count:
        return np.zeros(0, int)
    x, y, _ = grid
    bx, by, bz = (
        first + np.minimum(np.arange(turns), own - 1)
        for first, own, turns in zip(
            (box.x, box.y, box.z), (box.across, box.down, box.deep), most, strict=True
        )
    )
    return ((bz[:, None, None] * y + by[:, None]) * x + bx).ravel()
