"""Which kernels' results are examined on a device, and why others aren't."""

from __future__ import annotations

from math import prod

from ...codegen.generate import generate_all
from ...program import Const, Gemm, Loop, Program, Step, When
from ...runtime.session.parent import Session
from ..cases import Kernel
from ..evidence import NOT_GENERATED


def unexamined(kernel: Kernel, session: Session) -> str:
    """Why E7 of a kernel, whose schedule is well formed, isn't examined on an open device, or
    nothing."""
    if kernel.program is None:
        return kernel.unknown
    products, most = products_of(kernel.program), session.backend.most_products
    if products > most:
        return f"its {products} products of tiles are more than {most}, which take too long"
    try:
        generate_all(kernel.program, kernel.schedules, session.spec, kernel.function)
    except NotImplementedError as error:
        return f"{NOT_GENERATED}: {error}"
    return ""


def products_of(program: Program) -> int:
    """How many products of tiles a program makes, if its loops turn as often as in the first block;
    none where that isn't known."""
    return sum(prod(launch.grid) * _products(program, launch.body) for launch in program.launches)


def _products(program: Program, body: tuple[Step, ...]) -> int:
    found = 0
    for step in body:
        if isinstance(step, Gemm):
            sides = (*step.c.shape[-2:], *step.a.shape[-2:])
            m, n, p, q = (-(-int(e.value) // 32) if isinstance(e, Const) else 1 for e in sides)
            found += m * n * (p if step.transpose_a else q)
        elif isinstance(step, Loop):
            turns = int(step.extent.value) if isinstance(step.extent, Const) else 1
            found += turns * _products(program, step.body)
        elif isinstance(step, When):
            found += _products(program, step.then) + _products(program, step.otherwise)
    return found
