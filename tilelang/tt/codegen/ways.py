"""What the generated kernels of a launch do that their program and schedule don't say: for bounds,
which need no more of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..program import Program
from .arguments import moves_of
from .cores import Schedule
from .generate import Device, generate
from .keep import kept
from .plan import READER, WRITER, KernelPlan, ReadTiles, WriteTiles


@dataclass(frozen=True)
class Ways:
    """``spread``: by tensor, the first column of tiles of a block that the reader writes, over its
    NoC; the writer writes those before it. ``kept``: by tensor, the axes along whose turns a core
    reads it once (plan.Kept). ``first_rows``: tensors of whose tiles the first row alone is taken,
    so that nothing is put below it."""

    spread: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    first_rows: frozenset[str] = frozenset()


def ways_of(plan: KernelPlan) -> Ways:
    """Those of a plan; a tensor has the name that the function gave it."""
    spread = {
        _name(plan, each.window.tensor): each.column
        for each in moves_of(plan.kernels[READER])
        if isinstance(each, WriteTiles)
    }
    axes = {_name(plan, tensor): axes for tensor, axes in kept(plan).items()}
    reads: dict[bool, set[str]] = {True: set(), False: set()}
    for role in (READER, WRITER):
        for each in moves_of(plan.kernels[role]):
            if isinstance(each, ReadTiles):
                reads[each.first_rows].add(_name(plan, each.window.tensor))
    return Ways(spread, axes, frozenset(reads[True] - reads[False]))


def ways_of_launch(program: Program, schedule: Schedule, device: Device, launch: int) -> Ways:
    """Those of the kernels that would be generated; of none, where none are."""
    try:
        return ways_of(generate(program, schedule, device, launch=launch))
    except (NotImplementedError, ValueError):
        return Ways()


def _name(plan: KernelPlan, tensor: int) -> str:
    name = plan.program.buffers[tensor].name
    return plan.labels.get(name, name)
