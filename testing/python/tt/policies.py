"""Schedules by the rules of docs/metadata.md, worked out apart from the passes: an independent model.

Cores are (x, y); a schedule is the blocks of each core in order, and for a rectangle its boxes.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from tilelang.tt.describe import schedule_tiles
from tilelang.tt.metadata import Box, SharedRead, TileRange


def split(n, parts):
    """(first, how many) of each part; the first ones have one more."""
    each, rest = divmod(n, parts)
    out, first = [], 0
    for part in range(parts):
        out.append((first, each + (part < rest)))
        first += out[-1][1]
    return out


def schedule(grid, spec, policy="contiguous", order="row_major", cores=None, shared=()):
    """The schedule of a launch; ``cores`` are rectangles (x0, y0, x1, y1), ``shared`` what is
    shared: (buffer, axis, NoC)."""
    base = schedule_tiles(grid, spec)
    usable = sorted(
        {
            (x, y)
            for x0, y0, x1, y1 in cores or [(0, 0, spec.grid_x - 1, spec.grid_y - 1)]
            for x in range(x0, x1 + 1)
            for y in range(y0, y1 + 1)
        },
        key=lambda c: c[::-1],
    )
    base = replace(base, policy=policy, order=order)
    if policy == "rectangular":
        return replace(
            base,
            tiles_per_core=(),
            boxes=boxes(grid, spec, usable),
            shared_reads=tuple(SharedRead(*each) for each in shared),
        )
    ranges = dict.fromkeys(itertools.product(range(spec.grid_x), range(spec.grid_y)), (0, 0))
    blocks = grid[0] * grid[1] * grid[2]
    stride = 1
    if policy == "contiguous":
        ranges |= dict(zip(usable, split(blocks, len(usable)), strict=True))
    else:
        stride = min(len(usable), blocks)
        for rank, core in enumerate(usable[:stride]):
            ranges[core] = rank, len(range(rank, blocks, stride))
    rows = [ranges[x, y] for y in range(spec.grid_y) for x in range(spec.grid_x)]
    return replace(base, stride=stride, tiles_per_core=tuple(TileRange(*row) for row in rows))


def boxes(grid, spec, usable):
    """The box of each core, in row-major order."""
    gx, gy, gz = grid
    found = []
    for x0, y0 in usable:
        for x1, y1 in usable:
            whole = {(x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)}
            if whole and whole <= set(usable):
                w, h = x1 - x0 + 1, y1 - y0 + 1
                found.append((-min(w, gx) * min(h, gy * gz), -w, y0, x0, w, h))
    *_, y0, x0, w, h = min(found)
    cx, ry = min(w, gx), min(h, gy)
    rz = min(h // ry, gz)
    out = {}
    for (i, (bx, across)), (j, (by, down)), (k, (bz, deep)) in itertools.product(
        enumerate(split(gx, cx)), enumerate(split(gy, ry)), enumerate(split(gz, rz))
    ):
        out[x0 + i, y0 + k * ry + j] = Box(bx, by, bz, across, down, deep)
    idle = Box(0, 0, 0, 0, 0, 0)
    return tuple(out.get((x, y), idle) for y in range(spec.grid_y) for x in range(spec.grid_x))
