"""Which pages each step of a launch reads and writes, for any of its blocks.

They are what the analysis finds in the program without the other steps that touch tensors. So what
is said of a step is what ``tt_access`` says of the kernel, taken apart.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .program import (
    Launch,
    Let,
    Loop,
    Map,
    Opaque,
    Pages,
    PagesOfBlocks,
    Program,
    Scratch,
    Step,
    When,
    While,
    reads,
    writes,
)

#: Page ids that are listed of one step and tensor, over all blocks that differ; above, none are.
MOST_IDS = 1 << 16

_NONE = Pages((), exact=True)

Regions = Mapping[int, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Touched:
    """What a step does with a tensor, ``mode`` being "read" or "write".

    ``pages`` has those of each place along ``axes`` of the launch's grid, the first axis fastest:
    they don't depend on the others. It is None where there are more than MOST_IDS, or where they
    depend on what is known only when the kernel runs.
    """

    buffer: int
    mode: str
    axes: tuple[int, ...]
    pages: tuple[Pages, ...] | None


@dataclass(frozen=True)
class StepPages:
    """Of each step that touches tensors and has no body, by its place (program.Line), what it
    touches; ``rest`` is what conditions and the bounds of loops read."""

    steps: Mapping[str, tuple[Touched, ...]]
    rest: tuple[Touched, ...]


def step_pages(program: Program, launch: int) -> StepPages:
    """What the steps of a launch touch."""
    rest = _regions(program, launch, "")
    return StepPages(
        {
            place: _touched(program, launch, _without(_regions(program, launch, place), rest))
            for place in _places(program, launch)
        },
        _touched(program, launch, rest),
    )


def touches_tensors(program: Program, step: Step) -> bool:
    """Whether a step itself reads or writes what is in DRAM."""
    storages = (program.buffers[program.storage(id)] for id in reads(step) | writes(step))
    return any(not isinstance(storage, Scratch) for storage in storages)


def _places(program: Program, launch: int) -> list[str]:
    found: list[str] = []
    _kept(program, program.launches[launch].body, f"launches[{launch}].body", found, "")
    return found


def _regions(program: Program, launch: int, place: str) -> Regions:
    """The regions of the launch, by buffer, when it has the step at ``place`` alone, or none."""
    from . import _ffi_api

    body = program.launches[launch].body
    kept = _kept(program, body, f"launches[{launch}].body", [], place)
    launches = [Launch(each.grid, each.indices, ()) for each in program.launches]
    launches[launch] = replace(program.launches[launch], body=kept)
    alone = replace(program, launches=tuple(launches))
    found = json.loads(_ffi_api.analyze_program(alone.to_text()))["buffers"]
    return {id: of["access"] for id, of in enumerate(found) if of is not None and of["access"]}


def _kept(
    program: Program, body: tuple[Step, ...], place: str, found: list[str], only: str
) -> tuple[Step, ...]:
    """A body without the steps that touch tensors, whose places are ``found``, but for one."""
    kept: list[Step] = []
    whole: Step
    for index, step in enumerate(body):
        here = f"{place}[{index}]"
        if isinstance(step, (Map, Loop, While)):
            inner = _kept(program, step.body, f"{here}.body", found, only)
            whole = replace(step, body=inner)
            kept += [whole] * bool(inner or touches_tensors(program, step))
        elif isinstance(step, When):
            then = _kept(program, step.then, f"{here}.then", found, only)
            otherwise = _kept(program, step.otherwise, f"{here}.else", found, only)
            whole = replace(step, then=then, otherwise=otherwise)
            kept += [whole] * bool(then or otherwise or touches_tensors(program, step))
        elif isinstance(step, (Let, Opaque)) or not touches_tensors(program, step):
            kept.append(step)  # other steps may need what a let or an opaque step binds
        else:
            found.append(here)
            kept += [step] * (here == only)
    return tuple(kept)


def _without(regions: Regions, rest: Regions) -> Regions:
    return {id: [each for each in of if each not in rest.get(id, ())] for id, of in regions.items()}


def _touched(program: Program, launch: int, regions: Regions) -> tuple[Touched, ...]:
    found: list[Touched] = []
    grid = program.launches[launch].grid
    for buffer, of in regions.items():
        blocks = PagesOfBlocks(program, buffer, of, launch)
        modes = dict.fromkeys(
            mode
            for region in of
            for mode in (("read", "write") if region["mode"] == "update" else (region["mode"],))
        )
        found += [
            Touched(buffer, mode, blocks.axes, _of_places(blocks, grid, mode)) for mode in modes
        ]
    return tuple(found)


def _of_places(
    blocks: PagesOfBlocks, grid: tuple[int, int, int], mode: str
) -> tuple[Pages, ...] | None:
    """The pages of each place along the axes that they depend on, where that isn't too much."""
    found: list[Pages] = []
    steps = (1, grid[0], grid[0] * grid[1])
    ranges = [range(grid[axis]) for axis in reversed(blocks.axes)]
    many = 0
    try:
        for place in itertools.product(*ranges):
            along = zip(reversed(blocks.axes), place, strict=True)
            found.append(blocks[sum(steps[axis] * at for axis, at in along)].get(mode, _NONE))
            many += len(found[-1].ids)
            if many > MOST_IDS:
                return None
    except ValueError:  # it depends on what is known only when it runs
        return None
    return tuple(found)
