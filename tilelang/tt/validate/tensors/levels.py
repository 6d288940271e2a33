"""The levels of evidence about a tensor, each of which can fail by itself.

A judgement compares what a claim says with what a device did, and is a Verdict. It is the same
whether the claim is a descriptor's own or one that was made wrong on purpose (controls.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..evidence import Allocation, Difference, Verdict
from .claims import Claim
from .formats import CARRIED_AS, FORMATS
from .tiles import Array, differing, page_of_tile


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
    """E2: every figure of the descriptor that ttnn can confirm."""
    buffer, accessor = claim.buffer, claim.buffer.accessor
    figures = {
        "memory": (accessor.memory, found.memory),
        "layout": (buffer.layout, found.layout),
        "page size": (accessor.page_size, found.page_size),
        "aligned page size": (accessor.aligned_page_size, found.aligned_page_size),
        "number of pages": (accessor.num_pages, found.num_pages),
        "number of banks": (accessor.num_banks, found.num_banks),
        "padded shape": (buffer.padded_shape, found.padded_shape),
        "padding": (buffer.needs_padding, found.needs_padding),
        "tile shape": (buffer.tile_shape, found.tile_shape),
        "tiles down and across": ((buffer.num_tiles_height, buffer.num_tiles_width), found.tiles),
        "data format": (buffer.data_format, _format_held(buffer.dtype, found)),
    }
    for what, (expected, is_there) in figures.items():
        if expected != is_there:
            return Verdict("E2", len(figures), Difference(what, str(expected), str(is_there)))
    return Verdict("E2", len(figures))


def _format_held(dtype: str, found: Allocation) -> str:
    """TT-metal's name of a dtype's format, where that is what ttnn holds; else what it does."""
    name, _ = FORMATS[dtype]
    carrier = CARRIED_AS.get(dtype)
    held = name if carrier is None else f"{dtype} in {FORMATS[carrier][0]}"
    return name if found.data_format == held else found.data_format


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
    expected = every if pages is None else every[chosen]
    if expected.shape != found.shape:
        return Verdict("E4", len(found), Difference("bytes", str(expected.shape), str(found.shape)))
    wrong = np.flatnonzero(differing(expected, found))
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
    chosen = list(range(claim.buffer.accessor.num_pages) if pages is None else pages)
    there = len(page_of_tile(claim.buffer))
    if max(chosen, default=0) >= there:
        return Verdict("E5", len(chosen), _count("pages", max(chosen) + 1, there))
    if np.array_equal(bits, found):  # so are their pages, each of which would take longest
        return Verdict("E5", len(chosen))
    expected, is_there = claim.pages(bits), claim.pages(found)
    differs = differing(expected, is_there)
    wrong = [page for page in chosen if differs[page]]
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


def judge_routes(verdict: Verdict, read_over: Array, written_over: Array) -> Verdict:
    """E5's verdict, unless E4 and E5 together left out a page on a NoC.

    read_over, written_over : the NoC over which each page was reached, int64 of shape (pages,)
    """
    missed = np.flatnonzero(read_over + written_over != 1)  # each is 0 or 1
    if not len(missed):
        return verdict
    page = int(missed[0])
    found = f"NoC {read_over[page]} in E4, NoC {written_over[page]} in E5"
    difference = Difference(f"page {page}", "reached over NoC 0 and over NoC 1", found)
    return Verdict(verdict.level, verdict.checked, difference)


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
