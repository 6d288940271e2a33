"""The loops of a map: which become axes of a grid, and how the nest is gone through.

Loops that are parallel or bound to threads run in no order, so they are always axes. A serial loop
is one if the elements that the body stores tell its iteration: then no iteration touches what
another stores. Loops that stay are gone through in order, around the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ..expressions import Cast, Const, Expr, Load, Op, Var, nodes
from ..program import Program
from ..steps import UNORDERED_KINDS, AtomicStore, Let, Loop, Map, MapLoop, Store
from ..walk import expressions_of, walk
from .budget import Budget
from .evaluate import Evaluate, Evaluator, Frame, both
from .memory import Memory
from .values import Value, numpy_dtype

MOST_POINTS = 1 << 22
"""Of a grid at once; beyond, its axes are cut."""

Run = Callable[[Frame], None]
Place = tuple[int, tuple[Expr, ...]]


class Bounds:
    """The bounds of a loop, which may differ from point to point."""

    def __init__(self, evaluator: Evaluator, loop: Loop | MapLoop) -> None:
        self.min: Evaluate = evaluator.of_dtype(loop.min, "int64")
        self.extent: Evaluate = evaluator.of_dtype(loop.extent, "int64")
        self.dtype = numpy_dtype(evaluator.program.variables[loop.var].dtype)

    def range(self, frame: Frame) -> tuple[int, int, Value, Value]:
        """(least, end) over the points that count, and both for each point."""
        low = self.min(frame)
        end = low + self.extent(frame)
        if not isinstance(end, np.ndarray):
            return int(low), int(end), low, end
        lows, ends = np.broadcast_arrays(low, end)
        if frame.mask is not None:
            full = np.broadcast_shapes(lows.shape, frame.mask.shape)
            counting = np.broadcast_to(frame.mask, full)
            lows, ends = (np.broadcast_to(each, full)[counting] for each in (lows, ends))
        if not lows.size:
            return 0, 0, low, end
        return int(lows.min()), int(ends.max()), low, end

    def values(self, frame: Frame) -> Iterator[tuple[Value, Value | None]]:
        """Each value, with the points for which it is one, None for all."""
        first, last, low, end = self.range(frame)
        for value in range(first, last):
            differs = isinstance(end, np.ndarray)
            yield self.dtype.type(value), (low <= value) & (value < end) if differs else None


class Nest:
    """Goes through the loops of a map."""

    def __init__(
        self, program: Program, memory: Memory, evaluator: Evaluator, budget: Budget, step: Map
    ) -> None:
        self.loops = step.loops
        self.budget = budget
        self.bounds = [Bounds(evaluator, loop) for loop in step.loops]
        self.unordered = [i for i, loop in enumerate(self.loops) if loop.kind in UNORDERED_KINDS]
        places = _stored_places(program, step)
        self.places = places or []
        self.independent = [] if places is None else self._candidates()
        shapes = memory.arrays
        self.indices = [
            ([evaluator.compile(e) for e in at], shapes[buffer].shape) for buffer, at in self.places
        ]

    def run(self, frame: Frame, body: Run) -> None:
        axes = sorted([*self.unordered, *self._tell_their_iterations(frame)])
        frame.shape = (1,) * len(axes)
        self._level(0, frame, body, {loop: axis for axis, loop in enumerate(axes)})

    def _level(self, level: int, frame: Frame, body: Run, axes: dict[int, int]) -> None:
        if level == len(self.loops):
            self.budget.charge(int(np.prod(frame.shape)))
            body(frame)
            return
        id = self.loops[level].var
        mask, shape = frame.mask, frame.shape
        if level not in axes:
            for value, where in self.bounds[level].values(frame):
                frame.vars[id] = value
                frame.mask = mask if where is None else both(mask, where)
                self._level(level + 1, frame, body, axes)
        else:
            axis = axes[level]
            first, last, low, end = self.bounds[level].range(frame)
            at_once = max(1, MOST_POINTS // int(np.prod(shape)))
            for start in range(first, last, at_once):
                values = self._axis(level, start, min(last, start + at_once), axis, len(shape))
                frame.vars[id] = values
                frame.shape = (*shape[:axis], values.size, *shape[axis + 1 :])
                if isinstance(end, np.ndarray):
                    frame.mask = both(mask, (low <= values) & (values < end))
                self._level(level + 1, frame, body, axes)
        frame.mask, frame.shape = mask, shape

    def _axis(self, level: int, first: int, last: int, axis: int, axes: int) -> Value:
        along = tuple(-1 if i == axis else 1 for i in range(axes))
        return np.arange(first, last).astype(self.bounds[level].dtype).reshape(along)

    # Serial loops whose iterations are told by what they store.

    def _candidates(self) -> list[int]:
        """Serial loops which all indices of stores have, and no other loop's bounds."""
        bounds = [e for loop in self.loops for e in (loop.min, loop.extent)]
        return [
            i
            for i, loop in enumerate(self.loops)
            if loop.kind not in UNORDERED_KINDS
            and all(_uses(at, loop.var) for _, at in self.places)
            and not _uses(bounds, loop.var)
        ]

    def _tell_their_iterations(self, frame: Frame) -> list[int]:
        if not self.independent:
            return []
        sizes: dict[int, tuple[int, int]] = {}
        for i, loop in enumerate(self.loops):
            if any(_uses(at, loop.var) for _, at in self.places):
                if _uses([loop.min, loop.extent], *(each.var for each in self.loops)):
                    return []
                first, last, _, _ = self.bounds[i].range(frame)
                if last <= first:
                    return []
                sizes[i] = (first, last - first)
        vars = {self.loops[i].var: n for i, (_, n) in sizes.items()}
        for (_, at), (index, extents) in zip(self.places, self.indices, strict=True):
            used = {var: n for var, n in vars.items() if _uses(at, var)}
            if _mixed_radix(at, used):
                continue
            levels = [i for i in sizes if self.loops[i].var in used]
            if int(np.prod([sizes[i][1] for i in levels], dtype=object)) > MOST_POINTS:
                return []
            for axis, i in enumerate(levels):
                first, n = sizes[i]
                frame.vars[self.loops[i].var] = self._axis(i, first, first + n, axis, len(levels))
            points = tuple(sizes[i][1] for i in levels)
            if not _injective([each(frame) for each in index], extents, points):
                return []
        return self.independent


def _stored_places(program: Program, step: Map) -> list[Place] | None:
    """The (buffer, index) of the stores, one for each storage that is stored to.

    None if an iteration might touch what another stores, whatever the numbers are: a storage that
    is stored to is touched at two places, is combined with too, or its index is computed from what
    the body loads or binds. Atomic steps alone don't tell iterations apart, and need not: they go
    through the points in order.
    """
    steps = [inner for _, inner in walk(step.body, "")]
    inside = [e for each in steps for e in expressions_of(each)]
    bounds = [e for loop in step.loops for e in (loop.min, loop.extent)]
    loads = [n for e in (*inside, *bounds) for n in nodes(e) if isinstance(n, Load)]
    places = {(each.buffer, each.at) for each in steps if isinstance(each, Store)}
    stored = {program.storage(buffer) for buffer, _ in places}
    combined = {program.storage(each.buffer) for each in steps if isinstance(each, AtomicStore)}
    touched = {(n.buffer, n.at) for n in loads if program.storage(n.buffer) in stored | combined}
    inner = {each.var for each in steps if isinstance(each, (Let, Loop))}
    computed = any(
        isinstance(n, Load) or (isinstance(n, Var) and n.id in inner)
        for _, at in places
        for e in at
        for n in nodes(e)
    )
    alone = len(places) == len(stored) and touched <= places and not stored & combined
    return sorted(places, key=lambda place: place[0]) if alone and not computed else None


def _uses(es: Iterable[Expr], *vars: int) -> bool:
    return any(isinstance(n, Var) and n.id in vars for e in es for n in nodes(e))


def _mixed_radix(at: tuple[Expr, ...], sizes: dict[int, int]) -> bool:
    """Whether an index tells all variables apart, seen from its coefficients alone.

    As the digits of a number do: each coefficient is larger than all that those below it add up to.
    """
    told: set[int] = set()
    for e in at:
        terms = _coefficients(e, sizes)
        if terms is None:
            continue
        reach = 0
        for var, factor in sorted(terms.items(), key=lambda term: abs(term[1])):
            if abs(factor) <= reach:
                break
            reach += abs(factor) * (sizes[var] - 1)
        else:
            told |= {*terms}
    return told == {*sizes}


def _coefficients(e: Expr, vars: dict[int, int]) -> dict[int, int] | None:
    """Of a sum of variables times constants, and of what does not change; None for another."""
    if isinstance(e, Var) and e.id in vars:
        return {e.id: 1}
    if not any(isinstance(n, Var) and n.id in vars for n in nodes(e)):
        return {}
    if isinstance(e, Cast):
        return _coefficients(e.value, vars)
    if not isinstance(e, Op) or e.op not in ("add", "sub", "mul"):
        return None
    a, b = e.args
    if e.op == "mul":
        if isinstance(a, Const):
            a, b = b, a
        terms = _coefficients(a, vars)
        if terms is None or not isinstance(b, Const) or b.value == 0:
            return None
        return {var: factor * int(b.value) for var, factor in terms.items()}
    left, right = _coefficients(a, vars), _coefficients(b, vars)
    if left is None or right is None:
        return None
    sign = 1 if e.op == "add" else -1
    out = {var: left.get(var, 0) + sign * right.get(var, 0) for var in {*left, *right}}
    return out if all(out.values()) else None


def _injective(index: list[Value], extents: tuple[int, ...], points: tuple[int, ...]) -> bool:
    """Whether no two points have one index, out of those that are within the extents."""
    flat = np.zeros(points, np.int64)
    inside = np.ones(points, bool)
    for each, extent in zip(index, extents, strict=True):
        inside &= (each >= 0) & (each < extent)
        flat = flat * extent + each
    flat = flat[inside]
    return bool(np.unique(flat).size == flat.size)
