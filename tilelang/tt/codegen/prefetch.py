"""Loops whose reads begin a turn ahead, where a turn's operands are popped before the next one's.

A loop whose products add up keeps the operands of all turns, and reads ahead by itself
(planner/products.py). Any other one takes and pops in each turn, as attention does K and V. Its
reads' windows follow from the loop's variable and from what is around it, so those of the next turn
can begin while this one's are on the way. That takes room for a third turn: while compute has one,
one has been read, and one is being read.
"""

from __future__ import annotations

from dataclasses import replace

from .arguments import steps, steps_alone
from .buffers import Planned
from .plan import (
    READER,
    WRITER,
    Count,
    For,
    If,
    MultiplyTiles,
    Parts,
    ReadTiles,
    Statement,
    Step,
    Together,
)

#: Blocks of a buffer that is read a turn ahead.
ROOM = 3

#: Reads of a turn, at most: each has two transaction ids, of which there are 15 beside 0.
MOST = 7


def prefetch(planned: Planned, spare: int) -> Planned:
    """The same with such loops reading ahead, the first ones first, as long as L1 has ``spare``
    bytes for them."""
    kernels = dict(planned.kernels)
    for role in (READER, WRITER):
        for loop in [each for each in steps(kernels[role]) if isinstance(each, For)]:
            if not _reads_ahead(loop, planned):
                continue
            wanted = {read.makes[0].buffer for read in _reads(loop) if _room(read, planned) < ROOM}
            more = sum(
                (ROOM - planned.buffers[n].blocks) * planned.buffers[n].tiles
                * planned.buffers[n].page_bytes
                for n in wanted
            )  # fmt: skip
            if more > spare:
                continue
            spare -= more
            buffers = tuple(
                replace(each, blocks=ROOM) if each.index in wanted else each
                for each in planned.buffers
            )
            kernels[role] = _with(kernels[role], loop)
            planned = replace(planned, buffers=buffers, kernels=dict(kernels))
    return planned


def _reads(loop: For) -> list[Step]:
    """A loop's reads; none where it has other statements than steps."""
    if not all(isinstance(each, (Step, Together)) for each in loop.body):
        return []
    return [step for step in steps_alone(loop.body) if isinstance(step.work, ReadTiles)]


def _room(read: Step, planned: Planned) -> int:
    """For how many turns' of a read there is room."""
    (count,) = read.makes
    buffer = planned.buffers[count.buffer]
    return buffer.pages // (count.tiles or buffer.tiles)


def _reads_ahead(loop: For, planned: Planned) -> bool:
    """Whether each read of a loop is of a buffer that nothing else fills, which is popped in each
    turn: then no turn's reads wait for what a later one pushes. What is written too has pages of
    its own for each turn (hazards.py)."""
    reads = _reads(loop)
    filled = [
        count.buffer for body in planned.kernels.values() for step in steps_alone(body)
        for count in step.makes
    ]  # fmt: skip
    return 0 < len(reads) <= MOST and all(
        filled.count(read.makes[0].buffer) == 1
        and read.makes[0].trips is None
        and (read.makes[0].tiles is None or _room(read, planned) >= ROOM)
        and _popped_each_turn(read.makes[0], loop.var, planned)
        for read in reads
    )


def _popped_each_turn(made: Count, var: int, planned: Planned) -> bool:
    taker = planned.kernels[planned.buffers[made.buffer].consumer]
    for each in steps(taker):
        if isinstance(each, For) and each.var == var:
            drops = [c for step in each.body if isinstance(step, Step) for c in step.drops]
            if Count(made.buffer) in drops and made.tiles is None:
                return True
        if isinstance(each, Step) and isinstance(each.work, MultiplyTiles):
            # What comes in parts is popped as it is taken.
            work = each.work
            of_loop = work.turns is not None and work.turns[0] == var
            if work.streamed and of_loop and made.buffer in (work.a, work.b):
                return True
    return False


def _with(body: tuple[Statement, ...], loop: For) -> tuple[Statement, ...]:
    """Statements in which a loop reads ahead."""
    out: list[Statement] = []
    for each in body:
        if each is loop:
            out.append(replace(loop, ahead=True))
        elif isinstance(each, (For, Parts)):
            out.append(replace(each, body=_with(each.body, loop)))
        elif isinstance(each, If):
            then, otherwise = _with(each.then, loop), _with(each.otherwise, loop)
            out.append(replace(each, then=then, otherwise=otherwise))
        else:
            out.append(each)
    return tuple(out)
