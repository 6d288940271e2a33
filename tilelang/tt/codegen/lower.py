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
    Launch,
    Loop,
    Map,
    Op,
    Opaque,
    Reduce,
    Region,
    Scratch,
    Step,
    Tensor,
    Transpose,
    Var,
    View,
    When,
    nodes,
)
from ..program import Load as LoadExpr
from ..program.dtypes import DTYPES
from ..program.expressions import FALSE, TRUE
from .maps import MapLowering
from .names import Named
from .orient import COLUMN, Orientation
from .refusal import Refusals, Unsupported
from .tiles import (
    TILE,
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
    Window,
    Write,
    walk,
)

#: dtypes of scratch, and the format that their tiles have on the device.
FORMATS = {"bfloat16": "bfloat16", "float32": "float32", "float16": "float32"}


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
        self._next = len(self.program.buffers)
        self._unclean: set[int] = set()

    def run(self, launch: Launch) -> Lowered:
        body = self.body(launch.body, "launches[0].body")
        storages = {
            id: Storage(s.id, s.name, s.dtype, s.rows, s.columns, id not in self._unclean)
            for id, s in self.storages.items()
        }
        self._check_edges(body, storages)
        return Lowered(body, storages)

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
        lead, matrix = found.shape[:-2], found.shape[-2:]
        if any(extent != 1 for extent in lead):
            raise self.refusals.step(
                place, step, f"{found.name} has {found.shape}", "use one matrix a buffer"
            )
        if len(matrix) < 2:
            extent = matrix[0] if matrix else 1
            column = bool(matrix) and self.orientation.of(buffer) == COLUMN
            matrix = (extent, 1) if column else (1, extent)
        self.storages[buffer] = Storage(buffer, found.name, found.dtype, matrix[0], matrix[1])
        return buffer

    def hidden(self, name: str, dtype: str, rows: int, columns: int) -> int:
        """A storage that the program doesn't have."""
        id = self._next
        self._next += 1
        self.storages[id] = Storage(id, self.named.namer.name(name), dtype, rows, columns)
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
            source, target = self.whole(step.src, place, step), self.whole(step.dst, place, step)
            self._unclean.add(target)
            return [Turn(place, source, target)]
        if isinstance(step, Loop):
            self.of_indices(step.extent, place, step)
            self.of_indices(step.min, place, step)
            inside = self.body(step.body, f"{place}.body")
            return [Repeat(place, step.var, step.min, step.extent, inside)] if inside else []
        if isinstance(step, When):
            self.of_indices(step.condition, place, step)
            then = self.body(step.then, f"{place}.then")
            otherwise = self.body(step.otherwise, f"{place}.else")
            return [Choose(place, step.condition, then, otherwise)] if then or otherwise else []
        if isinstance(step, Barrier):
            return []
        raise self.refusals.step(
            place, step, "no kernel is generated for such a step", "write it another way"
        )

    def of_indices(self, e: Expr, place: str, step: Step) -> None:
        """Refuse what the data movement's processors can't evaluate."""
        for node in nodes(e):
            if isinstance(node, LoadExpr):
                name = self.program.buffers[node.buffer].name
                raise self.refusals.step(
                    place,
                    step,
                    f"it depends on the content of {name}",
                    "use block and loop indices",
                )
        fault = index_fault(self.named, e)
        if fault:
            raise self.refusals.step(place, step, fault, "use int32 indices")

    def copy(self, step: Copy, place: str) -> list[Operation]:
        from_scratch, to_scratch = map(self.is_scratch, (step.src.buffer, step.dst.buffer))
        if from_scratch and to_scratch:
            source, target = self.whole(step.src, place, step), self.whole(step.dst, place, step)
            a, b = self.storages[source], self.storages[target]
            if (a.rows, a.columns) != (b.rows, b.columns):
                raise self.refusals.step(
                    place, step, f"{a.name} lies another way than {b.name}", "use one shape"
                )
            self._unclean.add(target)
            return [Compute(place, target, Leaf(source, "tile"))]
        if to_scratch:
            target = self.whole(step.dst, place, step)
            return [Read(place, target, self.window(step.src, target, place, step))]
        if from_scratch:
            source = self.whole(step.src, place, step)
            window = self.window(step.dst, source, place, step)
            self.check_written(step.dst, place, step)
            return [Write(place, source, window)]
        source_tensor = self.program.buffers[step.src.buffer]
        rows, columns = (self.extent(e, place, step) for e in matrix_of(step.src.shape))
        through = self.hidden(f"{source_tensor.name}_block", source_tensor.dtype, rows, columns)
        read = Read(place, through, self.window(step.src, through, place, step))
        self.check_written(step.dst, place, step)
        return [read, Write(place, through, self.window(step.dst, through, place, step))]

    def fill(self, step: Fill, place: str) -> list[Operation]:
        if not self.is_scratch(step.dst.buffer):
            dtype = self.program.buffers[step.dst.buffer].dtype
            rows, columns = (self.extent(e, place, step) for e in matrix_of(step.dst.shape))
            name = self.program.buffers[step.dst.buffer].name
            through = self.hidden(f"{name}_block", dtype, rows, columns)
            window = self.window(step.dst, through, place, step)
            self.check_written(step.dst, place, step)
            fill = Compute(place, through, self.number(step.value, place, step))
            self._unclean.add(through)
            return [fill, Write(place, through, window)]
        target = self.whole(step.dst, place, step)
        self._unclean.add(target)
        return [Compute(place, target, self.number(step.value, place, step))]

    def number(self, e: Expr, place: str, step: Step) -> Number:
        """A value of a fill: a constant or a scalar."""
        if isinstance(e, Const) and e.value == 0:  # kept as it is, for what begins with zeros
            return Number(-1)
        if isinstance(e, Var) and self.program.variables[e.id].kind == "scalar":
            dtype = self.program.variables[e.id].dtype
            if DTYPES[dtype].kind == "float" or e.id in self.named.constants:
                return Number(e.id)
        raise self.refusals.step(place, step, "its value is no number", "use a map")

    def gemm(self, step: Gemm, place: str) -> list[Operation]:
        a, b, c = (self.whole(region, place, step) for region in (step.a, step.b, step.c))
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
        if self.storages[c].dtype != "float32":
            raise self.refusals.step(
                place,
                step,
                f"it accumulates in {self.storages[c].dtype}",
                "use a float32 accumulator and copy it to a narrower buffer after the loop",
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
        source, target = self.whole(step.src, place, step), self.whole(step.dst, place, step)
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

    # Tensors.

    def extent(self, e: Expr, place: str, step: Step) -> int:
        if not (isinstance(e, Const) and isinstance(e.value, int)):
            raise self.refusals.step(place, step, "its extents are no constants", "use constants")
        return e.value

    def window(self, region: Region, storage: int, place: str, step: Step) -> Window:
        """The window of a tensor that a copy to or from a whole storage touches."""
        tensor, s = self.program.buffers[region.buffer], self.storages[storage]
        self.check_tensor(region.buffer, place, step)
        assert isinstance(tensor, Tensor)
        for e in region.at:
            self.of_indices(e, place, step)
        rows, columns = (self.extent(e, place, step) for e in matrix_of(region.shape))
        if any(e != Const(1) for e in region.shape[:-2]):
            raise self.refusals.step(
                place,
                step,
                f"the rows of the block are rows of different matrices of {tensor.name}",
                "put the dimension that the block goes along next to the last (BHSD, not BSHD)",
            )
        if (rows, columns) != (s.rows, s.columns):
            raise self.refusals.step(
                place,
                step,
                f"{s.name} is {s.rows}x{s.columns}, the block of {tensor.name} {rows}x{columns}",
                "use one shape",
            )
        shape = matrix_of(tuple(map(Const, tensor.shape)))
        ats = (ZERO, *region.at)[-2:] if len(region.at) < 2 else region.at[-2:]
        for at, extent, size in zip(ats, (rows, columns), shape, strict=True):
            assert isinstance(size, Const)
            if granule(self.named, at) % TILE:
                raise self.refusals.step(
                    place,
                    step,
                    f"a block of {tensor.name} begins at no multiple of {TILE} elements",
                    f"use blocks of multiples of {TILE}",
                )
            whole = at == ZERO and extent >= size.value
            if extent % TILE and not (whole and padded_with_zeros(tensor.pad)):
                self._unclean.add(storage)
        lead = region.at[:-2] if len(region.at) > 2 else ()
        return Window(region.buffer, lead, *ats)

    def check_tensor(self, buffer: int, place: str, step: Step) -> None:
        tensor = self.program.buffers[buffer]
        if isinstance(tensor, View):
            raise self.refusals.step(
                place, step, f"{tensor.name} is a view of a tensor", "use the tensor itself"
            )
        if tensor.kind == "workspace":
            raise self.refusals.step(
                place,
                step,
                f"{tensor.name} is the kernel's own device memory",
                "make it a parameter",
            )
        if tensor.dtype not in FORMATS:
            raise self.refusals.step(
                place, step, f"{tensor.name} is {tensor.dtype}", f"use one of {', '.join(FORMATS)}"
            )

    def check_written(self, region: Region, place: str, step: Step) -> None:
        """Refuse a copy that leaves a part of a page as it was."""
        tensor = self.program.buffers[region.buffer]
        for at, e, size in zip(region.at[-2:], region.shape[-2:], tensor.shape[-2:], strict=True):
            extent = self.extent(e, place, step)
            if extent % TILE and not (at == ZERO and extent >= size):
                raise self.refusals.step(
                    place,
                    step,
                    f"it writes a part of a page of {tensor.name}: {extent} of {size} elements",
                    f"write multiples of {TILE}, or whole dimensions",
                )

    def unclean(self, storage: int) -> None:
        """Say that a storage's tiles may hold anything beyond its edge."""
        self._unclean.add(storage)

    def _check_edges(self, body: tuple[Operation, ...], storages: dict[int, Storage]) -> None:
        """Refuse what would take in what is beyond a storage's edge, in its last tiles."""
        for operation in walk(body):
            if isinstance(operation, Multiply):
                a, b = storages[operation.a], storages[operation.b]
                if a.columns % TILE and not (a.clean and b.clean):
                    raise self._ragged(operation.place, a, a.columns)
            elif isinstance(operation, Fold):
                s = storages[operation.source]
                extent = s.columns if operation.axis == 1 else s.rows
                if extent % TILE and not (s.clean and operation.kind == "sum"):
                    raise self._ragged(operation.place, s, extent)

    def _ragged(self, place: str, s: Storage, extent: int) -> Unsupported:
        return self.refusals.kernel(
            f"{place}: it goes along {extent} elements of {s.name}, which end within a tile",
            f"make the buffer's extent a multiple of {TILE}",
        )


def padded_with_zeros(pad: Const | None) -> bool:
    """Whether zeros are what a tensor has beyond its edge."""
    return pad is None or float(pad.value) == 0


def matrix_of(shape: tuple[Expr, ...]) -> tuple[Expr, Expr]:
    """The last two of some extents; what is missing is 1."""
    padded = (Const(1), Const(1), *shape)
    return padded[-2], padded[-1]


def index_fault(named: Named, e: Expr) -> str:
    """Why an index can't be evaluated in int32; "" if it can."""
    from .index import OPERATORS

    for node in nodes(e):
        if isinstance(node, Op) and node.op not in OPERATORS:
            return f"an index is computed with {node.op}"
        if isinstance(node, Const) and node.dtype not in ("int32", "bool"):
            return f"an index is {node.dtype}"
        if isinstance(node, Var) and named.program.variables[node.id].dtype not in (
            "int32",
            "bool",
        ):
            return f"{named.program.variables[node.id].name} is no int32"
        if not isinstance(node, (Op, Const, Var)):
            return f"an index is computed by {type(node).__name__.lower()}"
    return ""


def granule(named: Named, e: Expr) -> int:
    """A number that an index is surely a multiple of; 0 for what is 0."""
    if isinstance(e, Const):
        return abs(int(e.value))
    if isinstance(e, Var):
        constant = named.constants.get(e.id)
        return 1 if constant is None else abs(int(constant.value))
    if isinstance(e, Op) and e.op in ("add", "sub", "min", "max"):
        return math.gcd(granule(named, e.args[0]), granule(named, e.args[1]))
    if isinstance(e, Op) and e.op == "select":
        return math.gcd(granule(named, e.args[1]), granule(named, e.args[2]))
    if isinstance(e, Op) and e.op == "mul":
        return granule(named, e.args[0]) * granule(named, e.args[1])
    return 1
