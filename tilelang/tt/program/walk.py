"""Walking through a program: steps, what a step evaluates, and what it reads and writes."""

from __future__ import annotations

from collections.abc import Iterator

from .expressions import TRUE, Expr, Load, nodes
from .program import Program
from .steps import (
    Assign,
    Atomic,
    AtomicStore,
    Copy,
    Fill,
    Gemm,
    Let,
    Loop,
    Map,
    Opaque,
    Reduce,
    Region,
    Scan,
    Step,
    Store,
    Transpose,
    When,
    While,
)


def bodies(step: Step) -> tuple[tuple[str, tuple[Step, ...]], ...]:
    """The bodies within a step, each by its key in the JSON."""
    if isinstance(step, (Map, Loop, While)):
        return (("body", step.body),)
    if isinstance(step, When):
        return ("then", step.then), ("else", step.otherwise)
    return ()


def walk(body: tuple[Step, ...], place: str) -> Iterator[tuple[str, Step]]:
    """Each step with its place, in order, before those within it."""
    for index, step in enumerate(body):
        here = f"{place}[{index}]"
        yield here, step
        for key, inner in bodies(step):
            yield from walk(inner, f"{here}.{key}")


def steps_of(program: Program) -> Iterator[tuple[str, Step]]:
    """Each step of all launches with its place, as ``launches[0].body[2]``."""
    for index, launch in enumerate(program.launches):
        yield from walk(launch.body, f"launches[{index}].body")


def read_regions(step: Step) -> tuple[Region, ...]:
    """The regions that a step reads; of a gemm or a reduction that adds to its target, that too."""
    if isinstance(step, (Copy, Transpose, Scan)):
        return (step.src,)
    if isinstance(step, Gemm):
        return (step.a, step.b) if step.clear == TRUE else (step.a, step.b, step.c)
    if isinstance(step, Reduce):
        return (step.src,) if step.clear else (step.src, step.dst)
    if isinstance(step, Atomic):
        return (step.dst,) if step.src is None else (step.src, step.dst)
    return ()


def written_regions(step: Step) -> tuple[Region, ...]:
    """The regions that a step writes."""
    if isinstance(step, (Copy, Transpose, Scan, Fill, Reduce, Atomic)):
        return (step.dst,)
    return (step.c,) if isinstance(step, Gemm) else ()


def expressions_of(step: Step) -> Iterator[Expr]:
    """The expressions of a step itself, those of its regions included, and not of its bodies."""
    for region in dict.fromkeys((*read_regions(step), *written_regions(step))):
        yield from region.at
        yield from region.shape
    if isinstance(step, (Fill, Assign, Let)):
        yield step.value
    elif isinstance(step, (Store, AtomicStore)):
        yield from step.at
        yield step.value
    elif isinstance(step, Gemm):
        yield step.clear
    elif isinstance(step, Atomic) and step.value is not None:
        yield step.value
    elif isinstance(step, Map):
        for each in step.loops:
            yield each.min
            yield each.extent
    elif isinstance(step, Loop):
        yield step.min
        yield step.extent
    elif isinstance(step, (While, When)):
        yield step.condition


def reads(step: Step) -> set[int]:
    """The buffers that a step itself reads."""
    found = {region.buffer for region in read_regions(step)}
    for e in expressions_of(step):
        found |= {node.buffer for node in nodes(e) if isinstance(node, Load)}
    if isinstance(step, AtomicStore):
        found.add(step.buffer)
    return found | set(step.reads) if isinstance(step, Opaque) else found


def writes(step: Step) -> set[int]:
    """The buffers that a step itself writes."""
    if isinstance(step, (Store, AtomicStore, Assign)):
        return {step.buffer}
    if isinstance(step, Opaque):
        return set(step.writes)
    return {region.buffer for region in written_regions(step)}
