"""What a block does, in tiles: the steps of a program in the form that kernels are planned from.

A *storage* is scratch of a block as a matrix of tiles. Everything that happens to storages is one
of the operations below; each names the place of the program's step that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from ..program import Expr

TILE = 32


def tiles(extent: int) -> int:
    """How many tiles an extent in elements takes."""
    return -(-extent // TILE)


@dataclass(frozen=True)
class Storage:
    """Scratch as a matrix, or as ``matrices`` of them, one below the other; ``rows`` and
    ``columns`` of one, in elements.

    One of rank 1 is a matrix of one column (a statistic of rows) or of one row.
    """

    id: int
    name: str
    dtype: str
    rows: int
    columns: int
    matrices: int = 1

    @property
    def down(self) -> int:
        return self.matrices * tiles(self.rows)

    @property
    def across(self) -> int:
        return tiles(self.columns)

    @property
    def pages(self) -> int:
        return self.down * self.across


@dataclass(frozen=True)
class Leaf:
    """A storage in a value: the ``tile`` at the same place, or spread: its first ``column`` along
    the columns, its first ``row`` along the rows, its first element (``scalar``) everywhere."""

    storage: int
    spread: str


@dataclass(frozen=True)
class Number:
    """A float that is an argument: a constant of the kernel or a scalar parameter."""

    var: int


@dataclass(frozen=True)
class Apply:
    """An operation of a tile program on values, in float32."""

    op: str
    args: tuple[Value, ...]


Value = Union[Leaf, Number, Apply]  # noqa: UP007  Python 3.10 can't join forward names

#: The value of a fill with zeros.
ZEROS = Number(-1)


def leaves(value: Value) -> Iterator[Leaf]:
    """The storages in a value, each as often as it occurs."""
    if isinstance(value, Leaf):
        yield value
    elif isinstance(value, Apply):
        for arg in value.args:
            yield from leaves(arg)


@dataclass(frozen=True)
class Window:
    """The part of a tensor's matrices that a copy touches: its last two dimensions' first element.

    ``lead`` are the indices of the dimensions before them. ``turned``: the storage is a column, and
    the window a row.
    """

    tensor: int
    lead: tuple[Expr, ...]
    row: Expr
    column: Expr
    turned: bool = False


@dataclass(frozen=True)
class Read:
    """A window of a tensor to a storage."""

    place: str
    target: int
    window: Window


@dataclass(frozen=True)
class Write:
    """A storage to a window of a tensor."""

    place: str
    source: int
    window: Window


@dataclass(frozen=True)
class Mask:
    """1 where a condition on indices holds, else 0; ``row`` and ``column`` are its variables."""

    place: str
    target: int
    condition: Expr
    row: int | None
    column: int | None


@dataclass(frozen=True)
class Compute:
    """Each tile of a storage becomes a value."""

    place: str
    target: int
    value: Value


@dataclass(frozen=True)
class Turn:
    """Each tile transposed, and the tiles of a matrix too."""

    place: str
    source: int
    target: int


@dataclass(frozen=True)
class Multiply:
    """c += a @ b, or a @ b.T; ``fresh``: c begins with zeros.

    ``zeroed`` is the place of the fill that the zeros come from, where it is no step of its own.
    """

    place: str
    a: int
    b: int
    c: int
    transpose_b: bool
    fresh: bool
    zeroed: str = ""


@dataclass(frozen=True)
class Fold:
    """A reduction along rows (``axis`` 1: the target is a column) or along columns (0: a row).

    ``kind`` is "sum" or "max"; ``keep``: combined with what the target held.
    """

    place: str
    kind: str
    source: int
    target: int
    axis: int
    keep: bool


@dataclass(frozen=True)
class Repeat:
    place: str
    var: int
    first: Expr
    trips: Expr
    body: tuple[Operation, ...]


@dataclass(frozen=True)
class Choose:
    place: str
    condition: Expr
    then: tuple[Operation, ...]
    otherwise: tuple[Operation, ...]


@dataclass(frozen=True)
class Accumulate:
    """A loop whose products add up in DST over all turns.

    ``body`` makes the operands of ``products``, each of whose targets nothing else in it touches.
    """

    place: str
    var: int
    first: Expr
    trips: Expr
    body: tuple[Operation, ...]
    products: tuple[Multiply, ...]


Operation = Union[  # noqa: UP007
    Read, Write, Mask, Compute, Turn, Multiply, Fold, Repeat, Choose, Accumulate
]


def used(operation: Operation) -> frozenset[int]:
    """The storages whose content an operation that is no body needs."""
    if isinstance(operation, Write):
        return frozenset({operation.source})
    if isinstance(operation, Compute):
        return frozenset(leaf.storage for leaf in leaves(operation.value))
    if isinstance(operation, Turn):
        return frozenset({operation.source})
    if isinstance(operation, Multiply):
        old = () if operation.fresh else (operation.c,)
        return frozenset({operation.a, operation.b, *old})
    if isinstance(operation, Fold):
        return frozenset({operation.source, *((operation.target,) if operation.keep else ())})
    return frozenset()


def defined(operation: Operation) -> int | None:
    """The storage that an operation that is no body gives a new content."""
    if isinstance(operation, (Read, Mask, Compute, Turn, Fold)):
        return operation.target
    return operation.c if isinstance(operation, Multiply) else None


def inner(operation: Operation) -> tuple[tuple[Operation, ...], ...]:
    """The bodies in an operation."""
    if isinstance(operation, Repeat):
        return (operation.body,)
    if isinstance(operation, Choose):
        return operation.then, operation.otherwise
    if isinstance(operation, Accumulate):
        return operation.body, operation.products
    return ()


def walk(body: tuple[Operation, ...]) -> Iterator[Operation]:
    """Each operation, before those within it."""
    for operation in body:
        yield operation
        for each in inner(operation):
            yield from walk(each)
