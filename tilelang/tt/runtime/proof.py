"""The smallest proof of a plan: its schedules move tensors on a device."""

from __future__ import annotations

from collections.abc import Iterator

from ..describe import describe_tensor
from ..plan import Plan
from .session import Session

# Bytes; a page of uint32 a tile has to fit into the device's DRAM and this machine's memory.
_MOST_BYTES = 2**28
_TILE = 32


def copy_by_plan(session: Session, plan: Plan, timeout: float = 300.0) -> Iterator[tuple[str, int]]:
    """Copy a tensor of one page a tile by each of the plan's schedules.

    Yields the name of each function and its number of tiles.

    Raises
    ------
    ValueError
        The plan is for another device than the open one.
    NotImplementedError
        The backend runs no kernels, or a schedule has more tiles than can be copied.
    BackendError
        A tile did not arrive, or the device failed.
    """
    if not session.backend.statement.runs_kernels:
        raise NotImplementedError(f"{session.backend} runs no kernels; expected one that does")
    for field in ("arch", "grid_x", "grid_y", "dram_banks", "dram_alignment"):
        planned, found = getattr(plan.device, field), getattr(session.spec, field)
        if planned != found:
            raise ValueError(
                f"the plan is for a device with {field} {planned}, and {session.backend} has "
                f"{found}; plan for a description of this one: "
                f"tilelang-tt device --from {session.backend.name} -o device.json"
            )
    for name in plan.functions:
        schedule = plan.schedule(name)
        tensor = describe_tensor(
            "tiles", (schedule.num_tiles * _TILE, _TILE), "uint32", session.spec
        )
        size = tensor.accessor.num_pages * tensor.accessor.aligned_page_size
        if size > _MOST_BYTES:
            raise NotImplementedError(
                f"{name}: {schedule.num_tiles} tiles are {size} bytes; "
                f"expected at most {_MOST_BYTES}"
            )
        yield (
            name,
            session.call(f"{__package__}.jobs:copy_by_schedule", schedule, tensor, timeout=timeout),
        )
