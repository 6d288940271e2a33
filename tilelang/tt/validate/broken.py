"""Claims broken in every field, for tests: whatever a claim holds, it harms nothing but itself.

Beside the controls, which are wrong in ways that were thought of, these are wrong in each field
of a descriptor or a schedule by each of a list of hostile values: negative, zero, huge, of other
types and other lengths. Which of them are tried is drawn by a seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any

from ..metadata import WRITERS, Box, BufferDescriptor, RuntimeArg, Schedule, SharedRead
from .cases import Case

_HOSTILE: tuple[Any, ...] = (
    *(-1, 0, 1, 2, 3, 7, 31, 2**31, 2**32 - 1, 2**32, 2**63, -(2**63), 10**5000),
    *(1.0, 2.5, float("nan"), float("inf"), True, False, None, b"12", object(), {}, [], [32, 32]),
    *("", "12", "dram", "no such thing", "\0\x1b[31m", "\ud800", "x" * 10000),
    *((), (1,), (-1, 32), (32, 32), (0, 0, 0), (2**32, 32), (32, "32"), (1,) * 5, (1,) * 5000),
)


def broken(case: Case, count: int, seed: int) -> list[Case]:
    """So many cases whose claims are wrong in one place each, named by what was done; as many of
    each field as of the others."""
    numbers = random.Random(seed)
    by_field: dict[str, list[tuple[str, Any]]] = {}
    right = case.buffer or case.schedule
    for place, wrong in _faults(right, ""):
        by_field.setdefault(re.split(r"\W", place)[1], []).append((place, wrong))
    for faults in by_field.values():
        numbers.shuffle(faults)
    found: list[Case] = []
    told = _told(right)
    while len(found) < count and any(by_field.values()):
        for faults in filter(None, by_field.values()):
            place, wrong = faults.pop()
            if _told(wrong) == told:
                continue
            name = f"{case.name}, {len(found)}: {place}"
            found.append(
                replace(case, name=name, buffer=wrong)
                if case.schedule is None
                else replace(case, name=name, schedule=wrong)
            )
    return found[:count]


def _faults(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """The value with one thing in it replaced, and where; then the whole of it."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            for where, wrong in _faults(getattr(value, field.name), f"{place}.{field.name}"):
                yield where, replace(value, **{field.name: wrong})
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            for where, wrong in _faults(item, f"{place}[{number}]"):
                yield where, (*value[:number], wrong, *value[number + 1 :])
        for changed in (value[1:], (*value, *value[-1:])):
            yield f"{place} of {len(changed)}", changed
    elif isinstance(value, int):
        for number in (value - 1, value + 1, 2 * value, -value):
            yield f"{place} = {number}", number
    if place:
        for number, hostile in enumerate(_HOSTILE):
            yield f"{place} = hostile value {number}", hostile


def _told(record: object) -> str:
    """What a claim says that is about what a device does; it tells True from 1 and 1.0."""
    try:
        return repr(asdict(_meant(record)))  # a view's own repr is a line for people
    except ValueError:
        return "a number of too many digits"


def _meant(record: Any) -> Any:
    """A claim without what no level can see in it: names and meanings for people, what a kernel
    does with a tensor, where idle cores would start, and values that are the author's to choose."""
    if isinstance(record, BufferDescriptor):
        name = "X" if isinstance(record.name, str) else record.name
        known = ("in", "out", "inout", "workspace")
        role = "in" if type(record.role) is str and record.role in known else record.role
        shape, access = _tiled(record.shape), record.access
        if isinstance(access, tuple) and all(isinstance(region, Mapping) for region in access):
            access = ()
        writer = record.written_by
        if type(writer) is str and writer in WRITERS:
            writer = "none"
        return replace(record, name=name, role=role, shape=shape, access=access, written_by=writer)
    if not isinstance(record, Schedule):
        return record
    tiles, boxes = record.tiles_per_core, record.boxes
    if isinstance(tiles, tuple):
        tiles = tuple(_idle(one, record.num_tiles) for one in tiles)
    if isinstance(boxes, tuple):
        boxes = tuple(_empty(one, record.grid) for one in boxes)
    reads = record.shared_reads
    if isinstance(reads, tuple) and record.policy == "rectangular" and all(map(_may_share, reads)):
        reads = ()  # which E6 has nothing of: its cores copy each by itself
    reason = record.reason
    if isinstance(reason, str) and reason.isprintable() and len(reason) < 1000:
        reason = ""
    args = record.runtime_args
    if isinstance(args, tuple):
        args = tuple(map(_argument, args))
    return replace(
        record,
        tiles_per_core=tiles,
        boxes=boxes,
        shared_reads=reads,
        reason=reason,
        runtime_args=args,
    )


def _tiled(shape: Any) -> Any:
    """The tiles of a matrix, and whether they are full: another shape in them is as right."""
    if not isinstance(shape, tuple) or not all(type(n) is int and n > 0 for n in shape):
        return shape
    *batch, height, width = (1,) * (2 - len(shape)) + shape
    full = height % 32 == width % 32 == 0
    return len(shape), batch, -(-height // 32), -(-width // 32), full


def _idle(tiles: Any, num_tiles: Any) -> Any:
    start, count = getattr(tiles, "start_id", None), getattr(tiles, "count", None)
    in_range = type(start) is int and type(num_tiles) is int and 0 <= start <= num_tiles
    return replace(tiles, start_id=0) if type(count) is int and not count and in_range else tiles


def _empty(box: Any, grid: Any) -> Any:
    """An idle core's box, wherever in the grid it is."""
    if not isinstance(box, Box) or type(grid) is not tuple or len(grid) != 3:
        return box
    sides = zip((box.x, box.y, box.z), (box.across, box.down, box.deep), grid, strict=True)
    within = all(
        type(first) is type(many) is type(extent) is int and min(first, many) >= 0
        and first + many <= extent for first, many, extent in sides
    )  # fmt: skip
    return Box(0, 0, 0, 0, 0, 0) if within and not box.count else box


def _may_share(read: Any) -> bool:
    return (
        isinstance(read, SharedRead)
        and isinstance(read.buffer, str)
        and read.buffer.isprintable()
        and len(read.buffer) < 1000
        and type(read.along) is str
        and read.along in ("x", "y", "yz")
        and type(read.noc) is int
        and read.noc in (0, 1)
    )


def _argument(arg: Any) -> Any:
    if not isinstance(arg, RuntimeArg) or not isinstance(arg.meaning, str):
        return arg
    free = arg.name == "kt_tiles" and type(arg.value) is int and 0 < arg.value < 2**32
    return replace(arg, meaning="", value=1 if free else arg.value)
