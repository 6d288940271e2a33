"""E6: what each copy of a tile says of the core that made it, and what a schedule says it must.

The first words of a copy are a stamp (runtime/jobs/kernels/copy_tiles.h): the core's logical x
and y, the tile, how many this core had copied before, and the arguments of the schema as the core
saw them. Each buffer address and scalar has a word of its own, by its name, so that one in
another's place is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from zlib import crc32

import numpy as np

from ...metadata import RuntimeArg, Schedule
from ..evidence import Difference, Verdict
from ..tensors.tiles import FACE, Array

_TILE = 32
_WORDS = _TILE * _TILE  # of a page of uint32
_ITSELF = ("x", "y", "tile", "copied before")

_STAMP_WORDS = len(_ITSELF)


@dataclass(frozen=True)
class Copied:
    """What a copy by a schedule showed, and what ttnn says of the device that made it.

    content, arrived : a tensor's elements before and after, uint32 of one tile of 32 x 32 a tile id
    grid : cores a row, rows
    split : tiles of each core, row by row, by ttnn.split_work_to_cores(row_wise=True)
    """

    content: Array
    arrived: Array
    grid: tuple[int, int]
    split: tuple[int, ...]


def address_word(buffer: str) -> int:
    """What stands for a buffer's address in a copy, which has no such buffer."""
    return crc32(f"address of {buffer}".encode(errors="surrogatepass"))


def scalar_word(parameter: str) -> int:
    """What stands for a scalar parameter's value."""
    return crc32(f"value of {parameter}".encode(errors="surrogatepass"))


def argument_words(schedule: Schedule) -> tuple[dict[str, int], dict[str, int]]:
    """The word of each buffer address and of each scalar that a schedule's schema names."""
    named = {
        kind: {str(arg.source) for arg in schedule.runtime_args if arg.kind == kind}
        for kind in ("buffer_address", "scalar")
    }
    return (
        {name: address_word(name) for name in named["buffer_address"]},
        {name: scalar_word(name) for name in named["scalar"]},
    )


def lists_of(schedule: Schedule) -> str:
    """What a schedule has an entry of for each core."""
    return "boxes" if schedule.boxes else "tiles_per_core"


def judge_copy(schedule: Schedule, copied: Copied, claims_split: bool = False) -> Verdict:
    """E6 of a schedule, by a copy.

    Parameters
    ----------
    claims_split : whether its partition is claimed to be that of ttnn.split_work_to_cores
    """
    checked = schedule.num_tiles
    difference = (
        _judge_device(schedule, copied)
        or (_judge_split(schedule, copied) if claims_split else None)
        or _judge_content(schedule, copied)
        or _judge_stamps(schedule, copied)
        or _judge_ranges(schedule, copied)
    )
    return Verdict("E6", checked, difference)


def _judge_device(schedule: Schedule, copied: Copied) -> Difference | None:
    """The sizes that a schedule gives, against those of the device and of the launch."""
    cores = prod(copied.grid)
    tiles = copied.content.size // _WORDS
    for what, expected, found in (
        ("core grid", schedule.core_grid, copied.grid),
        ("number of cores", schedule.num_cores, cores),
        (f"entries of {lists_of(schedule)}", len(schedule.counts), cores),
        ("number of tiles", schedule.num_tiles, tiles),
        ("blocks of the grid", prod(schedule.grid), tiles),
    ):
        if expected != found:
            return Difference(what, str(expected), str(found))
    return None


def _judge_split(schedule: Schedule, copied: Copied) -> Difference | None:
    for core, (found, split) in enumerate(zip(_blocks(schedule), _dealt(copied), strict=True)):
        if found != split:
            what = f"core {_name(schedule, core)}, by ttnn.split_work_to_cores"
            return Difference(what, _shown(found), _shown(split))
    return None


def is_ttnns(schedule: Schedule, copied: Copied) -> bool:
    """Whether each core runs the tiles that ttnn.split_work_to_cores would give to it."""
    return _blocks(schedule) == _dealt(copied)


def _blocks(schedule: Schedule) -> list[list[int]]:
    return [list(schedule.blocks(core)) for core in range(len(schedule.counts))]


def _dealt(copied: Copied) -> list[list[int]]:
    ends = accumulate(copied.split)
    return [
        list(range(end - count, end)) for end, count in zip(ends, copied.split, strict=True)
    ]  # fmt: skip


def _shown(tiles: Sequence[int]) -> str:
    few = ", ".join(map(str, tiles[:3]))
    return f"{len(tiles)} tiles: {few}{', ...' if len(tiles) > 3 else ''}" if tiles else "no tiles"


def _judge_content(schedule: Schedule, copied: Copied) -> Difference | None:
    rest = np.ones(_WORDS, bool)
    rest[_stamp_places(_STAMP_WORDS + len(schedule.runtime_args))] = False
    before, after = (a.reshape(-1, _WORDS) for a in (copied.content, copied.arrived))
    lost = np.flatnonzero((before[:, rest] != after[:, rest]).any(axis=1))
    if not len(lost):
        return None
    tile = int(lost[0])
    cores = (core for core in range(len(schedule.counts)) if tile in schedule.blocks(core))
    named = _name(schedule, next(cores, 0))
    many = f"tile {tile} ({len(lost)} of {len(before)} lost)"
    return Difference(many, f"copied by core {named}", "no copy")


def _judge_stamps(schedule: Schedule, copied: Copied) -> Difference | None:
    args = schedule.runtime_args
    found = _stamps(schedule, copied)
    expected = np.full_like(found, -1)
    width = schedule.core_grid[0]
    launch = dict(zip(("grid_x", "grid_y", "grid_z"), schedule.grid, strict=True))
    words = np.asarray([_word(arg, launch) for arg in args], np.int64)
    for core, blocks in enumerate(_blocks(schedule)):
        own = np.asarray(blocks, np.int64)
        beyond = own[(own < 0) | (own >= len(expected))]
        if len(beyond):
            there = f"{len(expected)} tiles"
            return Difference(f"core {_name(schedule, core)}", f"tile {beyond[0]}", there)
        rows = np.empty((len(own), expected.shape[1]), np.int64)
        rows[:, 0], rows[:, 1] = core % width, core // width
        rows[:, 2] = own
        rows[:, 3] = np.arange(len(own))
        rows[:, _STAMP_WORDS:] = words
        own_args = schedule.own_args(core)
        for place, arg in enumerate(args, _STAMP_WORDS):
            if arg.name in own_args:
                rows[:, place] = own_args[arg.name]
        expected[own] = rows
    wrong = np.argwhere(expected != found)
    if not len(wrong):
        return None
    tile = int(wrong[0][0])
    names = [*_ITSELF, *(arg.name for arg in args)]
    differing = np.flatnonzero(expected[tile] != found[tile])

    def said(row: Array) -> str:
        return ", ".join(f"{names[place]} {row[place]}" for place in differing)

    return Difference(f"tile {tile}, by its stamp", said(expected[tile]), said(found[tile]))


def _word(arg: RuntimeArg, values: dict[str, int]) -> int:
    if arg.kind == "buffer_address":
        return address_word(str(arg.source))
    if arg.kind == "scalar":
        return scalar_word(str(arg.source))
    return values.get(arg.name, arg.value or 0)


def _judge_ranges(schedule: Schedule, copied: Copied) -> Difference | None:
    """The tiles that each core of a range is said to run, against those that it copied."""
    x, y = _stamps(schedule, copied)[:, :2].T
    width, height = copied.grid
    copies = np.bincount(y * width + x, minlength=width * height)
    for r in schedule.core_ranges:
        for x0, y0 in r.cores():
            there = int(copies[y0 * width + x0])
            if there != r.count:
                return Difference(
                    f"core ({x0}, {y0})", f"{r.count} tiles, as its range says", str(there)
                )
    return None


def _stamps(schedule: Schedule, copied: Copied) -> Array:
    """int64 of shape (tiles, words)."""
    places = _stamp_places(_STAMP_WORDS + len(schedule.runtime_args))
    return copied.arrived.reshape(-1, _WORDS)[:, places].astype(np.int64)


def _stamp_places(words: int) -> Array:
    """Where in a tile of 32 x 32, row by row, the first words of its page are: face by face."""
    face, within = np.divmod(np.arange(words), FACE * FACE)
    across = _TILE // FACE
    row = face // across * FACE + within // FACE
    return np.asarray(row * _TILE + face % across * FACE + within % FACE)


def _name(schedule: Schedule, core: int) -> tuple[int, int]:
    return core % schedule.core_grid[0], core // schedule.core_grid[0]
