"""A kernel plan as what a host gives ttnn: plain values, nothing of ttnn's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..program import Tensor, Workspace
from .arguments import CLOCK
from .buffers import bits_of
from .emit import sources
from .plan import Argument, Core, KernelPlan, Share
from .windows import FORMATS


@dataclass(frozen=True)
class TensorSpec:
    """A parameter, or device memory of the kernel's own (``workspace``): ``dtype`` is the
    program's, ``format`` what the device holds. ``output``: the launch writes it; ``input``: it
    reads it too, so it has to be given."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    format: str
    output: bool
    input: bool = False
    workspace: bool = False


@dataclass(frozen=True)
class KernelSpec:
    """One kernel. ``accessors`` are tensors whose accessor's words it is compiled with, in order;
    ``shared`` the arguments of all cores. Those of each are Core.blocks, and its group's words in
    the shared reads of the numbers ``reads``."""

    role: str
    source: str
    accessors: tuple[str, ...]
    shared: tuple[Argument, ...]
    reads: tuple[int, ...] = ()


@dataclass(frozen=True)
class BufferSpec:
    index: int
    format: str
    pages: int
    page_bytes: int


@dataclass(frozen=True)
class Launch:
    """``shares`` are what cores read together: each has two semaphores, which begin at 0. ``dst``
    is the format of what compute holds in DST."""

    function: str
    tensors: tuple[TensorSpec, ...]
    kernels: tuple[KernelSpec, ...]
    buffers: tuple[BufferSpec, ...]
    cores: tuple[Core, ...]
    fidelity: str
    shares: tuple[Share, ...] = ()
    dst: str = "float32"

    @property
    def semaphores(self) -> tuple[int, ...]:
        return tuple(number for each in self.shares for number in (each.ready, each.valid))


def launch(plan: KernelPlan, timed: bool = False) -> Launch:
    """The launch of a plan, with its sources; ``timed`` as in :func:`sources`."""
    program = plan.program
    tensors = []
    for id in plan.tensors:
        tensor = program.buffers[id]
        assert isinstance(tensor, (Tensor, Workspace))
        output, read = id in plan.written, id in plan.inputs
        own = isinstance(tensor, Workspace)
        format_ = FORMATS[tensor.dtype]
        tensors.append(
            TensorSpec(tensor.name, tensor.shape, tensor.dtype, format_, output, read, own)
        )
    kernels = tuple(
        KernelSpec(
            role,
            source,
            tuple(program.buffers[id].name for id in plan.accessors.get(role, ())),
            tuple(
                each
                for each in (*plan.arguments[role], *((CLOCK,) if timed else ()))
                if each.kind != "per core"
            ),
            tuple(number for number, share in enumerate(plan.shares) if share.role == role),
        )
        for role, source in sources(plan, timed).items()
    )
    buffers = tuple(BufferSpec(b.index, b.format, b.pages, b.page_bytes) for b in plan.buffers)
    return Launch(
        plan.function, tuple(tensors), kernels, buffers, plan.cores, plan.fidelity,
        plan.shares, plan.dst,
    )  # fmt: skip


def core_words(
    launch: Launch,
    spec: KernelSpec,
    core: Core,
    places: Mapping[tuple[int, int], tuple[int, int]],
) -> list[int]:
    """The words of a core's own arguments, in order. ``places`` are the NoC's coordinates of cores
    by their places in the device's grid; NoC 1 goes from the last corner of a rectangle to the
    first."""
    out = [*core.blocks]
    for number in spec.reads:
        share, group = launch.shares[number], core.groups[number]
        x0, y0, x1, y1 = group.receivers
        corners = places[x0, y0], places[x1, y1]
        out += [core.sends(group), *places[group.sender]]
        out += [each for corner in (reversed(corners) if share.noc else corners) for each in corner]
    return list(map(int, out))


def words(
    arguments: tuple[Argument, ...],
    addresses: Mapping[str, int],
    scalars: Mapping[str, int | float],
) -> list[int]:
    """The words of a kernel's shared arguments, in order."""
    out: list[int] = []
    for each in arguments:
        if each.kind == "address":
            out.append(addresses[each.source])
            continue
        value = scalars[each.source] if each.kind == "scalar" else each.value
        assert value is not None
        out.append(bits_of(float(value)) if each.dtype == "float32" else int(value) & 0xFFFFFFFF)
    return out
