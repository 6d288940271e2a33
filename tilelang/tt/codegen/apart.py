"""Whether blocks surely write pages of their own, seen from the windows alone.

This is the common case, in which a dimension of the tensor goes with each block index. What isn't
of that form is gone through block by block (``program.settle``), which takes longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..program import Const, Expr, Launch, Op, Var
from .names import Named
from .tiles import Operation, Repeat, Storage, Window, Write, inner, tiles

Affine = dict[int | None, int]
Ranges = Mapping[int, tuple[int, int]]


def surely_apart(
    named: Named, launch: Launch, body: tuple[Operation, ...], storages: Mapping[int, Storage],
    tensor: int,
) -> bool:  # fmt: skip
    """Whether no two blocks write one page of a tensor."""
    ranges: dict[int, tuple[int, int]] = {}
    blocks: list[int] = []
    for index, extent in zip(launch.indices, launch.grid, strict=True):
        if extent == 1:
            if index is not None:
                ranges[index] = (0, 0)
        elif index is None:
            return False
        else:
            blocks.append(index)
            ranges[index] = (0, extent - 1)
    windows: list[tuple[Window, tuple[int, ...]]] = []
    _collect(named, body, storages, tensor, ranges, windows)
    forms = [[affine(named, e) for e in (*w.lead, w.row, w.column)] for w, _ in windows]
    return all(
        any(
            _separates(block, [(form[d], w[1][d]) for form, w in zip(forms, windows, strict=True)],
                       ranges)
            for d in range(len(forms[0]))
        )
        for block in blocks
    )  # fmt: skip


def _collect(
    named: Named,
    body: Sequence[Operation],
    storages: Mapping[int, Storage],
    tensor: int,
    ranges: dict[int, tuple[int, int]],
    out: list[tuple[Window, tuple[int, ...]]],
) -> None:
    """The windows that are written, with their extents, and the ranges of loops that have one."""
    for operation in body:
        if isinstance(operation, Write) and operation.window.tensor == tensor:
            s = storages[operation.source]
            lead = (1,) * len(operation.window.lead)
            out.append((operation.window, (*lead, tiles(s.rows) * 32, tiles(s.columns) * 32)))
        if isinstance(operation, Repeat):
            first, trips = affine(named, operation.first), affine(named, operation.trips)
            if first is not None and trips is not None and not {*first, *trips} - {None}:
                low = first.get(None, 0)
                ranges[operation.var] = (low, low + max(trips.get(None, 0), 1) - 1)
        for each in inner(operation):
            _collect(named, each, storages, tensor, ranges, out)


def _separates(block: int, uses: Sequence[tuple[Affine | None, int]], ranges: Ranges) -> bool:
    """Whether a step of a block index goes beyond all that one block touches in a dimension."""
    lows: list[int] = []
    highs: list[int] = []
    step: int | None = None
    for form, extent in uses:
        if form is None or form.get(block, 0) == 0:
            return False
        if step is not None and form[block] != step:
            return False
        step = form[block]
        a = b = form.get(None, 0)
        for var, factor in form.items():
            if var is None or var == block:
                continue
            if var not in ranges:
                return False
            ends = sorted(factor * end for end in ranges[var])
            a, b = a + ends[0], b + ends[1]
        lows.append(a)
        highs.append(b + extent)
    return step is not None and max(highs) - min(lows) <= abs(step)


def affine(named: Named, e: Expr) -> Affine | None:
    """An index as factors of variables, None being that of 1; None where it isn't affine."""
    if isinstance(e, Const):
        return {None: int(e.value)}
    if isinstance(e, Var):
        constant = named.constants.get(e.id)
        return {e.id: 1} if constant is None else {None: int(constant.value)}
    if not isinstance(e, Op) or e.op not in ("add", "sub", "mul"):
        return None
    a, b = (affine(named, arg) for arg in e.args)
    if a is None or b is None:
        return None
    if e.op == "mul":
        if set(a) - {None}:
            a, b = b, a
        if set(a) - {None}:
            return None
        return {var: factor * a.get(None, 0) for var, factor in b.items()}
    sign = 1 if e.op == "add" else -1
    return {var: a.get(var, 0) + sign * b.get(var, 0) for var in {*a, *b}}
