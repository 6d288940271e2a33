"""Who writes each page, by going through blocks and turns, where affine reasoning left it unknown.

The passes say "unknown" where indices are divisions and remainders, as T.Persistent's are, or
depend on a scalar. Here every block is gone through, with the values of the scalars, up to a stated
number of elements. Nothing is computed but places: what depends on a tensor's content stays
unknown. Integers do not wrap around here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .expressions import Cast, Const, Expr, Op, Var
from .program import Launch, Program, View
from .steps import (
    NAMES,
    AtomicStore,
    Break,
    Continue,
    Let,
    Loop,
    Map,
    MapLoop,
    Opaque,
    Region,
    Step,
    Store,
    When,
)
from .walk import bodies, written_regions
from .walk import writes as written_by_step

MOST_ELEMENTS = 1 << 26
"""How many elements are gone through at most, unless another number is given."""


@dataclass(frozen=True)
class Writers:
    """``found`` is "none", "one block", "several blocks" or "unknown".

    Of "several blocks", ``page`` is one that the two ``blocks`` (x, y, z) of ``launch`` write; of
    "unknown", ``reason`` says why.
    """

    found: str
    launch: int | None = None
    page: int | None = None
    blocks: tuple[tuple[int, int, int], ...] = ()
    reason: str = ""


class _Unknown(Exception):
    """What is written can't be told; the argument says why."""


class _Leave(Exception):
    """A break (``breaks``) or a continue that surely happens."""

    def __init__(self, breaks: bool) -> None:
        self.breaks = breaks


def settle(
    program: Program,
    buffer: int,
    tile: int = 32,
    scalars: Mapping[int, int] | None = None,
    most: int = MOST_ELEMENTS,
) -> Writers:
    """Who writes the pages of a tensor or workspace, by its place in the program's buffers.

    A page is a tile of ``tile`` x ``tile`` elements of the last two dimensions, numbered row-major,
    matrix after matrix; with ``tile`` 1, an element. ``scalars``: values of scalar variables, by
    their place in the program's list. More than ``most`` written elements are not gone through:
    that is "unknown", as is what depends on a tensor's content or on a scalar without a value.
    """
    found = "none"
    walker = _Walker(program, buffer, tile, dict(scalars or {}), most)
    try:
        for number, launch in enumerate(program.launches):
            wrote, met = walker.launch(launch)
            if met is not None:
                return Writers("several blocks", number, *met)
            found = "one block" if wrote else found
    except _Unknown as unknown:
        return Writers("unknown", reason=str(unknown))
    return Writers(found)


class _Walker:
    def __init__(
        self, program: Program, buffer: int, tile: int, scalars: dict[int, int], most: int
    ) -> None:
        self.program, self.buffer = program, buffer
        self.scalars, self.left, self.most = scalars, most, most
        shape = program.buffers[buffer].shape
        self.shape = (1,) * (2 - len(shape)) + tuple(shape)
        self.sides = (*(1 for _ in self.shape[2:]), tile, tile)
        self.pages = tuple(-(-n // side) for n, side in zip(self.shape, self.sides, strict=True))
        self.sure = True
        self.loops = 0

    def launch(self, launch: Launch) -> tuple[bool, tuple[int, tuple[Any, ...]] | None]:
        """Whether anything is written, and a page with two blocks that surely write it."""
        owners = np.full(math.prod(self.pages), -1, np.int64)
        unsure: list[tuple[int, np.ndarray]] = []
        doubt = False
        x_extent, y_extent, _ = launch.grid
        z_y_x = itertools.product(*(range(extent) for extent in reversed(launch.grid)))
        for block, (z, y, x) in enumerate(z_y_x):
            env: dict[int, Any] = dict(self.scalars)
            env |= {v: i for v, i in zip(launch.indices, (x, y, z), strict=True) if v is not None}
            self.sure, self.loops = True, 0
            for pages, sure in self._body(launch.body, env):
                if not sure:
                    unsure.append((block, pages))
                    continue
                others = pages[(owners[pages] >= 0) & (owners[pages] != block)]
                if others.size:
                    page = int(others[0])
                    first = int(owners[page])
                    of_first = (
                        first % x_extent, first // x_extent % y_extent,
                        first // x_extent // y_extent,
                    )  # fmt: skip
                    return True, (page, (of_first, (x, y, z)))
                owners[pages] = block
        perhaps = owners.copy()
        for block, pages in unsure:
            doubt |= bool(((perhaps[pages] >= 0) & (perhaps[pages] != block)).any())
            perhaps[pages] = block
        if doubt:
            raise _Unknown("two blocks write a page, if conditions hold that are not known")
        return bool((perhaps >= 0).any()), None

    def _body(self, body: tuple[Step, ...], env: dict[int, Any]) -> Iterator[tuple[Any, bool]]:
        env = dict(env)
        for step in body:
            yield from self._step(step, env)

    def _step(self, step: Step, env: dict[int, Any]) -> Iterator[tuple[Any, bool]]:
        if isinstance(step, Let):
            env[step.var] = value_of(step.value, env)
        elif isinstance(step, Map):
            yield from self._map(step, env)
        elif isinstance(step, Loop):
            yield from self._loop(step, env)
        elif isinstance(step, When):
            yield from self._when(step, env)
        elif isinstance(step, (Break, Continue)):
            if self.sure:
                raise _Leave(isinstance(step, Break))
        elif regions := [r for r in written_regions(step) if self._is_written(r.buffer)]:
            for region in regions:
                yield self._pages_of_region(region, env), self.sure
        elif self._writes(step):
            # An opaque step, or a loop that ends when a value says so.
            raise _Unknown(f"{NAMES[type(step)]} step: what it writes is not known")
        elif isinstance(step, Opaque) and self.loops:
            self.sure = False  # it may leave the loops

    def _loop(self, loop: Loop, env: dict[int, Any]) -> Iterator[tuple[Any, bool]]:
        if not self._writes(loop):
            self.sure = self.sure and not any(isinstance(s, Opaque) for s in _within(loop))
            return
        first, extent = value_of(loop.min, env), value_of(loop.extent, env)
        if first is None or extent is None:
            raise _Unknown("a loop around a write has bounds that are not known")
        before = self.sure
        self.loops += 1
        for turn in range(first, first + extent):
            self._spend(1)
            try:
                yield from self._body(loop.body, env | {loop.var: turn})
            except _Leave as leave:
                if leave.breaks:
                    break
        self.loops -= 1
        self.sure = before and not any(isinstance(inner, Opaque) for inner in _within(loop))

    def _when(self, when: When, env: dict[int, Any]) -> Iterator[tuple[Any, bool]]:
        condition = value_of(when.condition, env)
        if condition is not None:
            yield from self._body(when.then if condition else when.otherwise, env)
            return
        before = self.sure
        self.sure = False
        yield from self._body(when.then, env)
        yield from self._body(when.otherwise, env)
        # What may leave a loop makes the rest of it unsure.
        leaves = any(isinstance(inner, (Break, Continue)) for inner in _within(when))
        self.sure = before and not leaves

    def _map(self, step: Map, env: dict[int, Any]) -> Iterator[tuple[Any, bool]]:
        if self._writes(step):
            yield from self._nest(step.loops, step.body, env, 1, np.True_, self.sure)

    def _nest(
        self, loops: tuple[MapLoop, ...], body: tuple[Step, ...], env: dict[int, Any], points: int,
        mask: Any, sure: bool,
    ) -> Iterator[tuple[Any, bool]]:  # fmt: skip
        """The points of loops with constant bounds are gone through at once, as arrays."""
        env = dict(env)
        for loop in loops:
            first, extent = value_of(loop.min, env), value_of(loop.extent, env)
            if first is None or extent is None or np.ndim(first) or np.ndim(extent):
                raise _Unknown("a loop around a store has bounds that are not known")
            if extent <= 0:
                return
            points *= extent
            env = {v: e[..., None] if np.ndim(e) else e for v, e in env.items()}
            mask = mask[..., None]
            env[loop.var] = first + np.arange(extent)
        self._spend(points)
        for step in body:
            if isinstance(step, Let):
                env[step.var] = value_of(step.value, env)
            elif isinstance(step, Loop):
                inner = (MapLoop(step.var, step.extent, step.kind, step.min),)
                yield from self._nest(inner, step.body, env, points, mask, sure)
            elif isinstance(step, When):
                condition = value_of(step.condition, env)
                for holds, branch in ((True, step.then), (False, step.otherwise)):
                    if condition is None:
                        yield from self._nest((), branch, env, points, mask, False)
                    else:
                        taken = mask & (np.asarray(condition, bool) == holds)
                        yield from self._nest((), branch, env, points, taken, sure)
            elif isinstance(step, (Store, AtomicStore)) and self._is_written(step.buffer):
                yield self._pages_of_points(step, env, mask), sure

    def _pages_of_points(self, step: Store | AtomicStore, env: dict[int, Any], mask: Any) -> Any:
        at = [value_of(index, env) for index in step.at]
        if any(index is None for index in at):
            raise _Unknown("a store has indices that are not known")
        *at, mask = np.broadcast_arrays(*at, mask)
        at = [index[mask] for index in at]
        return self._pages(step.buffer, at)

    def _pages_of_region(self, region: Region, env: dict[int, Any]) -> Any:
        shape = self.program.buffers[region.buffer].shape
        sides = []
        for first, extent, size in zip(region.at, region.shape, shape, strict=True):
            begin, length = value_of(first, env), value_of(extent, env)
            if begin is None or length is None:
                raise _Unknown("a region's place or extent is not known")
            sides.append(np.arange(max(begin, 0), min(begin + length, size)))
        self._spend(math.prod(side.size for side in sides))
        at = [index.ravel() for index in np.meshgrid(*sides, indexing="ij")] if sides else []
        return self._pages(region.buffer, at)

    def _pages(self, buffer: int, at: list[Any]) -> Any:
        """The pages of elements, given by an array of indices along each dimension."""
        written = self.program.buffers[buffer]
        inside = np.ones(np.shape(at[0]) if at else (), bool)
        for index, size in zip(at, written.shape, strict=True):
            inside &= (index >= 0) & (index < size)
        at = [index[inside] for index in at]
        storage = self.program.buffers[self.buffer]
        if isinstance(written, View) and (written.offset, written.shape) != (0, storage.shape):
            if written.dtype != storage.dtype:
                raise _Unknown(f"it is written through {written.name}, of another dtype")
            flat = np.ravel_multi_index(tuple(at), written.shape) + written.offset
            at = list(np.unravel_index(flat, storage.shape))
        at = [np.zeros_like(at[0]) if at else np.zeros(1, int)] * (len(self.shape) - len(at)) + at
        sides = (1,) * (len(self.shape) - 2) + self.sides[-2:]
        places = tuple(index // side for index, side in zip(at, sides, strict=True))
        bounds = tuple(-(-n // side) for n, side in zip(self.shape, sides, strict=True))
        return np.unique(np.ravel_multi_index(places, bounds))

    def _is_written(self, buffer: int) -> bool:
        return self.program.storage(buffer) == self.buffer

    def _writes(self, step: Step) -> bool:
        return any(
            self._is_written(buffer) for inner in _within(step) for buffer in written_by_step(inner)
        )

    def _spend(self, elements: int) -> None:
        self.left -= elements
        if self.left < 0:
            raise _Unknown(f"more than {self.most} elements would have to be gone through")


def _within(step: Step) -> Iterator[Step]:
    yield step
    for _, body in bodies(step):
        for inner in body:
            yield from _within(inner)


def value_of(e: Expr, env: Mapping[int, Any]) -> Any:
    """An integer or a bool, or an array of them; None where it is not known."""
    if isinstance(e, Const):
        return e.value
    if isinstance(e, Var):
        return env.get(e.id)
    if isinstance(e, Cast) and (e.dtype.startswith("int") or e.dtype.startswith("uint")):
        return value_of(e.value, env)
    if not isinstance(e, Op) or e.op not in _OPERATIONS:
        return None
    args = [value_of(arg, env) for arg in e.args]
    if any(arg is None for arg in args):
        return None
    if e.op in ("div", "mod", "floordiv", "floormod") and not np.all(args[1]):
        return None
    return _OPERATIONS[e.op](*args)


def _truncated(a: Any, b: Any) -> Any:
    quotient = np.abs(a) // np.abs(b)
    return np.where(np.sign(a) * np.sign(b) < 0, -quotient, quotient)[()]


_OPERATIONS: dict[str, Any] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "floordiv": lambda a, b: a // b,
    "floormod": lambda a, b: a % b,
    "div": _truncated,
    "mod": lambda a, b: a - _truncated(a, b) * b,
    "min": np.minimum,
    "max": np.maximum,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "select": np.where,
    "bitand": lambda a, b: a & b,
    "shl": lambda a, b: a << b,
    "shr": lambda a, b: a >> b,
}
