"""E7: the kernel itself, generated and run by the plan, beside the interpreter of its program.

A result is right if each element is within its own bound of the interpreter's, which
tilelang.tt.enclosure derives, for numbers of each kind: mixed, positive and such as cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from ...codegen.generate import generate_all
from ...codegen.launch import launch
from ...codegen.plan import KernelPlan
from ...device_spec import DeviceSpec
from ...enclosure import (
    KINDS,
    Agreement,
    Interval,
    bound_of,
    compare,
    enclose,
    errors,
    part_of_bound,
    scalars,
    tensors,
)
from ...metadata import Schedule
from ...program import Program, Tensor
from ...program.interpreter import reference
from ...protocol import ProtocolError
from ...runtime.checked import checked_launch
from ..evidence import NO_EFFECT, Control, Difference, Examined, Result, Verdict, outcome
from ..tensors.tiles import Array
from .controls import LAUNCH_MUTATIONS, PROGRAM_MUTATIONS, RESULT_MUTATIONS
from .picture import Picture, picture_of
from .sharing import SHARING_MUTATIONS

#: Run the launches of kernel plans on arrays by name and scalars; the outputs by name.
Run = Callable[[Any, Mapping[str, Array], Mapping[str, Any]], Mapping[str, Array]]


@dataclass(frozen=True)
class Wanted:
    """Inputs of one kind, and what the outputs must be: the interpreter's, and each's bound."""

    kind: str
    arrays: Mapping[str, Array]
    values: Mapping[str, Array]
    bounds: Mapping[str, Array]


def wanted_of(plans: Sequence[KernelPlan], program: Program, kind: str, seed: int) -> Wanted:
    """What a kernel has to give on numbers of a kind."""
    arrays, numbers = tensors(program, kind, seed), scalars(program)
    found = reference(program)(**arrays, **numbers)
    intervals: dict[str, Interval] = enclose(plans, program, arrays, numbers, independent=True)
    values = dict(zip(intervals, _several(found), strict=True))
    bounds = {name: bound_of(values[name], interval) for name, interval in intervals.items()}
    return Wanted(kind, arrays, values, bounds)


def _several(found: Any) -> tuple[Array, ...]:
    return found if isinstance(found, tuple) else (found,)


def judge_result(found: Mapping[str, Array], wanted: Wanted) -> tuple[Verdict, list[Result]]:
    """E7 of one run, and how each output compares."""
    results, checked = [], 0
    difference = None
    for name, want in wanted.values.items():
        shown = compare(found[name], want, wanted.bounds[name])
        used = part_of_bound(errors(found[name], want), wanted.bounds[name])
        results.append(_result(name, wanted.kind, used.shape, shown, picture_of(used)))
        checked += shown.checked
        if shown.wrong and difference is None:
            place = f"{name}[{', '.join(map(str, shown.at))}], of {wanted.kind} numbers"
            many = f"{place} ({shown.wrong} of {shown.elements} elements wrong)"
            within = f"{shown.wanted:.9g}, within {shown.bound:.3g}"
            difference = Difference(many, within, f"{shown.found:.9g}")
    return Verdict("E7", checked, difference), results


def _result(
    name: str, kind: str, shape: tuple[int, ...], shown: Agreement, picture: Picture
) -> Result:
    return Result(
        name, kind, shown.elements, shown.checked, shown.largest_error, shown.largest_bound,
        shown.used, shape, shown.at, picture,
    )  # fmt: skip


def examine_kernel(
    run: Run, spec: DeviceSpec, function: str, program: Program, schedules: Sequence[Schedule],
    seed: int, with_controls: bool,
) -> Examined:  # fmt: skip
    """E7 of a kernel.

    Parameters
    ----------
    schedules : of each launch, well formed
    with_controls : whether to make the controls that cost a run, too, of what cores share where
        they share; then on numbers of one kind, so that no more runs are needed

    Raises NotImplementedError where no kernel is generated for it, with the step and the reason.
    """
    plans = generate_all(program, schedules, spec, function)
    try:
        launches = tuple(map(checked_launch, plans))
    except ProtocolError as error:
        wrong = Difference("the generated kernels", "TT-metal's protocol kept", str(error))
        return Examined([Verdict("E7", 1, wrong)], [])
    checked = 0
    results: list[Result] = []
    right: tuple[Wanted, dict[str, Array]] | None = None
    for kind in KINDS[:1] if with_controls else KINDS:
        wanted = wanted_of(plans, program, kind, seed)
        found = _run(run, launches, plans, program, wanted)
        verdict, shown = judge_result(found, wanted)
        checked += verdict.checked
        results += shown
        if not verdict.proven and verdict.difference is not None:
            return Examined([Verdict("E7", checked, verdict.difference)], [], results)
        right = right or (wanted, found)
    missed = _unbounded(results)
    examined = Examined([Verdict("E7", checked, missed)], [], results)
    if missed is None and right is not None:
        wanted, found = right
        examined.controls += _of_results(wanted, found)
        if with_controls and any(plan.shares for plan in plans):
            other = wanted_of(plans, program, wanted.kind, seed + 1)
            examined.controls += _of_sharing(run, plans, program, (other, wanted))
        elif with_controls:
            examined.controls += _of_launches(run, plans, program, wanted)
            examined.controls += _of_programs(run, spec, function, program, schedules, wanted)
    return examined


def _unbounded(results: Sequence[Result]) -> Difference | None:
    """An output of which no kind of numbers gives all elements a bound is not shown to be right."""
    for name in dict.fromkeys(each.output for each in results):
        of_it = [each for each in results if each.output == name]
        if not any(each.checked == each.elements for each in of_it):
            most = max(each.checked for each in of_it)
            return Difference(
                f"{name}, elements that have a bound", str(of_it[0].elements), f"{most} at most"
            )
    return None


def _run(
    run: Run, launches: Any, plans: Sequence[KernelPlan], program: Program, wanted: Wanted
) -> dict[str, Array]:
    """Outputs by the program's own names of them; the plans' may be others."""
    found = run(launches, *named_by_plans(plans, program, wanted.arrays))
    names = _names(plans, program)
    return {names[its]: values for its, values in found.items()}


def named_by_plans(
    plans: Sequence[KernelPlan], program: Program, arrays: Mapping[str, Array]
) -> tuple[dict[str, Array], dict[str, Any]]:
    """A program's arrays, and its scalars, by the names that plans have for them."""
    tensors = {its: arrays[mine] for its, mine in _names(plans, program).items()}
    labels = {each: plans[0].labels.get(each, each) for each in _scalars_of(plans[0])}
    numbers = scalars(program)
    return tensors, {its: numbers[mine] for its, mine in labels.items()}


def _names(plans: Sequence[KernelPlan], program: Program) -> dict[str, str]:
    theirs = plans[0].program.buffers
    return {
        theirs[id].name: each.name
        for id, each in enumerate(program.buffers)
        if isinstance(each, Tensor)
    }


def _scalars_of(plan: KernelPlan) -> list[str]:
    """The scalar parameters, by the plan's names of them; its constants are none."""
    return [
        each.name
        for each in plan.program.variables
        if each.kind == "scalar" and each.param is not None
    ]


def _of_results(wanted: Wanted, found: Mapping[str, Array]) -> Iterator[Control]:
    for mutation in RESULT_MUTATIONS:
        for name, want in wanted.values.items():
            wrong = mutation.apply(found[name], want, wanted.bounds[name])
            if wrong is None:
                yield Control(mutation.name, "E7", NO_EFFECT)
                continue
            verdict, _ = judge_result({**found, name: wrong}, wanted)
            yield outcome(mutation.name, verdict)


def _of_launches(
    run: Run, plans: Sequence[KernelPlan], program: Program, wanted: Wanted
) -> Iterator[Control]:
    """The compiled kernels of one launch with other arguments, or on other cores."""
    for mutation in LAUNCH_MUTATIONS:
        for number, plan in enumerate(plans):
            changed = mutation.apply(plan)
            if changed is not None:
                wrong = [*plans[:number], changed, *plans[number + 1 :]]
                yield outcome(mutation.name, _ran(run, wrong, program, wanted))
                break
        else:
            yield Control(mutation.name, "E7", NO_EFFECT)


def _of_sharing(
    run: Run, plans: Sequence[KernelPlan], program: Program, wanted: Sequence[Wanted]
) -> Iterator[Control]:
    """The kernels of a launch whose cores share, generated wrongly; of others there are none. Each
    on other numbers than the run before, which may have left right ones in L1."""
    numbers = cycle(wanted)
    for number, plan in enumerate(plans):
        for mutation in SHARING_MUTATIONS if plan.shares else ():
            changed = mutation.apply(plan)
            if changed is None:
                yield Control(mutation.name, "E7", NO_EFFECT)
                continue
            launches = [*map(launch, plans)]
            launches[number] = changed
            right = next(numbers)
            found = _run(run, tuple(launches), plans, program, right)
            yield outcome(mutation.name, judge_result(found, right)[0])


def _of_programs(
    run: Run, spec: DeviceSpec, function: str, program: Program, schedules: Sequence[Schedule],
    wanted: Wanted,
) -> Iterator[Control]:  # fmt: skip
    for mutation in PROGRAM_MUTATIONS:
        changed = mutation.apply(program)
        if changed is None:
            yield Control(mutation.name, "E7", NO_EFFECT)
            continue
        try:
            wrong = generate_all(changed, schedules, spec, function)
        except NotImplementedError as error:
            yield Control(mutation.name, "E7", NO_EFFECT, str(error))
            continue
        yield outcome(mutation.name, _ran(run, wrong, changed, wanted))


def _ran(run: Run, plans: Sequence[KernelPlan], program: Program, wanted: Wanted) -> Verdict:
    found = _run(run, tuple(map(launch, plans)), plans, program, wanted)
    return judge_result(found, wanted)[0]
