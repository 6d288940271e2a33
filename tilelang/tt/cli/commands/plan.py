"""``plan`` and ``show``: a kernel's plan, and what it says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from ... import files
from ...plan import Plan
from ...policies import AUTO, ORDERS, POLICIES, parse_cores, policy_attrs
from ...presets import preset_names
from .. import show
from ..ask import to_plan_for
from ..compare import draw
from ..group import JSON, Command, answer, out
from ..options import HTML, OUTPUT
from ..planning import compare_kernel, list_kernels, plan_kernel
from ..words import parse_arguments, parse_kernel

EXAMPLES = """
    tilelang-tt plan examples/gemm.py
    tilelang-tt plan examples/gemm.py:gemm -a M=1024 -a N=1024 -a K=512 --device n150 -o gemm.json
    tilelang-tt plan examples/softmax.py:softmax -a M=256 -a N=512 --html softmax.html
    tilelang-tt plan examples/gemm.py:gemm -a M=1024 -a N=1024 -a K=512 --policy rectangular
    tilelang-tt plan examples/gemm.py:gemm -a M=1024 -a N=1024 -a K=512 --compare
"""
SHOW_EXAMPLES = """
    tilelang-tt show gemm.json
    tilelang-tt show gemm.json --block 3
    tilelang-tt show gemm.json --html gemm.html
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("kernel", metavar="KERNEL.py[:NAME]")
@click.option(
    "--device",
    metavar="FILE|PRESET|live",
    help="The device to plan for; by default the function's own, TILELANG_TT_DEVICE, or a live "
    f"one. Presets: {', '.join(preset_names())}.",
)
@click.option(
    "-a", "--arg", "arguments", multiple=True, metavar="NAME=VALUE", help="A kernel's parameter."
)
@click.option(
    "--policy",
    metavar="|".join((*POLICIES, AUTO)),
    help="How blocks go to cores; auto takes the one that its bounds favour.",
)
@click.option("--order", metavar="|".join(ORDERS), help="Which blocks come one after the other.")
@click.option(
    "--cores",
    multiple=True,
    metavar="XxY|X0,Y0,X1,Y1",
    help="The cores that may be used: the first ones of the grid, or a rectangle, perhaps several.",
)
@click.option(
    "--compare",
    "asked_to_compare",
    is_flag=True,
    help="Instead, what each policy moves, and the cycles that bound it.",
)
@click.option("-o", "--output", type=OUTPUT, help="Write the plan here, as JSON.")
@HTML
@JSON
def plan(
    kernel: str,
    device: str | None,
    arguments: tuple[str, ...],
    policy: str | None,
    order: str | None,
    cores: tuple[str, ...],
    asked_to_compare: bool,
    output: Path | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Plan a kernel: which core runs which blocks, and where each page lives.

    Without NAME, the kernels that the file has are listed.
    """
    path, name = parse_kernel(kernel)
    parsed = parse_arguments(arguments)
    said: dict[str, Any] = {"policy": policy, "order": order, "cores": parse_cores(cores) or None}
    policy_attrs(**said)
    if asked_to_compare:
        for option, given in {"--policy": policy, "-o": output, "--html": html}.items():
            if given:
                raise ValueError(f"found {option} with --compare; expected one of the two")
    spec = to_plan_for(device)
    described = device if device is not None and os.path.isfile(device) else None
    files.check_apart({"KERNEL.py": path, "--device": described, "-o": output, "--html": html})
    if name is None:
        kernels = list_kernels(path)
        options = {
            "-a": arguments, "--device": device, "--policy": policy, "--order": order,
            "--cores": cores, "--compare": asked_to_compare, "-o": output, "--html": html,
        }  # fmt: skip
        for option, value in options.items():
            if value:
                listed = ", ".join(f"{path}:{one}" for one in kernels)
                raise ValueError(f"found {option} without a kernel; expected one of {listed}")
        show.kernels(out, path, kernels)
        answer(as_json, lambda: kernels)
        return
    if asked_to_compare:
        found = compare_kernel(path, name, parsed, spec, said)
        draw(out, found)
        answer(as_json, lambda: found)
        return
    built = plan_kernel(path, name, parsed, spec, said)
    if output is not None:
        built.save(output)
    _write_page(html, built)
    show.plan(out, built)
    verdict = "planned; -o FILE writes it down" if output is None else f"written to {output}"
    out.print(verdict, soft_wrap=True)
    answer(as_json, built.to_json)


@click.command("show", cls=Command, examples=SHOW_EXAMPLES)
@click.argument("path", metavar="PLAN.json", type=click.Path(path_type=Path))
@click.option(
    "--block",
    type=int,
    metavar="N",
    help="Instead, the core that runs the block of that number, and the pages that it reads and "
    "writes.",
)
@HTML
@JSON
def show_plan(path: Path, block: int | None, html: Path | None, as_json: bool) -> None:
    """Check a plan and draw it, with what its blocks do; neither TVM nor the kernel is needed."""
    files.check_apart({"PLAN.json": path, "--html": html})
    plan = Plan.load(path)
    if block is not None:
        _check_block(plan, block)
    _write_page(html, plan)
    if block is not None:
        show.block(out, plan, block)
        answer(as_json, lambda: list(show.blocks(plan, block)))
    else:
        show.plan(out, plan)
        show.listings(out, plan)
        out.print(f"{path}: a plan that is whole and consistent", soft_wrap=True)
        answer(as_json, plan.to_json)


def _check_block(plan: Plan, block: int) -> None:
    """Raise ValueError for a block that no launch of a plan has, and a plan without programs."""
    blocks = []
    for name in plan.functions:
        plan.program(name)
        blocks += [schedule.num_tiles for schedule in plan.schedules(name)]
    if not 0 <= block < max(blocks):
        raise ValueError(f"found --block {block}; expected 0 to {max(blocks) - 1}")


def _write_page(html: Path | None, plan: Plan) -> None:
    if html is None:
        return
    from ...html.plan import render_plan

    files.write_text(html, render_plan(plan.to_json()))
    out.print(f"page: {html.resolve().as_uri()}", soft_wrap=True)
