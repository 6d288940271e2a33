"""Makes the kernel plan of a block: where each storage lives, and what each kernel does.

A storage's content is in one of four places at a time: what the reader filled (``in``), what
compute made for itself (``own``) or for the writer (``out``), or what goes from reader to writer as
it is (``through``). Each is a circular buffer of its own, with one producer and one consumer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..program import Expr
from ..program.dtypes import widens
from . import buffers as pool
from .flow import Node, flow
from .lower import Lowered
from .names import Named
from .plan import (
    COMPUTE,
    READER,
    WRITER,
    Count,
    FillMask,
    FillOnes,
    FoldTiles,
    For,
    If,
    MultiplyTiles,
    Parts,
    ReadTiles,
    Statement,
    Step,
    TileMap,
    Together,
    TurnTiles,
    Work,
    WriteTiles,
)
from .refusal import Refusals
from .slots import Instruction, Load, TooDeep, instructions
from .tiles import (
    Accumulate,
    Choose,
    Compute,
    Fold,
    Leaf,
    Mask,
    Multiply,
    Operation,
    Read,
    Repeat,
    Turn,
    Value,
    Write,
    defined,
    leaves,
    used,
    walk,
)
from .windows import FORMATS

ROLES = (READER, COMPUTE, WRITER)
SLOTS = 4  # tiles of float32 in half of DST

Kernels = dict[str, list[Statement]]


class _Again(Exception):
    """A choice was found wrong while planning; it has been put right."""


@dataclass(frozen=True)
class Spending:
    """How L1 is spent: whether operands of products come in parts, anew for each part of the product
    (``streamed``); whether there is room for a block to be made while one is taken (``double``),
    and of operands that are all kept, for the next block's too (``ahead``)."""

    streamed: bool = False
    double: bool = True
    ahead: bool = False


@dataclass
class Choices:
    """What is settled by trying: how L1 is spent, storages that compute copies to a buffer of its
    own when they are read (``own``), and those that it keeps in float32 (``wide``)."""

    spending: Spending = Spending()
    own: set[int] = field(default_factory=set)
    wide: set[int] = field(default_factory=set)


class Planner:
    def __init__(
        self,
        named: Named,
        lowered: Lowered,
        refusals: Refusals,
        fusions: frozenset[str],
        choices: Choices,
    ) -> None:
        self.named = named
        self.lowered = lowered
        self.storages = lowered.storages
        self.refusals = refusals
        self.fusions = fusions
        self.choices = choices
        self.by_columns = _by_columns(lowered.body)
        self._inverted = pool.invertible(named)

    def run(self) -> pool.Planned:
        """The statements of each kernel, and the buffers. Raises Unsupported."""
        nodes, head = flow(self.lowered.body)
        if head:
            names = ", ".join(sorted(self.storages[s].name for s in head))
            raise self.refusals.kernel(
                f"{names}: read before all of it is written", "write it first, with T.fill say"
            )
        self._settle()
        while True:
            self.buffers = pool.Buffers(self)
            self.where: dict[int, str] = {}
            self.ones: dict[str, int] = {}
            try:
                kernels = self.body(nodes)
                break
            except _Again:
                continue
        once: dict[str, tuple[Step, ...]] = {role: () for role in ROLES}
        if self.ones:
            made = tuple(Count(buffer) for buffer in self.ones.values())
            once[READER] = tuple(Step((), FillOnes(c.buffer), makes=(c,)) for c in made)
            once[COMPUTE] = (Step((), None, takes=made),)
        return pool.Planned(
            {role: tuple(kernels[role]) for role in ROLES}, once, self.buffers.all()
        )

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

    def tensor_format(self, operation: Read | Write) -> str:
        return FORMATS[self.named.program.buffers[operation.window.tensor].dtype]

    # Bodies.

    def body(self, nodes: list[Node]) -> Kernels:
        out: Kernels = {role: [] for role in ROLES}
        before: list[Statement] = []
        for index, node in enumerate(nodes):
            kernels = self.node(node, nodes[index + 1 :])
            reads = kernels.get(READER, []) if isinstance(node.operation, Read) else []
            for role, statements in kernels.items():
                # What nothing is computed between doesn't wait for one another in compute either,
                # so there is room for all of it at a time.
                if role == READER and reads and before:
                    out[role][-1:] = _together(*before, *reads)
                else:
                    out[role] += statements
            before = out[READER][-1:] if reads else []
        return out

    def node(self, node: Node, rest: list[Node]) -> Kernels:
        operation = node.operation
        if isinstance(operation, Read):
            return self.read(operation, node, rest)
        if isinstance(operation, Write):
            return self.write(operation, node)
        if isinstance(operation, Mask):
            return self.mask(operation)
        if isinstance(operation, Repeat):
            return self.repeat(operation, node)
        if isinstance(operation, Choose):
            return self.choose(operation, node)
        if isinstance(operation, Accumulate):
            return self.accumulate(operation, node, rest)
        return {COMPUTE: [self.compute(operation, node, rest)]}

    def repeat(self, operation: Repeat, node: Node) -> Kernels:
        entry = self._live(node.before)
        inside = self.body(node.bodies[0])
        self._agree(entry, node.before)
        gone = self._drops(node.before - node.after)
        out: Kernels = {role: [] for role in ROLES}
        head = (operation.place,), operation.var, operation.first, operation.trips
        for role in ROLES:
            if inside[role]:
                out[role].append(For(*head, tuple(inside[role])))
        if gone:
            out[COMPUTE].append(Step((), None, takes=gone, drops=gone))
        return out

    def choose(self, operation: Choose, node: Node) -> Kernels:
        entry = self._live(node.before)
        branches: list[Kernels] = []
        ends: list[dict[int, str]] = []
        for nodes, head in zip(node.bodies, node.heads, strict=True):
            self.where = dict(entry)
            gone = self._drops(node.before - head)
            inside = self.body(nodes)
            if gone:
                inside[COMPUTE].insert(0, Step((), None, takes=gone, drops=gone))
            branches.append(inside)
            ends.append(self._live(node.after))
        for storage in node.after:
            if ends[0].get(storage) != ends[1].get(storage):
                self._own(storage)
        out: Kernels = {role: [] for role in ROLES}
        for role in ROLES:
            then, otherwise = (tuple(branch[role]) for branch in branches)
            if then or otherwise:
                out[role].append(If((operation.place,), operation.condition, then, otherwise))
        return out

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
        raise _Again

    def _drops(self, storages: frozenset[int]) -> tuple[Count, ...]:
        """What is no longer needed. It is waited for before it is popped: a way that was not taken
        may have been the only one that used it."""
        return tuple(
            Count(self.buffers.of(s, self.where.pop(s)))
            for s in sorted(storages)
            if self.where.get(s) in ("in", "own")
        )

    # Device memory.

    def read(self, operation: Read, node: Node, rest: list[Node]) -> Kernels:
        storage = operation.target
        narrows = self._narrows(operation)
        format_ = self.tensor_format(operation)
        following = self._next_write(storage, rest)
        passed_on = following is not None and self.tensor_format(following) == format_
        place = "through" if passed_on and not narrows else "in"
        buffer = self.buffers.make(storage, place, format_)
        s = self.storages[storage]
        part, count, name = self._part(storage, buffer)
        work = ReadTiles(buffer, operation.window, part, s.across, matrix=name)
        step = Step((operation.place,), work, makes=(count,))
        out: Kernels = {READER: [self._each_matrix(storage, step)]}
        self.where[storage] = place
        if place == "in" and storage in self.choices.own:
            value = Leaf(storage, "tile")
            dead = frozenset({storage})
            format_ = self.own_format(storage)
            out[COMPUTE] = [self._map(operation.place, storage, value, dead, "own", format_)]
            self.where[storage] = "own"
        return out

    def mask(self, operation: Mask) -> Kernels:
        buffer = self.buffers.make(operation.target, "in", "float32")
        work = FillMask(buffer, operation.condition, operation.row, operation.column)
        self.where[operation.target] = "in"
        return {READER: [Step((operation.place,), work, makes=(Count(buffer),))]}

    def write(self, operation: Write, node: Node) -> Kernels:
        storage = operation.source
        format_ = self.tensor_format(operation)
        out: Kernels = {}
        if self.where[storage] in ("out", "through"):
            buffer = self.buffers.of(storage, self.where.pop(storage), format_)
        else:
            dead = frozenset({storage}) - node.after
            value = Leaf(storage, "tile")
            out[COMPUTE] = [self._map(operation.place, storage, value, dead, "out", format_)]
            buffer = self.buffers.of(storage, "out", format_)
        s = self.storages[storage]
        down, count, matrix = self._part(storage, buffer)
        rows, row = sub_block(down, s.across)[0], ""
        if rows < down and storage not in self.by_columns and not operation.window.turned:
            row, count = "part_row", Count(buffer, tiles=rows * s.across)
        work = WriteTiles(buffer, operation.window, rows if row else down, s.across, row, matrix)
        step: Statement = Step((operation.place,), work, takes=(count,), drops=(count,))
        if row:
            step = Parts(row, down, rows, (step,))
        out[WRITER] = [self._each_matrix(storage, step)]
        return out

    def _part(self, storage: int, buffer: int) -> tuple[int, Count, str]:
        """The tile rows of a matrix of a storage, how much that is, and the loop over them."""
        s = self.storages[storage]
        if s.matrices == 1:
            return s.down, Count(buffer), ""
        down = s.down // s.matrices
        return down, Count(buffer, tiles=down * s.across), "part_matrix"

    def _each_matrix(self, storage: int, step: Statement) -> Statement:
        matrices = self.storages[storage].matrices
        return step if matrices == 1 else Parts("part_matrix", matrices, 1, (step,))

    def _next_write(self, storage: int, rest: list[Node]) -> Write | None:
        """The copy to a tensor that a storage's new content is for, if it is for nothing else."""
        for node in rest:
            operation = node.operation
            if isinstance(operation, Write) and operation.source == storage:
                return None if storage in node.after else operation
            if storage in used(operation) or storage not in node.after:
                return None
            if any(storage in {*used(each), defined(each)} for each in _within(operation)):
                return None
        return None

    # Computing.

    def compute(self, operation: Operation, node: Node, rest: list[Node]) -> Step:
        target = defined(operation)
        assert target is not None
        dead = (used(operation) - node.after) | (used(operation) & {target})
        place, format_ = self._home(target, rest)
        if isinstance(operation, Compute):
            step = self._map(operation.place, target, operation.value, dead, place, format_)
            self.where[target] = place
            return step
        places: tuple[str, ...] = (operation.place,)
        takes = self._takes(used(operation))
        in_place = target in takes and self.where[target] == place == "own"
        work: Work
        if isinstance(operation, Turn):
            source = takes[operation.source].buffer
            buffer = self.buffers.make(target, place, format_, in_place)
            work = TurnTiles(source, buffer)
        elif isinstance(operation, Fold):
            source = takes[operation.source].buffer
            old = takes[target].buffer if operation.keep else None
            buffer = self.buffers.make(target, place, format_, in_place)
            ones = self._ones(self.buffers.format(source))
            work = FoldTiles(source, ones, buffer, operation.kind, operation.axis, old)
        else:
            assert isinstance(operation, Multiply)
            if operation.zeroed:
                places = (operation.zeroed, *places)
            buffer, work = self._product(operation, takes, place, format_)
        rows = work.sub_down if isinstance(work, MultiplyTiles) else self.storages[target].down
        drops = tuple(takes[s] for s in sorted(dead))
        self._forget(dead)
        self.where[target] = place
        makes = (self._made(target, buffer, place, rows),)
        return Step(places, work, tuple(takes.values()), makes, drops)

    def _made(self, storage: int, buffer: int, place: str, rows: int) -> Count:
        """A block that a step makes: by so many rows of tiles where it is made for the writer,
        which begins with the first ones."""
        s = self.storages[storage]
        small = sub_block(s.down, s.across)[0] == s.down
        if place != "out" or storage in self.by_columns or rows >= s.down or small:
            return Count(buffer)
        return Count(buffer, tiles=rows * s.across)

    def _home(self, target: int, rest: list[Node]) -> tuple[str, str]:
        """Where an operation's result goes, and in what format."""
        following = self._next_write(target, rest) if "pack_to_output" in self.fusions else None
        if following is not None:
            tensor = self.named.program.buffers[following.window.tensor].dtype
            if widens(tensor, self.storages[target].dtype):
                return "out", self.tensor_format(following)
        return "own", self.own_format(target)

    def own_format(self, storage: int) -> str:
        wide = storage in self.choices.wide
        return "float32" if wide else FORMATS[self.storages[storage].dtype]

    def _takes(self, storages: frozenset[int]) -> dict[int, Count]:
        return {s: Count(self.buffers.of(s, self.where[s])) for s in sorted(storages)}

    def _forget(self, dead: frozenset[int]) -> None:
        for storage in dead:
            del self.where[storage]

    def _map(
        self, place: str, target: int, value: Value, dead: frozenset[int], home: str, format_: str
    ) -> Step:
        """A map over the tiles of a storage. Where its result is, is for the caller to say."""
        try:
            code = instructions(value, SLOTS, self._inverted)
        except TooDeep as error:
            raise self.refusals.kernel(
                f"{place}: its value takes {error.args[0]} tiles of DST at once, which has {SLOTS}",
                "store a part of it in a buffer of its own",
            ) from None
        takes = self._takes(frozenset(leaf.storage for leaf in leaves(value)))
        in_place = self.where.get(target) == home == "own" and target in takes
        buffer = self.buffers.make(target, home, format_, in_place)
        named = tuple(self._named(each, takes) for each in code)
        drops = tuple(takes[s] for s in sorted(dead))
        self._forget(dead)
        makes = (self._made(target, buffer, home, 1),)
        return Step((place,), TileMap(buffer, named), tuple(takes.values()), makes, drops)

    def _named(self, instruction: Instruction, takes: dict[int, Count]) -> Instruction:
        if isinstance(instruction, Load):
            return replace(instruction, storage=takes[instruction.storage].buffer)
        return instruction

    def _ones(self, format_: str) -> int:
        if format_ not in self.ones:
            self.ones[format_] = self.buffers.ones(format_)
        return self.ones[format_]

    # Products.

    def _product(
        self, operation: Multiply, takes: dict[int, Count], place: str, format_: str
    ) -> tuple[int, MultiplyTiles]:
        a, b = takes[operation.a].buffer, takes[operation.b].buffer
        self._one_format(operation, a, b)
        old = None if operation.fresh else takes[operation.c].buffer
        in_place = operation.c in takes and self.where[operation.c] == place == "own"
        buffer = self.buffers.make(operation.c, place, format_, in_place)
        inner = self.storages[operation.a].across
        down, across = sub_block(self.storages[operation.c].down, self.storages[operation.c].across)
        if not self._in_order(operation):
            across = 1
        work = MultiplyTiles(a, b, buffer, old, operation.transpose_b, inner, down, across)
        return buffer, work

    def _in_order(self, operation: Multiply) -> bool:
        """Whether tiles of b that stand beside each other in the product do so in its buffer."""
        return (operation.b in self.by_columns) == operation.transpose_b

    def _one_format(self, operation: Multiply, a: int, b: int) -> None:
        """Both operands of the matrix unit have one format: some devices read both in one's."""
        formats = self.buffers.format(a), self.buffers.format(b)
        if formats[0] != formats[1]:
            narrow = operation.a if formats[0] != "float32" else operation.b
            if not self.widen(narrow):
                raise self.refusals.kernel(
                    f"{operation.place}: its operands are {formats[0]} and {formats[1]}",
                    "use one dtype",
                )
            raise _Again

    def accumulate(self, operation: Accumulate, node: Node, rest: list[Node]) -> Kernels:
        head = (operation.place,), operation.var, operation.first, operation.trips
        turns = operation.var, operation.first, operation.trips
        made = {defined(each.operation) for each in node.bodies[0]}
        only_reads = all(
            isinstance(each.operation, Read) and not each.operation.window.turned
            for each in node.bodies[0]
        )
        trips = pool.trips(self.named, operation.trips)
        operands = {s for each in operation.products for s in (each.a, each.b)} & made
        streamed = only_reads and (
            self.choices.spending.streamed or trips is None or bool(operands & self.choices.own)
        )
        streamed = streamed and not operands & self.choices.own
        if not streamed and trips is None:
            raise self.refusals.kernel(
                f"{operation.place}: how often it turns depends on the block, and what it adds up "
                "is computed in it",
                "give the loop a constant number of turns",
            )
        out: Kernels = {role: [] for role in ROLES}
        if streamed:
            self._check_parts(operation)
            for each in node.bodies[0]:
                assert isinstance(each.operation, Read)
                storage = each.operation.target
                self.buffers.make(storage, "in", self.tensor_format(each.operation))
                self.where[storage] = "in"
        else:
            self.buffers.panels(operands, trips or 1)
            inside = self.body(node.bodies[0])
            for role in (READER, COMPUTE):
                if inside[role]:
                    out[role].append(For(*head, tuple(inside[role])))
        prologue = bool(out[COMPUTE])
        for index, product in enumerate(operation.products):
            later = {s for each in operation.products[index + 1 :] for s in used(each)}
            takes = self._takes(used(product))
            place, format_ = self._home(product.c, rest)
            buffer, work = self._product(product, takes, place, format_)
            fixed = tuple(c.buffer for s, c in takes.items() if s not in operands)
            work = replace(work, turns=turns, fixed=fixed, streamed=streamed, ready=prologue)
            if streamed:
                out[READER] += self._streamed(operation, node, product, work)
            gone = frozenset(
                s for s in used(product) if s == product.c or s not in node.after | later
            )
            counts = {s: self._turns(takes[s], s in operands, operation.trips) for s in takes}
            drops = tuple(counts[s] for s in sorted(gone) if not (streamed and s in operands))
            waits = tuple(c for s, c in takes.items() if s not in operands)
            self._forget(gone)
            self.where[product.c] = place
            # What compute does in the loop is listed there.
            reads = [] if prologue else [each.operation.place for each in node.bodies[0]]
            places = (operation.place, *reads, product.place)
            if product.zeroed:
                places = (product.zeroed, *places)
            # Where operands come in parts, some are read after the first parts of the result could
            # have been written: they may be of the same tensor.
            rows = self.storages[product.c].down if streamed else work.sub_down
            makes = (self._made(product.c, buffer, place, rows),)
            out[COMPUTE].append(Step(places, work, waits, makes, drops))
        rest_of_it = self._drops(frozenset(node.before - node.after) & set(self.where))
        if rest_of_it:
            out[COMPUTE].append(Step((), None, takes=rest_of_it, drops=rest_of_it))
        return out

    def _check_parts(self, operation: Accumulate) -> None:
        """A buffer takes parts of one size and shape, in one order."""
        parts: dict[int, tuple[str, int]] = {}
        for product in operation.products:
            c = self.storages[product.c]
            m, n = sub_block(c.down, c.across)
            n = n if self._in_order(product) else 1
            for storage, part in ((product.a, ("a", m)), (product.b, ("b", n))):
                if parts.setdefault(storage, part) != part:
                    raise self.refusals.kernel(
                        f"{operation.place}: L1 doesn't hold the operands of all turns, and parts "
                        f"of {self.storages[storage].name} are needed in two ways",
                        "use smaller blocks",
                    )

    def _turns(self, count: Count, many: bool, trips: Expr) -> Count:
        return Count(count.buffer, trips) if many else count

    def _streamed(
        self, operation: Accumulate, node: Node, product: Multiply, work: MultiplyTiles
    ) -> list[Statement]:
        """The reader of products whose operands come in parts: those of each sub-block anew."""
        steps: list[Step] = []
        c = self.storages[product.c]
        i, j = "part_row", "part_column"
        for each in node.bodies[0]:
            read = each.operation
            assert isinstance(read, Read)
            if read.target not in (product.a, product.b):
                continue
            buffer = self.buffers.of(read.target, "in")
            if read.target == product.a:
                part = ReadTiles(buffer, read.window, work.sub_down, work.inner, row=i)
            elif product.transpose_b:
                part = ReadTiles(buffer, read.window, work.sub_across, work.inner, row=j)
            else:
                part = ReadTiles(buffer, read.window, work.inner, work.sub_across, column=j)
            count = Count(buffer, tiles=part.down * part.across)
            steps.append(Step((read.place,), part, makes=(count,)))
        head = (operation.place,), operation.var, operation.first, operation.trips
        turns = For(*head, tuple(_together(*steps)))
        columns = Parts(j, c.across, work.sub_across, (turns,))
        return [Parts(i, c.down, work.sub_down, (columns,))]


def _together(*statements: Statement) -> list[Statement]:
    """Reads that stand side by side, as one statement where they are of buffers of their own."""
    steps: list[Step] = []
    for each in statements:
        if not isinstance(each, (Step, Together)):
            return list(statements)
        steps += each.steps if isinstance(each, Together) else [each]
    buffers = [step.makes[0].buffer for step in steps]
    if len(steps) == 1 or len({*buffers}) < len(buffers):
        return list(statements)
    return [Together(tuple(steps))]


def sub_block(down: int, across: int) -> tuple[int, int]:
    """The largest part of a product that DST holds and that divides it; nearly square, since
    operands are unpacked once for each row and column of it."""
    best = (1, 1)
    for m in range(1, SLOTS + 1):
        for n in range(1, SLOTS // m + 1):
            if down % m == 0 and across % n == 0:
                better = (m * n, -abs(m - n), n) > (
                    best[0] * best[1], -abs(best[0] - best[1]), best[1],
                )  # fmt: skip
                best = (m, n) if better else best
    return best


def _by_columns(body: tuple[Operation, ...]) -> set[int]:
    """Storages whose tiles go down the columns: b of products with its transpose alone."""
    turned: set[int] = set()
    straight: set[int] = set()
    for operation in walk(body):
        if isinstance(operation, Multiply):
            (turned if operation.transpose_b else straight).add(operation.b)
            straight.add(operation.a)
    return turned - straight


def _within(operation: Operation) -> list[Operation]:
    from .fuse import walk_inner

    return walk_inner(operation)
