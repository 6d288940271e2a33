"""The words that each kernel gets, in order, by name and class."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ..program import DTYPES, Const, Expr, Program, Tensor, Workspace
from ..program.dtypes import rounded
from .index import variables
from .names import Named
from .plan import (
    Argument,
    FillMask,
    For,
    If,
    MultiplyTiles,
    Parts,
    ReadTiles,
    Statement,
    Step,
    TileMap,
    Together,
    WriteTiles,
)
from .slots import Call, Put
from .tiles import Window
from .windows import FORMATS

#: A core's own: the first of its blocks, and how many.
OWN = (
    Argument("first_block", "per core", "uint32", "first_block"),
    Argument("block_count", "per core", "uint32", "block_count"),
)

#: Where a kernel that is timed puts what its core's clock shows: an address of L1.
CLOCK = Argument("clock_address", "address", "uint32", "(clock)")


def steps(body: tuple[Statement, ...]) -> Iterator[Statement]:
    """All statements, before those within them."""
    for each in body:
        yield each
        if isinstance(each, (For, Parts)):
            yield from steps(each.body)
        elif isinstance(each, Together):
            yield from each.steps
        elif isinstance(each, If):
            yield from steps(each.then)
            yield from steps(each.otherwise)


def _moves(body: tuple[Statement, ...]) -> list[ReadTiles | WriteTiles]:
    return [
        each.work
        for each in steps(body)
        if isinstance(each, Step) and isinstance(each.work, (ReadTiles, WriteTiles))
    ]


def windows(body: tuple[Statement, ...]) -> list[Window]:
    """The windows of tensors that a kernel reads or writes."""
    return [each.window for each in _moves(body)]


def expressions(body: tuple[Statement, ...]) -> Iterator[Expr]:
    """The index expressions that a kernel evaluates."""
    for each in steps(body):
        if isinstance(each, For):
            yield from (each.first, each.trips)
        elif isinstance(each, If):
            yield each.condition
        elif isinstance(each, Step):
            yield from (c.trips for c in (*each.takes, *each.makes, *each.drops) if c.trips)
            work = each.work
            if isinstance(work, (ReadTiles, WriteTiles)):
                yield from (*work.window.lead, work.window.row, work.window.column)
            elif isinstance(work, FillMask):
                yield work.condition
            elif isinstance(work, MultiplyTiles) and work.turns is not None:
                yield from work.turns[1:]


def numbers(body: tuple[Statement, ...]) -> Iterator[tuple[int, bool]]:
    """The floats that compute takes: the variable, and whether as its inverse."""
    for each in steps(body):
        if isinstance(each, Step) and isinstance(each.work, TileMap):
            for one in each.work.code:
                if isinstance(one, Put) and one.number >= 0:
                    yield one.number, False
                elif isinstance(one, Call) and one.number is not None:
                    yield one.number, one.inverse


class Arguments:
    """Those of one role, and the names by which its text calls things."""

    def __init__(
        self,
        named: Named,
        grid: tuple[int, int, int],
        indices: tuple[int | None, int | None, int | None],
        body: tuple[Statement, ...],
        tensor_names: Mapping[str, str],
    ) -> None:
        self.program: Program = named.program
        self.constants = named.constants
        self.found: dict[str, Argument] = {}
        self._names = tensor_names
        used = {v for e in expressions(body) for v in variables(e)}
        for axis, index in enumerate(indices):
            if index in used:
                for number in range(min(axis + 1, 2)):
                    self._add(f"grid_{'xy'[number]}", "extent", "uint32", "grid", grid[number])
        read = {each.window.tensor for each in _moves(body) if isinstance(each, ReadTiles)}
        for tensor in sorted({window.tensor for window in windows(body)}):
            self._tensor(tensor, tensor in read)
        for id in sorted(used):
            self._variable(id, "int32")
        for id, inverse in dict.fromkeys(numbers(body)):
            self._variable(id, "float32", inverse)

    def all(self) -> tuple[Argument, ...]:
        return (*OWN, *self.found.values())

    def _add(
        self, name: str, kind: str, dtype: str, source: str, value: int | float | None
    ) -> None:
        self.found.setdefault(name, Argument(name, kind, dtype, source, value))

    def _tensor(self, id: int, read: bool) -> None:
        tensor = self.program.buffers[id]
        assert isinstance(tensor, (Tensor, Workspace))
        name = tensor.name
        self._add(self._names[f"{name}_address"], "address", "uint32", name, None)
        for dimension, extent in enumerate(tensor.shape[:-2]):
            self._add(self._names[f"{name}_extent_{dimension}"], "extent", "int32", name, extent)
        rows, columns = (1, 1, *tensor.shape)[-2:]
        self._add(self._names[f"{name}_rows"], "extent", "int32", name, rows)
        self._add(self._names[f"{name}_columns"], "extent", "int32", name, columns)
        if read and tensor.pad is not None and FORMATS.get(tensor.dtype):
            pad = self._names[f"{name}_pad"]
            self._add(pad, "constant", "float32", name, _rounded(tensor.pad))

    def _variable(self, id: int, dtype: str, inverse: bool = False) -> None:
        variable = self.program.variables[id]
        if variable.kind != "scalar":
            return
        name = number_name(variable.name, inverse)
        constant = self.constants.get(id)
        if constant is None:
            self._add(name, "scalar", dtype, variable.name, None)
            return
        value = _rounded(constant)
        if inverse:
            value = 1 / value
        self._add(name, "constant", dtype, "", value)


def _rounded(constant: Const) -> int | float:
    """A constant as its dtype has it: a float is still to be rounded."""
    value = constant.value
    if DTYPES[constant.dtype].kind != "float" or not math.isfinite(value):
        return value
    return rounded(float(value), constant.dtype)


def number_name(name: str, inverse: bool) -> str:
    """What a number is called where it is taken, or its inverse."""
    return f"{name}_inverse" if inverse else name


def tensor_names(named: Named) -> dict[str, str]:
    """A name for each word about a tensor, by what it is about."""
    out: dict[str, str] = {}
    for buffer in named.program.buffers:
        if isinstance(buffer, (Tensor, Workspace)):
            extents = [f"extent_{d}" for d in range(len(buffer.shape) - 2)]
            for what in ("address", *extents, "rows", "columns", "pad", "args"):
                out[f"{buffer.name}_{what}"] = named.namer.name(f"{buffer.name}_{what}")
    return out
