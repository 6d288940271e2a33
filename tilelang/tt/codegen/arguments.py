"""The words that each kernel gets, in order, by name and class."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..program import DTYPES, Const, Expr, Program, Tensor, Workspace
from ..program.dtypes import rounded
from .index import variables
from .names import Named
from .plan import (
    Ahead,
    Argument,
    FillMask,
    For,
    If,
    Kept,
    MultiplyTiles,
    Parts,
    ReadTiles,
    Share,
    Statement,
    Step,
    TileMap,
    Together,
    Walk,
    WriteTiles,
)
from .slots import Call, Put
from .windows import FORMATS

#: The words by which a core finds its blocks: its own, with the positions of blocks in an order,
#: or with a box of them.
OWN = ("first_block", "block_count")
OWN_BOX = ("first_x", "first_y", "first_z", "across", "down", "deep")

#: The words about a tensor that it reads together with others: whether it is the one that sends,
#: where that one is, and the corners of the others' rectangle, as the NoC has them.
OF_GROUP = ("sends", "sender_x", "sender_y", "x0", "y0", "x1", "y1")

#: Where a kernel that is timed puts what its core's clock shows: an address of L1.
CLOCK = Argument("clock_address", "address", "uint32", "(clock)")


def steps(body: tuple[Statement, ...]) -> Iterator[Statement]:
    """All statements, before those within them."""
    for each in body:
        yield each
        if isinstance(each, (For, Parts, Kept)):
            yield from steps(each.body)
        elif isinstance(each, (Together, Ahead)):
            yield from each.steps
        elif isinstance(each, If):
            yield from steps(each.then)
            yield from steps(each.otherwise)


def steps_alone(body: tuple[Statement, ...]) -> list[Step]:
    """The steps among all statements."""
    return [each for each in steps(body) if isinstance(each, Step)]


def moves_of(body: tuple[Statement, ...]) -> list[ReadTiles | WriteTiles]:
    """What a kernel reads and writes of tensors."""
    return [
        each.work for each in steps_alone(body) if isinstance(each.work, (ReadTiles, WriteTiles))
    ]


def expressions(body: tuple[Statement, ...]) -> Iterator[Expr]:
    """The index expressions that a kernel evaluates."""
    for each in steps(body):
        if isinstance(each, (For, Ahead)):
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
    for each in steps_alone(body):
        if isinstance(each.work, TileMap):
            for one in each.work.code:
                if isinstance(one, Put) and one.number >= 0:
                    yield one.number, False
                elif isinstance(one, Call) and one.number is not None:
                    yield one.number, one.inverse


@dataclass(frozen=True)
class Around:
    """What is around the blocks of a launch: its grid, the variables of the block's indices, how
    cores go through it, and what they read together. ``turns`` are those of boxes."""

    grid: tuple[int, int, int]
    indices: tuple[int | None, int | None, int | None]
    walk: Walk
    stride: int
    turns: tuple[int, int, int]
    shares: tuple[Share, ...]

    @property
    def axes(self) -> tuple[int, ...]:
        """Those along which there may be more blocks than one."""
        return axes(self.grid, self.indices)


def axes(
    grid: tuple[int, int, int], indices: tuple[int | None, int | None, int | None]
) -> tuple[int, ...]:
    """The axes of a grid along which there may be more blocks than one."""
    return tuple(axis for axis in range(3) if indices[axis] is not None or grid[axis] > 1)


class Arguments:
    """Those of one role, and the names by which its text calls things."""

    def __init__(
        self,
        named: Named,
        around: Around,
        role: str,
        body: tuple[Statement, ...],
        tensor_names: Mapping[str, str],
    ) -> None:
        self.program: Program = named.program
        self.constants = named.constants
        self.found: dict[str, Argument] = {}
        self._names = tensor_names
        shares = [each for each in around.shares if each.role == role]
        for name in OWN_BOX if around.walk.box else OWN:
            self._add(name, "per core", "uint32", name, None)
        for share in shares:
            tensor = self.program.buffers[share.tensor].name
            for what in OF_GROUP:
                self._add(self._names[f"{tensor}_{what}"], "per core", "uint32", tensor, None)
        used = {v for e in expressions(body) for v in variables(e)}
        self._blocks(around, used)
        for share in shares:
            tensor = self.program.buffers[share.tensor].name
            name = self._names[f"{tensor}_receivers"]
            self._add(name, "constant", "uint32", "", share.receivers)
        read = {each.window.tensor for each in moves_of(body) if isinstance(each, ReadTiles)}
        for id in sorted({each.window.tensor for each in moves_of(body)}):
            self._tensor(id, id in read)
        for id in sorted(used):
            self._variable(id, "int32")
        for id, inverse in dict.fromkeys(numbers(body)):
            self._variable(id, "float32", inverse)

    def all(self) -> tuple[Argument, ...]:
        return tuple(self.found.values())

    def _blocks(self, around: Around, used: set[int]) -> None:
        """What a core goes through its blocks by."""
        if around.walk.box:
            for axis in around.axes:
                self._add(f"turns_{'xyz'[axis]}", "constant", "uint32", "", around.turns[axis])
            return
        if around.walk.strided and used & set(around.indices):
            self._add("block_stride", "constant", "uint32", "", around.stride)
        for axis, index in enumerate(around.indices):
            if index in used:
                for number in counted_by(around.walk, axis):
                    value = around.grid[number]
                    self._add(f"grid_{'xy'[number]}", "extent", "uint32", "grid", value)

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


def counted_by(walk: Walk, axis: int) -> tuple[int, ...]:
    """The axes by whose extents a position becomes an index along an axis."""
    if axis == 2:
        return (0, 1)
    faster = 0 if walk.order == "row_major" else 1
    return (faster,) if axis == faster else (0, 1)


def tensor_names(named: Named, shares: Sequence[Share]) -> dict[str, str]:
    """A name for each word about a tensor, by what it is about."""
    out: dict[str, str] = {}
    shared = {share.tensor for share in shares}
    for id, buffer in enumerate(named.program.buffers):
        if isinstance(buffer, (Tensor, Workspace)):
            extents = [f"extent_{d}" for d in range(len(buffer.shape) - 2)]
            group = (*OF_GROUP, "receivers", "group", "ready", "valid") if id in shared else ()
            for what in ("address", *extents, "rows", "columns", "pad", "args", *group):
                out[f"{buffer.name}_{what}"] = named.namer.name(f"{buffer.name}_{what}")
    return out
