"""From a program's steps to operations on tiles; what has no such form is refused by name."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..program import (
    ZERO,
    Barrier,
    Const,
    Copy,
    Expr,
    Fill,
    Gemm,
    Loop,
    Map,
    Opaque,
    Reduce,
    Region,
    Scratch,
    Step,
    Transpose,
    Var,
    View,
    When,
)
from ..program.dtypes import DTYPES
from ..program.expressions import FALSE, TRUE
from .edges import Edges
from .maps import MapLowering
from .names import Named
from .orient import COLUMN, Orientation
from .refusal import Refusals
from .tiles import (
    TILE,
    ZEROS,
    Apply,
    Choose,
    Compute,
    Fold,
    Leaf,
    Multiply,
    Number,
    Operation,
    Read,
    Repeat,
    Storage,
    Turn,
    Write,
)
from .windows import FORMATS, Windows


@dataclass(frozen=True)
class Lowered:
    """A block in tiles. ``storages`` by id: scratch by its buffer, then what was added."""

    body: tuple[Operation, ...]
    storages: dict[int, Storage]


class Lowering:
    def __init__(self, named: Named, refusals: Refusals) -> None:
        self.named = named
        self.program = named.program
        self.refusals = refusals
        self.orientation = Orientation(self.program, refusals)
        self.storages: dict[int, Storage] = {}
        self.windows = Windows(self)
        self._next = len(self.program.buffers)
        self._unclean: set[int] = set()

    def run(self, number: int) -> Lowered:
        """The launch of that number."""
        body = self.body(self.program.launches[number].body, f"launches[{number}].body")
        body = Edges(self.named, self.storages, self._unclean, self.hidden).body(body)
        return Lowered(body, self.storages)

    # Storages.

    def storage(self, buffer: int, place: str, step: Step) -> int:
        """The storage of a scratch buffer."""
        if buffer in self.storages:
            return buffer
        found = self.program.buffers[buffer]
        if isinstance(found, View):
            raise self.refusals.step(
                place, step, f"{found.name} is a view of another buffer", "use that buffer itself"
            )
        assert isinstance(found, Scratch)
        if found.dtype not in FORMATS:
            raise self.refusals.step(
                place, step, f"{found.name} is {found.dtype}", f"use one of {', '.join(FORMATS)}"
            )
        matrices, matrix = math.prod(found.shape[:-2]), found.shape[-2:]
        if len(matrix) < 2:
            extent = matrix[0] if matrix else 1
            column = bool(matrix) and self.orientation.of(buffer) == COLUMN
            matrix = (extent, 1) if column else (1, extent)
        rows, columns = matrix
        self.storages[buffer] = Storage(buffer, found.name, found.dtype, rows, columns, matrices)
        return buffer

    def hidden(self, name: str, dtype: str, rows: int, columns: int, matrices: int = 1) -> int:
        """A storage that the program doesn't have."""
        id = self._next
        self._next += 1
        name = self.named.namer.name(name)
        self.storages[id] = Storage(id, name, dtype, rows, columns, matrices)
        return id

    def matrix(self, region: Region, place: str, step: Step) -> int:
        """The storage of a region that is all of a scratch buffer, which is one matrix."""
        id = self.whole(region, place, step)
        if self.storages[id].matrices != 1:
            found = self.program.buffers[region.buffer]
            raise self.refusals.step(
                place, step, f"{found.name} has {found.shape}", "use one matrix a buffer"
            )
        return id

    def whole(self, region: Region, place: str, step: Step) -> int:
        """The storage of a region that is all of a scratch buffer."""
        shape = self.program.buffers[region.buffer].shape
        id = self.storage(region.buffer, place, step)
        if any(e != ZERO for e in region.at) or region.shape != tuple(map(Const, shape)):
            name = self.program.buffers[region.buffer].name
            raise self.refusals.step(
                place, step, f"it takes a part of {name}", "give the part a buffer of its own"
            )
        return id

    def is_scratch(self, buffer: int) -> bool:
        return isinstance(self.program.buffers[self.program.storage(buffer)], Scratch)

    # Steps.

    def body(self, body: tuple[Step, ...], place: str) -> tuple[Operation, ...]:
        out: list[Operation] = []
        for index, step in enumerate(body):
            out += self.step(step, f"{place}[{index}]")
        return tuple(out)

    def step(self, step: Step, place: str) -> list[Operation]:
        if isinstance(step, Opaque):
            raise self.refusals.kernel(
                f"{place}: {step.op} is not understood: {step.reason}", "write it another way"
            )
        if isinstance(step, Copy):
            return self.copy(step, place)
        if isinstance(step, Fill):
            return self.fill(step, place)
        if isinstance(step, Gemm):
            return self.gemm(step, place)
        if isinstance(step, Reduce):
            return self.reduce(step, place)
        if isinstance(step, Map):
            return MapLowering(self, step, place).run()
        if isinstance(step, Transpose):
            source, target = self.matrix(step.src, place, step), self.matrix(step.dst, place, step)
            self._unclean.add(target)
            return [Turn(place, source, target)]
        if isinstance(step, Loop):
            self.windows.of_indices(step.extent, place, step)
            self.windows.of_indices(step.min, place, step)
            inside = self.body(step.body, f"{place}.body")
            return [Repeat(place, step.var, step.min, step.extent, inside)] if inside else []
        if isinstance(step, When):
            self.windows.of_indices(step.condition, place, step)
            then = self.body(step.then, f"{place}.then")
            otherwise = self.body(step.otherwise, f"{place}.else")
            return [Choose(place, step.condition, then, otherwise)] if then or otherwise else []
        if isinstance(step, Barrier):
            return []
        raise self.refusals.step(
            place, step, "no kernel is generated for such a step", "write it another way"
        )

    def copy(self, step: Copy, place: str) -> list[Operation]:
        from_scratch, to_scratch = map(self.is_scratch, (step.src.buffer, step.dst.buffer))
        if from_scratch and to_scratch:
            source, target = self.whole(step.src, place, step), self.whole(step.dst, place, step)
            a, b = self.storages[source], self.storages[target]
            if (a.rows, a.columns, a.matrices) != (b.rows, b.columns, b.matrices):
                raise self.refusals.step(
                    place, step, f"{a.name} lies another way than {b.name}", "use one shape"
                )
            self._unclean.add(target)
            return [Compute(place, target, Leaf(source, "tile"))]
        if to_scratch:
            target = self.whole(step.dst, place, step)
            return [Read(place, target, self.windows.window(step.src, target, place, step))]
        if from_scratch:
            source = self.whole(step.src, place, step)
            window = self.windows.window(step.dst, source, place, step)
            self.windows.check_written(step.dst, place, step)
            return [Write(place, source, window)]
        source_tensor = self.program.buffers[step.src.buffer]
        rows, columns = self.windows.shape(step.src, place, step)
        through = self.hidden(f"{source_tensor.name}_block", source_tensor.dtype, rows, columns)
        read = Read(place, through, self.windows.window(step.src, through, place, step))
        self.windows.check_written(step.dst, place, step)
        return [read, Write(place, through, self.windows.window(step.dst, through, place, step))]

    def fill(self, step: Fill, place: str) -> list[Operation]:
        if not self.is_scratch(step.dst.buffer):
            dtype = self.program.buffers[step.dst.buffer].dtype
            rows, columns = self.windows.shape(step.dst, place, step)
            name = self.program.buffers[step.dst.buffer].name
            through = self.hidden(f"{name}_block", dtype, rows, columns)
            window = self.windows.window(step.dst, through, place, step)
            self.windows.check_written(step.dst, place, step)
            fill = Compute(place, through, self.number(step.value, place, step))
            self._unclean.add(through)
            return [fill, Write(place, through, window)]
        target = self.whole(step.dst, place, step)
        self._unclean.add(target)
        return [Compute(place, target, self.number(step.value, place, step))]

    def number(self, e: Expr, place: str, step: Step) -> Number:
        """A value of a fill: a constant or a scalar."""
        if isinstance(e, Const) and e.value == 0:  # kept as it is, for what begins with zeros
            return ZEROS
        if isinstance(e, Var) and self.program.variables[e.id].kind == "scalar":
            dtype = self.program.variables[e.id].dtype
            if DTYPES[dtype].kind == "float" or e.id in self.named.constants:
                return Number(e.id)
        raise self.refusals.step(place, step, "its value is no number", "use a map")

    def gemm(self, step: Gemm, place: str) -> list[Operation]:
        a, b, c = (self.matrix(region, place, step) for region in (step.a, step.b, step.c))
        out: list[Operation] = []
        if step.transpose_a:
            s = self.storages[a]
            turned = self.hidden(f"{s.name}_T", s.dtype, s.columns, s.rows)
            if not self._whole_tiles(s):
                self._unclean.add(turned)
            out.append(Turn(place, a, turned))
            a = turned
        for id in (a, b, c):
            if self.storages[id].dtype not in FORMATS:
                raise self.refusals.step(place, step, "its dtypes have no format", "use bfloat16")
        if self.storages[c].dtype not in ("float32", "bfloat16"):
            raise self.refusals.step(
                place,
                step,
                f"it accumulates in {self.storages[c].dtype}",
                "use a float32 or bfloat16 accumulator",
            )
        self._unclean.add(c)
        if step.clear not in (FALSE, TRUE):
            raise self.refusals.step(
                place, step, "whether it clears is known at run time alone", "use T.clear before"
            )
        return [*out, Multiply(place, a, b, c, step.transpose_b, step.clear == TRUE)]

    def _whole_tiles(self, s: Storage) -> bool:
        return s.rows % TILE == 0 and s.columns % TILE == 0

    def reduce(self, step: Reduce, place: str) -> list[Operation]:
        source, target = self.matrix(step.src, place, step), self.matrix(step.dst, place, step)
        rank = len(self.program.buffers[step.src.buffer].shape)
        s = self.storages[source]
        self._unclean.add(target)
        if step.nan:
            raise self.refusals.step(place, step, "it is to hand on NaN", "leave nan_propagate out")
        if rank < 2:  # a vector goes along whichever way it lies
            axis = 1 if s.columns > 1 or s.rows == 1 else 0
        else:
            axis = 1 if step.axis == rank - 1 else 0
            if step.axis < rank - 2:
                raise self.refusals.step(place, step, "it is along no matrix", "use matrices")
        out: list[Operation] = []
        kind = step.kind
        if kind not in ("sum", "max", "min", "abssum", "absmax"):
            raise self.refusals.step(
                place, step, f"there is no reduction {kind}", "use sum, max, min, abssum or absmax"
            )
        if kind in ("abssum", "absmax"):
            turned = self.hidden(f"{s.name}_abs", s.dtype, s.rows, s.columns)
            out.append(Compute(place, turned, Apply("abs", (Leaf(source, "tile"),))))
            self._unclean.add(turned)
            source, kind = turned, kind.removeprefix("abs")
        if kind == "min":  # -max(-x)
            turned = self.hidden(f"{s.name}_negative", s.dtype, s.rows, s.columns)
            t = self.storages[target]
            least = self.hidden(f"{t.name}_negative", "float32", t.rows, t.columns)
            self._unclean |= {turned, least}
            value: Leaf | Apply = Apply("negative", (Leaf(least, "tile"),))
            if not step.clear:
                value = Apply("min", (Leaf(target, "tile"), value))
            return [
                Compute(place, turned, Apply("negative", (Leaf(source, "tile"),))),
                Fold(place, "max", turned, least, axis, False),
                Compute(place, target, value),
            ]
        return [*out, Fold(place, kind, source, target, axis, not step.clear)]

    def unclean(self, storage: int) -> None:
        """Say that a storage's tiles may hold anything beyond its edge."""
        self._unclean.add(storage)
