"""Wrong schedules on purpose, and copies that went wrong: what E6 and its guard have to notice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import ClassVar

import numpy as np

from ...device_spec import DeviceSpec
from ...metadata import Box, CoreRange, RuntimeArg, Schedule, TileRange
from ..tensors.tiles import Array


def _anywhere(_: DeviceSpec) -> str:
    return ""


@dataclass(frozen=True)
class ScheduleMutation:
    """One way for a schedule to be wrong; ``powerless`` is as in tensors/controls.Mutation.
    ``policies`` are those whose schedules alone it can change, and is tried on; empty: any."""

    name: str
    apply: Callable[[Schedule], Schedule]
    powerless: Callable[[DeviceSpec], str] = _anywhere
    policies: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CopyMutation:
    """One way for a copy to go wrong: what arrived, uint32 of shape (tiles, elements)."""

    name: str
    apply: Callable[[Array], Array]
    policies: ClassVar[frozenset[str]] = frozenset()

    @staticmethod
    def powerless(_: DeviceSpec) -> str:
        return ""


_STRIDED, _RECTANGULAR = frozenset(["strided"]), frozenset(["rectangular"])


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
    return [core for core, count in enumerate(schedule.counts) if count]


def _reordered(schedule: Schedule, cores: Sequence[int]) -> Schedule:
    """Each core with the blocks of the one that stands in its place."""
    return replace(
        schedule,
        tiles_per_core=tuple(schedule.tiles_per_core[c] for c in cores if schedule.tiles_per_core),
        boxes=tuple(schedule.boxes[core] for core in cores if schedule.boxes),
    )


def _edited(
    schedule: Schedule,
    core: int,
    edit: Callable[[TileRange], TileRange],
    edit_box: Callable[[Box], Box],
) -> Schedule:
    """A core's blocks edited: its range, or under a rectangular schedule its box."""
    if schedule.boxes:
        boxes = list(schedule.boxes)
        boxes[core] = edit_box(boxes[core])
        return replace(schedule, boxes=tuple(boxes))
    tiles = list(schedule.tiles_per_core)
    tiles[core] = edit(tiles[core])
    return replace(schedule, tiles_per_core=tuple(tiles))


def _longest(box: Box, edit: Callable[[int, int], tuple[int, int]]) -> Box:
    """A box with its first place and its extent along its longest side edited."""
    sides = {"across": "x", "down": "y", "deep": "z"}
    side = max(sides, key=lambda side: getattr(box, side))
    first, many = edit(getattr(box, sides[side]), getattr(box, side))
    return replace(box, **{sides[side]: first, side: many})


def _busiest(edit: Callable[[int, int], tuple[int, int]]) -> Callable[[Schedule], Schedule]:
    """The first block and the number of them edited of the core that has the most, if it has
    several; of a box, along its longest side."""

    def apply(schedule: Schedule) -> Schedule:
        core = max(_active(schedule), key=lambda core: schedule.counts[core])
        if schedule.counts[core] < 2:
            return schedule
        return _edited(
            schedule, core,
            lambda tiles: TileRange(*edit(tiles.start_id, tiles.count)),
            lambda box: _longest(box, edit),
        )  # fmt: skip

    return apply


def _cores_swapped(schedule: Schedule) -> Schedule:
    """The tiles of the first and the last core that have some, each other's."""
    cores, active = list(range(len(schedule.counts))), _active(schedule)
    first, last = active[0], active[-1]
    cores[first], cores[last] = last, first
    return _reordered(schedule, cores)


def _down_columns(schedule: Schedule) -> Schedule:
    width, height = schedule.core_grid
    return _reordered(schedule, np.arange(width * height).reshape(height, width).T.ravel().tolist())


def _other_order(schedule: Schedule) -> Schedule:
    """The blocks of each core by the other order, if that changes any."""
    order = "row_major" if schedule.order == "column_major" else "column_major"
    other = replace(schedule, order=order)
    cores = range(len(schedule.counts))
    alike = all(list(schedule.blocks(core)) == list(other.blocks(core)) for core in cores)
    return schedule if alike else other


def _stride_less(schedule: Schedule) -> Schedule:
    """The blocks of each core one less apart, and its argument with them."""
    if schedule.stride < 2:
        return schedule
    stride = schedule.stride - 1
    args = (
        replace(arg, value=stride) if arg.name == "block_stride" else arg
        for arg in schedule.runtime_args
    )
    return replace(schedule, stride=stride, runtime_args=tuple(args))


def _column_short(schedule: Schedule) -> Schedule:
    """The widest box without its last column, if it has several."""
    if not schedule.boxes:
        return schedule
    core = max(_active(schedule), key=lambda core: schedule.boxes[core].across)
    if schedule.boxes[core].across < 2:
        return schedule
    return _edited(schedule, core, lambda t: t, lambda box: replace(box, across=box.across - 1))


def _boxes_exchanged(schedule: Schedule) -> Schedule:
    return _cores_swapped(schedule) if schedule.boxes else schedule


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


def _two_exchanged(schedule: Schedule) -> Schedule:
    """Two arguments of which each core has its own in each other's place: start_id and count, or of
    a box the first two that differ on some core, if any do."""
    args, own = list(schedule.runtime_args), [schedule.own_args(c) for c in _active(schedule)]
    places = [place for place, arg in enumerate(args) if arg.kind == "per_core"]
    for a, b in combinations(places, 2):
        if any(values[args[a].name] != values[args[b].name] for values in own):
            args[a], args[b] = args[b], args[a]
            return replace(schedule, runtime_args=tuple(args))
    return schedule


def _constant_more(schedule: Schedule) -> Schedule:
    args: list[RuntimeArg] = list(schedule.runtime_args)
    for place in reversed(range(len(args))):
        if args[place].kind == "constant" and not args[place].name.startswith("grid_"):
            args[place] = replace(args[place], value=(args[place].value or 0) + 1)
            break
    return replace(schedule, runtime_args=tuple(args))


def _tile_beyond(schedule: Schedule) -> Schedule:
    core = _active(schedule)[-1]
    return _edited(
        schedule, core,
        lambda tiles: replace(tiles, start_id=schedule.num_tiles),
        lambda box: replace(box, y=schedule.grid[1]),
    )  # fmt: skip


def _before_the_first(schedule: Schedule) -> Schedule:
    core = _active(schedule)[0]
    return _edited(
        schedule, core, lambda tiles: replace(tiles, start_id=-1), lambda box: replace(box, x=-1)
    )


def _off_the_grid(schedule: Schedule) -> Schedule:
    last = schedule.core_ranges[-1]
    return _with_range(schedule, replace(last, y1=schedule.core_grid[1]))


def _twice(schedule: Schedule) -> Schedule:
    return replace(schedule, core_ranges=(*schedule.core_ranges, schedule.core_ranges[0]))


def _idle_in_a_range(schedule: Schedule) -> Schedule:
    core = _active(schedule)[-1]
    return _edited(
        schedule, core, lambda tiles: replace(tiles, count=0), lambda box: replace(box, across=0)
    )


#: Wrong schedules that are run in the right one's place: the copies contradict the right one.
RUN_MUTATIONS = (
    ScheduleMutation("a core range one short", _range_short),
    ScheduleMutation("a tile too few on a core", _busiest(lambda first, many: (first, many - 1))),
    ScheduleMutation(
        "a core that starts a tile late", _busiest(lambda first, many: (first + 1, many - 1))
    ),
    ScheduleMutation("two cores run as each other", _cores_swapped, _one_core),
    ScheduleMutation("blocks in the other order", _other_order),
    ScheduleMutation("another stride", _stride_less, _one_core, _STRIDED),
    ScheduleMutation("a box a column short", _column_short, policies=_RECTANGULAR),
    ScheduleMutation("buffer addresses handed round", _sources_rotated("buffer_address")),
)
#: Wrong claims about the schedule that was run: the copies contradict them.
CLAIM_MUTATIONS = (
    ScheduleMutation("two cores swapped", _cores_swapped, _one_core),
    ScheduleMutation("two cores' boxes exchanged", _boxes_exchanged, _one_core, _RECTANGULAR),
    ScheduleMutation("cores counted down columns", _down_columns, _one_line),
    ScheduleMutation("the other order", _other_order),
    ScheduleMutation("a stride one less", _stride_less, _one_core, _STRIDED),
    ScheduleMutation("a core range's count one too many", _count_more),
    ScheduleMutation("the launch grid transposed", _grid_transposed),
    ScheduleMutation("a tile fewer", lambda s: replace(s, num_tiles=s.num_tiles - 1)),
    ScheduleMutation("a core more", lambda s: replace(s, num_cores=s.num_cores + 1)),
    ScheduleMutation("a row of cores more", _row_more),
    ScheduleMutation("two arguments of a core exchanged", _two_exchanged),
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
