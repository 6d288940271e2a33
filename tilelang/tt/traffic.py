"""What a launch's blocks read and write of each tensor, added up: pages, bytes, and how often."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .program import PagesOfBlocks, Program

#: Blocks of a launch that are gone through; above, a page would take long to make and to read.
MOST_BLOCKS = 4096


@dataclass(frozen=True)
class Traffic:
    """Of one tensor: ``read`` and ``written`` are pages, each as often as a block touches it, and
    at most that many where not ``exact``; ``padding`` is the share of the pages' elements that is
    not the tensor's."""

    pages: int
    page_size: int
    read: int
    written: int
    exact: bool
    padding: float

    @property
    def bytes(self) -> int:
        return (self.read + self.written) * self.page_size


def pages_of_launch(attrs: Mapping[str, Any], launch: int) -> dict[str, PagesOfBlocks] | None:
    """The pages of each block, by tensor, of what a plan has of a function; None where there are
    more than MOST_BLOCKS, and in a plan of schema version 1, which doesn't say."""
    if "tt_program" not in attrs:
        return None
    program = Program.from_json(attrs["tt_program"])
    if math.prod(program.launches[launch].grid) > MOST_BLOCKS:
        return None
    places = {buffer.name: id for id, buffer in enumerate(program.buffers)}
    return {
        name: PagesOfBlocks(program, places[name], buffer.get("tt_access", ()), launch)
        for name, buffer in attrs["tt_buffers"].items()
    }


def traffic(buffer: Mapping[str, Any], blocks: PagesOfBlocks) -> Traffic:
    """Of a tensor, as its descriptor is in a plan, over all blocks of a launch."""
    accessor = buffer["tt_tensor_accessor_config"]
    touched = [blocks[number] for number in range(len(blocks))]
    counts = {
        mode: sum(len(each[mode].ids) for each in touched if mode in each)
        for mode in ("read", "write")
    }
    return Traffic(
        pages=accessor["num_pages"],
        page_size=accessor["page_size"],
        read=counts["read"],
        written=counts["write"],
        exact=all(pages.exact for each in touched for pages in each.values()),
        padding=1 - math.prod(buffer["tt_shape"]) / math.prod(buffer["tt_padded_shape"]),
    )
