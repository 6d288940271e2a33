"""Plans as HTML pages, and what reports' pages (report_page.py) have in common with them: each is
one file, no network, no framework, light and dark. What a page says is there without its script,
which only points at it.

A page is made from the JSON document, so that its figures are the document's.
"""

from __future__ import annotations

import functools
import html
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from . import schedule_text
from .bounds import RESOURCES, Bounds
from .device import DeviceSpec
from .larger_blocks import larger_blocks
from .metadata import BufferDescriptor, Schedule, buffers_of, pages_of_banks, schedules_of
from .policies import said_of_schedule
from .program import Program, listing, spans
from .text import printable
from .traffic import limits_of_launch, pages_of_launch, traffic

_TEMPLATES = Path(__file__).parent / "templates"


def render_plan(document: dict[str, Any]) -> str:
    """The page of a plan (schemas/plan.schema.json)."""
    numbers = itertools.count(1)
    device = DeviceSpec.from_attr(
        {key: value for key, value in document["device"].items() if key != "schema_version"}
    )
    functions = []
    for name, attrs in document["functions"].items():
        buffers = buffers_of(attrs)
        schedules = schedules_of({**attrs, "tt_device": device.to_attr()})
        functions.append(
            {
                "name": name,
                "buffers": attrs["tt_buffers"],
                "listing": _listing(name, attrs),
                "schedules": [
                    {
                        "number": next(numbers),  # on the page
                        **_drawn(schedule),
                        "args": [{"value": "", **arg} for arg in launch["tt_runtime_args_schema"]],
                        **_launch(attrs, buffers, schedule, device, place),
                    }
                    for place, (launch, schedule) in enumerate(
                        zip(attrs.get("tt_launches", [attrs]), schedules, strict=True)
                    )
                ],
            }
        )
    return render("plan.html.j2", plan=document, functions=functions)


def _drawn(schedule: Schedule) -> dict[str, Any]:
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


def _launch(
    attrs: dict[str, Any],
    buffers: Mapping[str, BufferDescriptor],
    schedule: Schedule,
    device: DeviceSpec,
    place: int,
) -> dict[str, Any]:
    """What each block of a launch touches, on its core, and what that adds up to; nothing where it
    is not known or too much to draw."""
    limits = limits_of_launch(attrs, buffers, schedule, device, place)
    found = {"limits": limits, **_larger(attrs, buffers, schedule, device, place, limits)}
    pages = pages_of_launch(attrs, place)
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


def _larger(
    attrs: dict[str, Any],
    buffers: Mapping[str, BufferDescriptor],
    schedule: Schedule,
    device: DeviceSpec,
    place: int,
    limits: Bounds | None,
) -> dict[str, Any]:
    """What larger blocks would cost, or why that isn't told."""
    if limits is None:
        return {"larger": (), "no_larger": ""}
    program = Program.from_json(attrs["tt_program"])
    said = said_of_schedule(attrs)
    larger, reason = larger_blocks(program, buffers, schedule, device, said, place)
    return {"larger": larger, "no_larger": reason}


def _cut(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[:most]} ..."


def _hue(core: int) -> int:
    """A colour for a core that its neighbours' differ from: steps of the golden angle."""
    return round(core * 137.508) % 360


def _size(count: int) -> str:
    """Bytes for people."""
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count} B"


def _listing(name: str, attrs: dict[str, Any]) -> Markup:
    """What a function's blocks do; "" in a plan of schema version 1, which doesn't say."""
    if "tt_program" not in attrs:
        return Markup()
    text = listing(Program.from_json(attrs["tt_program"]), name)
    return Markup.escape(printable(text, keep="\n"))


def render_schedule(schedule: Schedule) -> str:
    """A page with the cores of a schedule alone."""
    return render("drawing.html.j2", title=repr(schedule), schedule=_drawn(schedule))


def render_buffer(buffer: BufferDescriptor) -> str:
    """A page with the banks of a tensor alone."""
    return render("drawing.html.j2", title=repr(buffer), accessor=buffer.accessor)


def embed(page: str, height: int = 480) -> str:
    """A page inside of another, such as a notebook, with neither's style in the other."""
    return (
        f'<iframe srcdoc="{html.escape(page)}" sandbox style="width: 100%; height: {height}px; '
        'border: 0" title="tilelang-tt"></iframe>'
    )


def render(template: str, **values: Any) -> str:
    """A template of ours, with values."""
    return _environment().get_template(template).render(**values)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.globals.update(
        shade=_shade, pages_of_banks=pages_of_banks, hue=_hue, size=_size, resources=RESOURCES
    )
    return environment


def _visible(value: Any) -> Any:
    """What a template prints: no character of a name reaches the page as a control."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def _shade(count: int, most: int) -> int:
    """How strongly a cell is coloured, 0 to 4; 0 is for none."""
    return 0 if count == 0 or most == 0 else 1 + 3 * count // most
