"""Parallel maps as operations on tiles: each store by itself, tensors by way of staged blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..program import (
    ZERO,
    Const,
    Expr,
    Let,
    Load,
    Map,
    Op,
    Region,
    Scratch,
    Step,
    Store,
    Var,
    View,
    When,
    nodes,
)
from ..program.walk import walk
from .refusal import Unsupported
from .tiles import Compute, Leaf, Mask, Operation, Read, Repeat, Turn, Value, Write, leaves
from .values import NoValue, Place, Valuer, spread_of

if TYPE_CHECKING:
    from .lower import Lowering


class MapLowering:
    """One map."""

    def __init__(self, lowering: Lowering, step: Map, place: str) -> None:
        self.lowering = lowering
        self.program = lowering.program
        self.step = step
        self.place = place
        self.loops = {loop.var: loop for loop in step.loops}
        self.lets: dict[int, Expr] = {}
        self.out: list[Operation] = []
        self.staged: dict[tuple[int, tuple[Expr, ...]], Leaf] = {}
        self.masks: dict[Expr, int] = {}
        self.stored: set[int] = set()
        self.loaded_apart: set[int] = set()

    def run(self) -> list[Operation]:
        for loop in self.step.loops:
            if loop.min != ZERO:
                raise self._refused("a loop of it doesn't begin at 0", "begin at 0")
            self.lowering.windows.extent(loop.extent, self.place, self.step)
        outer = self.turns()
        if outer is None:
            self.body(self.step.body, None)
            return self.out
        # for k: for i, j in T.Parallel: y[i, j] += x[k, i, j]  is the map of i and j, in turns.
        loop, named = self.step.loops[0], self.lowering.named
        named.rename(outer)
        extent = self.lowering.windows.extent(loop.extent, self.place, self.step)
        trips = named.constant(Const(extent), f"{named.program.variables[outer].name}_trips")
        rest = replace(self.step, loops=self.step.loops[1:])
        inside = MapLowering(self.lowering, rest, self.place).run()
        return [Repeat(self.place, outer, ZERO, trips, tuple(inside))]

    def turns(self) -> int | None:
        """The variable of the first loop, if it is serial and all points of it store to the same
        elements: the map is then one of the other loops, done several times."""
        if len(self.loops) < 2 or self.step.loops[0].kind not in ("serial", "unrolled"):
            return None
        outer = self.step.loops[0].var
        stores = [each for _, each in walk(self.step.body, "") if isinstance(each, Store)]
        indices = (e for each in stores for e in each.at)
        used = {node.id for e in indices for node in nodes(e) if isinstance(node, Var)}
        return None if outer in used else outer

    def _refused(self, reason: str, advice: str) -> Unsupported:
        return self.lowering.refusals.step(self.place, self.step, reason, advice)

    def body(self, body: tuple[Step, ...], guard: Expr | None) -> None:
        for step in body:
            if isinstance(step, Let):
                self.lets[step.var] = step.value
            elif isinstance(step, Store):
                self.store(step, guard)
            elif isinstance(step, When):
                self.body(step.then, _both(guard, step.condition))
                if step.otherwise:
                    self.body(step.otherwise, _both(guard, Op("not", (step.condition,))))
            else:
                raise self._refused("it has a loop or an atomic update within", "use plain stores")

    def store(self, step: Store, guard: Expr | None) -> None:
        scratch = self.lowering.is_scratch(step.buffer)
        value = step.value
        if guard is not None:
            value = Op("select", (guard, value, Load(step.buffer, step.at)))
        if scratch:
            target = self.lowering.storage(step.buffer, self.place, self.step)
            place = self.whole_target(step)
        else:
            if guard is not None:
                raise self._refused(
                    "it stores to device memory under a condition", "store a select"
                )
            target, place = self.stage_target(step, value)
        self.check_lets(value)
        valuer = Valuer(
            self.program, place, self.lets, self.lowering.orientation.of, self.stage(place),
            self.mask(place, target), self.turned,
            self.lowering.named.number,
        )  # fmt: skip
        try:
            found = valuer.value(value)
        except NoValue as error:
            raise self._refused(*error.args) from None
        self.check_points(found, target)
        self.lowering.unclean(target)
        self.out.append(Compute(self.place, target, found))
        self.stored.add(target)
        if not scratch:
            region = self.region(step.buffer, step.at)
            window = self.lowering.windows.window(region, target, self.place, self.step)
            self.lowering.windows.check_written(region, self.place, self.step)
            self.out.append(Write(self.place, target, window))

    def check_lets(self, value: Expr) -> None:
        """A let is evaluated where it is used, so what it loads must not have been stored since."""
        todo = [value]
        while todo:
            for node in nodes(todo.pop()):
                if isinstance(node, Var) and node.id in self.lets:
                    inside = self.lets[node.id]
                    todo.append(inside)
                    loads = {n.buffer for n in nodes(inside) if isinstance(n, Load)}
                    if loads & self.stored:
                        raise self._refused(
                            "it stores to what a value bound before was loaded from",
                            "store through another buffer",
                        )

    def check_points(self, value: Value, target: int) -> None:
        """All points at once must give what they give one by one."""
        for leaf in leaves(value):
            if leaf.spread != "tile":
                self.loaded_apart.add(leaf.storage)
        if self.loaded_apart & (self.stored | {target}):
            raise self._refused(
                "a point of it loads what another stores", "use a map of its own for each store"
            )

    def whole_target(self, step: Store) -> Place:
        """What indexes the target's rows and columns; its loops must go over all of it."""
        buffer = self.program.buffers[step.buffer]
        if isinstance(buffer, View) or not isinstance(buffer, Scratch):
            raise self._refused(f"it stores to {buffer.name}, a view", "use the buffer itself")
        seen: list[int | None] = []
        for index, extent in zip(step.at, buffer.shape, strict=True):
            if isinstance(index, Var) and index.id in self.loops and index.id not in seen:
                if self.loops[index.id].extent != Const(extent):
                    raise self._part(buffer.name)
                seen.append(index.id)
            elif index == ZERO and extent == 1:
                seen.append(None)
            else:
                raise self._part(buffer.name)
        self._all_loops(seen, buffer.name)
        if len(buffer.shape) == 1:
            way = self.lowering.orientation.of(step.buffer)
            return Place(seen[0], None) if way == "column" else Place(None, seen[0])
        return _place(seen)

    def _part(self, name: str) -> Unsupported:
        return self._refused(
            f"it doesn't store all of {name}, element by element", "let its loops go over all of it"
        )

    def _all_loops(self, seen: list[int | None], name: str) -> None:
        for var, loop in self.loops.items():
            if var not in seen and loop.extent != Const(1):
                raise self._refused(
                    f"several points of it store to one element of {name}", "use T.reduce_sum"
                )

    # Device memory.

    def region(self, buffer: int, at: tuple[Expr, ...]) -> Region:
        """The box that an access by the map's loops goes over, as T.copy would take it."""
        firsts: list[Expr] = []
        shape: list[Expr] = []
        for index in at:
            first, var = self.split(index)
            firsts.append(first)
            shape.append(Const(1) if var is None else self.loops[var].extent)
        return Region(buffer, tuple(firsts), tuple(shape))

    def split(self, index: Expr) -> tuple[Expr, int | None]:
        """An index as what doesn't depend on the map's loops, and the variable that is added."""
        vars = [n.id for n in nodes(index) if isinstance(n, Var) and n.id in self.loops]
        if not vars:
            return index, None
        if isinstance(index, Var):
            return ZERO, index.id
        if len(vars) == 1 and isinstance(index, Op) and index.op == "add":
            for one, other in (index.args, index.args[::-1]):
                if isinstance(one, Var) and one.id == vars[0]:
                    return other, vars[0]
            # (a + i) + b
            for one, other in (index.args, index.args[::-1]):
                first, var = self.split(one)
                if var is not None:
                    return (other if first == ZERO else Op("add", (first, other))), var
        raise self._refused(
            "device memory is indexed by more than a first element and one loop variable",
            "copy the block to a buffer first",
        )

    def stage_target(self, step: Store, value: Expr) -> tuple[int, Place]:
        """A storage for what is stored to device memory; a column where its operands lie so."""
        tensor = self.program.buffers[step.buffer]
        vars = [self.split(index)[1] for index in step.at]
        self._all_loops(vars, tensor.name)
        place = _place(vars)
        if place.row is None and not place.lead and self._from_columns(value, place.column):
            place = Place(place.column, None)
        return self._block(step.buffer, place), place

    def _from_columns(self, value: Expr, var: int | None) -> bool:
        """Whether a value has a column of scratch that the variable goes down."""
        for node in nodes(value):
            if isinstance(node, Var) and node.id in self.lets:
                if self._from_columns(self.lets[node.id], var):
                    return True
            elif isinstance(node, Load) and node.at and node.at[0] == Var(var if var else -1):
                found = self.program.buffers[node.buffer]
                if isinstance(found, Scratch) and len(found.shape) == 1:
                    return self.lowering.orientation.of(node.buffer) == "column"
        return False

    def _block(self, tensor: int, place: Place) -> int:
        """A storage for the block of a tensor that the loops of a place go over."""
        found = self.program.buffers[tensor]
        rows, columns = (1 if v is None else self._extent(v) for v in (place.row, place.column))
        matrices = math.prod(self._extent(v) for v in place.lead)
        return self.lowering.hidden(f"{found.name}_block", found.dtype, rows, columns, matrices)

    def _extent(self, var: int) -> int:
        return self.lowering.windows.extent(self.loops[var].extent, self.place, self.step)

    def stage(self, place: Place):  # type: ignore[no-untyped-def]
        def staged(e: Load) -> Leaf:
            key = (e.buffer, e.at)
            if key in self.staged:
                return self.staged[key]
            region = self.region(e.buffer, e.at)
            own = _place([self.split(index)[1] for index in e.at])
            if own.row is None and own.column is not None and own.column == place.row:
                own = Place(own.column, None)  # a row of the tensor that goes down the target
            for var, wanted in ((own.row, place.row), (own.column, place.column)):
                if var is not None and var != wanted:
                    raise NoValue("it loads a tensor in another order", "copy the block first")
            by_row = own.row is not None or place.row is None
            by_column = own.column is not None or place.column is None
            spread = spread_of(by_row, by_column)
            if own.lead != place.lead and (own.lead or spread not in ("row", "scalar")):
                raise NoValue("its loops go over more than a matrix", "copy the block first")
            storage = self._block(e.buffer, own)
            window = self.lowering.windows.window(region, storage, self.place, self.step)
            self.out.append(Read(self.place, storage, window))
            leaf = Leaf(storage, spread)
            self.staged[key] = leaf
            return leaf

        return staged

    def turned(self, buffer: int) -> int:
        """The transpose of a matrix of scratch, as a storage of its own."""
        source = self.lowering.storage(buffer, self.place, self.step)
        if source in self.stored:
            raise NoValue("it loads in another order what it stored", "use a map of its own")
        s = self.lowering.storages[source]
        turned = self.lowering.hidden(f"{s.name}_T", s.dtype, s.columns, s.rows)
        self.lowering.unclean(turned)
        self.out.append(Turn(self.place, source, turned))
        return turned

    def mask(self, place: Place, target: int):  # type: ignore[no-untyped-def]
        def masked(condition: Expr) -> int:
            if place.lead:
                raise NoValue("it has a condition on indices of several matrices", "use matrices")
            self.lowering.windows.of_indices(condition, self.place, self.step)
            if condition not in self.masks:
                t = self.lowering.storages[target]
                id = self.lowering.hidden(f"{t.name}_mask", "float32", t.rows, t.columns)
                self.out.append(Mask(self.place, id, condition, place.row, place.column))
                self.lowering.unclean(id)
                self.masks[condition] = id
            return self.masks[condition]

        return masked


def _place(vars: Sequence[int | None]) -> Place:
    """The place of an access by its indices' variables."""
    row, column = (None, None, *vars)[-2:]
    return Place(row, column, tuple(v for v in vars[:-2] if v is not None))


def _both(a: Expr | None, b: Expr) -> Expr:
    return b if a is None else Op("and", (a, b))
