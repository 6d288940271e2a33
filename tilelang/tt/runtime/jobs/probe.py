"""Questions to the cores of a device: programs of one kernel text, kernels/probe.cpp.

Runs in the process that has the device open.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

from . import bridge

_SOURCE = Path(__file__).parent / "kernels" / "probe.cpp"


class Question(IntEnum):
    """What probe.cpp is asked to do; the headers beside it say with which arguments."""

    BANKS = 0
    ADDRESSES = 1
    MOVES = 2
    COPIES = 3


# Arguments that a question has, at most. All have as many, so that ttnn makes one program of a
# question's on so many cores, and of the next one of another kind.
_MOST_ARGS = 4

# Words of an accessor where it makes no difference: those of tiles of bfloat16 in DRAM, for which
# the kernel is compiled before long in most runs.
_ANY_ACCESSOR = (2, 2048)


def ask(
    device: Any,
    question: Question,
    rows: tuple[Sequence[Sequence[int]], Sequence[Sequence[int]]],
    tensors: Sequence[Any],
    accessor_words: Sequence[int] = _ANY_ACCESSOR,
) -> None:
    """Ask the first cores of the device, and wait until they are done.

    Parameters
    ----------
    rows : the arguments after the question, a row a core, of the kernels on NoC 0 and on NoC 1
    tensors : what the kernels read and write
    """
    kernels = []
    for noc, rows_of_noc in enumerate(rows):
        padded = [[*row, *[0] * (_MOST_ARGS - len(row))] for row in rows_of_noc]
        args = bridge.args_of_first_cores(device, padded)
        cores = bridge.first_cores(device, len(rows_of_noc))
        kernels.append(
            bridge.Kernel(_SOURCE, cores, args, _MOST_ARGS, accessor_words, noc, [question])
        )
    bridge.run(device, kernels, tensors)


#: The place of an argument that a schema doesn't have.
NO_ARGUMENT = 2**32 - 1


def copy(
    device: Any,
    cores: Any,
    args: Any,
    num_args: int,
    walk: Sequence[int],
    source: Any,
    target: Any,
    page_size: int,
) -> None:
    """Copy pages from tensor to tensor, in DRAM, over NoC 0, and wait until it is done.

    Parameters
    ----------
    cores, args : that copy, and each one's arguments by a schedule's schema
    num_args : how many each one has
    walk : how a core finds its blocks by them, as kernels/copy_tiles.h has it
    page_size : of both tensors, in bytes, with what aligns the next page
    """
    grid = device.compute_with_storage_grid_size()
    # A read from DRAM wants the same alignment at both ends, and an L1 tensor's own is less.
    room = bridge.room_in_l1(device, grid.x * grid.y, 2 * page_size // 4)
    scratch = -(-room.buffer_address() // page_size) * page_size
    places = [source.buffer_address(), target.buffer_address(), page_size]
    common = [Question.COPIES, *places, scratch, num_args, *walk]
    kernel = bridge.Kernel(_SOURCE, cores, args, num_args, _ANY_ACCESSOR, 0, common)
    bridge.run(device, [kernel], [room, source, target])


def bank_tables(device: Any, num_banks: int) -> Any:
    """What the firmware has of each DRAM bank: a row for NoC 0 and one for NoC 1 of coordinates
    (x | y << 6), and a row of offsets in bytes."""
    words = 3 * num_banks
    report = bridge.room_in_l1(device, 1, -(-words // 4) * 4)
    place = [[report.buffer_address()]]
    ask(device, Question.BANKS, (place, place), [report])
    return bridge.from_l1(report).ravel()[:words].reshape(3, num_banks)
