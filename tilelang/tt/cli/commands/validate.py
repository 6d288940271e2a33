"""``validate``: what a plan claims, proven on a device."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...plan import Plan
from .. import show
from ..ask import Options, open_to_validate
from ..group import JSON, Command, answer, out
from ..options import ARCH, ASSERTS, BACKEND, GRID, WATCHER, Folder, arch_of

if TYPE_CHECKING:
    from ...validate.findings import Evidence

EXAMPLES = """
    tilelang-tt validate gemm.json --backend wolfpine -o report
    tilelang-tt validate gemm.json softmax.json --backend ttsim
    tilelang-tt validate --cases random:100:7 --arch blackhole
"""


def _kept(run: Callable[[], Evidence]) -> tuple[Evidence, int]:
    """What a run has shown, also one that a signal has ended, and its exit code."""
    from ...validate.interrupt import Interrupted, interrupts

    try:
        with interrupts():
            evidence = run()
        return evidence, evidence.exit_code()
    except Interrupted as interrupt:
        if interrupt.evidence is None:
            print(f"error: {interrupt} before anything was shown", file=sys.stderr)
            sys.exit(interrupt.exit_code)
        return interrupt.evidence, interrupt.exit_code


@click.command("validate", cls=Command, examples=EXAMPLES)
@click.argument("paths", metavar="[PLAN.json ...]", nargs=-1, type=click.Path(path_type=Path))
@BACKEND
@ARCH
@GRID
@WATCHER
@ASSERTS
@click.option(
    "--cluster",
    help="The mock cluster, by name or as a file, with --backend mock; by default the one that the "
    "plan's description came from.",
)
@click.option(
    "--cases",
    metavar="quick|full|examples|random:N:SEED",
    help="Tensors and schedules to check besides a plan's; quick where there is no plan.",
)
@click.option(
    "--time",
    "timed",
    is_flag=True,
    help="Also time the kernels that are proven, five runs each, by the cores' clocks.",
)
@click.option(
    "-o",
    "--output",
    type=Folder(),
    help="Write report.json, report.xml (JUnit) and report.html into this folder.",
)
@JSON
def validate_cases(
    paths: tuple[Path, ...],
    backend: str,
    arch: str | None,
    grid: str | None,
    checks: str | None,
    cluster: str | None,
    cases: str | None,
    timed: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Prove descriptors and schedules on a device, and that a wrong one would be noticed.

    Several plans are one run, whose tensors come before its schedules. The exit code is 0 if all is
    proven, 1 if something is disproved or a wrong claim went unnoticed, 3 if nothing could be
    checked, 128 and a signal's number if one ended the run.
    """
    from ...validate.cases import of_plans, parse_cases
    from ...validate.harness import validate
    from ...validate.planned_device import check_device
    from ...validate.report import to_json, write

    plans = {str(path): Plan.load(path) for path in paths}
    for path, plan in plans.items():
        arch = arch_of(plan, Path(path), arch)
    planned = next((plan.device for plan in plans.values()), None)

    def prove() -> Evidence:
        options = Options(arch, grid, cluster, checks=checks)
        show.opening(out, backend)
        with open_to_validate(backend, options, planned) as session:
            for path, plan in plans.items():
                try:
                    check_device(plan, session)
                except ValueError as error:
                    raise ValueError(f"{path}: {error}") from error
            chosen, seed = of_plans(plans), 0
            if cases is not None or not plans:
                more, seed = parse_cases("quick" if cases is None else cases, session.spec)
                chosen += more
            show.opened(out, session.backend)
            with show.progress(out, len(chosen)) as (progress, now):
                return validate(session, chosen, seed, progress, now, 5 * timed)

    evidence, code = _kept(prove)
    # The report first: the output may be a terminal that is gone.
    written = None if output is None else write(evidence, output)
    show.validation(out, evidence)
    if written is not None:
        out.print(f"report: {written.resolve().as_uri()}", soft_wrap=True)
    out.print(show.verdict(evidence), soft_wrap=True)
    answer(as_json, lambda: to_json(evidence))
    sys.exit(code)
