"""What is malformed in a schedule, and what of it could do harm if it were run; see the package.

Harm is told apart from contradiction, since controls run schedules that contradict themselves, and
none that could write where it has no business or wait for arguments that never come.
"""

from __future__ import annotations

import re
from dataclasses import fields
from math import prod

from ...device_spec import DeviceSpec
from ...metadata import (
    OWN_BOX,
    OWN_RANGE,
    Box,
    CoreRange,
    RuntimeArg,
    Schedule,
    SharedRead,
    TileRange,
)
from ...policies import ORDERS, POLICIES
from ..evidence import Difference
from .blocks import check_blocks_once, check_blocks_reach
from .values import Words, expect, fault_of, integer, integers, one_of, text

#: TT-metal's limit of a kernel's runtime arguments (get_arg_addr, dataflow_api.h).
MOST_ARGS = 341
#: Those of them that the copy of E6 has besides the schedule's (runtime/jobs/kernels/copy_tiles.h).
OWN_ARGS = 16
_AXES = ("grid_x", "grid_y", "grid_z")
# What follows the source's name in that of its argument.
_SUFFIXES = {"buffer_address": "addr", "scalar": "value"}
# A dtype as TVM writes it: of so many bits, and of several lanes.
_DTYPE = re.compile(r"(?:bool|(?:u?int|b?float)(\d{1,2})(?:_e\w+)?)(?:x(\d))?")


def schedule_fault(schedule: Schedule, spec: DeviceSpec) -> Difference | None:
    """The first thing that is malformed in a schedule, or nothing."""
    return schedule_harm(schedule, spec) or schedule_contradiction(schedule)


def schedule_harm(schedule: Schedule, spec: DeviceSpec) -> Difference | None:
    """Why a schedule must not be run on a device, or nothing.

    It is of the right types and has what its policy has, its ids are those of tiles that are there,
    also as its cores work them out of their arguments, its core ranges are on the device's grid,
    and each of their cores is in one of them and has tiles, so that it gets arguments of its own:
    without, it would use what was there before.
    """
    return fault_of(_check_types, schedule) or fault_of(_check_reach, schedule, spec)


def schedule_contradiction(schedule: Schedule) -> Difference | None:
    """What a schedule says of itself that can't be, or nothing: a tile without a core or with two,
    a core whose range says another number of tiles, or arguments that the rest contradicts.

    Its values are of the right types, and its ids and cores in range.
    """
    return fault_of(_check_agreement, schedule)


def _check_types(schedule: Schedule) -> None:
    expect(isinstance(schedule, Schedule), "the schedule", "a Schedule", schedule)
    one_of("policy", schedule.policy, *POLICIES)
    one_of("order", schedule.order, *ORDERS)
    text("reason", schedule.reason)
    integers("grid", schedule.grid, least=1, length=3)
    integers("core_grid", schedule.core_grid, least=1, length=2)
    integer("num_tiles", schedule.num_tiles, least=1)
    integer("num_cores", schedule.num_cores, least=1)
    for name, kind in (
        ("tiles_per_core", TileRange),
        ("core_ranges", CoreRange),
        ("runtime_args", RuntimeArg),
        ("boxes", Box),
        ("shared_reads", SharedRead),
    ):
        values = getattr(schedule, name)
        right = type(values) is tuple and all(isinstance(value, kind) for value in values)
        expect(right, name, f"a tuple of {kind.__name__}s", values)
    for name in ("tiles_per_core", "boxes", "core_ranges"):
        for number, one in enumerate(getattr(schedule, name)):
            for field in fields(one):
                integer(f"{name}[{number}].{field.name}", getattr(one, field.name))
    for number, read in enumerate(schedule.shared_reads):
        text(f"shared_reads[{number}].buffer", read.buffer)
        one_of(f"shared_reads[{number}].along", read.along, "x", "y", "yz")
        integer(f"shared_reads[{number}].noc", read.noc, most=1)
    _check_policy(schedule)
    _check_args(schedule)


def _check_policy(schedule: Schedule) -> None:
    """Each policy has the fields that say its blocks, and none of another's."""
    integer("stride", schedule.stride, least=1)
    if schedule.policy != "strided":
        under = f"1, under the policy {schedule.policy}"
        expect(schedule.stride == 1, "stride", under, schedule.stride)
    absent = ("tiles_per_core",) if schedule.policy == "rectangular" else ("boxes", "shared_reads")
    for name in absent:
        found = Words(f"{len(getattr(schedule, name))}")
        none = f"none, under the policy {schedule.policy}"
        expect(not getattr(schedule, name), name, none, found)


def _check_args(schedule: Schedule) -> None:
    args, own = schedule.runtime_args, own_names(schedule)
    expect(len(args) <= MOST_ARGS, "runtime_args", f"at most {MOST_ARGS}", Words(f"{len(args)}"))
    seen = set()
    for number, arg in enumerate(args):
        place = f"runtime_args[{number}]"
        text(f"{place}.name", arg.name)
        expect(arg.name not in seen, f"{place}.name", "a name of its own", arg.name)
        seen.add(arg.name)
        text(f"{place}.meaning", arg.meaning)
        kinds = ("per_core", "constant", "buffer_address", "scalar")
        one_of(f"{place}.kind", arg.kind, *kinds)
        is_scalar = arg.kind == "scalar"
        if is_scalar:
            _check_word(f"{place}.dtype", arg.dtype)
        else:
            one_of(f"{place}.dtype", arg.dtype, "uint32")
        if arg.kind == "constant":
            integer(f"{place}.value", arg.value)
        else:
            expect(arg.value is None, f"{place}.value", f"none, for a {arg.kind}", arg.value)
        if arg.kind in ("buffer_address", "scalar"):
            text(f"{place}.source", arg.source)
        else:
            expect(arg.source is None, f"{place}.source", f"none, for a {arg.kind}", arg.source)
        if arg.kind == "per_core":
            one_of(f"{place}.name", arg.name, *own)
    names = [arg.name for arg in args if arg.kind == "per_core"]
    expect(set(names) == set(own), "runtime_args", f"{_listed(own)} of each core", names)


def own_names(schedule: Schedule) -> tuple[str, ...]:
    """The arguments of which each core has its own."""
    return OWN_BOX if schedule.policy == "rectangular" else OWN_RANGE


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _check_word(place: str, dtype: str) -> None:
    found = _DTYPE.fullmatch(dtype) if isinstance(dtype, str) else None
    bits = int(found[1] or 1) * int(found[2] or 1) if found else 0
    expect(1 <= bits <= 32, place, "a dtype of at most 32 bits", dtype)


def _check_reach(schedule: Schedule, spec: DeviceSpec) -> None:
    grid = (spec.grid_x, spec.grid_y)
    expect(
        schedule.core_grid == grid, "core_grid", f"{grid}, as the device has", schedule.core_grid
    )
    check_blocks_reach(schedule, spec.num_cores)
    counts = schedule.counts
    seen = set()
    for number, r in enumerate(schedule.core_ranges):
        place = f"core_ranges[{number}]"
        corners = Words(f"({r.x0}, {r.y0}) to ({r.x1}, {r.y1})")
        inside = r.x0 <= r.x1 < spec.grid_x and r.y0 <= r.y1 < spec.grid_y
        expect(inside, place, f"cores of the grid of {grid[0]}x{grid[1]}", corners)
        for x, y in r.cores():
            twice = Words(f"core ({x}, {y}) twice")
            expect((x, y) not in seen, place, "each core once", twice)
            seen.add((x, y))
            idle = Words(f"core ({x}, {y}), which has none")
            busy = counts[y * spec.grid_x + x] > 0
            expect(busy, place, "cores that have tiles", idle)


def _check_agreement(schedule: Schedule) -> None:
    num_tiles, width = schedule.num_tiles, schedule.core_grid[0]
    blocks = prod(schedule.grid)
    expect(num_tiles == blocks, "num_tiles", f"{blocks}, by the grid {schedule.grid}", num_tiles)
    cores = prod(schedule.core_grid)
    expected = f"{cores}, by the core grid {schedule.core_grid}"
    expect(schedule.num_cores == cores, "num_cores", expected, schedule.num_cores)
    check_blocks_once(schedule)
    counts = {}
    for number, r in enumerate(schedule.core_ranges):
        for x, y in r.cores():
            there = schedule.counts[y * width + x]
            counts[y * width + x] = r.count
            expected = f"{there}, as core ({x}, {y}) has"
            expect(r.count == there, f"core_ranges[{number}].count", expected, r.count)
    for core, count in enumerate(schedule.counts):
        place = f"core ({core % width}, {core // width})"
        expect(
            count == 0 or core in counts,
            *(place, f"a core range with its {count} tiles", Words("none")),
        )
    for arg in schedule.runtime_args:
        _check_meaning(schedule, arg)
    missing = set(_constants(schedule)) - {arg.name for arg in schedule.runtime_args}
    expected = _listed(_constants(schedule))
    expect(not missing, "runtime_args", expected, Words(f"no {', '.join(sorted(missing))}"))


def _constants(schedule: Schedule) -> tuple[str, ...]:
    """The constants that a core may find its blocks by."""
    return ("block_stride", *_AXES) if schedule.policy == "strided" else _AXES


def _check_meaning(schedule: Schedule, arg: RuntimeArg) -> None:
    """Whether an argument is what its name says (docs/metadata.md, Runtime arguments)."""
    place = f"runtime argument {arg.name}"
    if arg.kind in _SUFFIXES:
        named = f"{arg.source}_{_SUFFIXES[arg.kind]}"
        expect(arg.name == named, place, f"{named}, by its source", arg.name)
    if arg.kind == "constant":
        one_of(f"{place}: name of a constant", arg.name, *_constants(schedule), "kt_tiles")
        expect(arg.name != "kt_tiles" or arg.value != 0, place, "at least 1", arg.value)
    if arg.name in _AXES:
        one_of(f"{place}: kind", arg.kind, "constant")
        extent = schedule.grid[_AXES.index(arg.name)]
        expect(arg.value == extent, place, f"{extent}, by the grid {schedule.grid}", arg.value)
