"""Which mutations each level has to reject in a run, and why one can't be expected to on a device.

A control that has no effect proves nothing, and neither does one that is not made. So for each
level and each mutation that it claims to notice at least one control of the run is rejected, or the
run is red, unless the device's own description says that no claim could differ there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ..device_spec import DeviceSpec
from ..policies import POLICIES
from .evidence import REJECTED, Control
from .results.controls import KERNEL_MUTATIONS
from .results.sharing import SHARING_MUTATIONS
from .schedules.controls import SCHEDULE_MUTATIONS
from .tensors.controls import MUTATIONS


@dataclass(frozen=True)
class Coverage:
    """What a run has shown of one mutation on one level.

    ``rejected`` counts controls; ``powerless`` is why the mutation can change nothing on the
    device, or nothing.
    """

    level: str
    mutation: str
    rejected: int
    powerless: str

    @property
    def missing(self) -> bool:
        return not self.rejected and not self.powerless


def required(
    levels: Collection[str], spec: DeviceSpec, policies: Collection[str] = POLICIES
) -> Iterator[tuple[str, str, str]]:
    """Each level and mutation, and why that is powerless on the device, or nothing.

    policies : those of the schedules that were proven; what others alone have can't be wrong
    """
    for mutation in MUTATIONS:
        for level in mutation.levels:
            if level in levels:
                yield level, mutation.name, mutation.powerless(spec)
    if "E6" in levels:
        for one in SCHEDULE_MUTATIONS:
            if not one.policies or not one.policies.isdisjoint(policies):
                yield "E6", one.name, one.powerless(spec)
    if "E7" in levels:
        for kernel in KERNEL_MUTATIONS:
            yield "E7", kernel.name, kernel.powerless(spec)


def _of_sharing(spec: DeviceSpec, made: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Those of kernels whose cores share what they read, where there is one: of others none of
    these controls is made."""
    if any(one.name in made for one in SHARING_MUTATIONS):
        for one in SHARING_MUTATIONS:
            yield "E7", one.name, one.powerless(spec)


def cover(
    levels: Collection[str],
    spec: DeviceSpec,
    controls: Iterable[Control],
    policies: Collection[str] = POLICIES,
) -> list[Coverage]:
    """What the controls of a run cover.

    Parameters
    ----------
    levels : those on which something was proven; where nothing was, no control was made
    policies : those of the schedules that were proven
    """
    made = list(controls)
    counts: dict[tuple[str, str], int] = {}
    for control in made:
        if control.outcome == REJECTED:
            key = control.level, control.mutation
            counts[key] = counts.get(key, 0) + 1
    return [
        Coverage(level, mutation, counts.get((level, mutation), 0), powerless)
        for level, mutation, powerless in (
            *required(levels, spec, policies),
            *_of_sharing(spec, {control.mutation for control in made}),
        )
    ]
