"""What lies beyond a storage's edge, in its last tiles, where an operation would take it in.

A sum of products along 70 elements goes along 96 in tiles, and what the last 26 hold is not
defined. They are zeros where only copies of whole tensors wrote them; elsewhere they become what
changes nothing: zeros for sums, minus infinity for maxima, by a mask that the reader makes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from ..program import Const, Op, Var
from .names import Named
from .tiles import (
    TILE,
    ZEROS,
    Apply,
    Choose,
    Compute,
    Fold,
    Leaf,
    Mask,
    Multiply,
    Number,
    Operation,
    Repeat,
    Storage,
)


class Edges:
    """``hidden`` makes a storage that the program doesn't have: name, dtype, rows, columns."""

    def __init__(
        self,
        named: Named,
        storages: dict[int, Storage],
        unclean: set[int],
        hidden: Callable[[str, str, int, int], int],
    ) -> None:
        self.named = named
        self.storages = storages
        self.unclean = unclean
        self.hidden = hidden

    def body(self, body: tuple[Operation, ...]) -> tuple[Operation, ...]:
        out: list[Operation] = []
        for each in body:
            if isinstance(each, Repeat):
                each = replace(each, body=self.body(each.body))
            elif isinstance(each, Choose):
                then, otherwise = self.body(each.then), self.body(each.otherwise)
                each = replace(each, then=then, otherwise=otherwise)
            elif isinstance(each, Multiply):
                each = self._product(each, out)
            elif isinstance(each, Fold):
                each = self._fold(each, out)
            out.append(each)
        return tuple(out)

    def _product(self, product: Multiply, out: list[Operation]) -> Multiply:
        a, b = product.a, product.b
        if self.storages[a].columns % TILE == 0 or not self.unclean & {a, b}:
            return product
        # NaN times zero is NaN, so both operands have to have zeros there.
        along = 1 if product.transpose_b else 0
        masked = {a: self._masked(product.place, a, 1, 0.0, out)}
        masked[b] = masked[a] if b == a else self._masked(product.place, b, along, 0.0, out)
        return replace(product, a=masked[a], b=masked[b])

    def _fold(self, fold: Fold, out: list[Operation]) -> Fold:
        s = self.storages[fold.source]
        extent = s.columns if fold.axis == 1 else s.rows
        zeros = fold.source not in self.unclean
        if extent % TILE == 0 or (zeros and fold.kind == "sum"):
            return fold
        neutral = 0.0 if fold.kind == "sum" else -math.inf
        masked = self._masked(fold.place, fold.source, fold.axis, neutral, out)
        return replace(fold, source=masked)

    def _masked(
        self, place: str, storage: int, axis: int, neutral: float, out: list[Operation]
    ) -> int:
        """The storage with something neutral beyond its edge along an axis."""
        s = self.storages[storage]
        extent, name = (s.columns, "columns") if axis == 1 else (s.rows, "rows")
        end = self.named.constant(Const(extent), f"{s.name}_{name}")
        at = self.named.variable("at", "loop", "int32")
        shape = (1, s.columns) if axis == 1 else (s.rows, 1)
        mask = self.hidden(f"{s.name}_{name}_mask", "float32", *shape)
        row, column = (None, at) if axis == 1 else (at, None)
        spread = "row" if axis == 1 else "column"
        other = ZEROS if neutral == 0 else Number(
            self.named.constant(Const(neutral, "float32"), f"{s.name}_beyond").id
        )  # fmt: skip
        target = self.hidden(f"{s.name}_masked", s.dtype, s.rows, s.columns)
        value = Apply("select", (Leaf(mask, spread), Leaf(storage, "tile"), other))
        out.append(Mask(place, mask, Op("lt", (Var(at), end)), row, column))
        out.append(Compute(place, target, value))
        self.unclean |= {mask, target}
        return target
