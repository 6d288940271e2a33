"""Outputs whose writes are spread over both NoCs: the writer writes the first columns of tiles of a
block on NoC 1, and the reader, which has nothing left to read, the others on NoC 0.

Each kernel keeps to the NoC of its own processor, whose transactions TT-metal's barriers count by
processor. So a block is in two circular buffers, one for each kernel that takes from it.
"""

from __future__ import annotations

from dataclasses import replace

from .arguments import steps_alone
from .buffers import Planned
from .names import Named
from .plan import (
    COMPUTE,
    READER,
    WRITER,
    CircularBuffer,
    Count,
    MultiplyTiles,
    Parts,
    Statement,
    Step,
    TileMap,
    WriteTiles,
)


def spread(planned: Planned, named: Named) -> Planned:
    """The same with outputs in two buffers, where that is possible.

    It is for cores that run one block: of several, the reader would write one before it reads for
    the next. What it writes stands after all that it reads, and compute has room for a whole block,
    so neither waits for the other.
    """
    buffers = list(planned.buffers)
    kernels = {role: list(body) for role, body in planned.kernels.items()}
    for at, statement in enumerate(kernels[WRITER]):
        write = _write_of(statement)
        if write is None:
            continue
        number = write.work.buffer  # type: ignore[union-attr]
        if not _divisible(number, write, planned):
            continue
        whole = buffers[number]
        left = (whole.across + 1) // 2
        other = len(buffers)
        buffers[number] = replace(whole, across=left, beside=other)
        name = named.namer.name(f"{whole.name}_by_reader")
        buffers.append(
            replace(
                whole, index=other, name=name, across=whole.across - left, consumer=READER,
                beside=None,
            )
        )  # fmt: skip
        pair = (buffers[number], buffers[other])
        kernels[WRITER][at] = _columns_of(statement, pair[0], 0)
        kernels[READER].append(_columns_of(statement, pair[1], left))
        kernels[COMPUTE] = [
            replace(each, makes=_two(each.makes, whole, pair)) if isinstance(each, Step) else each
            for each in kernels[COMPUTE]
        ]
    done = {role: tuple(body) for role, body in kernels.items()}
    return replace(planned, kernels=done, buffers=tuple(buffers))


def _write_of(statement: Statement) -> Step | None:
    """The step of a write that is done once a block, by rows of tiles at most: no matrix by matrix.
    One whose window is turned is of one column, which isn't divided."""
    rows = isinstance(statement, Parts) and statement.name == "part_row"
    step = statement.body[0] if isinstance(statement, Parts) and rows else statement
    if not isinstance(step, Step) or not isinstance(step.work, WriteTiles):
        return None
    return step


def _divisible(number: int, write: Step, planned: Planned) -> bool:
    """Whether the columns of a buffer are of one step of compute's, and of one write."""
    buffer = planned.buffers[number]
    if buffer.by_columns or buffer.across < 2:
        return False
    compute, writer = (steps_alone(planned.kernels[role]) for role in (COMPUTE, WRITER))
    makers = [s for s in compute if any(c.buffer == number for c in s.makes)]
    takers = [s for s in writer if any(c.buffer == number for c in s.takes)]
    once = [s for s in planned.kernels[COMPUTE] if s in makers]
    return (
        len(makers) == len(takers) == len(once) == 1
        and isinstance(makers[0].work, (TileMap, MultiplyTiles))
        and takers[0] is write
    )


def _columns_of(statement: Statement, buffer: CircularBuffer, first: int) -> Statement:
    """The write of the columns that a buffer has."""
    if isinstance(statement, Parts):
        (step,) = statement.body
        return replace(statement, body=(_columns_of(step, buffer, first),))
    assert isinstance(statement, Step)
    assert isinstance(statement.work, WriteTiles)
    work = replace(statement.work, buffer=buffer.index, across=buffer.across, column=first)
    tiles = None if statement.takes[0].tiles is None else work.down * work.across
    count = (Count(buffer.index, tiles=tiles),)
    return replace(statement, work=work, takes=count, drops=count)


def _two(
    makes: tuple[Count, ...], whole: CircularBuffer, pair: tuple[CircularBuffer, CircularBuffer]
) -> tuple[Count, ...]:
    """What a step makes, with two buffers in the place of one."""
    out: list[Count] = []
    for count in makes:
        if count.buffer != whole.index:
            out.append(count)
            continue
        for each in pair:
            rows = None if count.tiles is None else count.tiles // whole.across
            tiles = None if rows is None else rows * each.across
            out.append(Count(each.index, tiles=tiles))
    return tuple(out)
