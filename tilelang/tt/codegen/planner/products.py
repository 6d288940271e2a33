"""Products that a loop adds up in DST, and the parts of a product that DST holds at once."""

from __future__ import annotations

from dataclasses import replace

from ...program import Expr
from .. import buffers as pool
from ..flow import Node
from ..plan import (
    COMPUTE,
    READER,
    WRITER,
    Ahead,
    Count,
    For,
    MultiplyTiles,
    Parts,
    ReadTiles,
    Statement,
    Step,
    Together,
)
from ..tiles import Accumulate, Multiply, Read, defined, used
from .moves import Moves, together
from .places import ROLES, Again, Kernels


class Products(Moves):
    """Loops whose products stay in DST over all turns."""

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
                place = "in" if self.reader_of(each.operation) == READER else "in_by_writer"
                self.buffers.make(storage, place, self.tensor_format(each.operation))
                self.where[storage] = place
        else:
            self.buffers.panels(operands, trips or 1)
            inside = self.body(node.bodies[0])
            for role in ROLES:
                steps = self._kept(inside[role], operands, trips or 0)
                if steps and role != COMPUTE:
                    steps = tuple(self._part_of(each, operation) for each in steps)
                    out[role].append(Ahead(*head, steps, self.parts.get(operation.place, 1)))
                elif inside[role]:
                    if role != COMPUTE and operation.place in self.parts:
                        self.choices.whole.add(operation.place)
                        raise Again
                    out[role].append(For(*head, tuple(inside[role])))
        prologue = bool(out[COMPUTE])
        for index, product in enumerate(operation.products):
            later = {s for each in operation.products[index + 1 :] for s in used(each)}
            takes = self._takes(used(product))
            place, format_ = self._home(product.c, rest)
            buffer, work = self._product(product, takes, place, format_)
            fixed = tuple(c.buffer for s, c in takes.items() if s not in operands)
            parts = 1 if streamed else self.parts.get(operation.place, 1)
            work = replace(
                work, turns=turns, fixed=fixed, streamed=streamed, ready=prologue,
                inner=work.inner // parts, parts=parts,
            )  # fmt: skip
            if streamed:
                for role in (READER, WRITER):
                    out[role] += self._streamed(operation, node, product, work, role)
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

    def _kept(
        self, statements: list[Statement], operands: set[int], trips: int
    ) -> tuple[Step, ...]:
        """The reads of a turn, if they are all that there is and each turn's block is kept.

        What a turn reads twice of one tensor that is shared isn't read ahead: its semaphores count
        turns, and would say of the second block what is so of the first.
        """
        if not self.ahead or trips < 1 or len(statements) != 1:
            return ()
        (only,) = statements
        steps = only.steps if isinstance(only, Together) else (only,)
        kept = {
            self.buffers.of(s, self.where[s])
            for s in operands - self.choices.own
            if self.where.get(s) in pool.READ
        }
        found = tuple(
            step
            for step in steps
            if isinstance(step, Step)
            and isinstance(step.work, ReadTiles)
            and step.work.buffer in kept
            and step.makes == (Count(step.work.buffer),)
        )
        works = [step.work for step in found if isinstance(step.work, ReadTiles)]
        sent = [work.window.tensor for work in works if work.shared]
        return found if len(found) == len(steps) and len(sent) == len({*sent}) else ()

    def _part_of(self, step: Step, operation: Accumulate) -> Step:
        """The read of a part of a turn's block, where it comes in parts along K."""
        parts, work = self.parts.get(operation.place, 1), step.work
        assert isinstance(work, ReadTiles)
        if parts == 1:
            return step
        along_rows = {
            self.buffers.of(s, self.where[s])
            for product in operation.products
            for s in ((product.a, product.b) if product.transpose_b else (product.a,))
        }
        if work.buffer in along_rows:
            work = replace(work, across=work.across // parts, column="part")
        else:
            work = replace(work, down=work.down // parts, row="part")
        return replace(step, work=work)

    def _check_parts(self, operation: Accumulate) -> None:
        """A buffer takes parts of one size and shape, in one order."""
        parts: dict[int, tuple[str, int]] = {}
        for product in operation.products:
            c = self.storages[product.c]
            m, n = self.sub_block(c.down, c.across)
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
        self,
        operation: Accumulate,
        node: Node,
        product: Multiply,
        work: MultiplyTiles,
        role: str,
    ) -> list[Statement]:
        """What a kernel reads of products whose operands come in parts: those of each sub-block
        anew."""
        steps: list[Step] = []
        c = self.storages[product.c]
        i, j = "part_row", "part_column"
        for each in node.bodies[0]:
            read = each.operation
            assert isinstance(read, Read)
            if read.target not in (product.a, product.b) or self.reader_of(read) != role:
                continue
            buffer = self.buffers.of(read.target, self.where[read.target])
            if read.target == product.a:
                part = ReadTiles(buffer, read.window, work.sub_down, work.inner, row=i)
            elif product.transpose_b:
                part = ReadTiles(buffer, read.window, work.sub_across, work.inner, row=j)
            else:
                part = ReadTiles(buffer, read.window, work.inner, work.sub_across, column=j)
            part = replace(part, shared=read.window.tensor in self.shares)
            count = Count(buffer, tiles=part.down * part.across)
            steps.append(Step((read.place,), part, makes=(count,)))
        if not steps:
            return []
        head = (operation.place,), operation.var, operation.first, operation.trips
        turns = For(*head, tuple(together(*steps)))
        columns = Parts(j, c.across, work.sub_across, (turns,))
        return [Parts(i, c.down, work.sub_down, (columns,))]
