"""Wrong descriptors and schedules on purpose: a harness that can't reject them proves nothing.

Each mutation changes one thing of a claim, or of a schedule, and names the levels that claim to
notice. Where it changes nothing that a level looks at, as two banks swapped where there is one
page, that is computed, and no rejection is expected there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..metadata import BufferDescriptor, Schedule, TensorAccessorConfig, TileRange
from .claims import Banks, Claim
from .tiles import Array, page_of_tile


@dataclass(frozen=True)
class Mutation:
    """One way to be wrong; ``apply`` gives the wrong claim."""

    name: str
    levels: tuple[str, ...]
    apply: Callable[[Claim], Claim]


@dataclass(frozen=True)
class ScheduleMutation:
    """One way for a schedule to be wrong."""

    name: str
    apply: Callable[[Schedule], Schedule]


def _descriptor(claim: Claim, **fields: object) -> Claim:
    return replace(claim, buffer=replace(claim.buffer, **fields))  # type: ignore[arg-type]


def _accessor(claim: Claim, **fields: object) -> Claim:
    accessor: TensorAccessorConfig = replace(claim.buffer.accessor, **fields)  # type: ignore[arg-type]
    return _descriptor(claim, accessor=accessor)


def _banks(number: int) -> Callable[[Claim], Claim]:
    def apply(claim: Claim) -> Claim:
        return _accessor(claim, num_banks=max(claim.buffer.accessor.num_banks + number, 1))

    return apply


def _wider_pages(claim: Claim) -> Claim:
    """Every page one unit of alignment longer, in the accessor's words too."""
    accessor = claim.buffer.accessor
    more = accessor.aligned_page_size + _alignment(claim)
    flags, _, *rest = accessor.compile_time_args
    return _accessor(claim, aligned_page_size=more, compile_time_args=(flags, more, *rest))


def _alignment(claim: Claim) -> int:
    """What addresses may be moved by and still be reached: a page is aligned to that at least."""
    return claim.buffer.accessor.aligned_page_size & -claim.buffer.accessor.aligned_page_size


def _half_pages(claim: Claim) -> Claim:
    return _accessor(claim, page_size=claim.buffer.accessor.page_size // 2)


def _fewer_pages(claim: Claim) -> Claim:
    return _accessor(claim, num_pages=claim.buffer.accessor.num_pages - 1)


def _in_l1(claim: Claim) -> Claim:
    flags, *rest = claim.buffer.accessor.compile_time_args
    words = (flags & ~2, *rest)  # TensorAccessorArgs' flag IsDram (tensor_accessor_args.hpp)
    return _accessor(claim, memory="l1", compile_time_args=words)


def _shifted(claim: Claim) -> Claim:
    return replace(claim, base=claim.base + claim.buffer.accessor.aligned_page_size)


def _nudged(claim: Claim) -> Claim:
    return replace(claim, base=claim.base + _alignment(claim))


def _two_banks_swapped(claim: Claim) -> Claim:
    def swap(row: tuple) -> tuple:  # type: ignore[type-arg]
        return (row[1], row[0], *row[2:]) if len(row) > 1 else row

    noc0, noc1 = claim.banks.cores
    return replace(claim, banks=Banks((swap(noc0), swap(noc1)), swap(claim.banks.offsets)))


def _other_nocs_table(claim: Claim) -> Claim:
    noc0, noc1 = claim.banks.cores
    return replace(claim, banks=replace(claim.banks, cores=(noc1, noc0)))


def _no_offsets(claim: Claim) -> Claim:
    offsets = (0,) * len(claim.banks.offsets)
    return replace(claim, banks=replace(claim.banks, offsets=offsets))


def _padding_transposed(claim: Claim) -> Claim:
    *batch, height, width = claim.buffer.padded_shape
    return _descriptor(claim, padded_shape=(*batch, width, height))


def _tiles_transposed(claim: Claim) -> Claim:
    buffer = claim.buffer
    return _descriptor(
        claim,
        num_tiles_height=buffer.num_tiles_width,
        num_tiles_width=buffer.num_tiles_height,
    )


MUTATIONS = (
    Mutation("a bank too many", ("E3", "E4", "E5"), _banks(1)),
    Mutation("a bank too few", ("E3", "E4", "E5"), _banks(-1)),
    Mutation("an alignment off", ("E1", "E2", "E3", "E4", "E5"), _wider_pages),
    Mutation("pages half as long", ("E2", "E4"), _half_pages),
    Mutation("a page too few", ("E2", "E3"), _fewer_pages),
    Mutation("in L1", ("E1", "E2"), _in_l1),
    Mutation("the base a page further", ("E3", "E4", "E5"), _shifted),
    Mutation("the base an alignment further", ("E3", "E4", "E5"), _nudged),
    Mutation("two banks swapped", ("E3", "E4", "E5"), _two_banks_swapped),
    # The other NoC's coordinates may be other endpoints of the same bank, where bytes are the same.
    Mutation("the wrong NoC's table", ("E3",), _other_nocs_table),
    Mutation("no bank offsets", ("E3", "E4", "E5"), _no_offsets),
    Mutation("the padded shape transposed", ("E2",), _padding_transposed),
    Mutation("the tiles transposed", ("E4", "E5"), _tiles_transposed),
)


def has_effect(level: str, right: Claim, wrong: Claim) -> bool:
    """Whether a level looks at anything that a mutation changed."""
    a, b = right.buffer, wrong.buffer
    if level == "E1":
        return a.accessor.compile_time_args != b.accessor.compile_time_args
    if level == "E2":
        return _allocated(a) != _allocated(b)
    if level == "E3":
        return _elsewhere(right, wrong)
    return wrong.contradiction() != "" or bool(changed_pages(right, wrong, 1))


def _allocated(buffer: BufferDescriptor) -> tuple[object, ...]:
    accessor = buffer.accessor
    return (
        *(accessor.memory, accessor.page_size, accessor.aligned_page_size, accessor.num_pages),
        buffer.padded_shape,
    )


def _elsewhere(right: Claim, wrong: Claim) -> bool:
    return any(
        not np.array_equal(right.noc_addresses(noc), wrong.noc_addresses(noc)) for noc in (0, 1)
    )


def changed_pages(right: Claim, wrong: Claim, most: int) -> list[int]:
    """The first pages that a mutation moved, or gave another tile or another size."""
    count = min(right.buffer.accessor.num_pages, wrong.buffer.accessor.num_pages)
    changed = np.full(count, right.buffer.accessor.page_size != wrong.buffer.accessor.page_size)
    for noc in (0, 1):
        changed |= right.noc_addresses(noc)[:count] != wrong.noc_addresses(noc)[:count]
    if right.numbering != wrong.numbering and not wrong.contradiction():
        changed |= _tile_of_page(right)[:count] != _tile_of_page(wrong)[:count]
    return [int(page) for page in np.flatnonzero(changed)[:most]]


def _tile_of_page(claim: Claim) -> Array:
    """The number of the tile that each page is, -1 for a page that is none."""
    pages = page_of_tile(claim.buffer)
    tiles = np.full(len(pages), -1)
    tiles[pages] = np.arange(len(pages))
    return tiles


# Schedules ------------------------------------------------------------------------------


def _range_short(schedule: Schedule) -> Schedule:
    """The last core range without its last row or column, if it isn't just one core."""
    *ranges, last = schedule.core_ranges
    if last.x1 > last.x0:
        shorter = [replace(last, x1=last.x1 - 1)]
    elif last.y1 > last.y0:
        shorter = [replace(last, y1=last.y1 - 1)]
    else:
        shorter = []
    return replace(schedule, core_ranges=(*ranges, *shorter))


def _edit_first(schedule: Schedule, edit: Callable[[TileRange], TileRange]) -> Schedule:
    first, *rest = schedule.tiles_per_core
    return replace(schedule, tiles_per_core=(edit(first), *rest))


def _tile_short(schedule: Schedule) -> Schedule:
    return _edit_first(schedule, lambda t: replace(t, count=t.count - 1))


def _starts_late(schedule: Schedule) -> Schedule:
    return _edit_first(schedule, lambda t: replace(t, start_id=t.start_id + 1))


def _cores_swapped(schedule: Schedule) -> Schedule:
    """Two cores' tiles swapped, where they differ: what is claimed, not what is run."""
    first, *between, last = schedule.tiles_per_core
    return replace(schedule, tiles_per_core=(last, *between, first))


def _transposed(schedule: Schedule) -> Schedule:
    """Cores counted down columns."""
    width, height = schedule.core_grid
    tiles = np.arange(width * height).reshape(height, width).T.ravel()
    return replace(schedule, tiles_per_core=tuple(schedule.tiles_per_core[core] for core in tiles))


#: Wrong schedules that are run: the copy has to fail.
RUN_MUTATIONS = (
    ScheduleMutation("a core range one short", _range_short),
    ScheduleMutation("a tile too few on a core", _tile_short),
    ScheduleMutation("a core that starts a tile late", _starts_late),
)
#: Wrong claims about the schedule that was run: the stamps have to contradict.
CLAIM_MUTATIONS = (
    ScheduleMutation("two cores swapped", _cores_swapped),
    ScheduleMutation("cores counted down columns", _transposed),
)


def core_without_arguments(schedule: Schedule) -> str:
    """Why a schedule must not be run, or nothing: a core with no arguments of its own would use
    what was there before, and one with a tile too many would write where nothing is."""
    width = schedule.core_grid[0]
    for r in schedule.core_ranges:
        for x, y in r.cores():
            if schedule.tiles_per_core[y * width + x].count == 0:
                return f"core ({x}, {y}) is in a core range and has no tiles"
    for core, tiles in enumerate(schedule.tiles_per_core):
        if tiles.start_id < 0 or tiles.start_id + tiles.count > schedule.num_tiles:
            return (
                f"core ({core % width}, {core // width}) has tiles to "
                f"{tiles.start_id + tiles.count - 1}; there are {schedule.num_tiles}"
            )
    return ""
