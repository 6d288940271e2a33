"""What a launch's blocks read and write of each tensor, added up: pages, bytes, and how often."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .bounds import Bounds, Moved, bounds_of, bytes_of_page
from .device_spec import DeviceSpec
from .metadata import BufferDescriptor, Schedule
from .program import PagesOfBlocks, Program

#: Blocks of a launch that are gone through; above, a page would take long to make and to read.
MOST_BLOCKS = 4096


@dataclass(frozen=True)
class Traffic:
    """Of one tensor: ``read`` and ``written`` are pages as often as they are moved from DRAM and to
    it, what cores share once for all of them, and at most that many where not ``exact``;
    ``padding`` is the share of the pages' elements that is not the tensor's."""

    pages: int
    page_size: int
    read: int
    written: int
    exact: bool
    padding: float

    @property
    def bytes(self) -> int:
        return (self.read + self.written) * self.page_size


def pages_of_launch(
    program: Program, attrs: Mapping[str, Any], launch: int
) -> dict[str, PagesOfBlocks] | None:
    """The pages of each block, by tensor, of a function's program and what a plan has of it; None
    where there are more than MOST_BLOCKS."""
    if math.prod(program.launches[launch].grid) > MOST_BLOCKS:
        return None
    places = {buffer.name: id for id, buffer in enumerate(program.buffers)}
    return {
        name: PagesOfBlocks(program, places[name], buffer.get("tt_access", ()), launch)
        for name, buffer in attrs["tt_buffers"].items()
    }


def limits_of_launch(
    program: Program,
    buffers: Mapping[str, BufferDescriptor],
    schedule: Schedule,
    device: DeviceSpec,
    launch: int,
) -> Bounds | None:
    """The bounds of a launch; None where none are known."""
    try:
        return bounds_of(program, buffers, schedule, device, launch)
    except NotImplementedError:
        return None


def traffic(buffer: BufferDescriptor, blocks: PagesOfBlocks, moved: Moved | None) -> Traffic:
    """Of a tensor over all blocks of a launch: what its cores move, where that is known, else each
    page as often as a block touches it."""
    page = bytes_of_page(buffer)
    if moved is not None:
        counts = {"read": moved.read // page, "write": moved.written // page}
        exact = moved.exact
    else:
        touched = [blocks[number] for number in range(len(blocks))]
        counts = {
            mode: sum(len(each[mode].ids) for each in touched if mode in each)
            for mode in ("read", "write")
        }
        exact = all(pages.exact for each in touched for pages in each.values())
    return Traffic(
        pages=buffer.accessor.num_pages,
        page_size=page,
        read=counts["read"],
        written=counts["write"],
        exact=exact,
        padding=1 - math.prod(buffer.shape) / math.prod(buffer.padded_shape),
    )
