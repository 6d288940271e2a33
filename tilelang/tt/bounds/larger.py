"""What a launch would move if its blocks were larger: several neighbours as one.

A block that takes the place of two reads what they read, and what both read alike once. That holds
where windows of neighbours stand side by side and nothing else depends on a block's place: then the
larger block's windows are theirs together, and its products too.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..metadata import BufferDescriptor
from ..program import Copy, Loop, Map, Program, Scratch, Step, Tensor, Var, View, When, nodes
from ..program.access import TILE
from ..program.settle import value_of
from ..program.walk import expressions_of, reads, walk, writes
from .touched import Multiplied, Touched, touched

#: How many neighbours along x, y and z are one block.
Times = tuple[int, int, int]


def merged(
    program: Program, buffers: Mapping[str, BufferDescriptor], launch: int, times: Times
) -> tuple[list[Touched], list[Multiplied]]:
    """What larger blocks touch and multiply, as touched() has it of the launch's own.

    Raises NotImplementedError where that can't be told, with the reason.
    """
    for axis, each in enumerate(times):
        if each > 1:
            _check(program, launch, axis)
    grid = program.launches[launch].grid
    steps, products = touched(program, buffers, launch)
    return (
        [replace(step, pages=_sums(step.pages, times), padded=None) for step in steps],
        [Multiplied(_all(p.products, grid, times), *_nothing()) for p in products],
    )


def scratch_bytes(program: Program, launch: int, times: Times) -> int:
    """Bytes of a larger block's scratch: a buffer grows along the axes on which what is copied to
    it or from it depends, and one that nothing is copied to or from along all."""
    indices = program.launches[launch].indices
    grows: dict[int, set[int]] = {}
    for _, step in walk(program.launches[launch].body, ""):
        if isinstance(step, Copy):
            used = {n.id for e in expressions_of(step) for n in nodes(e) if isinstance(n, Var)}
            axes = {axis for axis, v in enumerate(indices) if v is not None and v in used}
            for region in (step.src, step.dst):
                grows.setdefault(program.storage(region.buffer), set()).update(axes)
    return sum(
        bytes_of_scratch(buffer) * math.prod(times[axis] for axis in grows.get(id, {0, 1, 2}))
        for id, buffer in enumerate(program.buffers)
        if isinstance(buffer, Scratch)
    )


def bytes_of_scratch(buffer: Scratch) -> int:
    """Of whole tiles; a variable takes none of L1's buffers."""
    if buffer.scope == "local.var":
        return 0
    sides = (1,) * (2 - len(buffer.shape)) + buffer.shape
    tiles = math.prod(sides[:-2]) * math.prod(-(-side // TILE) for side in sides[-2:])
    return tiles * TILE * TILE * (4 if buffer.dtype.endswith("32") else 2)


def _sums(pages: Any, times: Times) -> Any:
    """Neighbours' pages together; where a place makes no difference, they are the same ones."""
    for axis, each in enumerate(times):
        if pages.shape[axis] > 1:
            pages = np.add.reduceat(pages, np.arange(0, pages.shape[axis], each), axis)
    return pages


def _all(work: Any, grid: tuple[int, int, int], times: Times) -> Any:
    """What each of the neighbours does, together."""
    return _sums(np.broadcast_to(work, tuple(np.maximum(work.shape, grid))), times)


def _nothing() -> tuple[Any, Any]:
    """Of a larger product's operands not each byte is unpacked as often."""
    return np.zeros((1, 1, 1), np.int64), np.zeros((1, 1, 1), np.int64)


def _check(program: Program, launch: int, axis: int) -> None:
    """Raise NotImplementedError where neighbours along an axis are no larger block."""
    variable = program.launches[launch].indices[axis]
    if variable is None:
        return
    for _, step in walk(program.launches[launch].body, ""):
        reason = _reason(program, step, variable)
        if reason:
            place = f"larger blocks along {'xyz'[axis]} can't be told from these"
            raise NotImplementedError(f"{place}: {reason}")


def _reason(program: Program, step: Step, variable: int) -> str:
    """Why a step isn't that of a larger block, where it isn't."""
    copies = isinstance(step, Copy)
    for buffer in (*reads(step), *writes(step)):
        storage = program.buffers[program.storage(buffer)]
        view = isinstance(program.buffers[buffer], View)
        if not isinstance(storage, Scratch) and (view or not copies):
            return f"{storage.name} is touched other than by copies"
    if isinstance(step, (Loop, When)) and _mentions(expressions_of(step), variable):
        return "a loop or a condition depends on the block's place"
    if isinstance(step, Map) and _in_map(step, variable):
        return "what is computed depends on the block's place"
    for region in (step.src, step.dst) if isinstance(step, Copy) else ():
        tensor = program.buffers[region.buffer]
        if isinstance(tensor, Tensor) and not _side_by_side(region, variable):
            return f"windows of {tensor.name} don't stand side by side, in whole tiles"
    return ""


def _side_by_side(region: Any, variable: int) -> bool:
    """Whether a neighbour's window begins where this one ends, along one dimension at most."""
    moved = 0
    last = len(region.at) - 2
    for dim, (at, extent) in enumerate(zip(region.at, region.shape, strict=True)):
        if not _mentions([at, extent], variable):
            continue
        ids = {node.id for node in nodes(at) if isinstance(node, Var)}
        starts = [value_of(at, {**dict.fromkeys(ids, 0), variable: turn}) for turn in range(3)]
        length = value_of(extent, {})
        if length is None or any(start is None for start in starts):
            return False
        whole = dim < last or length % TILE == 0
        if [b - a for a, b in itertools.pairwise(starts)] != [length] * 2 or not whole:
            return False
        moved += 1
    return moved <= 1


def _in_map(step: Step, variable: int) -> bool:
    return any(_mentions(expressions_of(each), variable) for _, each in walk((step,), ""))


def _mentions(expressions: Any, variable: int) -> bool:
    return any(
        isinstance(node, Var) and node.id == variable for e in expressions for node in nodes(e)
    )
