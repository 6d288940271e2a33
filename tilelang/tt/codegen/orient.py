"""Which way scratch of rank 1 lies: as a column of values, one a row, or as a row of them.

A reduction along rows makes a column; a map whose operands are indexed by one variable has them all
lie one way. A row of device memory says nothing: it is turned on its way where it has to be.
"""

from __future__ import annotations

from ..program import (
    Const,
    Copy,
    Expr,
    Load,
    Map,
    Program,
    Reduce,
    Region,
    Scratch,
    Store,
    Var,
    nodes,
    steps_of,
)
from ..program.walk import expressions_of, walk
from .refusal import Refusals

COLUMN, ROW = "column", "row"


class Orientation:
    """``of(buffer)`` is COLUMN or ROW of scratch of rank 1; a row where nothing says."""

    def __init__(self, program: Program, refusals: Refusals) -> None:
        self.program = program
        self._refusals = refusals
        self._parent = {id: id for id, buffer in enumerate(program.buffers) if _is_vector(buffer)}
        self._way: dict[int, str] = {}
        for place, step in steps_of(program):
            self._place, self._step = place, step
            if isinstance(step, Reduce):
                self._reduce(step)
            elif isinstance(step, Copy):
                self._copy(step.src, step.dst)
                self._copy(step.dst, step.src)
            elif isinstance(step, Map):
                self._map(step)

    def of(self, buffer: int) -> str:
        return self._way.get(self._root(buffer), ROW)

    def _root(self, buffer: int) -> int:
        while self._parent[buffer] != buffer:
            buffer = self._parent[buffer]
        return buffer

    def _lies(self, buffer: int, way: str) -> None:
        if buffer not in self._parent:
            return
        root = self._root(buffer)
        if self._way.setdefault(root, way) != way:
            name = self.program.buffers[buffer].name
            raise self._refusals.step(
                self._place,
                self._step,
                f"{name} is used along rows here and along columns elsewhere",
                "give each use a buffer of its own shape, (n, 1) or (1, n)",
            )

    def _same(self, a: int, b: int) -> None:
        if a not in self._parent or b not in self._parent:
            return
        a, b = self._root(a), self._root(b)
        if a == b:
            return
        way = self._way.pop(a, None)
        self._parent[a] = b
        if way is not None:
            self._lies(b, way)

    def _reduce(self, step: Reduce) -> None:
        rank = len(self.program.buffers[step.src.buffer].shape)
        if rank >= 2:
            self._lies(step.dst.buffer, COLUMN if step.axis == rank - 1 else ROW)

    def _copy(self, one: Region, other: Region) -> None:
        if one.buffer not in self._parent:
            return
        if other.buffer in self._parent:
            self._same(one.buffer, other.buffer)
            return
        long = [d for d, extent in enumerate(other.shape) if extent != Const(1)]
        if long and long[-1] == len(other.shape) - 2:
            self._lies(one.buffer, COLUMN)
        elif long and self._is_scratch(other.buffer):
            self._lies(one.buffer, ROW)

    def _is_scratch(self, buffer: int) -> bool:
        return isinstance(self.program.buffers[self.program.storage(buffer)], Scratch)

    def _map(self, step: Map) -> None:
        """Vectors by the variable that indexes them; matrices say which way it goes."""
        by: dict[int, list[int]] = {}
        ways: dict[int, str] = {}
        accesses: list[tuple[int, tuple[Expr, ...]]] = []
        for _, each in walk(step.body, ""):
            if isinstance(each, Store):
                accesses.append((each.buffer, each.at))
            for e in expressions_of(each):
                accesses += [(n.buffer, n.at) for n in nodes(e) if isinstance(n, Load)]
        loops = {loop.var for loop in step.loops}
        for buffer, at in accesses:
            if buffer in self._parent:
                if isinstance(at[0], Var):
                    by.setdefault(at[0].id, []).append(buffer)
                continue
            along, down = (self._loops_of(index, loops) for index in (at[-1:], at[-2:-1]))
            if down or self._is_scratch(buffer):
                ways = {**dict.fromkeys(along, ROW), **ways}
            ways = {**dict.fromkeys(down, COLUMN), **ways}
        for var, buffers in by.items():
            for buffer in buffers:
                self._same(buffers[0], buffer)
                if var in ways:
                    self._lies(buffer, ways[var])

    def _loops_of(self, index: tuple[Expr, ...], loops: set[int]) -> list[int]:
        """The map's own variables in an index, if there is one."""
        found = (node for e in index for node in nodes(e) if isinstance(node, Var))
        return [node.id for node in found if node.id in loops]


def _is_vector(buffer: object) -> bool:
    return isinstance(buffer, Scratch) and len(buffer.shape) == 1
