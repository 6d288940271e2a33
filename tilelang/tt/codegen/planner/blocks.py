"""The statements of the three kernels for a block: its operations in order, loops, conditions."""

from __future__ import annotations

from .. import buffers as pool
from ..flow import Node, flow, with_a_turn
from ..plan import COMPUTE, Count, FillOnes, For, If, Statement, Step
from ..refusal import Unsupported
from ..tiles import Accumulate, Choose, Mask, Read, Repeat, Write
from .moves import together
from .places import ROLES, Again, Kernels
from .products import Products


class Planner(Products):
    """Plans a block, anew each time a choice turns out to be wrong."""

    def run(self) -> pool.Planned:
        """The statements of each kernel, and the buffers. Raises Unsupported."""
        nodes, head = flow(self.lowered.body)
        if head:
            raise self._unwritten(head)
        self._settle()
        while True:
            self.begin()
            try:
                kernels = self.body(nodes)
                break
            except Again:
                continue
        once: dict[str, tuple[Step, ...]] = {role: () for role in ROLES}
        if self.ones:
            made = tuple(Count(buffer) for buffer in self.ones.values())
            fills = tuple(Step((), FillOnes(c.buffer), makes=(c,)) for c in made)
            once[COMPUTE] = (*fills, Step((), None, takes=made))
        return pool.Planned(
            {role: tuple(kernels[role]) for role in ROLES}, once, self.buffers.all()
        )

    def _unwritten(self, head: frozenset[int]) -> Unsupported:
        """What is read before it is written; first of all what is so whatever turns loops have."""
        sure = flow(with_a_turn(self.lowered.body))[1]
        names = ", ".join(sorted(self.storages[s].name for s in sure or head))
        if sure:
            reason, advice = "read before all of it is written", "write it first, with T.fill say"
        else:
            # Sources are for any sizes, so the number of a loop's turns isn't known to them.
            reason = "written by turns of a loop alone, and needed where it has none"
            advice = "write it before the loop, with T.fill say"
        return self.refusals.kernel(f"{names}: {reason}", advice)

    def body(self, nodes: list[Node]) -> Kernels:
        """The statements of operations in order."""
        out: Kernels = {role: [] for role in ROLES}
        before: dict[str, list[Statement]] = {}
        for index, node in enumerate(nodes):
            kernels = self.node(node, nodes[index + 1 :])
            if not isinstance(node.operation, Read):
                before = {}
            for role, statements in kernels.items():
                # What nothing is computed between doesn't wait for one another in compute either,
                # so there is room for all of it at a time.
                if role != COMPUTE and before.get(role):
                    out[role][-1:] = together(*before[role], *statements)
                else:
                    out[role] += statements
                if isinstance(node.operation, Read):
                    before[role] = out[role][-1:]
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
        # A turn that gives a storage new content begins without the one of the turn before.
        stale = self._drops(node.before - node.heads[0])
        inside = self.body(node.bodies[0])
        if stale:
            inside[COMPUTE].insert(0, Step((), None, takes=stale, drops=stale))
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
