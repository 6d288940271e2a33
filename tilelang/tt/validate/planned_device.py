"""Whether a plan is for the device that is open."""

from __future__ import annotations

from ..plan import Plan
from ..runtime.session.parent import Session


def check_device(plan: Plan, session: Session) -> None:
    """Raise ValueError, with what to do, if a plan is for another device than the open one."""
    planned, found = plan.device, session.spec
    differing = [
        f"{name} {getattr(planned, name)}, not {getattr(found, name)}"
        for name in ("arch", "grid_x", "grid_y", "dram_banks", "dram_alignment")
        if getattr(planned, name) != getattr(found, name)
    ]
    if not differing:
        return
    remedy = (
        f"plan for this one: tilelang-tt device --from {session.backend.name} --arch {found.arch} "
        "-o device.json; in a test, tt_device.spec"
    )
    smaller = planned.grid_x <= found.grid_x and planned.grid_y <= found.grid_y
    if smaller and not any(not one.startswith("grid") for one in differing):
        remedy = f"open it with --grid {planned.grid_x}x{planned.grid_y}, or {remedy}"
    raise ValueError(
        f"the plan is for a device with {', '.join(differing)} as {session.backend} has it; "
        f"{remedy}"
    )
