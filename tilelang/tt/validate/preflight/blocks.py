"""The blocks of each core: whether they are there, and whether each has one core.

It goes through cores and not through blocks, of which a claim may have billions.
"""

from __future__ import annotations

from math import prod

from ...metadata import Box, Schedule, TileRange
from .values import Words, expect


def check_blocks_reach(schedule: Schedule, num_cores: int) -> None:
    """No core copies a tile that there isn't, by what the schedule says of it and by the arguments
    that it works its tiles out of."""
    each = "boxes" if schedule.policy == "rectangular" else "tiles_per_core"
    expect(
        len(schedule.counts) == num_cores,
        *(each, f"{num_cores} entries, one a core of the device"),
        Words(f"{len(schedule.counts)}"),
    )
    if schedule.policy == "rectangular" or schedule.order == "column_major":
        _check_grid(schedule)
    for core, box in enumerate(schedule.boxes):
        sides = zip((box.x, box.y, box.z), (box.across, box.down, box.deep), strict=True)
        inside = all(
            first + many <= extent
            for (first, many), extent in zip(sides, schedule.grid, strict=True)
        )
        expect(inside, f"boxes[{core}]", f"blocks of the grid {schedule.grid}", _shown(box))
    for core, tiles in enumerate(schedule.tiles_per_core):
        end = tiles.start_id + max(tiles.count - 1, 0) * schedule.stride + (tiles.count > 0)
        expect(
            end <= schedule.num_tiles,
            f"tiles_per_core[{core}]",
            f"tiles of the {schedule.num_tiles} that there are",
            Words(f"{tiles.start_id} to {end - 1}" if tiles.count else f"none, at {end}"),
        )
    _check_argument(schedule, "block_stride", schedule.stride)


def _check_argument(schedule: Schedule, name: str, value: int) -> None:
    """An argument that cores work their tiles out of, where there is one, is that constant."""
    for arg in schedule.runtime_args:
        if arg.name == name:
            right = arg.kind == "constant" and arg.value == value
            found = Words(f"a {arg.kind} of {arg.value}")
            expect(right, f"runtime argument {name}", f"a constant of {value}", found)


def _check_grid(schedule: Schedule) -> None:
    """A core that works ids out of places along x and y gets the grid's own extents."""
    blocks = prod(schedule.grid)
    expected = f"{blocks}, by the grid {schedule.grid}"
    expect(schedule.num_tiles == blocks, "num_tiles", expected, schedule.num_tiles)
    names = [arg.name for arg in schedule.runtime_args]
    for name, extent in zip(("grid_x", "grid_y"), schedule.grid, strict=False):
        expect(name in names, "runtime_args", f"{name}, by which a core finds its tiles", names)
        _check_argument(schedule, name, extent)


def check_blocks_once(schedule: Schedule) -> None:
    """Each block has one core; none is beyond the grid (:func:`check_blocks_reach`)."""
    if schedule.policy == "rectangular":
        _check_boxes(schedule)
    else:
        _check_positions(schedule)


def _check_positions(schedule: Schedule) -> None:
    num_tiles, stride = schedule.num_tiles, schedule.stride
    # A core's positions are equal modulo the stride: within such a class they are side by side.
    of_class: dict[int, list[TileRange]] = {}
    for tiles in schedule.tiles_per_core:
        if tiles.count:
            of_class.setdefault(tiles.start_id % stride, []).append(tiles)
    for first in range(min(stride, num_tiles, len(of_class) + 1)):
        following = first  # the first position that no core so far runs
        for tiles in sorted(of_class.get(first, ()), key=lambda tiles: tiles.start_id):
            tile = f"tile {min(following, tiles.start_id)}"
            found = Words("two" if tiles.start_id < following else "none")
            expect(tiles.start_id == following, tile, "one core that runs it", found)
            following += tiles.count * stride
        expect(following >= num_tiles, f"tile {following}", "one core that runs it", Words("none"))


def _check_boxes(schedule: Schedule) -> None:
    busy = [(core, box) for core, box in enumerate(schedule.boxes) if box.count]
    ordered = sorted(busy, key=lambda one: (one[1].z, one[1].y, one[1].x))
    for place, (core, box) in enumerate(ordered):
        for other, after in ordered[place + 1 :]:
            apart = not _meet(box, after)
            both = Words(f"blocks of core {core}'s as well")
            expect(apart, f"boxes[{other}]", "blocks that no other core runs", both)
    blocks, run = prod(schedule.grid), sum(box.count for _, box in busy)
    expect(run == blocks, "boxes", f"{blocks} blocks in all", Words(f"{run}"))


def _meet(a: Box, b: Box) -> bool:
    return (
        a.x < b.x + b.across
        and b.x < a.x + a.across
        and a.y < b.y + b.down
        and b.y < a.y + a.down
        and a.z < b.z + b.deep
        and b.z < a.z + a.deep
    )


def _shown(box: Box) -> Words:
    ends = (box.x + box.across, box.y + box.down, box.z + box.deep)
    return Words(f"({box.x}, {box.y}, {box.z}) to ({', '.join(str(end - 1) for end in ends)})")
