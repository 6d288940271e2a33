"""A schedule in words, for the terminal and for pages: which blocks a core has, what is shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .metadata import Box, Schedule, SharedRead, TileRange
from .program import spans


def of_report(document: Mapping[str, Any]) -> Schedule:
    """The schedule of a case of a report (schemas/report.schema.json), as far as it says it."""
    width, height = document["core_grid"]
    x, y, z = document["grid"]
    return Schedule(
        policy=document.get("policy", "contiguous"),
        order=document.get("order", "row_major"),
        grid=(x, y, z),
        core_grid=(width, height),
        num_tiles=document["tiles"],
        num_cores=width * height,
        tiles_per_core=tuple(TileRange(*row) for row in document["tiles_per_core"]),
        core_ranges=(),
        runtime_args=(),
        stride=document.get("stride", 1),
        boxes=tuple(Box(*row) for row in document.get("boxes", ())),
    )


def rule(schedule: Schedule) -> str:
    """How blocks go to cores: "rectangular, row_major: boxes of up to 2x1x1 blocks"."""
    named = f"{schedule.policy}, {schedule.order}"
    if schedule.boxes:
        return f"{named}: boxes of up to {'x'.join(map(str, schedule.turns))} blocks"
    if schedule.stride > 1:
        return f"{named}: each {_nth(schedule.stride)} block of a core's first"
    return named


def _nth(number: int) -> str:
    teen = number // 10 % 10 == 1
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def held(schedule: Schedule, core: int) -> str:
    """The blocks of a core: "blocks 0 to 3", "blocks 1, 5, 9", "blocks (0, 2, 0) to (1, 3, 0)"."""
    if not schedule.counts[core]:
        return "idle"
    if schedule.boxes:
        box = schedule.boxes[core]
        last = box.x + box.across - 1, box.y + box.down - 1, box.z + box.deep - 1
        first = box.x, box.y, box.z
        return f"block {first}" if first == last else f"blocks {first} to {last}"
    blocks = schedule.blocks(core)
    if _is_run(blocks):
        return f"blocks {blocks[0]} to {blocks[-1]}"
    text = ", ".join(map(str, blocks[:8]))
    return f"blocks {text}{f', ... {blocks[-1]}' if len(blocks) > 8 else ''}"


def cell(schedule: Schedule, core: int) -> str:
    """The same for a cell of a table: "0-3", "0,2-1,3" for a box, "5.." for each nth after 5."""
    blocks = schedule.blocks(core)
    if schedule.boxes:
        box = schedule.boxes[core]
        sides = ((box.x, box.across), (box.y, box.down), (box.z, box.deep))
        deep = schedule.grid[2] > 1
        return ",".join(
            f"{first}" if count == 1 else f"{first}-{first + count - 1}"
            for first, count in sides[: 3 if deep else 2]
        )
    return spans(blocks) if _is_run(blocks) else f"{blocks[0]}.."


def _is_run(blocks: Sequence[int]) -> bool:
    return blocks[-1] - blocks[0] == len(blocks) - 1 and list(blocks) == sorted(blocks)


def shared(schedule: Schedule) -> Iterator[str]:
    """A line for each tensor that cores read together; of a rectangle that shares none, that; and
    of one in layers, what these don't share with each other."""
    for each in schedule.shared_reads:
        yield f"{each.buffer}: {_shared(schedule, each)}"
    layers = _layers(schedule)
    if layers > 1 and any(each.along == "x" for each in schedule.shared_reads):
        yield (
            f"of what rows share, each of the {layers} layers of rows, whose blocks differ in z, "
            "reads all for itself: its rows and another's are no rectangle to multicast to"
        )
    if schedule.boxes and not schedule.shared_reads:
        yield (
            "nothing is shared: along a row or a column of cores, blocks' indices decide what each "
            "tensor's reads are, or how often they are done"
        )


def _layers(schedule: Schedule) -> int:
    return len({box.z for box in schedule.boxes if box.count})


def _shared(schedule: Schedule, each: SharedRead) -> str:
    width = schedule.core_grid[0]
    active = [(core % width, core // width) for core, box in enumerate(schedule.boxes) if box.count]
    x, y = min(x for x, _ in active), min(y for _, y in active)
    # A column of cores is as many groups as there are layers, or one.
    parts = 1 if each.along == "yz" else _layers(schedule)
    if each.along == "x":
        others = len({x for x, _ in active}) - 1
        sender, line = f"core ({x}, y) of each row", "row"
    else:
        others = len({y for _, y in active}) // parts - 1
        sender = f"core (x, {y}) of each column"
        line = "column"
        if parts > 1:
            sender = f"the first core of each column of {others + 1}"
    rest = f"the {others} others" if others > 1 else "the other"
    return f"read by {sender}, multicast to {rest} of its {line} over NoC {each.noc}"
