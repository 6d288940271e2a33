"""What compute does with one operation by itself: where its result goes, and in what format."""

from __future__ import annotations

from dataclasses import replace

from ..flow import Node
from ..plan import Count, FoldTiles, MultiplyTiles, Step, TileMap, TurnTiles, Work
from ..slots import Instruction, Load, TooDeep, instructions, rounding
from ..tiles import Compute, Fold, Multiply, Operation, Turn, Value, Write, defined, leaves, used
from .places import Again, Places


class Computing(Places):
    """Operations by themselves, each a step that waits for what it takes."""

    def compute(self, operation: Operation, node: Node, rest: list[Node]) -> Step:
        target = defined(operation)
        assert target is not None
        dead = (used(operation) - node.after) | (used(operation) & {target})
        place, format_ = self._home(target, rest)
        if isinstance(operation, Compute):
            narrows = self._narrowed(target, format_, rest)
            value = operation.value
            step = self._map(operation.place, target, value, dead, place, format_, narrows)
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
        small = self.sub_block(s.down, s.across)[0] == s.down
        if place != "out" or storage in self.by_columns or rows >= s.down or small:
            return Count(buffer)
        return Count(buffer, tiles=rows * s.across)

    def _narrowed(self, target: int, format_: str, rest: list[Node]) -> bool:
        """Whether an operation's result, which is packed to a format, is rounded to bfloat16 before
        anything is made of it: there, or by the copy that it is for."""
        if format_ == "bfloat16":
            return True
        copy = self._next_copy(target, rest)
        if isinstance(copy, Write):
            return self.tensor_format(copy) == "bfloat16"
        return copy is not None and self.storages[copy.target].dtype == "bfloat16"

    def _map(
        self,
        place: str,
        target: int,
        value: Value,
        dead: frozenset[int],
        home: str,
        format_: str,
        narrows: bool = False,
    ) -> Step:
        """A map over the tiles of a storage. Where its result is, is for the caller to say.
        ``narrows``: its result is rounded to bfloat16 before anything is made of it."""
        try:
            code = instructions(value, self.slots, self._inverted)
        except TooDeep as error:
            raise self.refusals.kernel(
                f"{place}: its value takes {error.args[0]} tiles of DST at once, which has "
                f"{self.slots}",
                "store a part of it in a buffer of its own",
            ) from None
        code = rounding(code) if narrows else code
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

    def _product(
        self, operation: Multiply, takes: dict[int, Count], place: str, format_: str
    ) -> tuple[int, MultiplyTiles]:
        a, b = takes[operation.a].buffer, takes[operation.b].buffer
        self._one_format(operation, a, b)
        old = None if operation.fresh else takes[operation.c].buffer
        in_place = operation.c in takes and self.where[operation.c] == place == "own"
        buffer = self.buffers.make(operation.c, place, format_, in_place)
        inner = self.storages[operation.a].across
        c = self.storages[operation.c]
        down, across = self.sub_block(c.down, c.across)
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
            raise Again

    def sub_block(self, down: int, across: int) -> tuple[int, int]:
        """The largest part of a product that DST holds and that divides it; nearly square, since
        operands are unpacked once for each row and column of it."""
        best = (1, 1)
        for m in range(1, self.slots + 1):
            for n in range(1, self.slots // m + 1):
                if down % m == 0 and across % n == 0:
                    better = (m * n, -abs(m - n), n) > (
                        best[0] * best[1], -abs(best[0] - best[1]), best[1],
                    )  # fmt: skip
                    best = (m, n) if better else best
        return best
