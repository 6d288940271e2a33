"""From a tile program, a schedule and a device to a kernel plan, or to an error with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..program import Program, Tensor, Workspace
from .arguments import Arguments, Around, moves_of, tensor_names
from .cores import Schedule, cores_of, shares_of, walk_of
from .dst import SLOTS, dst_format
from .fuse import FUSIONS, fuse
from .hazards import check_tensors
from .keep import keep
from .lower import Lowered, Lowering
from .names import named
from .plan import READER, WRITER, CircularBuffer, KernelPlan, ReadTiles, WriteTiles
from .planner import ROLES, Choices, Planner, Spending
from .prefetch import prefetch
from .refusal import Refusals
from .spread import spread

#: Circular buffers that a core has on Wormhole, and no fewer on Blackhole.
MOST_BUFFERS = 32

#: How L1 is spent, the best way first. The first one is for cores that run several blocks.
_SPENDING = (
    Spending(ahead=True),
    Spending(),
    Spending(double=False),
    Spending(streamed=True),
    Spending(streamed=True, double=False),
)


class Device(Protocol):
    """What of a DeviceSpec counts."""

    @property
    def l1_bank_size(self) -> int | None: ...


def generate(
    program: Program,
    schedule: Schedule,
    device: Device,
    function: str = "kernel",
    fusions: frozenset[str] = FUSIONS,
    launch: int | None = None,
) -> KernelPlan:
    """The kernel plan of one launch of a program.

    Parameters
    ----------
    program : the tile program
    schedule : which core runs which blocks; its grid is the launch's
    device : how much L1 there is
    function : its name, for errors and listings
    fusions : those of FUSIONS that may be used
    launch : which launch; a program that has one needs none

    Raises
    ------
    NotImplementedError
        What no kernels are generated for: the function, the step, the reason, and what to do.
    ValueError
        A schedule of another grid, a device of which L1 isn't known, an unknown fusion, a launch
        that there isn't.
    """
    unknown = fusions - FUSIONS
    if unknown:
        raise ValueError(f"found fusions {sorted(unknown)}; expected some of {sorted(FUSIONS)}")
    number = _number(program, launch, function)
    if len(program.launches) > 1:
        function = f"{function}, launch {number}"
    plain = Refusals(program, function)
    _check_program(program, number, schedule, plain)
    room = device.l1_bank_size
    if room is None:
        raise ValueError(
            f"{function}: the device's l1_bank_size is not known; expected a description that has "
            "it, which 'tilelang-tt device -o device.json' writes"
        )
    one_block = all(count <= 1 for count in schedule.counts)
    shares = shares_of(program, schedule, function)
    by_tensor = {each.tensor: each for each in shares}
    ways = _SPENDING[1:] if one_block else _SPENDING
    for spending in ways:
        names = named(program)
        refusals = Refusals(names.program, function)
        lowered = Lowering(names, refusals).run(number)
        if spending is ways[0]:
            check_tensors(program, names, number, lowered, plain)
        lowered = Lowered(fuse(lowered.body, fusions), lowered.storages)
        choices, ahead = Choices(spending), bool(schedule.boxes)
        dst = dst_format(names, lowered.body, lowered.storages)
        planned = Planner(
            names, lowered, refusals, fusions, choices, by_tensor, ahead, SLOTS[dst]
        ).run()
        if one_block:
            planned = spread(planned, names)
        needed = sum(buffer.bytes for buffer in planned.buffers)
        if needed <= room:
            if ahead:
                planned = prefetch(planned, room - needed)
                needed = sum(buffer.bytes for buffer in planned.buffers)
            break
    else:
        raise plain.kernel(_too_large(planned.buffers, room), "use smaller blocks")
    if len(planned.buffers) > MOST_BUFFERS:
        raise refusals.kernel(
            f"it takes {len(planned.buffers)} circular buffers; a core has {MOST_BUFFERS}",
            "use fewer scratch buffers",
        )
    moves = {role: moves_of(planned.kernels[role]) for role in ROLES}
    inputs, written = (
        {each.window.tensor for role in ROLES for each in moves[role] if isinstance(each, kind)}
        for kind in (ReadTiles, WriteTiles)
    )
    # What nothing comes of isn't read.
    shares = tuple(each for each in shares if each.tensor in inputs)
    for share in shares:
        if share.tensor in written:
            raise ValueError(
                f"{function}: found a shared read of {program.buffers[share.tensor].name}, which "
                "is written too; expected one that is read alone"
            )
    words = tensor_names(names, shares)
    of_launch = names.program.launches[number]
    grid, indices = of_launch.grid, of_launch.indices
    walk = walk_of(schedule)
    around = Around(grid, indices, walk, schedule.stride, schedule.turns, shares)
    planned = keep(planned, around)
    arguments = {
        role: Arguments(names, around, role, planned.kernels[role], words).all() for role in ROLES
    }
    accessors = {
        role: tuple(sorted({each.window.tensor for each in moves[role]}))
        for role in (READER, WRITER)
    }
    tensors = _tensors(program, inputs | written)
    outputs = tuple(
        id for id in tensors if id in written and isinstance(program.buffers[id], Tensor)
    )
    return KernelPlan(
        function, names.program, grid, indices, tensors, tuple(sorted(inputs)),
        tuple(sorted(written)), outputs, planned.buffers, planned.kernels, planned.once,
        arguments, accessors, cores_of(schedule, shares), needed, walk, shares,
        fusions=tuple(sorted(fusions)), names=words, labels=_labels(program, names.program),
        launch=number, slots=SLOTS[dst], dst=dst,
    )  # fmt: skip


def generate_all(
    program: Program,
    schedules: Sequence[Schedule],
    device: Device,
    function: str = "kernel",
    fusions: frozenset[str] = FUSIONS,
) -> tuple[KernelPlan, ...]:
    """The kernel plans of all launches of a program, in order. Raises what :func:`generate` does;
    ValueError too for another number of schedules than there are launches."""
    if len(schedules) != len(program.launches):
        raise ValueError(
            f"{function}: found {len(schedules)} schedules; expected {len(program.launches)}, one "
            "for each launch"
        )
    return tuple(
        generate(program, schedule, device, function, fusions, launch)
        for launch, schedule in enumerate(schedules)
    )


def _number(program: Program, launch: int | None, function: str) -> int:
    there = len(program.launches)
    if launch is None and there == 1:
        return 0
    if launch is None or not 0 <= launch < there:
        found = f"{there} launches" if launch is None else f"launch {launch}"
        raise ValueError(f"{function}: found {found}; expected launch= one of 0 to {there - 1}")
    return launch


def _tensors(program: Program, touched: set[int]) -> tuple[int, ...]:
    """The parameters in their order, and the workspaces that the launch touches."""
    parameters = [
        (each.param, id) for id, each in enumerate(program.buffers) if isinstance(each, Tensor)
    ]
    own = [id for id in sorted(touched) if isinstance(program.buffers[id], Workspace)]
    return (*(id for _, id in sorted(parameters)), *own)


def _too_large(buffers: tuple[CircularBuffer, ...], room: int) -> str:
    total = sum(each.bytes for each in buffers)
    parts = ", ".join(
        f"{each.name} {each.bytes}" for each in sorted(buffers, key=lambda each: -each.bytes)
    )
    return f"a block takes {total} bytes of L1, of {room} that there are ({parts})"


def _check_program(program: Program, launch: int, schedule: Schedule, refusals: Refusals) -> None:
    if schedule.grid != program.launches[launch].grid:
        raise ValueError(
            f"{refusals.function}: the schedule is for a grid of {schedule.grid}; expected "
            f"{program.launches[launch].grid}"
        )
    for buffer in program.buffers:
        if isinstance(buffer, (Tensor, Workspace)) and 0 in buffer.shape:
            raise refusals.kernel(f"{buffer.name} has no elements", "leave it out")


def _labels(program: Program, named: Program) -> dict[str, str]:
    """The function's own names of its parameters."""
    found: dict[str, str] = {}
    for mine, its in zip(named.buffers, program.buffers, strict=True):
        found[mine.name] = its.name
    # Those of constants come after the program's own.
    for one, other in zip(named.variables, program.variables, strict=False):
        if other.kind == "scalar":
            found[one.name] = other.name
    return found
