"""A kernel plan's launch, after its texts were found to keep to the device's protocol."""

from __future__ import annotations

from functools import lru_cache

from ..codegen.launch import Launch, launch
from ..codegen.plan import Argument, KernelPlan
from ..protocol import Buffer, require, require_groups

_Arguments = tuple[tuple[str, int | None], ...]


def checked_launch(plan: KernelPlan) -> Launch:
    """The launch of a plan. Raises ProtocolError for kernels that would race or hang on a card.

    No simulator notices: see :mod:`tilelang.tt.protocol`. A launch that was found right isn't read
    again.
    """
    whole = launch(plan)
    buffers = tuple(Buffer(b.index, b.pages, b.page_bytes, b.name) for b in plan.buffers)
    texts = tuple((each.role, each.source) for each in whole.kernels)
    arguments = tuple((each.role, _values(each.shared)) for each in whole.kernels)
    _check(plan.function, texts, buffers, plan.slots, arguments)
    require_groups(
        plan.function,
        [(plan.program.buffers[each.tensor].name, each.receivers) for each in plan.shares],
        {(c.x, c.y): [(g.sender, g.receivers) for g in c.groups] for c in plan.cores},
    )
    return whole


def _values(shared: tuple[Argument, ...]) -> _Arguments:
    """What is known before a run: not addresses, scalars, and the bits of floats."""
    return tuple(
        (each.name, None if each.dtype == "float32" or each.value is None else int(each.value))
        for each in shared
    )


@lru_cache(maxsize=256)
def _check(
    function: str,
    texts: tuple[tuple[str, str], ...],
    buffers: tuple[Buffer, ...],
    slots: int,
    arguments: tuple[tuple[str, _Arguments], ...],
) -> None:
    given = {role: dict(values) for role, values in arguments}
    require(function, dict(texts), buffers, slots, given)
