"""What buffers hold while a program is gone through: an interval for each element.

Sums stay in DST for as long as a kernel's do, and are packed when anything else asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..program import Program, Region, Scratch, Tensor
from ..program.interpreter.evaluate import Evaluator, Frame
from ..program.interpreter.memory import Memory
from ..program.interpreter.operators import Box
from .interval import Array, Interval, cut, rounded
from .matrix import Sum

#: Bits behind the point of what comes to DST by way of SrcA or SrcB.
SOURCE_BITS = 10


def packed(value: Interval, formats: Sequence[str]) -> Interval:
    """A result that goes from DST to a buffer, and by way of DST on to the next one."""
    for index, each in enumerate(formats):
        if index:
            value = cut(value, SOURCE_BITS)
        if each != "float32":
            value = rounded(value, each)
    return value


class Held:
    """The content of a program's buffers, by their ids. What nothing has written is unbounded."""

    def __init__(
        self,
        program: Program,
        arrays: Mapping[str, Array],
        independent: bool,
    ) -> None:
        self.program = program
        self.independent = independent
        self.frame = Frame(len(program.variables))
        nothing = {id: np.zeros(0) for id, b in enumerate(program.buffers) if isinstance(b, Tensor)}
        memory = Memory(program, nothing)
        self.e = Evaluator(program, memory)
        self.pads = [None if pad is None else float(pad) for pad in memory.pads]
        self.values: list[Interval] = []
        #: Sums that are still in DST, by the buffer that they are for: the place of the step that
        #: makes them, and the formats that they will be packed to.
        self.sums: dict[int, tuple[str, Sum, Sequence[str]]] = {}
        for buffer in program.buffers:
            given = arrays.get(buffer.name) if isinstance(buffer, Tensor) else None
            if given is None:
                self.values.append(_unbounded(buffer.shape))
            else:
                ends = (np.asarray(given).astype(np.float64) for _ in range(2))
                self.values.append(Interval(*ends))

    def begin_block(self) -> None:
        for id, buffer in enumerate(self.program.buffers):
            if isinstance(buffer, Scratch):
                self.values[id] = _unbounded(buffer.shape)

    def _part(self, region: Region) -> tuple[tuple[int, ...], Any, Any, float | None]:
        """The region's shape, the part of it that is in the buffer or None for all, the buffer's
        part, and what is beyond."""
        memory = Memory.__new__(Memory)
        memory.program = self.program
        memory.arrays = [each.low for each in self.values]
        memory.pads = self.pads
        return *Box(memory, self.e, region).part(self.frame, "touches"), self.pads[region.buffer]

    def read(self, region: Region) -> Interval:
        self.settle(region.buffer)
        shape, inner, outer, pad = self._part(region)
        found = self.values[region.buffer][outer]
        if inner is None:
            return found
        ends = [np.full(shape, pad, np.float64) for _ in range(2)]
        for end, values in zip(ends, (found.low, found.high), strict=True):
            end[inner] = values
        return Interval(*ends)

    def loaded(self, region: Region) -> Interval:
        """As DST gets it."""
        return cut(self.read(region), SOURCE_BITS)

    def write(self, region: Region, value: Interval) -> None:
        self.settle(region.buffer)
        shape, inner, outer, _ = self._part(region)
        held = self.values[region.buffer]
        for end, values in ((held.low, value.low), (held.high, value.high)):
            spread = np.broadcast_to(reshaped(values, shape), shape)
            end[outer] = spread if inner is None else spread[inner]

    def settle(self, buffer: int | None = None) -> None:
        """Pack the sum in DST that is for a buffer, if there is one; of no buffer, all."""
        for id in [*self.sums] if buffer is None else [buffer]:
            if id in self.sums:
                _, found, formats = self.sums.pop(id)
                value = packed(found.interval(self.independent), formats)
                shape = self.values[id].shape
                ends = (np.broadcast_to(x, shape).copy() for x in (value.low, value.high))
                self.values[id] = Interval(*ends)


def _unbounded(shape: tuple[int, ...]) -> Interval:
    return Interval(np.full(shape, -np.inf), np.full(shape, np.inf))


def reshaped(value: Array, shape: tuple[int, ...]) -> Array:
    """In another shape, which differs by extents of 1."""
    return value if value.ndim == 0 or value.size == 1 else value.reshape(shape)
