"""Whether blocks surely write pages of their own, seen from the windows alone.

This is the common case, in which a dimension of the tensor goes with each block index. What isn't
of that form is gone through block by block (``program.settle``), which takes longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..program import Const, Expr, Launch, Op, Var
from .names import Named
from .tiles import (
    TILE,
    Accumulate,
    Operation,
    Read,
    Repeat,
    Storage,
    Window,
    Write,
    tiles,
    walk,
)

Affine = dict[int | None, int]
Ranges = Mapping[int, tuple[int, int]]


#: Windows with their extents in elements, a number each dimension of the tensor.
Windows = list[tuple[Window, tuple[int, ...]]]


def surely_apart(
    named: Named, launch: Launch, body: tuple[Operation, ...], storages: Mapping[int, Storage],
    tensor: int, reads: bool = False,
) -> bool:  # fmt: skip
    """Whether no two blocks write one page of a tensor; with ``reads``: none touches a page that
    another does."""
    kinds = (Read, Write) if reads else (Write,)
    touching = [e for e in walk(body) if isinstance(e, kinds) and e.window.tensor == tensor]
    windows, ranges = windows_of(named, launch, body, storages, touching)
    for index, extent in zip(launch.indices, launch.grid, strict=True):
        if extent > 1 and (index is None or not apart_by(named, index, windows, ranges)):
            return False
    return True


def windows_of(
    named: Named, launch: Launch, body: tuple[Operation, ...], storages: Mapping[int, Storage],
    operations: Sequence[Operation],
) -> tuple[Windows, Ranges]:  # fmt: skip
    """The windows of reads and writes, and the ranges of the indices that have one."""
    ranges = {
        index: (0, extent - 1)
        for index, extent in zip(launch.indices, launch.grid, strict=True)
        if index is not None
    }
    for operation in walk(body):
        if isinstance(operation, (Repeat, Accumulate)):
            first, trips = affine(named, operation.first), affine(named, operation.trips)
            if first is not None and trips is not None and not {*first, *trips} - {None}:
                low = first.get(None, 0)
                ranges[operation.var] = (low, low + max(trips.get(None, 0), 1) - 1)
    found: Windows = []
    for operation in operations:
        assert isinstance(operation, (Read, Write))
        s = storages[operation.target if isinstance(operation, Read) else operation.source]
        window = operation.window
        last = (tiles(s.rows) * TILE, tiles(s.columns) * TILE)
        lead = [1] * len(window.lead)
        if lead:
            lead[-1] = s.matrices
        found.append((window, (*lead, *(last[::-1] if window.turned else last))))
    return found, ranges


def apart_by(named: Named, index: int, windows: Windows, ranges: Ranges) -> bool:
    """Whether for two values of an index all windows are apart."""
    forms = [[affine(named, e) for e in (*w.lead, w.row, w.column)] for w, _ in windows]
    return all(len(form) == len(forms[0]) for form in forms) and any(
        _separates(index, [(form[d], w[1][d]) for form, w in zip(forms, windows, strict=True)],
                   ranges)
        for d in range(len(forms[0]))
    )  # fmt: skip


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
