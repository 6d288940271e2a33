"""What the order of reads and writes of device memory would decide, which no kernel orders.

Blocks run on several cores, and within a core the reader runs ahead of the writer. So two blocks
must not touch a page that one of them writes; and within a block what is read has to be read
before it is written: the writer waits for compute, and compute for what it takes from the reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..program import Program
from ..program.settle import settle
from .apart import apart_by, surely_apart, windows_of
from .lower import Lowered
from .names import Named
from .refusal import Refusals
from .tiles import Accumulate, Operation, Read, Repeat, Write, defined, inner, used, walk

_OWN = "read from one tensor and write to another"


def check_tensors(
    program: Program, named: Named, launch: int, lowered: Lowered, refusals: Refusals
) -> None:
    """Refuse a launch whose result would depend on which core, or which processor, is first."""
    body = lowered.body
    read = {op.window.tensor for op in walk(body) if isinstance(op, Read)}
    written = {op.window.tensor for op in walk(body) if isinstance(op, Write)}
    of_launch = named.program.launches[launch]
    for id in sorted(written):
        name = program.buffers[id].name
        if id in read:
            if not surely_apart(named, of_launch, body, lowered.storages, id, reads=True):
                raise refusals.kernel(
                    f"{name} is both read and written, and blocks may read pages that others write",
                    _OWN,
                )
            _Order(named, lowered, refusals, id, launch).check()
        elif not surely_apart(named, of_launch, body, lowered.storages, id):
            _settle(program, launch, id, refusals)


def _settle(program: Program, launch: int, id: int, refusals: Refusals) -> None:
    """Go through all blocks, where their windows alone don't tell."""
    alone = Program(program.buffers, program.variables, (program.launches[launch],))
    found = settle(alone, id)
    name = program.buffers[id].name
    if found.found == "several blocks":
        one, other = found.blocks
        raise refusals.kernel(
            f"blocks {one} and {other} both write page {found.page} of {name}",
            "give each block pages of its own",
        )
    if found.found == "unknown":
        raise refusals.kernel(
            f"which blocks write which pages of {name} is not known: {found.reason}",
            "index it by block and loop indices",
        )


@dataclass(frozen=True)
class _Event:
    """An operation, its place in the order, the bodies around it, and the loops among those."""

    at: int
    operation: Operation
    around: tuple[int, ...]
    loops: tuple[int, ...]


@dataclass
class _Order:
    """The order of a block's reads and writes of one tensor."""

    named: Named
    lowered: Lowered
    refusals: Refusals
    tensor: int
    launch: int

    def check(self) -> None:
        events = list(_events(self.lowered.body, (), (), [0]))
        reads = [e for e in events if self._touches(e, Read)]
        writes = [e for e in events if self._touches(e, Write)]
        for read in reads:
            for write in writes:
                self._pair(events, read, write)

    def _touches(self, event: _Event, kind: type[Read] | type[Write]) -> bool:
        operation = event.operation
        return isinstance(operation, kind) and operation.window.tensor == self.tensor

    def _pair(self, events: list[_Event], read: _Event, write: _Event) -> None:
        common = [var for var in read.loops if var in write.loops]
        pair = (read.operation, write.operation)
        found, ranges = windows_of(
            self.named, self.named.program.launches[self.launch], self.lowered.body,
            self.lowered.storages, pair,
        )  # fmt: skip
        for var in common:
            if not apart_by(self.named, var, found, ranges):
                raise self._refused("a turn of a loop reads what an earlier one writes")
        if read.at > write.at:
            raise self._refused("it is read after it was written")
        if not _after(events, read, write):
            raise self._refused("what is written doesn't depend on what is read before")

    def _refused(self, reason: str) -> Exception:
        name = self.named.program.buffers[self.tensor].name
        return self.refusals.kernel(f"{name} is both read and written, and {reason}", _OWN)


def _events(
    body: tuple[Operation, ...], around: tuple[int, ...], loops: tuple[int, ...], count: list[int]
) -> Iterator[_Event]:
    for operation in body:
        count[0] += 1
        here = count[0]
        yield _Event(here, operation, around, loops)
        inside = (*loops, operation.var) if isinstance(operation, (Repeat, Accumulate)) else loops
        for number, each in enumerate(inner(operation)):
            yield from _events(each, (*around, here * 2 + number % 2), inside, count)


def _after(events: list[_Event], read: _Event, write: _Event) -> bool:
    """Whether compute surely takes what was read before it makes what is written."""
    assert isinstance(read.operation, Read)
    assert isinstance(write.operation, Write)
    between = [e for e in events if read.at < e.at < write.at]
    made = [e for e in between if defined(e.operation) == write.operation.source]
    last = made[-1] if made else read
    if not made:
        return write.operation.source == read.operation.target
    for each in between:
        if each.at > last.at:
            break
        surely = write.around[: len(each.around)] == each.around
        inside = last.around[: len(each.around)] == each.around
        if read.operation.target in used(each.operation) and (surely or inside):
            return True
        if defined(each.operation) == read.operation.target:
            return False
    return False
