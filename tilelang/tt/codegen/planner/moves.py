"""What reader and writer do: copies of device memory, by which buffer and in what parts."""

from __future__ import annotations

from .. import buffers as pool
from ..flow import Node
from ..plan import (
    COMPUTE,
    READER,
    WRITER,
    Count,
    FillMask,
    Parts,
    ReadTiles,
    Statement,
    Step,
    Together,
    WriteTiles,
)
from ..tiles import Leaf, Mask, Read, Write
from .computing import Computing
from .places import Kernels


class Moves(Computing):
    """Copies of device memory. What is read may have to be rounded by compute, and what is written
    is packed by it."""

    def read(self, operation: Read, node: Node, rest: list[Node]) -> Kernels:
        storage = operation.target
        narrows = self._narrows(operation)
        format_ = self.tensor_format(operation)
        following = self._next_write(storage, rest)
        passed_on = following is not None and self.tensor_format(following) == format_
        role = self.reader_of(operation)
        place = "through" if passed_on and not narrows else "in"
        if role == WRITER:
            place = f"{place}_by_writer"
        buffer = self.buffers.make(storage, place, format_)
        s = self.storages[storage]
        part, count, name = self._part(storage, buffer)
        shared = operation.window.tensor in self.shares
        work = ReadTiles(
            buffer, operation.window, part, s.across, matrix=name, shared=shared,
            first_rows=storage in self.first_rows,
        )  # fmt: skip
        step = Step((operation.place,), work, makes=(count,))
        out: Kernels = {role: [self._each_matrix(storage, step)]}
        self.where[storage] = place
        if place in pool.READ and storage in self.choices.own:
            value = Leaf(storage, "tile")
            dead = frozenset({storage})
            format_ = self.own_format(storage)
            out[COMPUTE] = [self._map(operation.place, storage, value, dead, "own", format_)]
            self.where[storage] = "own"
        return out

    def mask(self, operation: Mask) -> Kernels:
        buffer = self.buffers.make(operation.target, "in", "float32")
        work = FillMask(buffer, operation.condition, operation.row, operation.column)
        self.where[operation.target] = "in"
        return {READER: [Step((operation.place,), work, makes=(Count(buffer),))]}

    def write(self, operation: Write, node: Node) -> Kernels:
        storage = operation.source
        format_ = self.tensor_format(operation)
        out: Kernels = {}
        if self.where[storage] in ("out", "through", "through_by_writer"):
            buffer = self.buffers.of(storage, self.where.pop(storage), format_)
        else:
            dead = frozenset({storage}) - node.after
            value = Leaf(storage, "tile")
            out[COMPUTE] = [self._map(operation.place, storage, value, dead, "out", format_)]
            buffer = self.buffers.of(storage, "out", format_)
        s = self.storages[storage]
        down, count, matrix = self._part(storage, buffer)
        rows, row = self.sub_block(down, s.across)[0], ""
        if rows < down and storage not in self.by_columns and not operation.window.turned:
            row, count = "part_row", Count(buffer, tiles=rows * s.across)
        work = WriteTiles(buffer, operation.window, rows if row else down, s.across, row, matrix)
        step: Statement = Step((operation.place,), work, takes=(count,), drops=(count,))
        if row:
            step = Parts(row, down, rows, (step,))
        out[WRITER] = [self._each_matrix(storage, step)]
        return out

    def _part(self, storage: int, buffer: int) -> tuple[int, Count, str]:
        """The tile rows of a matrix of a storage, how much that is, and the loop over them."""
        s = self.storages[storage]
        if s.matrices == 1:
            return s.down, Count(buffer), ""
        down = s.down // s.matrices
        return down, Count(buffer, tiles=down * s.across), "part_matrix"

    def _each_matrix(self, storage: int, step: Statement) -> Statement:
        matrices = self.storages[storage].matrices
        return step if matrices == 1 else Parts("part_matrix", matrices, 1, (step,))


def together(*statements: Statement) -> list[Statement]:
    """Reads that stand side by side, as one statement where they are of buffers of their own."""
    steps: list[Step] = []
    for each in statements:
        if not isinstance(each, (Step, Together)):
            return list(statements)
        steps += each.steps if isinstance(each, Together) else [each]
    buffers = [step.makes[0].buffer for step in steps]
    if len(steps) == 1 or len({*buffers}) < len(buffers):
        return list(statements)
    return [Together(tuple(steps))]
