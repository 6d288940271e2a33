"""``run``, ``build`` and ``exec``: the kernel itself, run or written, and programs of one's own."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ... import files
from ...plan import Plan
from .. import show
from ..ask import parse_grid
from ..group import JSON, Command, answer, out
from ..options import ARCH, ASSERTS, BACKEND, FUNCTION, GRID, OUTPUT, WATCHER, arch_of
from ..words import parse_arguments

EXAMPLES = """
    tilelang-tt run gemm.json --backend wolfpine
    tilelang-tt run gemm.json A.npy B.npy -o C.npy
    tilelang-tt run gemm.json --time --runs 20 --backend ttsim
"""
BUILD_EXAMPLES = """
    tilelang-tt build gemm.json -o gemm
"""
EXEC_EXAMPLES = """
    tilelang-tt exec --backend ttsim -- python gemm/host.py
"""


@click.command("run", cls=Command, examples=EXAMPLES)
@click.argument("path", metavar="PLAN.json", type=click.Path(path_type=Path))
@click.argument("arrays", metavar="[A.npy ...]", nargs=-1, type=click.Path(path_type=Path))
@FUNCTION
@click.option("-o", "--output", type=OUTPUT, help="Write what the kernel writes here, as .npy.")
@click.option(
    "-s", "--scalar", "scalars", multiple=True, metavar="NAME=VALUE", help="A scalar parameter."
)
@click.option("--seed", default=0, show_default=True, help="Of random arrays.")
@click.option("--time", "timed", is_flag=True, help="Also time the kernels, by the cores' clocks.")
@click.option(
    "--runs", default=5, show_default=True, type=click.IntRange(1), help="How often, with --time."
)
@BACKEND
@ARCH
@GRID
@WATCHER
@ASSERTS
@JSON
def run_plan(
    path: Path,
    arrays: tuple[Path, ...],
    function: str | None,
    output: Path | None,
    scalars: tuple[str, ...],
    seed: int,
    timed: bool,
    runs: int,
    backend: str,
    arch: str | None,
    grid: str | None,
    checks: str | None,
    as_json: bool,
) -> None:
    """Run a plan's kernel on a device, and compare with the same program run in numpy.

    Arrays are the inputs in their order; without any, they are random. The exit code is 0 if the
    numbers agree, 1 if they don't, 3 if of an output nothing could be compared.
    """
    from ...runtime.backends.devices import open_device
    from ..running import run_and_compare

    plan = Plan.load(path)
    architecture, size = arch_of(plan, path, arch), parse_grid(grid)
    show.opening(out, backend)
    with open_device(backend, architecture, grid=size, checks=checks) as session:
        show.opened(out, session.backend)
        shown = run_and_compare(
            out, session, plan, function, arrays, parse_arguments(scalars), output, seed,
            runs if timed else 0,
        )  # fmt: skip
    out.print(shown.verdict(), soft_wrap=True)
    answer(as_json, shown.to_json)
    sys.exit(shown.exit_code())


@click.command("build", cls=Command, examples=BUILD_EXAMPLES)
@click.argument("path", metavar="PLAN.json", type=click.Path(path_type=Path))
@FUNCTION
@click.option(
    "-o", "--output", required=True, metavar="FOLDER", type=click.Path(path_type=Path),
    help="Write reader.cpp, compute.cpp, writer.cpp, kernel.json and host.py here.",
)  # fmt: skip
def build_plan(path: Path, function: str | None, output: Path) -> None:
    """Generate a plan's kernel as files to read, to run by themselves and to carry on from."""
    from ...codegen.export import export
    from ...runtime.checked import checked_launch
    from ...runtime.running import kernel_plans

    plan = Plan.load(path)
    made = kernel_plans(plan, plan.device, function)
    for each in made:
        checked_launch(each)
    for name, text in export(made).items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        files.write_text(output / name, text)
        out.print(f"written to {output / name}", soft_wrap=True)
    for each in made:
        show.kernel(out, each)


@click.command(
    "exec", cls=Command, examples=EXEC_EXAMPLES, context_settings={"ignore_unknown_options": True}
)
@BACKEND
@ARCH
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_command(backend: str, arch: str | None, command: tuple[str, ...]) -> None:
    """Run a command of your own where ttnn.open_device opens a device of a backend.

    As in: tilelang-tt exec --backend ttsim -- python host.py
    """
    from ...runtime.backends.devices import make_backend
    from ...runtime.session.execute import execute

    sys.exit(execute(make_backend(backend, arch), command))
