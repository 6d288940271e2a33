"""The levels of evidence: claims about a tensor or a schedule, each of which can fail by itself.

A judgement compares what a claim says with what a device did, and is a Verdict. It is the same
whether the claim is a descriptor's own or one that was made wrong on purpose (controls.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..metadata import Schedule
from .claims import Claim
from .evidence import Allocation, Difference, Verdict
from .tiles import Array


def judge_arguments(claim: Claim, found: Allocation) -> Verdict:
    """E1."""
    expected = claim.buffer.accessor.compile_time_args
    difference = None
    if expected != found.compile_time_args:
        difference = Difference(
            "compile-time arguments", str(list(expected)), str(list(found.compile_time_args))
        )
    return Verdict("E1", len(expected), difference)


def judge_allocation(claim: Claim, found: Allocation) -> Verdict:
    """E2."""
    accessor = claim.buffer.accessor
    figures = {
        "memory": (accessor.memory, found.memory),
        "page size": (accessor.page_size, found.page_size),
        "aligned page size": (accessor.aligned_page_size, found.aligned_page_size),
        "number of pages": (accessor.num_pages, found.num_pages),
        "padded shape": (claim.buffer.padded_shape, found.padded_shape),
    }
    for what, (expected, is_there) in figures.items():
        if expected != is_there:
            return Verdict("E2", len(figures), Difference(what, str(expected), str(is_there)))
    return Verdict("E2", len(figures))


def judge_addresses(claim: Claim, found: Array) -> Verdict:
    """E3. found : what TensorAccessor answered on NoC 0 and NoC 1, int64 of shape (pages, 2)."""
    if claim.buffer.accessor.num_banks < 1:
        return Verdict("E3", found.size, Difference("banks", "at least 1", claim.contradiction()))
    expected = np.column_stack([claim.noc_addresses(0), claim.noc_addresses(1)])
    if len(expected) != len(found):
        return Verdict("E3", found.size, _count("pages", len(expected), len(found)))
    wrong = np.argwhere(expected != found)
    if not len(wrong):
        return Verdict("E3", found.size)
    page, noc = wrong[0]
    return Verdict(
        "E3",
        found.size,
        Difference(
            f"page {page}",
            describe_address(int(noc), int(expected[page, noc])),
            describe_address(int(noc), int(found[page, noc])),
        ),
    )


def judge_pages_read(
    claim: Claim, every: Array, found: Array, pages: Sequence[int] | None = None
) -> Verdict:
    """E4.

    Parameters
    ----------
    every : the bytes of each page, by the claim, of what was written
    found : the bytes at the predicted places, of all pages or of some; both uint8 of shape
        (pages, bytes)
    """
    chosen = list(range(len(every)) if pages is None else pages)
    expected = every[chosen]
    if expected.shape != found.shape:
        return Verdict("E4", len(found), Difference("bytes", str(expected.shape), str(found.shape)))
    wrong = np.flatnonzero((expected != found).any(axis=1))
    if not len(wrong):
        return Verdict("E4", len(found))
    first = int(wrong[0])
    page = chosen[first]
    return Verdict(
        "E4",
        len(found),
        Difference(
            f"page {page} ({len(wrong)} of {len(found)} wrong)",
            f"its tile at {_place(claim, page)}",
            _whose(every, found[first], "there"),
        ),
    )


def judge_pages_written(
    claim: Claim, bits: Array, found: Array, pages: Sequence[int] | None = None
) -> Verdict:
    """E5.

    Parameters
    ----------
    bits : the elements' bits, of the buffer's shape, of which pages were written, all or some
    found : the elements' bits as ttnn read them back
    """
    expected, is_there = claim.pages(bits), claim.pages(found)
    chosen = list(range(claim.buffer.accessor.num_pages) if pages is None else pages)
    if max(chosen, default=0) >= len(expected):
        return Verdict("E5", len(chosen), _count("pages", max(chosen) + 1, len(expected)))
    wrong = [page for page in chosen if (expected[page] != is_there[page]).any()]
    if not wrong:
        return Verdict("E5", len(chosen))
    page = wrong[0]
    found_at = np.flatnonzero((is_there == expected[page]).all(axis=1))
    where = f"at page {found_at[0]}" if len(found_at) else "nowhere in the tensor"
    return Verdict(
        "E5",
        len(chosen),
        Difference(
            f"page {page} ({len(wrong)} of {len(chosen)} wrong)",
            f"what was written at {_place(claim, page)}",
            where,
        ),
    )


def judge_tiles(schedule: Schedule, content: Array, arrived: Array) -> Verdict:
    """E6. content, arrived : elements of a uint32 tensor of one tile of 32 x 32 a tile id, before
    and after the copy; the copy begins with its stamp (runtime/kernels/copy_tiles.cpp)."""
    checked = schedule.num_tiles
    difference = _contradiction(schedule)
    if difference is None and content.size != checked * 1024:
        difference = _count("tiles", checked, content.size // 1024)
    if difference is not None:
        return Verdict("E6", checked, difference)
    before, after = (array.reshape(checked, -1) for array in (content, arrived))
    places = _stamp_places(3 + len(schedule.runtime_args))
    stamps = after[:, places]
    rest = np.ones(after.shape[1], bool)
    rest[places] = False
    expected = np.zeros_like(stamps)
    width = schedule.core_grid[0]
    for core, tiles in enumerate(schedule.tiles_per_core):
        own = slice(tiles.start_id, tiles.start_id + tiles.count)
        expected[own, 0], expected[own, 1] = core % width, core // width
        expected[own, 2] = np.arange(checked)[own]
        for i, arg in enumerate(schedule.runtime_args):
            per_core = {"start_id": tiles.start_id, "count": tiles.count}
            expected[own, 3 + i] = per_core.get(arg.name, arg.value or 0)
    lost = np.flatnonzero((before[:, rest] != after[:, rest]).any(axis=1))
    if len(lost):
        tile = int(lost[0])
        named = (int(expected[tile, 0]), int(expected[tile, 1]))
        return Verdict(
            "E6",
            checked,
            Difference(
                f"tile {tile} ({len(lost)} of {checked} lost)", f"copied by core {named}", "no copy"
            ),
        )
    wrong = np.argwhere(expected != stamps)
    if not len(wrong):
        return Verdict("E6", checked)
    tile = int(wrong[0][0])
    names = ["x", "y", "tile", *(arg.name for arg in schedule.runtime_args)]

    def stamp(row: Array) -> str:
        return ", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True))

    return Verdict(
        "E6",
        checked,
        Difference(f"tile {tile}, by its stamp", stamp(expected[tile]), stamp(stamps[tile])),
    )


def _contradiction(schedule: Schedule) -> Difference | None:
    """What a schedule says of itself that can't be: a tile without a core or with two, or a core
    whose range says another number of tiles."""
    cores = np.zeros(schedule.num_tiles, np.int64)
    for tiles in schedule.tiles_per_core:
        if tiles.count and not 0 <= tiles.start_id <= schedule.num_tiles - tiles.count:
            last = str(tiles.start_id + tiles.count - 1)
            return Difference("tiles", f"0 to {schedule.num_tiles - 1}", last)
        cores[tiles.start_id : tiles.start_id + tiles.count] += 1
    wrong = np.flatnonzero(cores != 1)
    if len(wrong):
        return Difference(f"tile {wrong[0]}", "one core that runs it", str(cores[wrong[0]]))
    counts = {core: tiles.count for core, tiles in enumerate(schedule.tiles_per_core)}
    for r in schedule.core_ranges:
        for x, y in r.cores():
            count = counts.get(y * schedule.core_grid[0] + x, 0)
            if count != r.count:
                tiles_there = f"{r.count} tiles, as its range says"
                return Difference(f"core ({x}, {y})", tiles_there, str(count))
    return None


def _stamp_places(words: int) -> Array:
    """Where in a tile of 32 x 32, row by row, the first words of its page are."""
    word = np.arange(words)
    return np.asarray(word // 16 * 32 + word % 16)  # the first face is 16 wide


def describe_address(noc: int, address: int) -> str:
    """A NoC address for people: the coordinates and the address there."""
    x, y = address >> 36 & 63, address >> 42 & 63
    return f"NoC {noc} ({x}, {y}), address {address & (1 << 36) - 1:#x}"


def _place(claim: Claim, page: int) -> str:
    accessor = claim.buffer.accessor
    if page >= accessor.num_pages:
        return "no place"
    bank, _ = accessor.locate(page)
    x, y, address = claim.where(0)[page]
    return f"bank {bank}, NoC 0 ({x}, {y}), address {address:#x}"


def _whose(pages: Array, found: Array, where: str) -> str:
    """Which page some bytes are."""
    owners = np.flatnonzero((pages == found).all(axis=1))
    if len(owners):
        return f"page {owners[0]} {where}"
    return f"bytes of no page {where}, beginning with {bytes(found[:8]).hex(' ')}"


def _count(what: str, expected: int, found: int) -> Difference:
    return Difference(f"number of {what}", str(expected), str(found))
