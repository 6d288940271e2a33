"""Which pages a block reads and writes: the regions of a descriptor's ``tt_access``, evaluated.

docs/metadata.md says what a region is. Nothing is run here but the integer arithmetic of places.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .expressions import Expr, Var, nodes
from .program import Launch, Program
from .reading.document import plain
from .reading.expressions import ExpressionReader, Names
from .reading.faults import ROOT
from .settle import value_of

TILE = 32
MOST_TURNS = 1 << 20
"""Of loops, for one region of one block; what has more is not gone through."""


class Pages:
    """The pages of a buffer that a block touches, by their ids, in ascending order.

    ``exact``: all of them, for sure. Otherwise the block touches no other page.
    """

    __slots__ = ("exact", "ids")

    def __init__(self, ids: Sequence[int], exact: bool) -> None:
        self.ids, self.exact = tuple(ids), exact

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pages) and (self.ids, self.exact) == (other.ids, other.exact)

    def __hash__(self) -> int:
        return hash((self.ids, self.exact))

    def __repr__(self) -> str:
        return f"{'pages' if self.exact else 'at most pages'} {spans(self.ids) or 'none'}"


def spans(ids: Sequence[int]) -> str:
    """Ascending numbers as people write them: "0-3, 8"."""
    runs: list[list[int]] = []
    for id in ids:
        if runs and id == runs[-1][1] + 1:
            runs[-1][1] = id
        else:
            runs.append([id, id])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)


def block_of(launch: Launch, number: int) -> tuple[int, int, int]:
    """The (x, y, z) of a block, by its number. Raises IndexError for one that there is not."""
    x, y, z = launch.grid
    if not 0 <= number < x * y * z:
        raise IndexError(f"found block {number}; expected 0 to {x * y * z - 1}")
    return number % x, number // x % y, number // x // y


def pages_of_block(
    program: Program, buffer: int, regions: Sequence[Mapping[str, Any]], launch: int, number: int
) -> dict[str, Pages]:
    """The pages that a block reads and those that it writes, as "read" and "write".

    Parameters
    ----------
    buffer : its place in the program's buffers
    regions : what the buffer's descriptor has in tt_access
    number : the block's, (bz * grid_y + by) * grid_x + bx

    An atomic update reads and writes. Raises IndexError for a block that there is not, ValueError
    for a region that can't be told or has more than MOST_TURNS turns.
    """
    return PagesOfBlocks(program, buffer, regions, launch)[number]


class PagesOfBlocks:
    """The pages of each block of a launch by its number, as :func:`pages_of_block` has them. What
    doesn't depend on a block's place along an axis is worked out once."""

    def __init__(
        self, program: Program, buffer: int, regions: Sequence[Mapping[str, Any]], launch: int
    ) -> None:
        self._launch = program.launches[launch]
        self._shape = program.buffers[buffer].shape
        self._regions = [_Region(program, each) for each in regions if each["launch"] == launch]
        self._known: dict[tuple[tuple[int, int], ...], dict[str, Pages]] = {}
        used = set().union(*(each.variables for each in self._regions))
        self._axes = [
            (v, axis) for axis, v in enumerate(self._launch.indices) if v is not None and v in used
        ]

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of the launch's grid that pages depend on, ascending."""
        return tuple(axis for _, axis in self._axes)

    def __len__(self) -> int:
        return math.prod(self._launch.grid)

    def __getitem__(self, number: int) -> dict[str, Pages]:
        block = block_of(self._launch, number)
        place = tuple((v, block[axis]) for v, axis in self._axes)
        if place not in self._known:
            self._known[place] = self._of(dict(place))
        return self._known[place]

    def _of(self, env: dict[int, Any]) -> dict[str, Pages]:
        found: dict[str, set[int]] = {"read": set(), "write": set()}
        exact = {"read": True, "write": True}
        for region in self._regions:
            ids = set(_pages(region, self._shape, env))
            for mode in region.modes:
                found[mode] |= ids
                exact[mode] &= region.exact or not ids
        return {mode: Pages(sorted(ids), exact[mode]) for mode, ids in found.items() if ids}


class _Region:
    """A region with its expressions read."""

    def __init__(self, program: Program, region: Mapping[str, Any]) -> None:
        mode = region["mode"]
        self.modes = ("read", "write") if mode == "update" else (mode,)
        self.exact = region["exact"]
        names = Names()
        names.take(program.buffers, program.variables)
        names.states = bytearray([1] * len(program.variables))  # each is in scope
        reader = ExpressionReader(names)

        def read(document: Any) -> Expr:
            return reader.read(plain(document), (ROOT, "access"), 0)[0]

        self.in_pages = region["unit"] == "pages"
        self.at = [read(each) for each in region["at"]]
        self.shape = [read(each) for each in region["shape"]]
        self.loops = [
            (loop["var"], read(loop.get("min", 0)), read(loop["extent"]))
            for loop in region.get("loops", ())
        ]
        bounds = [e for _, *pair in self.loops for e in pair]
        self.variables = {
            node.id
            for e in (*self.at, *self.shape, *bounds)
            for node in nodes(e)
            if isinstance(node, Var)
        }


def _turns(region: _Region, env: dict[int, Any], depth: int = 0) -> Iterator[dict[int, Any]]:
    if depth == len(region.loops):
        yield env
        return
    var, first, extent = region.loops[depth]
    begin, length = _known(first, env), _known(extent, env)
    for turn in range(begin, begin + length):
        yield from _turns(region, env | {var: turn}, depth + 1)


def _pages(region: _Region, shape: Sequence[int], env: dict[int, Any]) -> Iterator[int]:
    """The ids of the pages of a region that are within the buffer."""
    padded = (1,) * (2 - len(shape)) + tuple(shape)
    sides = (*(1 for _ in padded[2:]), TILE, TILE)
    bounds = [-(-extent // side) for extent, side in zip(padded, sides, strict=True)]
    for turn, inner in enumerate(_turns(region, dict(env))):
        if turn == MOST_TURNS:
            raise ValueError(f"a region has more than {MOST_TURNS} turns of loops")
        ranges = []
        # A shape of one dimension is one row of tiles; one of none is one tile.
        missing = len(padded) - len(region.at)
        for dim, (bound, side) in enumerate(zip(bounds, sides, strict=True)):
            if dim < missing:
                ranges.append(range(1))
                continue
            at = _known(region.at[dim - missing], inner)
            end = at + _known(region.shape[dim - missing], inner)
            if not region.in_pages:
                at, end = max(at, 0), min(end, padded[dim])
                at, end = at // side, -(-end // side) if end > at else at // side
            ranges.append(range(max(at, 0), min(end, bound)))
        strides = [math.prod(bounds[dim + 1 :]) for dim in range(len(bounds))]
        for place in itertools.product(*ranges):
            yield sum(index * stride for index, stride in zip(place, strides, strict=True))


def _known(e: Expr, env: dict[int, Any]) -> int:
    value = value_of(e, env)
    if value is None:
        raise ValueError("a region depends on what is known only when it runs")
    return int(value)
