"""Maps: a nest of loops around stores. The body is run for all points of a grid at once.

Each statement is run for all points, then the next; nest.py says which loops become a grid.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..dtypes import DTYPES
from ..expressions import Expr
from ..program import Program
from ..steps import AtomicStore, Let, Loop, Map, Step, Store, When
from .budget import Budget
from .evaluate import Evaluator, Frame, beyond, both, counts, out_of_bounds
from .memory import Memory
from .nest import Bounds, Nest, Run
from .values import KernelError, Value

COMBINE: dict[str, np.ufunc] = {"add": np.add, "max": np.fmax, "min": np.fmin}


def combination(kind: str, dtype: str) -> np.ufunc:
    """The function of an atomic step."""
    if kind != "add" and DTYPES[dtype].kind != "float":
        return np.maximum if kind == "max" else np.minimum
    return COMBINE[kind]


class MapCompiler:
    """Compiles maps to functions of a frame."""

    def __init__(
        self, program: Program, memory: Memory, evaluator: Evaluator, budget: Budget
    ) -> None:
        self.program = program
        self.memory = memory
        self.e = evaluator
        self.budget = budget

    def compile(self, step: Map) -> Run:
        body = self._body(step.body)
        nest = Nest(self.program, self.memory, self.e, self.budget, step)

        def run(frame: Frame) -> None:
            nest.run(frame, body)
            frame.shape, frame.mask = (), None

        return run

    # The body, for all points of a frame.

    def _body(self, body: tuple[Step, ...]) -> Run:
        steps = [self._step(step) for step in body]
        if len(steps) == 1:
            return steps[0]

        def run(frame: Frame) -> None:
            for step in steps:
                step(frame)

        return run

    def _step(self, step: Step) -> Run:
        if isinstance(step, Store):
            return self._store(step)
        if isinstance(step, AtomicStore):
            return self._atomic(step)
        if isinstance(step, Let):
            value, id = self.e.compile(step.value), step.var

            def let(frame: Frame) -> None:
                frame.vars[id] = value(frame)

            return let
        if isinstance(step, When):
            return self._when(step)
        assert isinstance(step, Loop)
        return self._loop(step)

    def _store(self, step: Store) -> Run:
        array = self.memory.arrays[step.buffer]
        value = self.e.compile(step.value)
        place = self._place(step.buffer, step.at)

        def store(frame: Frame) -> None:
            v = value(frame)
            index, active = place(frame)
            if active is not None:
                array[index] = np.broadcast_to(v, frame.shape)[active]
            else:
                array[index] = v

        return store

    def _atomic(self, step: AtomicStore) -> Run:
        array = self.memory.arrays[step.buffer]
        dtype = self.program.buffers[step.buffer].dtype
        value = self.e.of_dtype(step.value, dtype)
        place = self._place(step.buffer, step.at)
        combine = combination(step.kind, dtype)

        def atomic(frame: Frame) -> None:
            v = value(frame)
            index, active = place(frame)
            if frame.shape:
                v = np.broadcast_to(v, frame.shape)
                index = tuple(
                    i if active is not None else np.broadcast_to(i, frame.shape) for i in index
                )
            combine.at(array, index, v if active is None else v[active])

        return atomic

    def _place(
        self, buffer: int, at: tuple[Expr, ...]
    ) -> Callable[[Frame], tuple[tuple[Value, ...], Value | None]]:
        """Where to store: indices that cover the points, and the points if it is not all of them.

        Then the indices are of those alone. Outside of device memory nothing is stored.
        """
        shape = self.memory.arrays[buffer].shape
        in_device = self.memory.pads[buffer] is not None
        name = self.program.buffers[buffer].name
        indices = [self.e.compile(index) for index in at]
        none = (np.zeros(0, np.int64),) * len(at)

        def place(frame: Frame) -> tuple[tuple[Value, ...], Value | None]:
            index: tuple[Value, ...] = tuple([each(frame) for each in indices])
            outside = out_of_bounds(index, shape)
            if outside is not None and not in_device and counts(frame, outside):
                raise KernelError(beyond("writes", name, index, shape, outside))
            active = frame.mask
            if outside is not None:
                active = both(active, ~outside)
            if active is None:
                covered = np.broadcast_shapes(*(np.shape(each) for each in index))
                if frame.shape and covered != frame.shape:
                    index = tuple(np.broadcast_to(each, frame.shape) for each in index)
                return index, None
            if not frame.shape:
                # One point, which doesn't count: an index of nothing.
                return (index, None) if active else (none, np.zeros((), bool))
            active = np.broadcast_to(active, frame.shape)
            return tuple(np.broadcast_to(each, frame.shape)[active] for each in index), active

        return place

    def _when(self, step: When) -> Run:
        condition = self.e.compile(step.condition)
        then, otherwise = self._body(step.then), self._body(step.otherwise)

        def when(frame: Frame) -> None:
            c = condition(frame)
            if not isinstance(c, np.ndarray):
                (then if c else otherwise)(frame)
                return
            before = frame.mask
            for where, run in ((c, then), (~c, otherwise)):
                frame.mask = both(before, where)
                if frame.mask.any():
                    run(frame)
            frame.mask = before

        return when

    def _loop(self, step: Loop) -> Run:
        body = self._body(step.body)
        bounds = Bounds(self.e, step)

        def loop(frame: Frame) -> None:
            before = frame.mask
            for value, where in bounds.values(frame):
                self.budget.charge()
                frame.vars[step.var] = value
                frame.mask = before if where is None else both(before, where)
                body(frame)
            frame.mask = before

        return loop
