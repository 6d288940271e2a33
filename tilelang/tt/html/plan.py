"""The page of a plan: which core runs which blocks, what each touches, what that adds up to.

It is made from the plan's JSON document, so that its figures are the document's.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from .. import schedule_text
from ..device_spec import DeviceSpec
from ..larger_blocks import larger_blocks
from ..metadata import BufferDescriptor, Schedule, buffers_of, schedules_of
from ..plan import title_of
from ..policies import said_of_schedule
from ..program import Program, spans
from ..traffic import limits_of_launch, pages_of_launch, traffic
from .render import render
from .steps import steps_of_launch


def render_plan(document: dict[str, Any]) -> str:
    """The page of a plan (schemas/plan.schema.json)."""
    numbers = itertools.count(1)
    device = DeviceSpec.from_attr(
        {key: value for key, value in document["device"].items() if key != "schema_version"}
    )
    functions = []
    is_of_several = len(document["functions"]) > 1
    for name, attrs in document["functions"].items():
        buffers = buffers_of(attrs)
        schedules = schedules_of({**attrs, "tt_device": device.to_attr()})
        # A plan of schema version 1 has none, and doesn't say what blocks do.
        program = Program.from_json(attrs["tt_program"]) if "tt_program" in attrs else None
        functions.append(
            {
                "title": title_of(document.get("provenance", {}), name, is_of_several),
                "buffers": attrs["tt_buffers"],
                "schedules": [
                    {
                        "number": next(numbers),  # on the page
                        **drawn(schedule),
                        "args": [{"value": "", **arg} for arg in launch["tt_runtime_args_schema"]],
                        **_of_program(program, name, attrs, buffers, schedule, device, place),
                    }
                    for place, (launch, schedule) in enumerate(
                        zip(attrs.get("tt_launches", [attrs]), schedules, strict=True)
                    )
                ],
            }
        )
    return render("plan.html.j2", plan=document, functions=functions)


def drawn(schedule: Schedule) -> dict[str, Any]:
    """What is drawn and said of a schedule by itself."""
    counts = schedule.counts
    return {
        "grid": schedule.grid,
        "core_grid": schedule.core_grid,
        "tiles": schedule.num_tiles,
        "cores": schedule.num_cores,
        "active": schedule.num_active_cores,
        "counts": counts,
        "held": [schedule_text.held(schedule, core) for core in range(len(counts))],
        "ends": [
            (blocks[0], blocks[-1]) if (blocks := schedule.blocks(core)) else None
            for core in range(len(counts))
        ],
        "contiguous": schedule.policy == "contiguous" and schedule.order == "row_major",
        "rule": schedule_text.rule(schedule),
        "shared": list(schedule_text.shared(schedule)),
        "imbalance": schedule.imbalance,
        "reason": schedule.reason,
    }


def _of_program(
    program: Program | None,
    name: str,
    attrs: dict[str, Any],
    buffers: Mapping[str, BufferDescriptor],
    schedule: Schedule,
    device: DeviceSpec,
    place: int,
) -> dict[str, Any]:
    """What a launch's blocks do, step by step and added up; nothing where there is no program."""
    if program is None:
        return {
            **{"blocks": [], "traffic": {}, "limits": None, "larger": (), "no_larger": ""},
            **{"listing": "", "tensors": [], "touched": {"grid": (0, 0, 0), "steps": []}},
        }
    about = _launch(program, attrs, buffers, schedule, device, place)
    return about | steps_of_launch(program, name, buffers, place, bool(about["blocks"]))


def _launch(
    program: Program,
    attrs: dict[str, Any],
    buffers: Mapping[str, BufferDescriptor],
    schedule: Schedule,
    device: DeviceSpec,
    place: int,
) -> dict[str, Any]:
    """What each block of a launch touches, on its core, and what that adds up to; nothing where it
    is not known or too much to draw."""
    limits = limits_of_launch(program, buffers, schedule, device, place)
    larger: tuple[Any, ...] = ()
    reason = ""
    if limits is not None:
        said = said_of_schedule(attrs)
        larger, reason = larger_blocks(program, buffers, schedule, device, said, place)
    found = {"limits": limits, "larger": larger, "no_larger": reason}
    pages = pages_of_launch(program, attrs, place)
    if pages is None:
        return {"blocks": [], "traffic": {}, **found}
    width = schedule.core_grid[0]
    columns, rows, _ = schedule.grid
    blocks: list[dict[str, Any]] = []
    for core in range(len(schedule.counts)):
        for number in schedule.blocks(core):
            x, y, z = number % columns, number // columns % rows, number // columns // rows
            touched = [
                f"{name}: {mode}s {_cut(spans(found.ids))}"
                for name, each in pages.items()
                for mode, found in each[number].items()
            ]
            where = f"block {number} ({x}, {y}, {z}) on core ({core % width}, {core // width})"
            blocks.append({"core": core, "number": number, "said": "; ".join([where, *touched])})
    blocks.sort(key=lambda block: block["number"])
    sums = {
        name: traffic(buffers[name], each, limits.tensors[name] if limits else None)
        for name, each in pages.items()
    }
    return {"blocks": blocks, "traffic": sums, **found}


def _cut(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[:most]} ..."
