"""How long kernels take, by the clock of each core: ``tilelang-tt run --time``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..codegen.launch import launch
from ..codegen.plan import KernelPlan
from .backends.backend import Backend
from .checked import checked_launch
from .running import bind, kernel_plans
from .session.parent import Session

_JOB = f"{__package__}.jobs.clocks:time_kernels"
_CARDS = Path("/sys/class/tenstorrent")


@dataclass(frozen=True)
class Timing:
    """One launch. ``times``: runs x cores x (reader, unpack, math, pack, writer) x (beginning,
    end), in cycles of each core's own clock; ``cores`` are (x, y). ``mhz`` is the clock's rate as
    the card's driver said it after the runs, None where nothing was asked."""

    cores: tuple[tuple[int, int], ...]
    times: np.ndarray[Any, Any]
    mhz: float | None

    def rows(self) -> dict[str, tuple[int, int, int]]:
        """Of the slowest core of each run: the least, the median and the most cycles over all runs,
        of each processor and of a core as a whole, from its first beginning to its last end."""
        names = ("reader", "unpack", "math", "pack", "writer")
        begin, end = self.times[..., 0], self.times[..., 1]
        ran = (end > 0).any(axis=(0, 1))
        taken = {name: (end - begin)[..., i] for i, name in enumerate(names) if ran[i]}
        taken["core"] = end[..., ran].max(axis=-1) - begin[..., ran].min(axis=-1)
        slowest = {name: each.max(axis=1) for name, each in taken.items()}
        return {
            name: (int(each.min()), int(np.median(each)), int(each.max()))
            for name, each in slowest.items()
        }


def time_kernel(
    kernel: Any,
    named: Mapping[str, Any],
    session: Session,
    function: str | None = None,
    runs: int = 5,
    timeout: float = 600.0,
    said: Mapping[str, Any] | None = None,
) -> tuple[Timing, ...]:
    """Time each launch of a kernel: ``runs`` runs after one that isn't counted.

    ``kernel`` and ``named`` arguments are those of :func:`tilelang.tt.run`, whose errors it raises,
    ``said`` is as of running.kernel_plans.
    The kernels are those of a run but for what notes the time, two reads of a register and two
    stores at each end.
    """
    if runs < 1:
        raise ValueError(f"found {runs} runs; expected at least 1")
    plans = kernel_plans(kernel, session.spec, function, said)
    return time_plans(plans, *bind(plans, (), named), session, runs, timeout)


def time_plans(
    plans: Sequence[KernelPlan],
    tensors: Mapping[str, Any],
    scalars: Mapping[str, int | float],
    session: Session,
    runs: int = 5,
    timeout: float = 600.0,
) -> tuple[Timing, ...]:
    """The same of kernel plans, with tensors and scalars by the names that they have there."""
    for each in plans:
        checked_launch(each)
    launches = tuple(launch(each, timed=True) for each in plans)
    found = session.call(_JOB, launches, tensors, scalars, runs, timeout=timeout)
    mhz = clock_rate(session.backend)
    return tuple(
        Timing(tuple((core.x, core.y) for core in each.cores), times, mhz)
        for each, times in zip(launches, found, strict=True)
    )


def clock_rate(backend: Backend, cards: Path = _CARDS) -> float | None:
    """MHz of the first card's cores, as its driver says now; None of anything but a card."""
    if backend.name != "card":
        return None
    for path in sorted(cards.glob("*/tt_aiclk")):
        try:
            return float(path.read_text())
        except (OSError, ValueError):
            continue
    return None
