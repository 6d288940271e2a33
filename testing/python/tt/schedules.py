"""Schedules by hand, whatever the passes would give: kernels are generated from any that is right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tilelang.tt import describe
from tilelang.tt.metadata import Box, Schedule, SharedRead, TileRange


def _parts(extent: int, parts: int) -> Iterator[tuple[int, int]]:
    """The (first, many) of each part, of which the first ones have one more."""
    least, more = divmod(extent, parts)
    at = 0
    for part in range(parts):
        many = least + (part < more)
        yield at, many
        at += many


def rectangular(
    grid: Sequence[int],
    device,
    cores: tuple[int, int],
    shared: Sequence[tuple[str, str, int]] = (),
    order: str = "row_major",
    at: tuple[int, int] = (0, 0),
) -> Schedule:
    """A box of blocks for each core of a rectangle of ``cores`` (across, down), whose first is
    ``at``; ``shared`` are (tensor, along, NoC)."""
    x, y, z = (*grid, 1, 1)[:3]
    across = min(cores[0], x)
    down = min(cores[1], y)
    deep = min(cores[1] // down, z)
    boxes = [Box(0, 0, 0, 0, 0, 0)] * device.num_cores
    for k, (bz, many_z) in enumerate(_parts(z, deep)):
        for j, (by, many_y) in enumerate(_parts(y, down)):
            for i, (bx, many_x) in enumerate(_parts(x, across)):
                core = (at[1] + k * down + j) * device.grid_x + at[0] + i
                boxes[core] = Box(bx, by, bz, many_x, many_y, many_z)
    reads = tuple(SharedRead(*each) for each in shared)
    return replace(
        describe.schedule_tiles(grid, device), policy="rectangular", order=order, tiles_per_core=(),
        boxes=tuple(boxes), shared_reads=reads,
    )  # fmt: skip


def strided(grid: Sequence[int], device, order: str = "row_major") -> Schedule:
    """The blocks in turn to each core."""
    made = describe.schedule_tiles(grid, device)
    blocks, cores = made.num_tiles, min(made.num_tiles, device.num_cores)
    ranges = tuple(
        TileRange(core, len(range(core, blocks, cores))) if core < cores else TileRange(0, 0)
        for core in range(device.num_cores)
    )
    return replace(made, policy="strided", order=order, stride=cores, tiles_per_core=ranges)


def column_major(grid: Sequence[int], device) -> Schedule:
    """Positions that count blocks down the columns."""
    return replace(describe.schedule_tiles(grid, device), order="column_major")
