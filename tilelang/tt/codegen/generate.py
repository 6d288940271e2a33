"""From a tile program, a schedule and a device to a kernel plan, or to an error with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..program import Program, Tensor, Workspace, steps_of, writes
from ..program.settle import settle
from .apart import surely_apart
from .arguments import Arguments, tensor_names, windows
from .fuse import FUSIONS, fuse
from .lower import Lowered, Lowering
from .names import Named, named
from .plan import READER, WRITER, CircularBuffer, KernelPlan
from .planner import ROLES, Choices, Planner
from .refusal import Refusals
from .tiles import Read, Write, walk

#: Circular buffers that a core has on Wormhole, and no fewer on Blackhole.
MOST_BUFFERS = 32

#: How L1 is spent, the best way first: whether operands of products come in parts, anew for each
#: part of the product, and whether there is room for a block to be made while one is taken.
_SPENDING = ((False, True), (False, False), (True, True), (True, False))


class Blocks(Protocol):
    """The blocks of a core: of metadata.TileRange."""

    @property
    def start_id(self) -> int: ...
    @property
    def count(self) -> int: ...


class Schedule(Protocol):
    """Which core runs which blocks: of metadata.Schedule."""

    @property
    def grid(self) -> tuple[int, int, int]: ...
    @property
    def core_grid(self) -> tuple[int, int]: ...
    @property
    def tiles_per_core(self) -> Sequence[Blocks]: ...


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
) -> KernelPlan:
    """The kernel plan of a program with one launch.

    Parameters
    ----------
    program : the tile program
    schedule : which core runs which blocks; its grid is the launch's
    device : how much L1 there is
    function : its name, for errors and listings
    fusions : those of FUSIONS that may be used

    Raises
    ------
    NotImplementedError
        What no kernels are generated for: the function, the step, the reason, and what to do.
    ValueError
        A schedule of another grid, a device of which L1 isn't known, an unknown fusion.
    """
    unknown = fusions - FUSIONS
    if unknown:
        raise ValueError(f"found fusions {sorted(unknown)}; expected some of {sorted(FUSIONS)}")
    plain = Refusals(program, function)
    _check_program(program, schedule, plain)
    room = device.l1_bank_size
    if room is None:
        raise ValueError(
            f"{function}: the device's l1_bank_size is not known; expected a description that has "
            "it, which 'tilelang-tt device -o device.json' writes"
        )
    for streamed, double in _SPENDING:
        names = named(program)
        refusals = Refusals(names.program, function)
        lowered = Lowering(names, refusals).run(names.program.launches[0])
        if not streamed and double:  # once
            _check_tensors(program, names, lowered, plain)
        lowered = Lowered(fuse(lowered.body, fusions), lowered.storages)
        planned = Planner(names, lowered, refusals, fusions, Choices(streamed, double)).run()
        needed = sum(buffer.bytes for buffer in planned.buffers)
        if needed <= room:
            break
    else:
        raise plain.kernel(_too_large(planned.buffers, room), "use smaller blocks")
    if len(planned.buffers) > MOST_BUFFERS:
        raise refusals.kernel(
            f"it takes {len(planned.buffers)} circular buffers; a core has {MOST_BUFFERS}",
            "use fewer scratch buffers",
        )
    (launch,) = names.program.launches
    grid, indices = launch.grid, launch.indices
    words = tensor_names(names)
    arguments = {
        role: Arguments(names, grid, indices, planned.kernels[role], words).all() for role in ROLES
    }
    accessors = {
        role: tuple(sorted({window.tensor for window in windows(planned.kernels[role])}))
        for role in (READER, WRITER)
    }
    width = schedule.core_grid[0]
    cores = tuple(
        (core % width, core // width, blocks.start_id, blocks.count)
        for core, blocks in enumerate(schedule.tiles_per_core)
        if blocks.count
    )
    tensors = tuple(
        sorted(
            (id for id, each in enumerate(program.buffers) if isinstance(each, Tensor)),
            key=lambda id: program.buffers[id].param,  # type: ignore[union-attr]
        )
    )
    outputs = tuple(
        id for id in tensors if any(id in writes(step) for _, step in steps_of(program))
    )
    return KernelPlan(
        function, names.program, grid, indices, tensors, outputs, planned.buffers,
        planned.kernels, planned.once, arguments, accessors, cores, needed,
        fusions=tuple(sorted(fusions)), names=words, labels=_labels(program, names.program),
    )  # fmt: skip


def _too_large(buffers: tuple[CircularBuffer, ...], room: int) -> str:
    total = sum(each.bytes for each in buffers)
    parts = ", ".join(
        f"{each.name} {each.bytes}" for each in sorted(buffers, key=lambda each: -each.bytes)
    )
    return f"a block takes {total} bytes of L1, of {room} that there are ({parts})"


def _check_program(program: Program, schedule: Schedule, refusals: Refusals) -> None:
    if len(program.launches) != 1:
        raise refusals.kernel(
            f"it has {len(program.launches)} launches", "split it into a function for each"
        )
    if schedule.grid != program.launches[0].grid:
        raise ValueError(
            f"{refusals.function}: the schedule is for a grid of {schedule.grid}; expected "
            f"{program.launches[0].grid}"
        )
    for buffer in program.buffers:
        if isinstance(buffer, Workspace):
            raise refusals.kernel(
                f"{buffer.name} is device memory of the kernel's own", "make it a parameter"
            )
        if isinstance(buffer, Tensor) and 0 in buffer.shape:
            raise refusals.kernel(f"{buffer.name} has no elements", "leave it out")


def _check_tensors(program: Program, names: Named, lowered: Lowered, refusals: Refusals) -> None:
    """Refuse what the order of reads and writes of device memory would decide."""
    body = lowered.body
    read = {op.window.tensor for op in walk(body) if isinstance(op, Read)}
    written = {op.window.tensor for op in walk(body) if isinstance(op, Write)}
    for id in sorted(read & written):
        raise refusals.kernel(
            f"{program.buffers[id].name} is both read and written",
            "write to a tensor of its own",
        )
    for id in sorted(written):
        if surely_apart(names, names.program.launches[0], body, lowered.storages, id):
            continue
        found = settle(program, id)
        name = program.buffers[id].name
        if found.found == "several blocks":
            one, other = found.blocks
            raise refusals.kernel(
                f"blocks {one} and {other} both write page {found.page} of {name}",
                "give each block pages of its own",
            )
        if found.found == "unknown":
            raise refusals.kernel(
                f"which blocks write which pages of {name} is not known: {found.reason}",
                "index it by block and loop indices",
            )


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
