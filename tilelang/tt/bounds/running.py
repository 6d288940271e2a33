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
    sorted by core. ``cores`` are those that have some, ``starts`` where each one's turns begin."""

    core: Any
    place: tuple[Any, Any, Any]
    cores: Any
    starts: Any

    def summed(self, by_block: Any) -> Any:
        """By core of ``cores``: the sum over its turns of [x, y, z, ...], whose axes of one stand
        for all."""
        index = tuple(
            np.zeros_like(p) if by_block.shape[axis] == 1 else p
            for axis, p in enumerate(self.place)
        )
        return np.add.reduceat(by_block[index], self.starts)


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
    return Turns(core, (block % x, block // x % y, block // x // y), cores, starts)


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
