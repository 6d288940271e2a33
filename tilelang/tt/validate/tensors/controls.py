"""Wrong descriptors on purpose: a harness that can't reject them proves nothing.

Each mutation changes one thing of a claim about a tensor, and names the levels that claim to
notice. Where it changes nothing that a level looks at, as two banks swapped where there is one
page, that is computed, and no rejection is expected there; but in every run each mutation is
rejected by each of its levels at least once, unless by the device's own description it can change
nothing on it (../coverage.py). Those of schedules are in schedules/controls.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...device_spec import DeviceSpec
from ...metadata import BufferDescriptor, TensorAccessorConfig
from .claims import Banks, Claim
from .tiles import Array, page_of_tile


def _anywhere(_: DeviceSpec) -> str:
    return ""


@dataclass(frozen=True)
class Mutation:
    """One way to be wrong; ``apply`` gives the wrong claim.

    ``powerless`` says of a device why no such claim can differ from the right one there, or
    nothing. One that ``harms`` would reach for what is not the tensor's: it is to be refused, and
    is never tried.
    """

    name: str
    levels: tuple[str, ...]
    apply: Callable[[Claim], Claim]
    powerless: Callable[[DeviceSpec], str] = _anywhere
    harms: bool = False


def _descriptor(**fields: object) -> Callable[[Claim], Claim]:
    def apply(claim: Claim) -> Claim:
        return replace(claim, buffer=replace(claim.buffer, **fields))  # type: ignore[arg-type]

    return apply


def _accessor(claim: Claim, **fields: object) -> Claim:
    accessor: TensorAccessorConfig = replace(claim.buffer.accessor, **fields)  # type: ignore[arg-type]
    return _descriptor(accessor=accessor)(claim)


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


def _sharded(claim: Claim) -> Claim:
    flags, *rest = claim.buffer.accessor.compile_time_args
    return _accessor(claim, compile_time_args=(flags | 1, *rest))  # the flag Sharded


def _moved(distance: Callable[[Claim], int]) -> Callable[[Claim], Claim]:
    """The base elsewhere, by so many bytes."""
    return lambda claim: replace(claim, base=claim.base + distance(claim))


def _a_page(claim: Claim) -> int:
    return claim.buffer.accessor.aligned_page_size


def _all_of_it(claim: Claim) -> int:
    """From its first byte in a bank to the first behind its last one."""
    accessor = claim.buffer.accessor
    return -(-accessor.num_pages // accessor.num_banks) * accessor.aligned_page_size


def _swap(row: tuple, one: int, other: int) -> tuple:  # type: ignore[type-arg]
    swapped = list(row)
    swapped[one], swapped[other] = row[other], row[one]
    return tuple(swapped)


def _two_banks_swapped(claim: Claim) -> Claim:
    if len(claim.banks.offsets) < 2:
        return claim
    noc0, noc1 = (_swap(cores, 0, 1) for cores in claim.banks.cores)
    return replace(claim, banks=Banks((noc0, noc1), _swap(claim.banks.offsets, 0, 1)))


def _one_bank(spec: DeviceSpec) -> str:
    return "the device has one DRAM bank" if spec.dram_banks < 2 else ""


def _beside(offsets: tuple[int, ...]) -> int | None:
    """A bank that begins where bank 0 does, so that it is in another memory."""
    return next((bank for bank in range(1, len(offsets)) if offsets[bank] == offsets[0]), None)


def _swapped_on(noc: int) -> Callable[[Claim], Claim]:
    """Two banks swapped in one NoC's table alone."""

    def apply(claim: Claim) -> Claim:
        other = _beside(claim.banks.offsets)
        if other is None:
            return claim
        tables = list(claim.banks.cores)
        tables[noc] = _swap(tables[noc], 0, other)
        return replace(claim, banks=replace(claim.banks, cores=(tables[0], tables[1])))

    return apply


def _nothing_beside(spec: DeviceSpec) -> str:
    none = spec.dram_offsets is not None and _beside(spec.dram_offsets) is None
    return "no other DRAM bank of the device begins where bank 0 does" if none else ""


def _other_nocs_table(claim: Claim) -> Claim:
    noc0, noc1 = claim.banks.cores
    return replace(claim, banks=replace(claim.banks, cores=(noc1, noc0)))


def _one_table(spec: DeviceSpec) -> str:
    same = spec.dram_cores == spec.dram_cores_noc1
    return "both NoCs of the device have the banks at the same coordinates" if same else ""


def _no_offsets(claim: Claim) -> Claim:
    offsets = (0,) * len(claim.banks.offsets)
    return replace(claim, banks=replace(claim.banks, offsets=offsets))


def _without_offsets(spec: DeviceSpec) -> str:
    return "" if any(spec.dram_offsets or ()) else "each DRAM bank of the device begins at 0"


def _off_the_map(claim: Claim) -> Claim:
    """Every bank at coordinates that are no bank's."""
    nowhere = tuple((63, 63) for _ in claim.banks.offsets)
    return replace(claim, banks=replace(claim.banks, cores=(nowhere, nowhere)))


def _padding_transposed(claim: Claim) -> Claim:
    *batch, height, width = claim.buffer.padded_shape
    return _descriptor(padded_shape=(*batch, width, height))(claim)


def _padding_denied(claim: Claim) -> Claim:
    return _descriptor(needs_padding=not claim.buffer.needs_padding)(claim)


def _tiles_transposed(claim: Claim) -> Claim:
    tiles = claim.buffer.num_tiles_height, claim.buffer.num_tiles_width
    return _descriptor(num_tiles_height=tiles[1], num_tiles_width=tiles[0])(claim)


def _a_row_more(claim: Claim) -> Claim:
    return _descriptor(num_tiles_height=claim.buffer.num_tiles_height + 1)(claim)


def _a_column_more(claim: Claim) -> Claim:
    return _descriptor(num_tiles_width=claim.buffer.num_tiles_width + 1)(claim)


def _without_faces(claim: Claim) -> Claim:
    return replace(claim, face=min(claim.buffer.tile_shape))


_ADDRESSES = ("E3", "E4", "E5")
_MOVED = ("E4", "E5")

MUTATIONS = (
    Mutation("a bank too many", ("E2", *_ADDRESSES), _banks(1)),
    Mutation("a bank too few", ("E2", *_ADDRESSES), _banks(-1), _one_bank),
    Mutation("an alignment off", ("E1", "E2", *_ADDRESSES), _wider_pages),
    Mutation("pages half as long", ("E2", "E4"), _half_pages),
    Mutation("a page too few", ("E2", "E3"), _fewer_pages),
    Mutation("in L1", ("E1", "E2"), _in_l1),
    Mutation("the words of a sharded tensor", ("E1",), _sharded),
    Mutation("another layout", ("E2",), _descriptor(layout="dram_sharded")),
    Mutation("another data format", ("E2",), _descriptor(data_format="Bfp8_b")),
    Mutation("the padding denied", ("E2",), _padding_denied),
    Mutation("the padded shape transposed", ("E2",), _padding_transposed),
    Mutation("another tile shape", ("E2",), _descriptor(tile_shape=(16, 32))),
    Mutation("a row of tiles more", ("E2",), _a_row_more),
    Mutation("a column of tiles more", ("E2",), _a_column_more),
    Mutation("the tiles transposed", ("E2", *_MOVED), _tiles_transposed),
    Mutation("tiles without faces", _MOVED, _without_faces),
    Mutation("the base a page further", _ADDRESSES, _moved(_a_page)),
    Mutation("the base an alignment further", _ADDRESSES, _moved(_alignment)),
    Mutation("two banks swapped", _ADDRESSES, _two_banks_swapped, _one_bank),
    Mutation("two banks swapped on NoC 0", _ADDRESSES, _swapped_on(0), _nothing_beside),
    Mutation("two banks swapped on NoC 1", _ADDRESSES, _swapped_on(1), _nothing_beside),
    # The other NoC's coordinates may be other endpoints of the same bank, where bytes are the same.
    Mutation("the wrong NoC's table", ("E3",), _other_nocs_table, _one_table),
    Mutation("no bank offsets", _ADDRESSES, _no_offsets, _without_offsets),
    Mutation("the base behind its memory", _MOVED, _moved(_all_of_it), harms=True),
    Mutation("the base before its memory", _MOVED, _moved(lambda c: -_all_of_it(c)), harms=True),
    Mutation("the base a byte further", _MOVED, _moved(lambda _: 1), harms=True),
    Mutation("banks where there are none", _MOVED, _off_the_map, harms=True),
)


def has_effect(level: str, right: Claim, wrong: Claim) -> bool:
    """Whether E1, E2 or E3 looks at anything that a mutation changed."""
    a, b = right.buffer, wrong.buffer
    if level == "E1":
        return a.accessor.compile_time_args != b.accessor.compile_time_args
    if level == "E2":
        return _allocated(a) != _allocated(b)
    return any(
        not np.array_equal(right.noc_addresses(noc), wrong.noc_addresses(noc)) for noc in (0, 1)
    )


def _allocated(buffer: BufferDescriptor) -> tuple[object, ...]:
    """Everything of a descriptor that ttnn can confirm."""
    return (replace(buffer.accessor, compile_time_args=()), replace(buffer, accessor=_NO_ACCESSOR))


_NO_ACCESSOR = TensorAccessorConfig("", 0, 0, 0, 0, ())


def rows_of(claim: Claim) -> Array:
    """Which row of its bank each page is in."""
    accessor = claim.buffer.accessor
    return np.arange(accessor.num_pages) // accessor.num_banks


# Rows of a large tensor that are reached over one NoC, so that pages which follow each other in a
# bank are moved at once; and how many turns of the NoCs a smaller one has at least, if it can.
_ROWS_A_TURN, _TURNS = 16, 8


def nocs_of(claim: Claim, turn: int) -> Array:
    """The NoC over which each page is reached, in E4 (turn 0) and in E5 (turn 1). The NoCs take
    turns by rows, so that in two levels each page is reached over both."""
    rows = rows_of(claim)
    a_turn = np.clip((rows[-1] + 1 if len(rows) else 0) // _TURNS, 1, _ROWS_A_TURN)
    return np.asarray((rows // a_turn + turn) % 2)


def changed_pages(right: Claim, wrong: Claim, turn: int, most: int) -> list[int]:
    """Pages that are another place, tile or size by a wrong claim, as a level reaches them.

    At most so many, half of them over each NoC where both have as many.
    """
    count = min(right.buffer.accessor.num_pages, wrong.buffer.accessor.num_pages)
    nocs = nocs_of(wrong, turn)[:count]
    places = (claim.places_on(nocs) for claim in (right, wrong))
    changed = np.not_equal(*places).any(axis=1)
    changed |= right.buffer.accessor.page_size != wrong.buffer.accessor.page_size
    if right.numbering != wrong.numbering and not wrong.contradiction():
        changed |= _tile_of_page(right)[:count] != _tile_of_page(wrong)[:count]
        if right.face != wrong.face:
            changed |= _has_rows(right)[:count]
    by_noc = [np.flatnonzero(changed & (nocs == noc)) for noc in (0, 1)]
    rest = [max(most // 2, most - len(by_noc[1 - noc])) for noc in (0, 1)]
    chosen = np.concatenate([pages[:n] for pages, n in zip(by_noc, rest, strict=True)])
    return [int(page) for page in np.sort(chosen)]


def _tile_of_page(claim: Claim) -> Array:
    """The number of the tile that each page is, -1 for a page that is none."""
    pages = page_of_tile(claim.buffer)
    tiles = np.full(len(pages), -1)
    tiles[pages] = np.arange(len(pages))
    return tiles


def _has_rows(claim: Claim) -> Array:
    """Whether each page has two whole rows of a tile at least, which its faces take apart."""
    rows, columns = claim.buffer.tile_shape
    height, width = (1, 1, *claim.buffer.shape)[-2:]
    tile = _tile_of_page(claim)
    across, down = claim.buffer.num_tiles_width, claim.buffer.num_tiles_height
    i, j = tile // across % down, tile % across
    return np.asarray((i * rows + 2 <= height) & ((j + 1) * columns <= width))
