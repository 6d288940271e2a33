"""A schedule through its level and controls, on the open device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from ...device_spec import DeviceSpec
from ...metadata import BufferDescriptor, Schedule
from ...runtime.jobs import bridge
from ...runtime.jobs.copies import copy_by_schedule
from ...runtime.session.told import tell
from ..evidence import NO_EFFECT, REJECTED, UNNOTICED, Control, Examined, outcome
from ..preflight import schedule_harm
from .controls import (
    CLAIM_MUTATIONS,
    COPY_MUTATIONS,
    HARMFUL_MUTATIONS,
    RUN_MUTATIONS,
    SPLIT_MUTATION,
    ScheduleMutation,
)
from .stamps import Copied, argument_words, is_ttnns, judge_copy


def examine_schedule(
    device: Any,
    spec: DeviceSpec,
    schedule: Schedule,
    buffer: BufferDescriptor,
    claims_split: bool,
    with_controls: bool,
) -> Examined:
    """E6 of a schedule that is well formed.

    Parameters
    ----------
    buffer : uint32, one page of 32 x 32 a tile
    claims_split : whether its partition is claimed to be that of ttnn.split_work_to_cores
    with_controls : whether to make all controls of it, also those that cost a run
    """

    def copy(by: Schedule) -> Copied:
        content, arrived = copy_by_schedule(device, by, buffer, *argument_words(schedule))
        grid = device.compute_with_storage_grid_size()
        split = bridge.split_work(device, schedule.num_tiles)
        return Copied(content, arrived, (grid.x, grid.y), split)

    tell(f"{schedule.num_tiles} blocks on {schedule.num_active_cores} cores")
    copied = copy(schedule)
    result = Examined([judge_copy(schedule, copied, claims_split)], [])
    if result.verdicts[0].proven:
        result.controls += _of_claims(schedule, copied)
        if with_controls:
            result.controls += _of_runs(schedule, spec, copy)
            result.controls += _of_harm(schedule, spec)
    return result


def _of_claims(schedule: Schedule, copied: Copied) -> Iterator[Control]:
    """Wrong claims about the copy that was made, and right ones about a copy that is not."""
    for mutation in _of_policy(CLAIM_MUTATIONS, schedule):
        wrong = mutation.apply(schedule)
        if wrong == schedule:
            yield Control(mutation.name, "E6", NO_EFFECT)
        else:
            yield outcome(mutation.name, judge_copy(wrong, copied))
    for failure in COPY_MUTATIONS:
        arrived = failure.apply(copied.arrived.reshape(schedule.num_tiles, -1))
        yield outcome(failure.name, judge_copy(schedule, replace(copied, arrived=arrived)))
    if is_ttnns(schedule, copied):
        yield Control(SPLIT_MUTATION.name, "E6", NO_EFFECT)
    else:
        yield outcome(SPLIT_MUTATION.name, judge_copy(schedule, copied, claims_split=True))


def _of_runs(
    schedule: Schedule, spec: DeviceSpec, copy: Callable[[Schedule], Copied]
) -> Iterator[Control]:
    """Other schedules, run in this one's place."""
    for mutation in _of_policy(RUN_MUTATIONS, schedule):
        wrong = mutation.apply(schedule)
        if wrong == schedule:
            yield Control(mutation.name, "E6", NO_EFFECT)
            continue
        harm = schedule_harm(wrong, spec)
        if harm is not None:  # it doesn't get as far as a run
            yield Control(mutation.name, "E6", NO_EFFECT, str(harm))
            continue
        tell(f"run with {mutation.name}")
        yield outcome(mutation.name, judge_copy(schedule, copy(wrong)))


def _of_policy(
    mutations: Iterable[ScheduleMutation], schedule: Schedule
) -> Iterator[ScheduleMutation]:
    """Those that may change a schedule of its policy."""
    return (one for one in mutations if not one.policies or schedule.policy in one.policies)


def _of_harm(schedule: Schedule, spec: DeviceSpec) -> Iterator[Control]:
    """What must not be run isn't: it has to be refused as an asked schedule is."""
    for mutation in HARMFUL_MUTATIONS:
        harm = schedule_harm(mutation.apply(schedule), spec)
        if harm is None:
            yield Control(mutation.name, "E6", UNNOTICED, "it would have been run")
        else:
            yield Control(mutation.name, "E6", REJECTED, str(harm))
