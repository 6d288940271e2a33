"""Reads that stay in L1 for several blocks of a core, where these take the very same.

Under a rectangular schedule a core goes through its box in loops. A window in which no index of the
inner ones of them occurs, nor in a loop around it, is the same in all their turns. So it is read in
the first of these, and popped in the last. All cores make equally many turns, so those that read
together still do. Buffers hold no more than they held, so L1 takes no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .arguments import Around, expressions, moves_of, steps_alone
from .buffers import Planned
from .index import variables
from .plan import (
    COMPUTE,
    READER,
    WRITER,
    Ahead,
    Count,
    For,
    Kept,
    KernelPlan,
    ReadTiles,
    Statement,
    Step,
    Together,
)

Axes = tuple[int, ...]


def keep(planned: Planned, around: Around) -> Planned:
    """The same with such reads done once for the blocks that take them."""
    if not around.walk.box:
        return planned
    pieces = {role: [_pieces(each) for each in planned.kernels[role]] for role in (READER, WRITER)}
    found: dict[int, set[Axes]] = {}
    for of_role in pieces.values():
        for piece in (one for each in of_role for one in each):
            for work in _reads(piece):
                axes = _axes(piece, work, planned, around)
                found.setdefault(work.window.tensor, set()).add(axes)
    # Of a tensor that is read in several ways none is kept: what is counted is by tensor.
    same = {tensor: next(iter(ways)) for tensor, ways in found.items() if len(ways) == 1}
    kernels = dict(planned.kernels)
    pops: dict[int, Kept] = {}
    for role, of_role in pieces.items():
        body: list[Statement] = []
        for statement, each in zip(planned.kernels[role], of_role, strict=True):
            rest = []
            for piece in each:
                axes = next((same.get(work.window.tensor, ()) for work in _reads(piece)), ())
                if not axes:
                    rest.append(piece)
                    continue
                (work,) = _reads(piece)
                count = _popped(planned, work.buffer)
                assert count is not None
                body.append(Kept(axes, False, (piece,)))
                pops[work.buffer] = Kept(axes, True, (Step((), None, drops=(count,)),))
            body += [statement] if len(rest) == len(each) else _joined(statement, rest)
        kernels[role] = tuple(body)
    compute = (_without(each, {*pops}) for each in planned.kernels[COMPUTE])
    kernels[COMPUTE] = (*(each for each in compute if each is not None), *pops.values())
    return replace(planned, kernels=kernels)


def kept(plan: KernelPlan) -> dict[int, Axes]:
    """The axes along whose turns a core reads a tensor once, by the tensors that there are such."""
    return {
        work.window.tensor: each.axes
        for body in plan.kernels.values()
        for each in body
        if isinstance(each, Kept) and not each.last
        for work in moves_of(each.body)
    }


def _reads(statement: Statement) -> list[ReadTiles]:
    return [work for work in moves_of((statement,)) if isinstance(work, ReadTiles)]


def _pieces(statement: Statement) -> list[Statement]:
    """A statement of several reads as one for each."""
    if isinstance(statement, Together):
        return list(statement.steps)
    if isinstance(statement, Ahead):
        return [replace(statement, steps=(step,)) for step in statement.steps]
    if isinstance(statement, For) and len(statement.body) == 1:
        (inner,) = statement.body
        if isinstance(inner, Together):
            return [replace(statement, body=(step,)) for step in inner.steps]
    return [statement]


def _joined(statement: Statement, pieces: Sequence[Statement]) -> list[Statement]:
    """Some of a statement's pieces as such a statement."""
    if not pieces:
        return []
    made = steps_alone(tuple(pieces))
    if isinstance(statement, Together):
        return [replace(statement, steps=tuple(made))] if len(made) > 1 else [*made]
    if isinstance(statement, Ahead):
        return [replace(statement, steps=tuple(made))]
    assert isinstance(statement, For)
    body = (Together(tuple(made)),) if len(made) > 1 else tuple(made)
    return [replace(statement, body=body)]


def _axes(piece: Statement, work: ReadTiles, planned: Planned, around: Around) -> Axes:
    """The axes along whose turns a read is done once: none where there is but one turn.

    No such tensor is written in the launch: what is has pages of their own for all blocks
    (hazards.py), so windows that depend on their indices.
    """
    made = [
        step for body in planned.kernels.values() for step in steps_alone(body)
        if any(count.buffer == work.buffer for count in step.makes)
    ]  # fmt: skip
    alone = isinstance(piece, Step) or (
        isinstance(piece, (For, Ahead))
        and all(isinstance(each, Step) for each in (piece.body if isinstance(piece, For) else ()))
    )
    buffer = planned.buffers[work.buffer]
    if (
        not alone or len(made) != 1
        or buffer.consumer != COMPUTE or _popped(planned, work.buffer) is None
        or any(count.tiles is not None and not work.matrix for count in made[0].makes)
    ):  # fmt: skip
        return ()
    used = {v for e in expressions((piece,)) for v in variables(e)}
    inwards = (2, 1, 0) if around.walk.order == "row_major" else (2, 0, 1)
    axes: list[int] = []
    for axis in (each for each in reversed(inwards) if each in around.axes):
        # Along an axis of one turn a core has one index, whatever it is.
        if around.turns[axis] > 1 and around.indices[axis] in used:
            break
        axes.append(axis)
    while axes and around.turns[axes[-1]] == 1:
        axes.pop()
    return tuple(axes)


def _popped(planned: Planned, buffer: int) -> Count | None:
    """What compute pops of a buffer, once a block; None where it pops it in another way."""
    compute = planned.kernels[COMPUTE]
    every = [
        count for step in steps_alone(compute)
        for count in step.drops if count.buffer == buffer
    ]  # fmt: skip
    once = [
        count for step in compute if isinstance(step, Step)
        for count in step.drops if count.buffer == buffer
    ]  # fmt: skip
    whole = len(every) == len(once) == 1 and once[0].tiles is None
    return once[0] if whole else None


def _without(statement: Statement, kept: set[int]) -> Statement | None:
    """A statement of compute's that doesn't pop what is kept; None where it does nothing else."""
    if not isinstance(statement, Step):
        return statement
    drops = tuple(count for count in statement.drops if count.buffer not in kept)
    if drops == statement.drops:
        return statement
    if statement.work is None:
        return replace(statement, takes=drops, drops=drops) if drops else None
    return replace(statement, drops=drops)
