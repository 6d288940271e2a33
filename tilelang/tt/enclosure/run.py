"""A tile program gone through on intervals, block by block: what a generated kernel may make of it.

Only what kernels are generated for has a meaning here. Indices, conditions and bounds of loops are
evaluated as the interpreter does; nothing that says what a step means comes from the kernel plan,
which tells formats alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product as blocks_of
from typing import Any

import numpy as np

from ..codegen.plan import KernelPlan
from ..program import (
    Barrier,
    Copy,
    Expr,
    Fill,
    Gemm,
    Launch,
    Let,
    Load,
    Loop,
    Map,
    MapLoop,
    Op,
    Program,
    Reduce,
    Scratch,
    Step,
    Store,
    Transpose,
    When,
)
from ..program.expressions import TRUE
from ..program.interpreter.evaluate import Frame, out_of_bounds
from ..program.interpreter.nest import Bounds
from ..program.interpreter.values import constant, numpy_dtype
from ..program.steps import UNORDERED_KINDS
from . import matrix, narrow, vector
from .held import SOURCE_BITS, Held, packed, reshaped
from .interval import Array, Interval, cut, rounded, where
from .packs import Packs
from .values import Values


def enclose(
    plans: Sequence[KernelPlan],
    program: Program,
    arrays: Mapping[str, Array],
    scalars: Mapping[str, Any] | None = None,
    independent: bool = False,
) -> dict[str, Interval]:
    """Between which numbers the elements of each output are, by its name.

    Parameters
    ----------
    plans : of each launch of the program
    arrays : the tensors, by name, of their shapes and dtypes; an output's may be left out
    independent : whether the roundings of a sum have nothing to do with each other, as those of
        random numbers; else they all go one way, at worst

    An element that no block writes is unbounded.
    """
    runner = _Runner(program, arrays, scalars or {}, independent)
    with np.errstate(all="ignore"):
        for number, (launch, plan) in enumerate(zip(program.launches, plans, strict=True)):
            runner.packs = Packs(plan)
            runner.launch(launch, f"launches[{number}].body")
    written = {id for plan in plans for id in plan.outputs}
    order = sorted(written, key=lambda id: program.buffers[id].param)  # type: ignore[union-attr]
    return {program.buffers[id].name: runner.result(id) for id in order}


class _Runner:
    def __init__(
        self,
        program: Program,
        arrays: Mapping[str, Array],
        scalars: Mapping[str, Any],
        independent: bool,
    ) -> None:
        self.program = program
        self.packs: Packs  # of the launch
        self.stored: Counter[int] = Counter()  # how often the map has stored to each buffer
        self.held = Held(program, arrays, independent)
        self.e, self.frame = self.held.e, self.held.frame
        for id, variable in enumerate(program.variables):
            if variable.kind == "scalar":
                self.frame.vars[id] = constant(scalars[variable.name], variable.dtype)

    def result(self, output: int) -> Interval:
        """An output, in its dtype: a float16 travels as float32, and the host rounds it."""
        found, dtype = self.held.values[output], self.program.buffers[output].dtype
        return rounded(found, dtype) if dtype == "float16" else found

    def launch(self, launch: Launch, place: str) -> None:
        for z, y, x in blocks_of(*(range(extent) for extent in reversed(launch.grid))):
            self.held.begin_block()
            for index, value in zip(launch.indices, (x, y, z), strict=True):
                if index is not None:
                    dtype = numpy_dtype(self.program.variables[index].dtype)
                    self.frame.vars[index] = dtype.type(value)
            self.body(launch.body, place)
        self.held.settle()

    def body(self, body: tuple[Step, ...], place: str) -> None:
        for index, step in enumerate(body):
            self.step(step, f"{place}[{index}]")

    def step(self, step: Step, place: str) -> None:
        if isinstance(step, Copy):
            self.copy(step, place)
        elif isinstance(step, Fill):
            value = Values(self.program, self.e, self.element, {}).value(step.value, self.frame)
            self.held.write(step.dst, packed(value, self.formats(place, step.dst.buffer)))
        elif isinstance(step, Gemm):
            self.gemm(step, place)
        elif isinstance(step, Reduce):
            self.reduce(step, place)
        elif isinstance(step, Transpose):
            turned = self.held.loaded(step.src).each(_turned)
            self.held.write(step.dst, packed(turned, self.formats(place, step.dst.buffer)))
        elif isinstance(step, Map):
            self.map(step, place)
        elif isinstance(step, Loop):
            self.held.settle()
            for value, _ in Bounds(self.e, step).values(self.frame):
                self.frame.vars[step.var] = value
                self.body(step.body, f"{place}.body")
            self.held.settle()
        elif isinstance(step, When):
            if self.e.compile(step.condition)(self.frame):
                self.body(step.then, f"{place}.then")
            else:
                self.body(step.otherwise, f"{place}.else")
        elif isinstance(step, Let):
            self.frame.vars[step.var] = self.e.compile(step.value)(self.frame)
        elif not isinstance(step, Barrier):
            raise NotImplementedError(f"{place}: no kernel is generated for such a step")

    def is_scratch(self, buffer: int) -> bool:
        return isinstance(self.program.buffers[buffer], Scratch)

    def formats(self, place: str, target: int) -> Sequence[str]:
        """Those of what a step stores to a buffer."""
        of = self.packs.of if self.is_scratch(target) else self.packs.of_tensor
        return of(place, target)

    def copy(self, step: Copy, place: str) -> None:
        """What goes from device memory to L1, and back, is as it was unless compute rounds it."""
        source, target = step.src.buffer, step.dst.buffer
        from_scratch = self.is_scratch(source) and not self.is_scratch(target)
        formats = self.packs.of(place, source) if from_scratch else self.formats(place, target)
        value = self.held.read(step.src)
        if formats:
            value = packed(cut(value, SOURCE_BITS), formats)
        self.held.write(step.dst, value)

    def gemm(self, step: Gemm, place: str) -> None:
        a, b = self.held.read(step.a), self.held.read(step.b)
        a = a.each(_turned) if step.transpose_a else a
        b = b.each(_turned) if step.transpose_b else b
        target = step.c.buffer
        work = self.packs.product(place, target)
        if work is None:  # nobody needs it
            return
        a, b = (x.each(lambda y: y.reshape(y.shape[-2:])) for x in (a, b))
        if self.packs.dst == "bfloat16":
            self.narrow_gemm(step, a, b)
            return
        made = matrix.multiply(a, b)
        before = self.held.sums.get(target)
        if before is not None and before[0] == place and work.turns is not None:
            made = before[1].added(made)
        elif step.clear != TRUE:
            made = matrix.begin(self.held.loaded(step.c)).added(made)
        self.held.sums[target] = place, made, self.packs.of(place, target)
        if work.turns is None:
            self.held.settle(target)

    def narrow_gemm(self, step: Gemm, a: Interval, b: Interval) -> None:
        """In DST with 16 bits. What is packed has as many, so that nothing is rounded again."""
        old = Interval.of(0.0) if step.clear == TRUE else self.held.read(step.c)
        found = narrow.multiply(old.each(lambda x: x.reshape(x.shape[-2:])), a, b)
        self.held.write(step.c, found)

    def reduce(self, step: Reduce, place: str) -> None:
        value = self.held.loaded(step.src).each(lambda x: np.moveaxis(x, step.axis, 0))
        if step.kind.startswith("abs"):
            value = vector.absolute(value)
        shape = value.shape[1:]
        if step.kind.endswith("sum"):
            found = matrix.total(value).interval(self.held.independent)
            found = found.each(lambda x: x.reshape(shape))
            join = vector.add
        else:
            join = vector.least if step.kind == "min" else vector.greatest
            over = np.fmin if step.kind == "min" else np.fmax
            found = value.each(lambda x: np.asarray(over.reduce(x, axis=0)))
        if not step.clear:
            old = self.held.loaded(step.dst)
            found = join(found.each(lambda x: reshaped(x, old.shape)), old)
        self.held.write(step.dst, packed(found, self.formats(place, step.dst.buffer)))

    # Maps, for all points of their parallel loops at once; the others go in order around them.

    def map(self, step: Map, place: str) -> None:
        self.held.settle()
        together = [loop for loop in step.loops if loop.kind in UNORDERED_KINDS]
        for axis, loop in enumerate(together):
            extent = int(self.e.compile(loop.extent)(self.frame))
            along = tuple(-1 if i == axis else 1 for i in range(len(together)))
            dtype = numpy_dtype(self.program.variables[loop.var].dtype)
            self.frame.vars[loop.var] = np.arange(extent).astype(dtype).reshape(along)
        self.turns([each for each in step.loops if each not in together], step.body, place)

    def turns(self, loops: Sequence[MapLoop], body: tuple[Step, ...], place: str) -> None:
        if not loops:
            self.stored = Counter()
            self.stores(body, place, None, {})
            return
        for value, _ in Bounds(self.e, loops[0]).values(self.frame):
            self.frame.vars[loops[0].var] = value
            self.turns(loops[1:], body, place)

    def stores(
        self, body: tuple[Step, ...], place: str, guard: Expr | None, lets: dict[int, Expr]
    ) -> None:
        for step in body:
            if isinstance(step, Let):
                lets[step.var] = step.value
            elif isinstance(step, Store):
                self.store(step, place, guard, lets)
            elif isinstance(step, When):
                self.stores(step.then, place, _both(guard, step.condition), lets)
                negated = Op("not", (step.condition,))
                self.stores(step.otherwise, place, _both(guard, negated), lets)
            elif isinstance(step, Loop):
                for value, _ in Bounds(self.e, step).values(self.frame):
                    self.frame.vars[step.var] = value
                    self.stores(step.body, place, guard, lets)
            else:
                raise NotImplementedError(f"{place}: no kernel is generated for such a map")

    def store(self, step: Store, place: str, guard: Expr | None, lets: Mapping[int, Expr]) -> None:
        value = step.value
        if guard is not None:  # what isn't stored is loaded, and packed again
            value = Op("select", (guard, value, Load(step.buffer, step.at)))
        formats = self.formats(place, step.buffer)
        if self.is_scratch(step.buffer) and formats:  # each store has one of them, in order
            formats = [formats[min(self.stored[step.buffer], len(formats) - 1)]]
        rounds = self.packs.rounds(place, step.buffer, self.stored[step.buffer])
        self.stored[step.buffer] += 1
        evaluated = Values(self.program, self.e, self.element, lets)
        found = packed(evaluated.value(value, self.frame, rounds), formats)
        held = self.held.values[step.buffer]
        index = tuple(self.e.compile(each)(self.frame) for each in step.at)
        spread = np.broadcast_shapes(*(np.shape(each) for each in index), found.shape)
        index = tuple(np.broadcast_to(each, spread) for each in index)
        outside = out_of_bounds(index, held.shape)
        inside = ... if outside is None else ~np.broadcast_to(outside, spread)
        for end, values in ((held.low, found.low), (held.high, found.high)):
            end[tuple(each[inside] for each in index)] = np.broadcast_to(values, spread)[inside]

    def element(self, e: Load, frame: Frame) -> Interval:
        held, pad = self.held.values[e.buffer], self.held.pads[e.buffer]
        index = tuple(self.e.compile(each)(frame) for each in e.at)
        outside = out_of_bounds(index, held.shape)
        if outside is None:
            return cut(held[index], SOURCE_BITS)
        found = held[tuple(np.where(outside, 0, each) for each in index)]
        assert pad is not None
        return cut(where(outside, Interval.of(pad), found), SOURCE_BITS)


def _turned(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


def _both(a: Expr | None, b: Expr) -> Expr:
    return b if a is None else Op("and", (a, b))
