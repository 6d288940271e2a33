"""Wrong schedules on purpose, and copies that went wrong: what E6 and its guard have to notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...device import DeviceSpec
from ...metadata import CoreRange, RuntimeArg, Schedule, TileRange
from ..tensors.tiles import Array


def _anywhere(_: DeviceSpec) -> str:
    return ""


@dataclass(frozen=True)
class ScheduleMutation:
    """One way for a schedule to be wrong; ``powerless`` is as in controls.Mutation."""

    name: str
    apply: Callable[[Schedule], Schedule]
    powerless: Callable[[DeviceSpec], str] = _anywhere


@dataclass(frozen=True)
class CopyMutation:
    """One way for a copy to go wrong: what arrived, uint32 of shape (tiles, elements)."""

    name: str
    apply: Callable[[Array], Array]

    @staticmethod
    def powerless(_: DeviceSpec) -> str:
        return ""


def _one_core(spec: DeviceSpec) -> str:
    return "the device has one core" if spec.num_cores == 1 else ""


def _one_line(spec: DeviceSpec) -> str:
    narrow = min(spec.grid_x, spec.grid_y) == 1
    return "the device's cores are in one row or column" if narrow else ""


def _with_range(schedule: Schedule, cores: CoreRange) -> Schedule:
    """The last core range replaced."""
    return replace(schedule, core_ranges=(*schedule.core_ranges[:-1], cores))


def _range_short(schedule: Schedule) -> Schedule:
    """The last core range without its last row or column, or gone if it is one core."""
    last = schedule.core_ranges[-1]
    if last.x1 > last.x0:
        return _with_range(schedule, replace(last, x1=last.x1 - 1))
    if last.y1 > last.y0:
        return _with_range(schedule, replace(last, y1=last.y1 - 1))
    return replace(schedule, core_ranges=schedule.core_ranges[:-1])


def _count_more(schedule: Schedule) -> Schedule:
    last = schedule.core_ranges[-1]
    return _with_range(schedule, replace(last, count=last.count + 1))


def _active(schedule: Schedule) -> list[int]:
    return [core for core, tiles in enumerate(schedule.tiles_per_core) if tiles.count]


def _edited(schedule: Schedule, core: int, edit: Callable[[TileRange], TileRange]) -> Schedule:
    tiles = list(schedule.tiles_per_core)
    tiles[core] = edit(tiles[core])
    return replace(schedule, tiles_per_core=tuple(tiles))


def _busiest(edit: Callable[[TileRange], TileRange]) -> Callable[[Schedule], Schedule]:
    """The tiles of the core that has the most edited, if it has several."""

    def apply(schedule: Schedule) -> Schedule:
        core = max(_active(schedule), key=lambda core: schedule.tiles_per_core[core].count)
        several = schedule.tiles_per_core[core].count > 1
        return _edited(schedule, core, edit) if several else schedule

    return apply


def _cores_swapped(schedule: Schedule) -> Schedule:
    """The tiles of the first and the last core that have some, each other's."""
    tiles, active = list(schedule.tiles_per_core), _active(schedule)
    first, last = active[0], active[-1]
    tiles[first], tiles[last] = tiles[last], tiles[first]
    return replace(schedule, tiles_per_core=tuple(tiles))


def _down_columns(schedule: Schedule) -> Schedule:
    width, height = schedule.core_grid
    cores = np.arange(width * height).reshape(height, width).T.ravel()
    return replace(schedule, tiles_per_core=tuple(schedule.tiles_per_core[core] for core in cores))


def _grid_transposed(schedule: Schedule) -> Schedule:
    x, y, z = schedule.grid
    return replace(schedule, grid=(y, x, z))


def _row_more(schedule: Schedule) -> Schedule:
    x, y = schedule.core_grid
    return replace(schedule, core_grid=(x, y + 1))


def _sources_rotated(kind: str) -> Callable[[Schedule], Schedule]:
    """Each argument of a kind with the source of the next one."""

    def apply(schedule: Schedule) -> Schedule:
        sources = [arg.source for arg in schedule.runtime_args if arg.kind == kind]
        following = iter([*sources[1:], *sources[:1]])
        return replace(
            schedule,
            runtime_args=tuple(
                replace(arg, source=next(following)) if arg.kind == kind else arg
                for arg in schedule.runtime_args
            ),
        )

    return apply


def _first_two_exchanged(schedule: Schedule) -> Schedule:
    """start_id where count is, by the default schema."""
    first, second, *rest = schedule.runtime_args
    return replace(schedule, runtime_args=(second, first, *rest))


def _constant_more(schedule: Schedule) -> Schedule:
    args: list[RuntimeArg] = list(schedule.runtime_args)
    for place in reversed(range(len(args))):
        if args[place].kind == "constant" and not args[place].name.startswith("grid_"):
            args[place] = replace(args[place], value=(args[place].value or 0) + 1)
            break
    return replace(schedule, runtime_args=tuple(args))


def _tile_beyond(schedule: Schedule) -> Schedule:
    core = _active(schedule)[-1]
    return _edited(schedule, core, lambda t: replace(t, start_id=schedule.num_tiles))


def _before_the_first(schedule: Schedule) -> Schedule:
    return _edited(schedule, _active(schedule)[0], lambda t: replace(t, start_id=-1))


def _off_the_grid(schedule: Schedule) -> Schedule:
    last = schedule.core_ranges[-1]
    return _with_range(schedule, replace(last, y1=schedule.core_grid[1]))


def _twice(schedule: Schedule) -> Schedule:
    return replace(schedule, core_ranges=(*schedule.core_ranges, schedule.core_ranges[0]))


def _idle_in_a_range(schedule: Schedule) -> Schedule:
    return _edited(schedule, _active(schedule)[-1], lambda t: replace(t, count=0))


#: Wrong schedules that are run in the right one's place: the copies contradict the right one.
RUN_MUTATIONS = (
    ScheduleMutation("a core range one short", _range_short),
    ScheduleMutation("a tile too few on a core", _busiest(lambda t: replace(t, count=t.count - 1))),
    ScheduleMutation(
        "a core that starts a tile late", _busiest(lambda t: TileRange(t.start_id + 1, t.count - 1))
    ),
    ScheduleMutation("two cores run as each other", _cores_swapped, _one_core),
    ScheduleMutation("buffer addresses handed round", _sources_rotated("buffer_address")),
)
#: Wrong claims about the schedule that was run: the copies contradict them.
CLAIM_MUTATIONS = (
    ScheduleMutation("two cores swapped", _cores_swapped, _one_core),
    ScheduleMutation("cores counted down columns", _down_columns, _one_line),
    ScheduleMutation("a core range's count one too many", _count_more),
    ScheduleMutation("the launch grid transposed", _grid_transposed),
    ScheduleMutation("a tile fewer", lambda s: replace(s, num_tiles=s.num_tiles - 1)),
    ScheduleMutation("a core more", lambda s: replace(s, num_cores=s.num_cores + 1)),
    ScheduleMutation("a row of cores more", _row_more),
    ScheduleMutation("start and count exchanged", _first_two_exchanged),
    ScheduleMutation("a constant one too large", _constant_more),
    ScheduleMutation("buffer addresses rotated", _sources_rotated("buffer_address")),
    ScheduleMutation("scalars rotated", _sources_rotated("scalar")),
)
#: Schedules that could do harm: they are to be refused, and are never run.
HARMFUL_MUTATIONS = (
    ScheduleMutation("a tile behind the last one", _tile_beyond),
    ScheduleMutation("a tile before the first one", _before_the_first),
    ScheduleMutation("cores outside of the grid", _off_the_grid),
    ScheduleMutation("a core in two ranges", _twice),
    ScheduleMutation("a core without tiles in a range", _idle_in_a_range),
)


def _last_word_lost(arrived: Array) -> Array:
    return _with_element(arrived, 0, -1)


def _tile_lost(arrived: Array) -> Array:
    lost = arrived.copy()
    lost[-1] = 0
    return lost


def _with_element(arrived: Array, tile: int, element: int) -> Array:
    changed = arrived.copy()
    changed[tile, element] ^= 1
    return changed


#: Copies that went wrong, where the right schedule was run.
COPY_MUTATIONS = (
    CopyMutation("a tile not copied", _tile_lost),
    CopyMutation("the last word of a tile lost", _last_word_lost),
)

#: A partition that is another than ttnn's, claimed to be that of ttnn.split_work_to_cores.
SPLIT_MUTATION = ScheduleMutation("a partition of one's own as ttnn's", lambda s: s, _one_core)

SCHEDULE_MUTATIONS = (
    *(*RUN_MUTATIONS, *CLAIM_MUTATIONS, *HARMFUL_MUTATIONS, *COPY_MUTATIONS),
    SPLIT_MUTATION,
)
