"""What other block shapes would cost: an author's is kept, and larger ones are told beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .bounds import Bounds, bounds_of
from .describe import schedule_tiles
from .device_spec import DeviceSpec
from .metadata import BufferDescriptor, Schedule, SharedRead
from .program import Program

#: How many of the author's blocks along x and y are one.
SHAPES = ((2, 1), (1, 2), (2, 2), (4, 4))


@dataclass(frozen=True)
class Larger:
    """Blocks of ``times`` (x, y) of the author's: their number, and the bounds of the launch."""

    times: tuple[int, int]
    blocks: int
    bounds: Bounds

    @property
    def fits(self) -> bool:
        """Whether the scratch of a block is less than a core's L1; kernels hold more than that."""
        room = self.bounds.l1_room
        return room is None or self.bounds.l1_bytes <= room


def larger_blocks(
    program: Program,
    buffers: Mapping[str, BufferDescriptor],
    schedule: Schedule,
    device: DeviceSpec,
    said: Mapping[str, Any],
    launch: int = 0,
) -> tuple[tuple[Larger, ...], str]:
    """A launch with larger blocks under the same policy, and why there are none, else "".

    ``said`` are the function's attributes that say policy, order and cores
    (policies.said_of_schedule).
    """
    found = []
    x, y, z = schedule.grid
    for times in SHAPES:
        if times[0] > x or times[1] > y:
            continue
        grid = (-(-x // times[0]), -(-y // times[1]), z)
        plan = schedule_tiles(
            grid, device, schedule.policy, schedule.order, said.get("tt_cores")
        )  # fmt: skip
        shared = tuple(each for each in schedule.shared_reads if _is_shared(plan, each))
        plan = replace(plan, shared_reads=shared)
        try:
            bounds = bounds_of(program, buffers, plan, device, launch, times=(*times, 1))
        except NotImplementedError as error:
            return (), str(error)
        found.append(Larger(times, grid[0] * grid[1] * grid[2], bounds))
    return tuple(found), ""


def _is_shared(plan: Schedule, each: SharedRead) -> bool:
    """Whether there are still two cores along its axis."""
    return any(len(group) > 1 for group in plan.groups(each.along))
