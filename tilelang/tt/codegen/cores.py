"""Which cores run a launch: how each finds its blocks, and who reads a tensor for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..program import Program, Tensor, Workspace
from .plan import Core, Group, Share, Walk


class Blocks(Protocol):
    """The blocks of a core, by their positions: of metadata.TileRange."""

    @property
    def start_id(self) -> int: ...
    @property
    def count(self) -> int: ...


class Box(Protocol):
    """The blocks of a core, as a box of the grid: of metadata.Box."""

    @property
    def x(self) -> int: ...
    @property
    def y(self) -> int: ...
    @property
    def z(self) -> int: ...
    @property
    def across(self) -> int: ...
    @property
    def down(self) -> int: ...
    @property
    def deep(self) -> int: ...
    @property
    def count(self) -> int: ...


class SharedRead(Protocol):
    """A tensor that cores in a row or a column read alike: of metadata.SharedRead."""

    @property
    def buffer(self) -> str: ...
    @property
    def along(self) -> str: ...
    @property
    def noc(self) -> int: ...


class Schedule(Protocol):
    """Which core runs which blocks: of metadata.Schedule."""

    @property
    def grid(self) -> tuple[int, int, int]: ...
    @property
    def core_grid(self) -> tuple[int, int]: ...
    @property
    def order(self) -> str: ...
    @property
    def stride(self) -> int: ...
    @property
    def tiles_per_core(self) -> Sequence[Blocks]: ...
    @property
    def boxes(self) -> Sequence[Box]: ...
    @property
    def shared_reads(self) -> Sequence[SharedRead]: ...
    @property
    def counts(self) -> Sequence[int]: ...
    @property
    def turns(self) -> tuple[int, int, int]: ...
    def groups(self, along: str) -> Sequence[tuple[int, ...]]: ...


def walk_of(schedule: Schedule) -> Walk:
    """How each core goes through its blocks."""
    return Walk(schedule.order, schedule.stride != 1, bool(schedule.boxes))


def shares_of(program: Program, schedule: Schedule, function: str) -> tuple[Share, ...]:
    """The shared reads, which take two semaphores each. Raises ValueError for a tensor that there
    isn't, and for cores that are no group."""
    ids = {
        each.name: id
        for id, each in enumerate(program.buffers)
        if isinstance(each, (Tensor, Workspace))
    }
    out: list[Share] = []
    for number, read in enumerate(schedule.shared_reads):
        if read.buffer not in ids or read.along not in ("x", "y", "yz") or read.noc not in (0, 1):
            raise ValueError(
                f"{function}: found a shared read of {read.buffer!r} along {read.along!r} over NoC "
                f"{read.noc}; expected one of {sorted(ids)}, along x, y or yz, over NoC 0 or 1"
            )
        groups = schedule.groups(read.along)
        sizes = {len(group) for group in groups}
        if len(sizes) != 1 or min(sizes) < 2:
            raise ValueError(
                f"{function}: {read.buffer} is shared along {read.along} by groups of "
                f"{sorted(sizes)} cores; expected groups of one size, of 2 cores at least"
            )
        (size,) = sizes
        id = ids[read.buffer]
        out.append(Share(id, read.along, read.noc, size - 1, 2 * number, 2 * number + 1))
    return tuple(out)


def cores_of(schedule: Schedule, shares: Sequence[Share]) -> tuple[Core, ...]:
    """The cores that have blocks, in the order of the device's grid, row by row."""
    width = schedule.core_grid[0]
    groups = [
        {core: group for group in schedule.groups(share.along) for core in group}
        for share in shares
    ]
    out: list[Core] = []
    for core, count in enumerate(schedule.counts):
        if not count:
            continue
        if schedule.boxes:
            box = schedule.boxes[core]
            words: tuple[int, ...] = (box.x, box.y, box.z, box.across, box.down, box.deep)
        else:
            words = schedule.tiles_per_core[core].start_id, count
        its = tuple(_group(of_core[core], width) for of_core in groups)
        out.append(Core(core % width, core // width, words, its))
    return tuple(out)


def _group(cores: tuple[int, ...], width: int) -> Group:
    sender, *others = ((core % width, core // width) for core in cores)
    return Group(sender, (*others[0], *others[-1]))
