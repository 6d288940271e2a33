"""Regions of device memory as windows of tiles; what has no such form is refused by name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..program import ZERO, Const, Expr, Op, Region, Step, Tensor, Var, View, Workspace, nodes
from ..program import Load as LoadExpr
from .index import OPERATORS
from .names import Named
from .refusal import Refusals
from .tiles import TILE, Storage, Window

if TYPE_CHECKING:
    from .lower import Lowering

#: dtypes of scratch and tensors, and the format that their tiles have on the device.
FORMATS = {"bfloat16": "bfloat16", "float32": "float32", "float16": "float32"}


class Windows:
    """The windows that a kernel's steps touch. ``lowering`` has the storages."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering
        self.named: Named = lowering.named
        self.refusals: Refusals = lowering.refusals

    def extent(self, e: Expr, place: str, step: Step) -> int:
        if not (isinstance(e, Const) and isinstance(e.value, int)):
            raise self.refusals.step(place, step, "its extents are no constants", "use constants")
        return e.value

    def shape(self, region: Region, place: str, step: Step) -> tuple[int, int]:
        """The rows and columns of a region, which is one matrix."""
        rows, columns = (self.extent(e, place, step) for e in matrix_of(region.shape))
        return rows, columns

    def window(self, region: Region, storage: int, place: str, step: Step) -> Window:
        """The window of a tensor that a copy to or from a whole storage touches."""
        tensor = self.named.program.buffers[region.buffer]
        s: Storage = self.lowering.storages[storage]
        self.check_tensor(region.buffer, place, step)
        assert isinstance(tensor, (Tensor, Workspace))
        for e in region.at:
            self.of_indices(e, place, step)
        rows, columns = self.shape(region, place, step)
        lead = [self.extent(e, place, step) for e in region.shape[:-2]]
        if math.prod(lead) != s.matrices or any(each != 1 for each in lead[:-1]):
            raise self.refusals.step(
                place,
                step,
                f"the rows of the block are rows of different matrices of {tensor.name}",
                "put the dimension that the block goes along next to the last (BHSD, not BSHD)",
            )
        turned = (rows, columns) != (s.rows, s.columns) and rows == 1 == s.columns
        if turned:
            self.lowering.unclean(storage)
        if (rows, columns) != ((s.columns, s.rows) if turned else (s.rows, s.columns)):
            raise self.refusals.step(
                place,
                step,
                f"{s.name} is {s.rows}x{s.columns}, the block of {tensor.name} {rows}x{columns}",
                "use one shape",
            )
        ats = (ZERO, *region.at)[-2:] if len(region.at) < 2 else region.at[-2:]
        self._check_tiles(tensor, ats, (rows, columns), storage, place, step)
        return Window(region.buffer, tuple(region.at[:-2]), ats[0], ats[1], turned)

    def _check_tiles(
        self,
        tensor: Tensor | Workspace,
        ats: tuple[Expr, ...],
        extents: tuple[int, int],
        storage: int,
        place: str,
        step: Step,
    ) -> None:
        """A block begins where a tile does; one that ends within a tile leaves something there."""
        for at, extent, size in zip(ats, extents, (1, 1, *tensor.shape)[-2:], strict=True):
            if granule(self.named, at) % TILE:
                one = extent == 1 and size > 1
                raise self.refusals.step(
                    place,
                    step,
                    f"a block of {tensor.name} begins at no multiple of {TILE} elements",
                    f"use blocks of multiples of {TILE}, or, since it is one row or column of a "
                    f"page that has {TILE}, give {tensor.name} a dimension of 1 in that place: "
                    "(..., n, 1, m)"
                    if one
                    else f"use blocks of multiples of {TILE}",
                )
            whole = at == ZERO and extent >= size
            if extent % TILE and not (whole and padded_with_zeros(tensor.pad)):
                self.lowering.unclean(storage)

    def check_tensor(self, buffer: int, place: str, step: Step) -> None:
        tensor = self.named.program.buffers[buffer]
        if isinstance(tensor, View):
            raise self.refusals.step(
                place, step, f"{tensor.name} is a view of a tensor", "use the tensor itself"
            )
        if tensor.dtype not in FORMATS:
            raise self.refusals.step(
                place, step, f"{tensor.name} is {tensor.dtype}", f"use one of {', '.join(FORMATS)}"
            )

    def check_written(self, region: Region, place: str, step: Step) -> None:
        """Refuse a copy that leaves a part of a page as it was."""
        tensor = self.named.program.buffers[region.buffer]
        for at, e, size in zip(region.at[-2:], region.shape[-2:], tensor.shape[-2:], strict=True):
            extent = self.extent(e, place, step)
            if extent % TILE and not (at == ZERO and extent >= size):
                raise self.refusals.step(
                    place,
                    step,
                    f"it writes a part of a page of {tensor.name}: {extent} of {size} elements",
                    f"write multiples of {TILE}, or whole dimensions",
                )

    def of_indices(self, e: Expr, place: str, step: Step) -> None:
        """Refuse what the data movement's processors can't evaluate."""
        for node in nodes(e):
            if isinstance(node, LoadExpr):
                name = self.named.program.buffers[node.buffer].name
                raise self.refusals.step(
                    place,
                    step,
                    f"it depends on the content of {name}",
                    "use block and loop indices",
                )
        fault = index_fault(self.named, e)
        if fault:
            raise self.refusals.step(place, step, fault, "use int32 indices")


def padded_with_zeros(pad: Const | None) -> bool:
    """Whether zeros are what a tensor has beyond its edge."""
    return pad is None or float(pad.value) == 0


def matrix_of(shape: tuple[Expr, ...]) -> tuple[Expr, Expr]:
    """The last two of some extents; what is missing is 1."""
    padded = (Const(1), Const(1), *shape)
    return padded[-2], padded[-1]


def index_fault(named: Named, e: Expr) -> str:
    """Why an index can't be evaluated in int32; "" if it can."""
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
