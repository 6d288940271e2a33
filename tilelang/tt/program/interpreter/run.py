"""Running a program: launch by launch, block by block, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..lister import listed_step
from ..program import Launch, Program
from ..steps import (
    Assign,
    Atomic,
    Barrier,
    Break,
    Continue,
    Copy,
    Fill,
    Gemm,
    Let,
    Loop,
    Map,
    Opaque,
    Reduce,
    Scan,
    Step,
    Transpose,
    When,
    While,
)
from ..walk import reads, steps_of, walk, writes
from .budget import Budget
from .evaluate import Evaluator, Frame
from .maps import MapCompiler
from .memory import Array, Memory
from .nest import Bounds
from .operators import OperatorCompiler
from .values import KernelError, Value, numpy_dtype

Run = Callable[[Frame], "str | None"]
"""Runs a step; "break" or "continue" if it left the loop around it."""


def refuse_opaque(program: Program, name: str) -> None:
    """Raises NotImplementedError for the first step that is not understood."""
    for place, step in steps_of(program):
        if isinstance(step, Opaque):
            raise NotImplementedError(
                f"{name}: {place}: found {step.op}, which is not understood ({step.reason}); "
                "expected steps of docs/program.md alone"
            )


def run(
    program: Program, name: str, tensors: dict[int, Array], scalars: dict[int, Value], most: int
) -> None:
    """Run a program on arrays, by buffer, which are written in place.

    Raises ValueError where the kernel does what has no meaning, RuntimeError after ``most`` steps.
    """
    with np.errstate(all="ignore"):
        _Runner(program, name, tensors, most).run(scalars)


class _Runner:
    def __init__(self, program: Program, name: str, tensors: dict[int, Array], most: int) -> None:
        self.program = program
        self.name = name
        self.budget = Budget(most)
        self.memory = Memory(program, tensors)
        self.e = Evaluator(program, self.memory)
        self.operators = OperatorCompiler(program, self.memory, self.e, self.budget)
        self.maps = MapCompiler(program, self.memory, self.e, self.budget)
        self.frame = Frame(len(program.variables))

    def run(self, scalars: dict[int, Value]) -> None:
        for id, value in scalars.items():
            self.frame.vars[id] = value
        for index, launch in enumerate(self.program.launches):
            self._launch(launch, f"launches[{index}]")

    def _launch(self, launch: Launch, place: str) -> None:
        body = self._body(launch.body, f"{place}.body")
        steps = [step for _, step in walk(launch.body, "")]
        scratch = self.memory.scratch_of({id for s in steps for id in reads(s) | writes(s)})
        for block in _blocks(*launch.grid):
            self.budget.charge()
            self.memory.begin_block(scratch)
            for id, value in zip(launch.indices, block, strict=True):
                if id is not None:
                    self.frame.vars[id] = numpy_dtype(self.program.variables[id].dtype).type(value)
            try:
                body(self.frame)
            except KernelError as error:
                where = ", ".join(map(str, block))
                raise ValueError(f"{self.name}: block ({where}): {error}") from None

    def _body(self, body: tuple[Step, ...], place: str) -> Run:
        steps = [
            (self._step(step, f"{place}[{index}]"), step, f"{place}[{index}]")
            for index, step in enumerate(body)
        ]
        charge = self.budget.charge

        def run(frame: Frame) -> str | None:
            for run_step, step, here in steps:
                charge()
                try:
                    left = run_step(frame)
                except KernelError as error:
                    if error.place is None:
                        error.place = here
                        error.args = (f"{here}: {listed_step(self.program, step)} {error}",)
                    raise
                if left is not None:
                    return left
            return None

        return run

    def _step(self, step: Step, place: str) -> Run:
        if isinstance(step, Map):
            return _plain(self.maps.compile(step))
        if isinstance(step, Copy):
            return _plain(self.operators.copy(step))
        if isinstance(step, Fill):
            return _plain(self.operators.fill(step))
        if isinstance(step, Gemm):
            return _plain(self.operators.gemm(step))
        if isinstance(step, Reduce):
            return _plain(self.operators.reduce(step))
        if isinstance(step, Scan):
            return _plain(self.operators.scan(step))
        if isinstance(step, Transpose):
            return _plain(self.operators.transpose(step))
        if isinstance(step, Atomic):
            return _plain(self.operators.atomic(step))
        if isinstance(step, Loop):
            return self._loop(step, place)
        if isinstance(step, While):
            return self._while(step, place)
        if isinstance(step, When):
            return self._when(step, place)
        if isinstance(step, Assign):
            return self._assign(step)
        if isinstance(step, Let):
            return self._let(step)
        if isinstance(step, Break):
            return lambda frame: "break"
        if isinstance(step, Continue):
            return lambda frame: "continue"
        assert isinstance(step, Barrier)
        return lambda frame: None

    def _loop(self, step: Loop, place: str) -> Run:
        body = self._body(step.body, f"{place}.body")
        bounds = Bounds(self.e, step)

        def loop(frame: Frame) -> None:
            for value, _ in bounds.values(frame):
                self.budget.charge()
                frame.vars[step.var] = value
                if body(frame) == "break":
                    break

        return loop

    def _while(self, step: While, place: str) -> Run:
        body = self._body(step.body, f"{place}.body")
        condition = self.e.compile(step.condition)

        def loop(frame: Frame) -> None:
            while condition(frame):
                self.budget.charge()
                if body(frame) == "break":
                    break

        return loop

    def _when(self, step: When, place: str) -> Run:
        condition = self.e.compile(step.condition)
        then = self._body(step.then, f"{place}.then")
        otherwise = self._body(step.otherwise, f"{place}.else")
        return lambda frame: (then if condition(frame) else otherwise)(frame)

    def _assign(self, step: Assign) -> Run:
        array = self.memory.arrays[step.buffer]
        value = self.e.compile(step.value)

        def assign(frame: Frame) -> None:
            array[...] = value(frame)

        return assign

    def _let(self, step: Let) -> Run:
        value = self.e.compile(step.value)

        def let(frame: Frame) -> None:
            frame.vars[step.var] = value(frame)

        return let


def _blocks(x: int, y: int, z: int) -> Iterator[tuple[int, int, int]]:
    """All blocks of a grid, x fastest."""
    return ((i, j, k) for k in range(z) for j in range(y) for i in range(x))


def _plain(run: Callable[[Frame], None]) -> Run:
    """A step that leaves no loop."""
    return run
