"""Where the bytes of a launch go: between banks and cores, and from core to core.

Readers read over NoC 0 and writers write over NoC 1; what is shared goes over the NoC that the
schedule says, from DRAM and on to the others. Of an output whose writes are spread, the reader
writes the last columns, over NoC 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..codegen.ways import Ways
from ..metadata import BufferDescriptor, Schedule
from .limits import Geometry
from .links import Links
from .running import turns_of
from .touched import Touched

#: The NoC that a reader reads over, and that a writer writes over.
READER, WRITER = 0, 1


@dataclass(frozen=True)
class Moved:
    """Of one tensor, in bytes: ``read`` from DRAM and ``written`` to it by all cores, ``received``
    by multicast, and ``size``, each of its pages once. Not ``exact``: at most so much."""

    size: int
    read: int
    written: int
    received: int
    exact: bool


def bytes_of_page(buffer: BufferDescriptor) -> int:
    """What generated kernels move for a page: a float16 comes as float32 (docs/kernels.md)."""
    return buffer.accessor.page_size * (2 if buffer.dtype == "float16" else 1)


class Flows:
    """Bytes between banks and cores. ``read[noc]`` and ``written[noc]`` are [core, bank];
    ``multicast`` has (NoC, sender, the others, bytes)."""

    def __init__(
        self,
        buffers: Mapping[str, BufferDescriptor],
        schedule: Schedule,
        steps: list[Touched],
        banks: int,
        ways: Ways,
    ) -> None:
        self.buffers, self.schedule, self.steps = buffers, schedule, steps
        self.kept = ways.kept
        self.turns, self.own = turns_of(schedule, True), turns_of(schedule, False)
        cores = len(schedule.counts)
        self.read = np.zeros((2, cores, banks), np.int64)
        self.written = np.zeros((2, cores, banks), np.int64)
        self.received = np.zeros((cores,), np.int64)
        self.multicast: list[tuple[int, int, list[int], int]] = []
        self._moved: dict[str, list[int]] = {name: [0, 0, 0] for name in buffers}
        #: Pages that a core's own reader and writer move, [kernel, core].
        self.pages = np.zeros((2, cores), np.int64)
        #: What they fill, one after the other: words before the first block, and elements beyond a
        #: tensor's edge, [kernel, core].
        self.filled = np.zeros((2, cores), np.int64)
        #: How often a core waits for what it reads, at most.
        self.rounds = 0
        #: For how many of its turns a core meets others: what they share and keep comes once.
        self.meetings = 0
        self._unpacked = np.zeros(len(self.turns.cores), np.int64)
        self._packed = np.zeros(len(self.own.cores), np.int64)
        shared = {each.buffer: each for each in schedule.shared_reads}
        for step in steps:
            if step.mode == "write":
                self._write(step)
            else:
                self._read(step, shared.get(step.buffer))

    def _page_size(self, step: Touched) -> int:
        return bytes_of_page(self.buffers[step.buffer])

    def _write(self, step: Touched) -> None:
        found = self.own.summed(step.pages) * self._page_size(step)
        noc = READER if step.by_reader else WRITER
        self.written[noc, self.own.cores] += found
        self.pages[noc, self.own.cores] += found.sum(1) // self._page_size(step)
        self._moved[step.buffer][1] += int(found.sum())
        if step.computed and step.exact:
            self._packed += found.sum(1)

    def _read(self, step: Touched, shared: Any) -> None:
        kept = self.kept.get(step.buffer, ())
        found = self.turns.summed(step.pages, kept) * self._page_size(step)
        if step.rounds is not None:
            self.rounds = max(self.rounds, int(self.turns.summed(step.rounds, kept).max()))
        if shared is not None:
            each = np.ones((1, 1, 1), np.int64)
            self.meetings = max(self.meetings, int(self.turns.summed(each, kept).max()))
        if step.unpacked and step.exact:
            self._unpacked += self.turns.summed(step.pages).sum(1) * self._page_size(step)
        moved = self._moved[step.buffer]
        padded = np.zeros(len(self.received), np.int64)
        if step.padded is not None:
            padded[self.turns.cores] = self.turns.summed(step.padded, kept)
        if shared is None:
            self.filled[READER] += padded
            self.read[READER, self.turns.cores] += found
            self.pages[READER, self.turns.cores] += found.sum(1) // self._page_size(step)
            moved[0] += int(found.sum())
            return
        by_core = np.zeros_like(self.written[READER])
        by_core[self.turns.cores] = found
        for sender, *others in self.schedule.groups(shared.along):
            self.read[shared.noc, sender] += by_core[sender]
            size = int(by_core[sender].sum())
            self.pages[shared.noc, sender] += size // self._page_size(step)
            self.filled[shared.noc, sender] += padded[sender]
            moved[0] += size
            moved[2] += size * len(others)
            self.received[others] += size
            if size and others:
                self.multicast.append((shared.noc, sender, others, size))

    def by_bank(self) -> Any:
        """Bytes read from and written to each bank."""
        return self.read.sum((0, 1)) + self.written.sum((0, 1))

    def unpacked(self, work: tuple[Any, Any, Any]) -> float:
        """Bytes that the unpacker with the most to do has, on the core with the most."""
        _, a, b = work
        each = np.maximum(np.maximum(a, b), (a + b + self._unpacked) / 2)
        return float(each.max(initial=0))

    def packed(self) -> int:
        """Bytes that the packers of the core with the most have."""
        return int(self._packed.max(initial=0))

    def movers(self) -> tuple[tuple[int, int], ...]:
        """Pages that each reader and writer moves and what it fills, each pair once."""
        pairs = zip(self.pages.ravel().tolist(), self.filled.ravel().tolist(), strict=True)
        return tuple(sorted(set(pairs)))

    def moved(self) -> dict[str, Moved]:
        """What is moved of each tensor."""
        inexact = {step.buffer for step in self.steps if not step.exact}
        return {
            name: Moved(
                buffer.accessor.num_pages * bytes_of_page(buffer),
                read,
                written,
                received,
                name not in inexact,
            )
            for name, buffer in self.buffers.items()
            for read, written, received in [self._moved[name]]
        }


def links_of(flows: Flows, geometry: Geometry) -> Links:
    """Each flow over the links of its route. Where banks stand isn't always known: then what goes
    into cores and out of them is counted, and multicasts."""
    links = Links(geometry.size)
    width = flows.schedule.core_grid[0]
    places = np.array([
        (geometry.columns[core % width], geometry.rows[core // width])
        for core in range(len(flows.schedule.counts))
    ])  # fmt: skip
    if geometry.dram is not None:
        for noc in (0, 1):
            banks = np.array(geometry.dram[noc])
            core, bank = np.nonzero(flows.read[noc])
            links.unicast(noc, banks[bank], places[core], flows.read[noc, core, bank])
            core, bank = np.nonzero(flows.written[noc])
            links.unicast(noc, places[core], banks[bank], flows.written[noc, core, bank])
    else:
        for noc in (0, 1):
            at = places[:, 1], places[:, 0]
            np.add.at(links.loads[noc]["in"], at, flows.read[noc].sum(1))
            np.add.at(links.loads[noc]["out"], at, flows.written[noc].sum(1))
    for noc, sender, others, size in flows.multicast:
        links.multicast(noc, places[sender], places[others], size)
    return links
