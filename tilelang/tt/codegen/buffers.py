"""The circular buffers of a plan: made as they are first needed, one for each storage and place."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..program import Const, Expr, Var
from .names import Named
from .plan import COMPUTE, READER, WRITER, CircularBuffer, Statement, Step

if TYPE_CHECKING:
    from .planner.places import Places

#: Who fills a buffer in each of a storage's places, and who takes from it. What is read over the
#: writer's NoC is read by it.
PLACES = {
    "in": (READER, COMPUTE),
    "in_by_writer": (WRITER, COMPUTE),
    "own": (COMPUTE, COMPUTE),
    "out": (COMPUTE, WRITER),
    "through": (READER, WRITER),
    "through_by_writer": (WRITER, WRITER),
}
#: What was read for compute.
READ = ("in", "in_by_writer")


@dataclass(frozen=True)
class Planned:
    """The statements of each kernel for a block, those before the first one, and the buffers."""

    kernels: Mapping[str, tuple[Statement, ...]]
    once: Mapping[str, tuple[Step, ...]]
    buffers: tuple[CircularBuffer, ...]


@dataclass
class _Buffer:
    storage: int
    place: str
    format: str
    blocks: int


@dataclass
class Buffers:
    planner: Places
    _made: list[_Buffer] = field(default_factory=list)
    _panels: dict[int, int] = field(default_factory=dict)
    # Of several formats of one place, as tensors have that are read one after the other, the last.
    _latest: dict[tuple[int, str], int] = field(default_factory=dict)

    def make(self, storage: int, place: str, format_: str, in_place: bool = False) -> int:
        """The number of the buffer. ``in_place``: it holds a block while the next is made."""
        index = self._find(storage, place, format_)
        if index is None:
            index = len(self._made)
            self._made.append(_Buffer(storage, place, format_, self._room(storage, place)))
        if in_place:
            self._made[index].blocks = max(2, self._made[index].blocks)
        self._latest[storage, place] = index
        return index

    def _room(self, storage: int, place: str) -> int:
        """For how many blocks there is room: two let one be made while the other is taken."""
        choices, spending = self.planner.choices, self.planner.choices.spending
        read_only = place in READ and storage not in choices.own
        if storage in self._panels and (place == "own" or read_only):
            return self._panels[storage] * (2 if spending.ahead and place in READ else 1)
        return 2 if spending.double and place != "own" else 1

    def panels(self, storages: set[int], trips: int) -> None:
        """Storages of which a loop's blocks are all kept."""
        self._panels |= dict.fromkeys(storages, trips)

    def ones(self, format_: str) -> int:
        """A tile of ones, which reductions multiply by."""
        self._made.append(_Buffer(-1, "own", format_, 1))
        return len(self._made) - 1

    def _find(self, storage: int, place: str, format_: str) -> int | None:
        for index, each in enumerate(self._made):
            if (each.storage, each.place, each.format) == (storage, place, format_):
                return index
        return None

    def of(self, storage: int, place: str, format_: str | None = None) -> int:
        """The number of a buffer that is there; without a format, of the one that was made last."""
        latest = self._latest.get((storage, place))
        found = latest if format_ is None else self._find(storage, place, format_)
        assert found is not None
        return found

    def format(self, buffer: int) -> str:
        return self._made[buffer].format

    def all(self) -> tuple[CircularBuffer, ...]:
        namer = self.planner.named.namer
        storages = self.planner.storages
        alone = [each.storage for each in self._made]
        out: list[CircularBuffer] = []
        for index, each in enumerate(self._made):
            producer, consumer = PLACES[each.place]
            if each.storage < 0:
                name = namer.name("ones")
                out.append(
                    CircularBuffer(index, name, name, each.format, 1, 1, 1, producer, consumer)
                )
                continue
            s = storages[each.storage]
            # The storage's own name has been taken for it, once.
            single = alone.count(each.storage) == 1
            suffix = "" if single or each.place == "own" else f"_{each.place}"
            name = namer.name(s.name + suffix) if suffix else s.name
            columns = each.storage in self.planner.by_columns
            out.append(
                CircularBuffer(
                    index,
                    name,
                    s.name,
                    each.format,
                    s.down,
                    s.across,
                    each.blocks,
                    producer,
                    consumer,
                    columns,
                )
            )
        return tuple(out)


def trips(named: Named, e: Expr) -> int | None:
    """How many turns a loop has, where it is one number."""
    if isinstance(e, Const):
        return int(e.value)
    if isinstance(e, Var) and e.id in named.constants:
        return int(named.constants[e.id].value)
    return None


def invertible(named: Named) -> frozenset[int]:
    """The constants that a division may multiply by the inverse of: it is a normal float32."""
    found: set[int] = set()
    for id, constant in named.constants.items():
        value = float(constant.value)
        if math.isfinite(value) and value and 2.0**-126 <= abs(1 / value) < 2.0**127:
            found.add(id)
    return frozenset(found)


def bits_of(value: float) -> int:
    """The bits of a float32, to the nearest."""
    try:
        return int(struct.unpack("<I", struct.pack("<f", value))[0])
    except OverflowError:
        return 0x7F800000 if value > 0 else 0xFF800000
