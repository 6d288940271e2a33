"""What the blocks of a launch read, write and multiply, by block, as arrays.

A copy counts as often as it is done: twice where a loop does it twice. What no copy says, such as a
map's own loads, counts once a block, as tt_access has it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..metadata import BufferDescriptor
from ..program import (
    Const,
    Copy,
    Gemm,
    Launch,
    Let,
    Load,
    Loop,
    Map,
    Op,
    PagesOfBlocks,
    Program,
    Region,
    Scratch,
    Step,
    Tensor,
    View,
    When,
    Workspace,
    nodes,
)
from ..program.access import TILE
from ..program.settle import value_of
from ..program.walk import bodies, expressions_of, reads, walk, writes

#: Pages that are gone through for one launch; 2**22 take about a second.
MOST_PAGES = 1 << 23

#: Blocks of a launch of which pages are gone through one by one.
MOST_BLOCKS = 4096


@dataclass(frozen=True)
class Touched:
    """Pages of a tensor that blocks touch in one step: ``pages[x, y, z, bank]`` of the block
    (x, y, z), with an axis of one where it makes no difference. Not ``exact``: at most those.
    ``computed``: they come from the packers; ``unpacked``: an unpacker has each at least once.
    ``rounds[x, y, z]`` is how often the step is done; None where no copy does it. ``by_reader``:
    the reader writes them. ``padded[x, y, z]`` are elements that lie beyond the tensor in the tiles
    that are read, which whoever reads them fills."""

    buffer: str
    mode: str
    pages: Any
    exact: bool
    computed: bool = False
    unpacked: bool = False
    rounds: Any = None
    by_reader: bool = False
    padded: Any = None


@dataclass(frozen=True)
class Multiplied:
    """What gemms do in a block, each [x, y, z] as above: products of two tiles, and the bytes of
    both operands, each of which an unpacker has at least once a gemm."""

    products: Any
    a_bytes: Any
    b_bytes: Any


def touched(
    program: Program,
    buffers: Mapping[str, BufferDescriptor],
    launch: int = 0,
    spread: Mapping[str, int] | None = None,
    first_rows: Collection[str] = (),
) -> tuple[list[Touched], list[Multiplied]]:
    """All that the blocks of a launch touch of the tensors in ``buffers`` (descriptors by name).

    ``spread``: by tensor, the first column of tiles of a window that the reader writes;
    ``first_rows``: tensors of whose tiles nothing is filled below the first row.
    Raises NotImplementedError for what depends on a scalar's value, and for too many pages.
    """
    walk = _Walk(program, buffers, launch, spread or {}, first_rows)
    walk.body(program.launches[launch].body, walk.blocks(), np.ones((1, 1, 1), np.int64), True)
    walk.rest()
    return walk.found, walk.multiplied


class _Walk:
    def __init__(
        self,
        program: Program,
        buffers: Mapping[str, BufferDescriptor],
        launch: int,
        spread: Mapping[str, int],
        first_rows: Collection[str],
    ) -> None:
        self.program, self.buffers, self.number = program, buffers, launch
        self.spread, self.first_rows = spread, first_rows
        self.launch: Launch = program.launches[launch]
        self.found: list[Touched] = []
        self.multiplied: list[Multiplied] = []
        self.left = MOST_PAGES
        steps = [step for _, step in walk(self.launch.body, "")]
        self.unclear = self._unclear(steps)
        others = [s for s in steps if not isinstance(s, (Copy, Loop, When))]
        self.computed = {b for s in others for b in map(program.storage, writes(s))}
        #: What is copied to scratch that nothing reads isn't moved: no kernel is made of it.
        self.used = {b for s in steps for b in map(program.storage, reads(s))}
        taken = [s for s in others if not isinstance(s, Gemm)]
        self.unpacked = {b for s in taken for b in map(program.storage, reads(s))}

    def blocks(self) -> dict[int, Any]:
        """The block's index along each axis, for all blocks at once."""
        env: dict[int, Any] = {}
        for axis, variable in enumerate(self.launch.indices):
            if variable is not None:
                shape = [1, 1, 1]
                shape[axis] = self.launch.grid[axis]
                env[variable] = np.arange(shape[axis]).reshape(shape)
        return env

    def _unclear(self, steps: Sequence[Step]) -> set[tuple[int, str]]:
        """The tensors of which, in a mode, not only whole copies say what is touched."""
        unclear = set()
        for step in steps:
            for mode, touches in (("read", reads(step)), ("write", writes(step))):
                for buffer in touches:
                    storage = self.program.storage(buffer)
                    if self._is_device_memory(storage) and not (
                        isinstance(step, Copy)
                        and not isinstance(self.program.buffers[buffer], View)
                        and not any(_loads(e) for e in expressions_of(step))
                    ):
                        unclear.add((storage, mode))
        return unclear

    def _is_device_memory(self, storage: int) -> bool:
        return isinstance(self.program.buffers[storage], (Tensor, Workspace))

    # Going through ------------------------------------------------------------------

    def body(self, steps: Sequence[Step], env: dict[int, Any], times: Any, sure: bool) -> None:
        """``times`` is how often steps are done: [x, y, z, turns of loops around them...]."""
        env = dict(env)
        for step in steps:
            if isinstance(step, Let):
                env[step.var] = value_of(step.value, env)
            elif isinstance(step, Copy):
                self._copy(step, env, times, sure)
            elif isinstance(step, Gemm):
                self._gemm(step, env, times, sure)
            elif isinstance(step, Loop):
                self._loop(step, env, times, sure)
            elif isinstance(step, When):
                condition = value_of(step.condition, env)
                known = condition is not None
                for holds, branch in ((True, step.then), (False, step.otherwise)):
                    taken = np.equal(np.asarray(condition, bool), holds) if known else True
                    self.body(branch, env, times * taken, sure and known)
            elif not isinstance(step, Map):  # of which tt_access says what it touches
                for _, inner in bodies(step):
                    self.body(inner, env, times, False)

    def _loop(self, loop: Loop, env: dict[int, Any], times: Any, sure: bool) -> None:
        first, extent = value_of(loop.min, env), value_of(loop.extent, env)
        if first is None or extent is None:
            raise NotImplementedError("a loop's bounds depend on what is known only when it runs")
        most = max(int(np.max(extent)), 0)
        if not most:
            return
        turn = np.arange(most)
        times = times[..., None] * (turn < np.asarray(extent)[..., None])
        env = {v: e[..., None] if np.ndim(e) else e for v, e in env.items()}
        env[loop.var] = np.asarray(first)[..., None] + turn.reshape((1,) * (times.ndim - 1) + (-1,))
        leaves = any(
            type(s).__name__ in ("Break", "Continue", "Opaque") for _, s in walk(loop.body, "")
        )
        self.body(loop.body, env, times, sure and not leaves)

    def _copy(self, step: Copy, env: dict[int, Any], times: Any, sure: bool) -> None:
        source, target = (self.program.storage(r.buffer) for r in (step.src, step.dst))
        for mode, region, storage, other in (
            ("read", step.src, source, target), ("write", step.dst, target, source),
        ):  # fmt: skip
            if not self._is_device_memory(storage) or (storage, mode) in self.unclear:
                continue
            if mode == "read" and target not in self.used and not self._is_device_memory(target):
                continue
            name = self.program.buffers[storage].name
            computed = mode == "write" and other in self.computed
            unpacked = mode == "read" and other in self.unpacked
            rounds = times.sum(tuple(range(3, times.ndim)))
            padded = self._padded(region, env, times) if mode == "read" else None
            for part, by_reader in self._parts(region, name, mode):
                pages = self._pages(part, env, times, self._banks(name))
                self.found.append(
                    Touched(name, mode, pages, sure, computed, unpacked, rounds, by_reader, padded)
                )

    def _parts(self, region: Region, name: str, mode: str) -> list[tuple[Region, bool]]:
        """A region, or what the writer and the reader write of it."""
        if mode == "read" or name not in self.spread:
            return [(region, False)]
        columns = Const(self.spread[name] * TILE)
        (*lead, at), (*above, across) = region.at, region.shape
        beyond = (*lead, Op("add", (at, columns))), (*above, Op("sub", (across, columns)))
        return [
            (replace(region, shape=(*above, columns)), False),
            (replace(region, at=beyond[0], shape=beyond[1]), True),
        ]

    def _banks(self, name: str) -> int:
        return self.buffers[name].accessor.num_banks

    def _pages(self, region: Region, env: dict[int, Any], times: Any, banks: int) -> Any:
        """[x, y, z, bank]: pages of a region that are within the tensor, as often as touched."""
        shape = self.program.buffers[region.buffer].shape
        sides = _sides(len(shape))
        bounds = [-(-extent // side) for extent, side in zip(shape, sides, strict=True)]
        places: Any = np.zeros((1,) * (times.ndim + 1), np.int64)
        inside: Any = np.ones((1,) * (times.ndim + 1), bool)
        for at, extent, size, side, bound in zip(
            region.at, region.shape, shape, sides, bounds, strict=True
        ):
            begin, length = value_of(at, env), value_of(extent, env)
            if begin is None or length is None:
                raise NotImplementedError("a region depends on what is known only when it runs")
            first = np.maximum(begin, 0)
            end = np.minimum(np.add(begin, length), size)
            first, last = np.broadcast_arrays(first // side, -(-end // side))
            first, last = (_of_rank(each, times.ndim)[..., None] for each in (first, last))
            index = first + np.arange(max(int((last - first).max()), 0))
            # Pages so far times those along this dimension.
            places = (places[..., None] * bound + index[..., None, :]).reshape(
                *np.broadcast_shapes(places.shape[:-1], index.shape[:-1]), -1
            )
            within = inside[..., None] & (index < last)[..., None, :]
            inside = within.reshape(*places.shape[:-1], -1)
        # Turns of loops that make no difference to the place are added up.
        for axis in range(3, times.ndim):
            if places.shape[axis] == 1 and times.shape[axis] > 1:
                times = times.sum(axis, keepdims=True)
        weights = times[..., None] * inside
        self.left -= weights.size
        if self.left < 0:
            raise NotImplementedError(f"blocks touch more than {MOST_PAGES} pages to go through")
        blocks = weights.shape[:3]
        number = np.arange(math.prod(blocks)).reshape(*blocks, *(1,) * (weights.ndim - 3))
        cell = np.broadcast_to(number * banks + places % banks, weights.shape)
        cells = math.prod(blocks) * banks
        counted = np.bincount(cell.ravel(), weights.ravel(), minlength=cells)
        return counted.astype(np.int64).reshape(*blocks, banks)

    def _padded(self, region: Region, env: dict[int, Any], times: Any) -> Any:
        """[x, y, z]: elements of a region's tiles that are beyond the tensor and filled. One
        dimension is one row of tiles."""
        tensor = self.program.buffers[region.buffer]
        shape: list[int] = list(tensor.shape)
        rows = [(Const(0), Const(1), 1)] * (2 - len(shape))
        sides = (*(1,) * (len(shape) - 2), TILE, TILE)
        area: Any = 1
        inside: Any = 1
        dims = [*rows, *zip(region.at, region.shape, shape, strict=True)]
        if tensor.name in self.first_rows:  # what lies below is as good
            at, extent, size = dims[-2]
            dims[-2] = at, extent, -(-size // TILE) * TILE
        for (at, extent, size), side in zip(dims, sides, strict=True):
            begin, length = value_of(at, env), value_of(extent, env)
            if begin is None or length is None:
                raise NotImplementedError("a region depends on what is known only when it runs")
            whole = -(-np.asarray(length) // side) * side
            end = np.minimum(np.add(begin, whole), size)
            area = area * whole
            inside = inside * np.maximum(end - np.maximum(begin, 0), 0)
        total = times * _of_rank(np.subtract(area, inside), times.ndim)
        return total.sum(tuple(range(3, times.ndim)))

    def _gemm(self, step: Gemm, env: dict[int, Any], times: Any, sure: bool) -> None:
        if not sure:
            return  # a bound is of what is done for certain
        sides = [value_of(e, env) for r in (step.a, step.b) for e in r.shape[-2:]]
        if any(side is None for side in sides):
            return
        tiles = [-(-np.asarray(side) // TILE) for side in sides]
        (m, k), (_, n) = (
            (pair[::-1] if turned else pair)
            for pair, turned in (
                (tiles[:2], step.transpose_a), (tiles[2:], step.transpose_b),
            )
        )  # fmt: skip
        a_size, b_size = (_tile_bytes(self.program, r.buffer) for r in (step.a, step.b))

        def summed(each: Any) -> Any:
            total = times * _of_rank(each, times.ndim)
            return total.sum(tuple(range(3, times.ndim)))

        self.multiplied.append(
            Multiplied(summed(m * n * k), summed(m * k * a_size), summed(n * k * b_size))
        )

    def rest(self) -> None:
        """What copies don't say, as tt_access has it: each page once a block."""
        for storage, mode in sorted(self.unclear):
            name = self.program.buffers[storage].name
            regions = self.buffers[name].access
            if math.prod(self.launch.grid) > MOST_BLOCKS:
                raise NotImplementedError(
                    f"{name}: {math.prod(self.launch.grid)} blocks touch it other than by copies; "
                    f"{MOST_BLOCKS} are gone through"
                )
            blocks = PagesOfBlocks(self.program, storage, regions, self.number)
            banks = self._banks(name)
            pages = np.zeros((*self.launch.grid, banks), np.int64)
            exact = True
            for number in range(len(blocks)):
                touches = blocks[number].get(mode)
                if touches is None:
                    continue
                x, y, _ = self.launch.grid
                place = number % x, number // x % y, number // x // y
                pages[place] = np.bincount(np.asarray(touches.ids, int) % banks, minlength=banks)
                exact &= touches.exact
            self.found.append(Touched(name, mode, pages, exact))


def _loads(e: Any) -> bool:
    return any(isinstance(node, Load) for node in nodes(e))


def _sides(rank: int) -> tuple[int, ...]:
    """How many elements a page has along each dimension. One dimension is one row of tiles."""
    return (TILE,) * rank if rank < 2 else (*(1,) * (rank - 2), TILE, TILE)


def _of_rank(value: Any, rank: int) -> Any:
    """A number, or an array that already has that rank."""
    array = np.asarray(value)
    return array if array.ndim else array.reshape((1,) * rank)


def _tile_bytes(program: Program, buffer: int) -> int:
    """Bytes of a tile of a scratch buffer, of two or four bytes an element."""
    found = program.buffers[buffer]
    wide = isinstance(found, (Scratch, View)) and found.dtype.endswith("32")
    return TILE * TILE * (4 if wide else 2)
