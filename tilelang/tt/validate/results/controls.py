"""Wrong kernels and wrong launches on purpose, and results that went wrong: what E7 has to notice.

A changed program is generated and a changed launch is run, on the device; only a result that is
just beyond its bound is made in numpy. None of them reaches for a page that its tensor hasn't, or
waits for what never comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...codegen.plan import COMPUTE, READER, For, If, KernelPlan, MultiplyTiles, Statement
from ...codegen.plan import Step as PlanStep
from ...device_spec import DeviceSpec
from ...program import Const, Expr, Fill, Gemm, Launch, Loop, Program, Step, Var, When
from ...program.expressions import TRUE
from ..tensors.tiles import Array


def _anywhere(_: DeviceSpec) -> str:
    return ""


def _one_core(spec: DeviceSpec) -> str:
    return "the device has one core" if spec.num_cores == 1 else ""


@dataclass(frozen=True)
class ProgramMutation:
    """Another program in the right one's place; None where there is nothing to change.
    ``powerless`` is as in controls.Mutation."""

    name: str
    apply: Callable[[Program], Program | None]
    powerless: Callable[[DeviceSpec], str] = _anywhere


@dataclass(frozen=True)
class LaunchMutation:
    """The right kernels, launched wrongly; None where there is nothing to change."""

    name: str
    apply: Callable[[KernelPlan], KernelPlan | None]
    powerless: Callable[[DeviceSpec], str] = _anywhere


@dataclass(frozen=True)
class ResultMutation:
    """A right result (found, wanted, its bound) that went wrong; None where it can't."""

    name: str
    apply: Callable[[Array, Array, Array], Array | None]
    powerless: Callable[[DeviceSpec], str] = _anywhere


# Programs.


def _changed(
    program: Program, change: Callable[[tuple[Step, ...]], tuple[Step, ...] | None]
) -> Program | None:
    """The program with the first body changed of which ``change`` makes another one."""

    def first(body: tuple[Step, ...]) -> tuple[Step, ...] | None:
        found = change(body)
        if found is not None:
            return found
        for index, step in enumerate(body):
            if isinstance(step, Loop):
                inner = first(step.body)
                new: Step | None = None if inner is None else replace(step, body=inner)
            elif isinstance(step, When):
                inner = first(step.then)
                new = None if inner is None else replace(step, then=inner)
            else:
                continue
            if new is not None:
                return (*body[:index], new, *body[index + 1 :])
        return None

    for number, launch in enumerate(program.launches):
        body = first(launch.body)
        if body is not None:
            return _with_launch(program, number, replace(launch, body=body))
    return None


def _with_launch(program: Program, number: int, launch: Launch) -> Program:
    before, after = program.launches[:number], program.launches[number + 1 :]
    return replace(program, launches=(*before, launch, *after))


def _indices_exchanged(program: Program) -> Program | None:
    """Each of the first two block indices is what the other one was."""
    for number, launch in enumerate(program.launches):
        x, y, z = launch.indices
        if x is not None and y is not None and launch.grid[:2] != (1, 1):
            return _with_launch(program, number, replace(launch, indices=(y, x, z)))
    return None


def _transpose_forgotten(program: Program) -> Program | None:
    def change(body: tuple[Step, ...]) -> tuple[Step, ...] | None:
        for index, step in enumerate(body):
            if not isinstance(step, Gemm):
                continue
            # Only a square operand is one without its transpose, too.
            if step.transpose_b and step.b.shape[-1] == step.b.shape[-2]:
                return (*body[:index], replace(step, transpose_b=False), *body[index + 1 :])
            if step.transpose_a and step.a.shape[-1] == step.a.shape[-2]:
                return (*body[:index], replace(step, transpose_a=False), *body[index + 1 :])
        return None

    return _changed(program, change)


def _not_cleared(program: Program) -> Program | None:
    """The second accumulation into a buffer begins with what the first one left there."""
    cleared: set[int] = set()

    def change(body: tuple[Step, ...]) -> tuple[Step, ...] | None:
        for index, step in enumerate(body):
            if isinstance(step, Fill) and _is_zero(step.value):
                if step.dst.buffer in cleared:
                    return (*body[:index], *body[index + 1 :])
                cleared.add(step.dst.buffer)
            if isinstance(step, Gemm) and step.clear == TRUE and step.c.buffer in cleared:
                kept = replace(step, clear=Const(False, "bool"))
                return (*body[:index], kept, *body[index + 1 :])
        return None

    return _changed(program, change)


def _is_zero(e: Expr) -> bool:
    return isinstance(e, Const) and float(e.value) == 0


# Launches.


def _with_argument(plan: KernelPlan, name: str, change: int, roles: Any = None) -> KernelPlan:
    arguments = {
        role: tuple(
            replace(each, value=each.value + change)
            if each.name == name and each.value is not None and role in (roles or (role,))
            else each
            for each in given
        )
        for role, given in plan.arguments.items()
    }
    return replace(plan, arguments=arguments)


def _reduction_loops(body: tuple[Statement, ...]) -> Iterator[Expr]:
    """The numbers of turns of loops that have a product in them."""
    for each in body:
        if isinstance(each, PlanStep) and isinstance(each.work, MultiplyTiles) and each.work.turns:
            yield each.work.turns[2]
        elif isinstance(each, For):
            yield from _reduction_loops(each.body)
            if any(isinstance(getattr(s, "work", None), MultiplyTiles) for s in each.body):
                yield each.trips
        elif isinstance(each, If):
            yield from _reduction_loops((*each.then, *each.otherwise))


def _step_less(plan: KernelPlan) -> KernelPlan | None:
    """One turn less of the first loop around a product whose turns are an argument."""
    known = {each.name: each.value for given in plan.arguments.values() for each in given}
    for trips in _reduction_loops(plan.kernels[COMPUTE]):
        if isinstance(trips, Var):
            name = plan.program.variables[trips.id].name
            if isinstance(value := known.get(name), int) and value > 1:
                return _with_argument(plan, name, -1)
    return None


def _block_left_out(plan: KernelPlan) -> KernelPlan | None:
    """The last core runs a block less, of a box a layer; with one block it doesn't run."""
    *rest, last = plan.cores
    lead, many = (last.blocks[:-3], last.blocks[-3:]) if plan.walk.box else (
        last.blocks[:-1], last.blocks[-1:])  # fmt: skip
    for at, count in enumerate(many):
        if count > 1:
            less = (*lead, *many[:at], count - 1, *many[at + 1 :])
            return replace(plan, cores=(*rest, replace(last, blocks=less)))
    # Cores that read together wait for each other.
    return replace(plan, cores=tuple(rest)) if rest and not plan.shares else None


def _other_cores_blocks(plan: KernelPlan) -> KernelPlan | None:
    """The last core begins where the first one does, and its own blocks are nobody's."""
    if len(plan.cores) < 2:
        return None
    first, *rest, last = plan.cores
    half = 3 if plan.walk.box else 1
    many = tuple(map(min, last.blocks[half:], first.blocks[half:]))
    taken = replace(last, blocks=(*first.blocks[:half], *many))
    return replace(plan, cores=(first, *rest, taken))


def _wrong_page(plan: KernelPlan) -> KernelPlan | None:
    """The reader takes a tensor for a tile narrower than it is: pages follow each other otherwise.
    They are all of the tensor."""
    columns = {plan.names[f"{plan.program.buffers[id].name}_columns"] for id in plan.tensors
               if f"{plan.program.buffers[id].name}_columns" in plan.names}  # fmt: skip
    for each in plan.arguments[READER]:
        if each.name in columns and isinstance(each.value, int) and each.value > 32:
            return _with_argument(plan, each.name, -32, (READER,))
    return None


# Results.


def _place_beyond(found: Array, wanted: Array, bound: Array) -> Array | None:
    """The largest element off by its bound and a unit in the last place of bfloat16 more."""
    known = np.isfinite(bound) & np.isfinite(wanted.astype(np.float64))
    if not known.any():
        return None
    want = np.where(known, wanted.astype(np.float64), 0.0)
    at = np.unravel_index(int(np.argmax(np.abs(want))), want.shape)
    _, exponent = np.frexp(want[at])
    unit = np.ldexp(1.0, int(exponent) - 8)
    wrong = found.copy()
    wrong[at] = np.asarray(want[at] + np.copysign(bound[at] + unit, want[at])).astype(found.dtype)
    return wrong


PROGRAM_MUTATIONS = (
    ProgramMutation("block indices exchanged", _indices_exchanged),
    ProgramMutation("a transpose forgotten", _transpose_forgotten),
    ProgramMutation("a stale accumulator", _not_cleared),
)
LAUNCH_MUTATIONS = (
    LaunchMutation("a K step less", _step_less),
    LaunchMutation("a block left out", _block_left_out),
    LaunchMutation("another core's blocks", _other_cores_blocks, _one_core),
    LaunchMutation("a wrong page", _wrong_page),
)
RESULT_MUTATIONS = (ResultMutation("an element a last place beyond its bound", _place_beyond),)

KERNEL_MUTATIONS = (*PROGRAM_MUTATIONS, *LAUNCH_MUTATIONS, *RESULT_MUTATIONS)
