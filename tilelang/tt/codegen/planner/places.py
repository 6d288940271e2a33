"""Where each storage's content lives while a block is planned.

It is in one of four places at a time: what the reader filled (``in``), what compute made for itself
(``own``) or for the writer (``out``), or what goes from reader to writer as it is (``through``).
Each is a circular buffer of its own, with one producer and one consumer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...program.dtypes import widens
from .. import buffers as pool
from ..flow import Node
from ..fuse import walk_inner
from ..lower import Lowered
from ..names import Named
from ..plan import COMPUTE, READER, WRITER, Count, Share, Statement
from ..refusal import Refusals
from ..tiles import Compute, Leaf, Multiply, Operation, Read, Write, defined, leaves, used, walk
from ..windows import FORMATS
from .chunks import first_operands, parts_of

ROLES = (READER, COMPUTE, WRITER)

Kernels = dict[str, list[Statement]]


class Again(Exception):
    """A choice was found wrong while planning; it has been put right."""


@dataclass(frozen=True)
class Spending:
    """How L1 is spent: whether operands of products come in parts, anew for each part of a product
    (``streamed``); whether there is room for a block to be made while one is taken (``double``),
    and of operands that are all kept, for the next block's too (``ahead``)."""

    streamed: bool = False
    double: bool = True
    ahead: bool = False


@dataclass
class Choices:
    """What is settled by trying: how L1 is spent, storages that compute copies to a buffer of its
    own when they are read (``own``), and those that it keeps in float32 (``wide``); and loops whose
    turns' blocks come whole (``whole``), by their places."""

    spending: Spending = Spending()
    own: set[int] = field(default_factory=set)
    wide: set[int] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)


class Places:
    """The storages of a block as it is planned, step by step. ``shares`` are by tensor;
    ``ahead``: reads of a turn may begin before those of the one before have ended; ``slots``:
    tiles that DST has."""

    def __init__(
        self,
        named: Named,
        lowered: Lowered,
        refusals: Refusals,
        fusions: frozenset[str],
        choices: Choices,
        shares: Mapping[int, Share],
        ahead: bool,
        slots: int,
    ) -> None:
        self.named = named
        self.lowered = lowered
        self.storages = lowered.storages
        self.refusals = refusals
        self.fusions = fusions
        self.choices = choices
        self.shares = shares
        self.ahead = ahead
        self.slots = slots
        self._inverted = pool.invertible(named)
        self.begin()

    def begin(self) -> None:
        """Nothing is planned yet."""
        body, choices = self.lowered.body, self.choices
        split = self.ahead and not choices.spending.streamed
        found = parts_of(body, self.storages, choices.own) if split else {}
        self.parts = {at: parts for at, parts in found.items() if at not in choices.whole}
        self.first_rows = _first_rows(body)
        self.by_columns = _by_columns(body) | first_operands(body, self.parts)
        self.buffers = pool.Buffers(self)
        self.where: dict[int, str] = {}
        self.ones: dict[str, int] = {}

    def body(self, nodes: list[Node]) -> Kernels:
        """The statements of operations in order; the planner of all kinds of them has it."""
        raise NotImplementedError

    def _settle(self) -> None:
        """What follows from one operation alone.

        Rows that are spread have to be float32: of a bfloat16 row in float32 DST, hardware and
        simulators make something else (MOVB2D goes to 16-bit DST). What is rounded when it is read
        goes through compute.
        """
        for operation in walk(self.lowered.body):
            if isinstance(operation, Compute):
                for leaf in leaves(operation.value):
                    if leaf.spread in ("row", "scalar"):
                        self.widen(leaf.storage)
            elif isinstance(operation, Read) and self._narrows(operation):
                self.choices.own.add(operation.target)

    def widen(self, storage: int) -> bool:
        """Keep a storage in float32; whether it wasn't."""
        if FORMATS[self.storages[storage].dtype] == "float32" and not self._read_narrow(storage):
            return False
        new = storage not in self.choices.wide
        self.choices.wide.add(storage)
        self.choices.own.add(storage)
        return new

    def _read_narrow(self, storage: int) -> bool:
        return any(
            isinstance(op, Read) and op.target == storage and self.tensor_format(op) != "float32"
            for op in walk(self.lowered.body)
        )

    def _narrows(self, operation: Read) -> bool:
        """Whether a storage's dtype rounds what is read to it."""
        source = self.named.program.buffers[operation.window.tensor].dtype
        return FORMATS[self.storages[operation.target].dtype] != "float32" and not widens(
            source, self.storages[operation.target].dtype
        )

    def reader_of(self, operation: Read) -> str:
        """The kernel that reads it."""
        share = self.shares.get(operation.window.tensor)
        return READER if share is None else share.role

    def tensor_format(self, operation: Read | Write) -> str:
        return FORMATS[self.named.program.buffers[operation.window.tensor].dtype]

    def own_format(self, storage: int) -> str:
        wide = storage in self.choices.wide
        return "float32" if wide else FORMATS[self.storages[storage].dtype]

    def _home(self, target: int, rest: list[Node]) -> tuple[str, str]:
        """Where an operation's result goes, and in what format."""
        following = self._next_write(target, rest) if "pack_to_output" in self.fusions else None
        if following is not None:
            tensor = self.named.program.buffers[following.window.tensor].dtype
            if widens(tensor, self.storages[target].dtype):
                return "out", self.tensor_format(following)
        return "own", self.own_format(target)

    def _next_write(self, storage: int, rest: list[Node]) -> Write | None:
        """The copy to a tensor that a storage's new content is for, if it is for nothing else."""
        copy = self._next_copy(storage, rest)
        return copy if isinstance(copy, Write) else None

    def _next_copy(self, storage: int, rest: list[Node]) -> Write | Compute | None:
        """The copy, to a tensor or to a storage, that a storage's new content is for alone."""
        for node in rest:
            operation = node.operation
            if (isinstance(operation, Write) and operation.source == storage) or (
                isinstance(operation, Compute) and operation.value == Leaf(storage, "tile")
            ):
                return None if storage in node.after else operation
            if storage in used(operation) or storage not in node.after:
                return None
            if any(storage in {*used(each), defined(each)} for each in walk_inner(operation)):
                return None
        return None

    def _live(self, live: frozenset[int]) -> dict[int, str]:
        return {s: w for s, w in self.where.items() if s in live}

    def _agree(self, entry: dict[int, str], live: frozenset[int]) -> None:
        """Where a loop's turn begins, storages are where they were when the loop began."""
        for storage in live:
            if entry.get(storage) != self.where.get(storage):
                self._own(storage)

    def _own(self, storage: int) -> None:
        if storage in self.choices.own:
            name = self.storages[storage].name
            raise self.refusals.kernel(
                f"{name}: where it is depends on which way was taken", "use a buffer for each way"
            )
        self.choices.own.add(storage)
        raise Again

    def _drops(self, storages: frozenset[int]) -> tuple[Count, ...]:
        """What is no longer needed. It is waited for before it is popped: a way that was not taken
        may have been the only one that used it."""
        return tuple(
            Count(self.buffers.of(s, self.where.pop(s)))
            for s in sorted(storages)
            if self.where.get(s) in (*pool.READ, "own")
        )

    def _takes(self, storages: frozenset[int]) -> dict[int, Count]:
        return {s: Count(self.buffers.of(s, self.where[s])) for s in sorted(storages)}

    def _forget(self, dead: frozenset[int]) -> None:
        for storage in dead:
            del self.where[storage]


def _first_rows(body: tuple[Operation, ...]) -> set[int]:
    """Storages of which nothing but rows and elements that are spread is taken."""
    rows: set[int] = set()
    whole: set[int] = set()
    for operation in walk(body):
        if not isinstance(operation, Compute):
            whole |= used(operation)
            continue
        for leaf in leaves(operation.value):
            (rows if leaf.spread in ("row", "scalar") else whole).add(leaf.storage)
    return rows - whole


def _by_columns(body: tuple[Operation, ...]) -> set[int]:
    """Storages whose tiles go down the columns: b of products with its transpose alone."""
    turned: set[int] = set()
    straight: set[int] = set()
    for operation in walk(body):
        if isinstance(operation, Multiply):
            (turned if operation.transpose_b else straight).add(operation.b)
            straight.add(operation.a)
    return turned - straight
