"""Steps of a tile program, as frozen values. docs/program.md says what each means.

The fields of a class stand in the order of the JSON's keys wherever Python allows it: a field with
a default comes after those without.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Union

from .expressions import FALSE, ZERO, Expr

LOOP_KINDS = ("parallel", "serial", "unrolled", "vectorised", "thread")
"""parallel is T.Parallel, thread a loop that is bound to threadIdx."""

UNORDERED_KINDS = frozenset({"parallel", "thread"})
"""Loops whose iterations run in no order, in a map."""

REDUCTIONS = ("sum", "max", "min", "abssum", "absmax", "bitand", "bitor", "bitxor")
SCANS = ("sum", "max")
ATOMICS = ("add", "max", "min")


@dataclass(frozen=True, slots=True)
class Region:
    """A box of a buffer: the first element and the extents, one each a dimension."""

    buffer: int
    at: tuple[Expr, ...]
    shape: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    src: Region
    dst: Region


@dataclass(frozen=True, slots=True)
class Fill:
    dst: Region
    value: Expr


@dataclass(frozen=True, slots=True)
class Gemm:
    a: Region
    b: Region
    c: Region
    transpose_a: bool = False
    transpose_b: bool = False
    clear: Expr = FALSE


@dataclass(frozen=True, slots=True)
class Reduce:
    kind: str
    src: Region
    dst: Region
    axis: int
    clear: bool = True
    nan: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    kind: str
    src: Region
    dst: Region
    axis: int
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Transpose:
    src: Region
    dst: Region


@dataclass(frozen=True, slots=True)
class Atomic:
    """``value`` or ``src``, and not both."""

    kind: str
    dst: Region
    value: Expr | None = None
    src: Region | None = None


@dataclass(frozen=True, slots=True)
class MapLoop:
    """One loop of a map's nest."""

    var: int
    extent: Expr
    kind: str
    min: Expr = ZERO


@dataclass(frozen=True, slots=True)
class Map:
    loops: tuple[MapLoop, ...]
    body: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop around steps; within a map's body a serial one, of the same class."""

    var: int
    extent: Expr
    kind: str
    body: tuple[Step, ...]
    min: Expr = ZERO
    stages: int = 0
    order: tuple[int, ...] = ()
    stage: tuple[int, ...] = ()
    group: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class While:
    condition: Expr
    body: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class When:
    condition: Expr
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Assign:
    buffer: int
    value: Expr


@dataclass(frozen=True, slots=True)
class Let:
    var: int
    value: Expr


@dataclass(frozen=True, slots=True)
class Break:
    pass


@dataclass(frozen=True, slots=True)
class Continue:
    pass


@dataclass(frozen=True, slots=True)
class Barrier:
    pass


@dataclass(frozen=True, slots=True)
class Opaque:
    """``reads`` and ``writes`` are buffers; ``variables`` get values that are not known."""

    op: str
    reason: str
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    variables: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """In a map's body: one element."""

    buffer: int
    at: tuple[Expr, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class AtomicStore:
    """In a map's body: one element is combined with a value."""

    kind: str
    buffer: int
    at: tuple[Expr, ...]
    value: Expr


Step = Union[  # noqa: UP007  Python 3.10 can't join forward names
    Copy, Fill, Gemm, Reduce, Scan, Transpose, Atomic, Map, Loop, While, When, Assign, Let, Break,
    Continue, Barrier, Opaque, Store, AtomicStore,
]  # fmt: skip

NAMES: dict[type, str] = {
    Copy: "copy", Fill: "fill", Gemm: "gemm", Reduce: "reduce", Scan: "scan",
    Transpose: "transpose", Atomic: "atomic", Map: "map", Loop: "loop",
    While: "while", When: "when", Assign: "assign",
    Let: "let", Break: "break", Continue: "continue", Barrier: "barrier", Opaque: "opaque",
    Store: "store", AtomicStore: "atomic",
}  # fmt: skip
"""What the JSON's ``step`` says for each class."""


def bound_by(body: Iterable[Step]) -> list[int]:
    """The variables that steps of a body bind for the rest of it."""
    found: list[int] = []
    for step in body:
        if isinstance(step, Let):
            found.append(step.var)
        elif isinstance(step, Opaque):
            found.extend(step.variables)
    return found
