"""The commands, their options, and how errors reach the user."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from .. import files
from ..device import NoDeviceError, preset_names
from ..plan import Plan, package_version
from ..runtime import BackendError
from ..runtime.clusters import clusters
from ..runtime.devices import backends
from ..text import one_line
from . import show
from .apart import TRACEBACK_VARIABLE
from .ask import Options, ask, open_to_validate, parse_grid, to_plan_for
from .doctor import examine
from .planning import list_kernels, plan_kernel
from .words import parse_arguments, parse_kernel

if TYPE_CHECKING:
    from ..validate.harness import Evidence

# What is printed holds names, paths and messages, so nothing in it is markup.
out = show.PlainConsole(highlight=False, markup=False)


class _Output(click.Path):
    """A file to write, which is refused here rather than after the work."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        files.check_output(value)
        return Path(value)


class _Folder(click.Path):
    """A folder for a report, made here rather than after the work; an earlier report is gone."""

    name = "folder"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        from ..validate.report import start

        if not value:
            raise ValueError("found no name of a folder; expected one to write the report into")
        start(Path(value))
        return Path(value)


_OUTPUT = _Output()


_BACKEND = click.option(
    "--backend",
    default="auto",
    show_default=True,
    metavar="|".join(["auto", *backends()]),
    help="auto is a card if there is one, else a simulator.",
)
_ARCH = click.option(
    "--arch",
    metavar="wormhole|blackhole",
    help="By default the plan's, where there is one, the card's own, or Wormhole.",
)
_HTML = click.option("--html", type=_OUTPUT, help="Draw it here too, as an HTML page.")
_GRID = click.option(
    "--grid", metavar="XxY", help="Use fewer of its cores, as in 8x7, by TT-metal's own override."
)
_WATCHER = click.option(
    "--watcher", "checks", flag_value="watcher", help="Run kernels under TT-metal's watcher."
)
_ASSERTS = click.option(
    "--asserts",
    "checks",
    flag_value="asserts",
    help="Compile kernels with TT-metal's lightweight and LLK assertions.",
)


_FUNCTION = click.option("--function", help="Which kernel of the plan, where it has several.")


@click.group()
@click.version_option(package_version(), prog_name="tilelang-tt", message="%(prog)s %(version)s")
def app() -> None:
    """Schedules and page layouts of TileLang kernels for Tenstorrent devices."""


@app.command()
@click.option(
    "--from",
    "origin",
    default="auto",
    metavar="|".join(["live", *backends(), "PRESET", "FILE"]),
    help="Where to ask. By default the live device, or a mock where there is none. "
    f"Presets: {', '.join(preset_names())}.",
)
@_ARCH
@_GRID
@click.option(
    "--cluster",
    help=f"The mock cluster ({', '.join(clusters())}), or a cluster descriptor as UMD writes them; "
    "by default n150, or p150a with --arch blackhole.",
)
@click.option(
    "--harvest-mask", help="Rows (Wormhole) or columns (Blackhole) off on the mock, as in 0x21."
)
@click.option(
    "--dispatch",
    type=click.Choice(["fast", "slow"]),
    help="How the mock is opened; by default fast.",
)
@click.option("-o", "--output", type=_OUTPUT, help="Write the description here, as JSON.")
def device(
    origin: str,
    arch: str | None,
    grid: str | None,
    cluster: str | None,
    harvest_mask: str | None,
    dispatch: str | None,
    output: Path | None,
) -> None:
    """Ask a device for its compute grid, banks and alignments."""
    asked = ask(origin, Options(arch, grid, cluster, harvest_mask, dispatch))
    spec = asked.spec
    if asked.no_live_device:
        reason = f"asked a mock, since there is no live device: {asked.no_live_device}"
        out.print(reason, style="dim")
    if output is not None:
        spec.save(output)
    show.device(out, spec)
    if output is not None:
        out.print(f"written to {output}", soft_wrap=True)


@app.command()
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
@click.option("-o", "--output", type=_OUTPUT, help="Write the plan here, as JSON.")
@_HTML
def plan(
    kernel: str,
    device: str | None,
    arguments: tuple[str, ...],
    output: Path | None,
    html: Path | None,
) -> None:
    """Plan a kernel: which core runs which blocks, and where each page lives.

    Without NAME, the kernels that the file has are listed.
    """
    path, name = parse_kernel(kernel)
    parsed = parse_arguments(arguments)
    spec = to_plan_for(device)
    described = device if device is not None and os.path.isfile(device) else None
    files.check_apart({"KERNEL.py": path, "--device": described, "-o": output, "--html": html})
    if name is None:
        kernels = list_kernels(path)
        given = {"-a": arguments, "--device": device, "-o": output, "--html": html}
        for option, value in given.items():
            if value:
                listed = ", ".join(f"{path}:{one}" for one in kernels)
                raise ValueError(f"found {option} without a kernel; expected one of {listed}")
        show.kernels(out, path, kernels)
        return
    built = plan_kernel(path, name, parsed, spec)
    if output is not None:
        built.save(output)
    _write_page(html, built)
    show.plan(out, built)
    if output is not None:
        out.print(f"written to {output}", soft_wrap=True)


@app.command("show")
@click.argument("path", metavar="PLAN.json", type=click.Path(path_type=Path))
@click.option(
    "--block",
    type=int,
    metavar="N",
    help="Instead, the core that runs the block of that number, and the pages that it reads and "
    "writes.",
)
@_HTML
def show_plan(path: Path, block: int | None, html: Path | None) -> None:
    """Check a plan and draw it, with what its blocks do; neither TVM nor the kernel is needed."""
    files.check_apart({"PLAN.json": path, "--html": html})
    plan = Plan.load(path)
    if block is not None:
        _check_block(plan, block)
    _write_page(html, plan)
    if block is not None:
        show.block(out, plan, block)
    else:
        show.plan(out, plan)
        show.listings(out, plan)


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
    from ..page import render_plan

    files.write_text(html, render_plan(plan.to_json()))
    out.print(f"page: {html.resolve().as_uri()}", soft_wrap=True)


@app.command("run")
@click.argument("path", metavar="PLAN.json", type=click.Path(path_type=Path))
@click.argument("arrays", metavar="[A.npy ...]", nargs=-1, type=click.Path(path_type=Path))
@_FUNCTION
@click.option("-o", "--output", type=_OUTPUT, help="Write what the kernel writes here, as .npy.")
@click.option(
    "-s", "--scalar", "scalars", multiple=True, metavar="NAME=VALUE", help="A scalar parameter."
)
@click.option("--seed", default=0, show_default=True, help="Of random arrays.")
@click.option("--time", "timed", is_flag=True, help="Also time the kernels, by the cores' clocks.")
@click.option(
    "--runs", default=5, show_default=True, type=click.IntRange(1), help="How often, with --time."
)
@_BACKEND
@_ARCH
@_GRID
@_WATCHER
@_ASSERTS
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
) -> None:
    """Run a plan's kernel on a device, and compare with the same program run in numpy.

    Arrays are the inputs in their order; without any, they are random. The exit code is 0 if the
    numbers agree, 1 if they don't, 3 if of an output nothing could be compared.
    """
    from ..runtime.devices import open_device
    from .running import run_and_compare

    plan = Plan.load(path)
    architecture, size = _arch_of(plan, path, arch), parse_grid(grid)
    with open_device(backend, architecture, grid=size, checks=checks) as session:
        show.opened(out, session.backend)
        code = run_and_compare(
            out, session, plan, function, arrays, parse_arguments(scalars), output, seed,
            runs if timed else 0,
        )  # fmt: skip
    sys.exit(code)


@app.command("build")
@click.argument("path", metavar="PLAN.json", type=click.Path(path_type=Path))
@_FUNCTION
@click.option(
    "-o", "--output", required=True, metavar="FOLDER", type=click.Path(path_type=Path),
    help="Write reader.cpp, compute.cpp, writer.cpp, kernel.json and host.py here.",
)  # fmt: skip
def build_plan(path: Path, function: str | None, output: Path) -> None:
    """Generate a plan's kernel as files to read, to run by themselves and to carry on from."""
    from ..codegen import export
    from ..runtime.checked import checked_launch
    from ..runtime.running import kernel_plans

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


@app.command("exec", context_settings={"ignore_unknown_options": True})
@_BACKEND
@_ARCH
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_command(backend: str, arch: str | None, command: tuple[str, ...]) -> None:
    """Run a command of your own where ttnn.open_device opens a device of a backend.

    As in: tilelang-tt exec --backend ttsim -- python host.py
    """
    from ..runtime.devices import make_backend
    from ..runtime.execute import execute

    sys.exit(execute(make_backend(backend, arch), command))


def _kept(run: Callable[[], Evidence]) -> tuple[Evidence, int]:
    """What a run has shown, also one that a signal has ended, and its exit code."""
    from ..validate.interrupt import Interrupted, interrupts

    try:
        with interrupts():
            evidence = run()
        return evidence, evidence.exit_code()
    except Interrupted as interrupt:
        if interrupt.evidence is None:
            print(f"error: {interrupt} before anything was shown", file=sys.stderr)
            sys.exit(interrupt.exit_code)
        return interrupt.evidence, interrupt.exit_code


def _arch_of(plan: Plan, path: Path, arch: str | None) -> str:
    """The architecture to open a device of for a plan."""
    from ..runtime.devices import check_arch

    try:
        return arch or check_arch(plan.device.arch) or ""
    except ValueError as error:
        raise ValueError(f"{path}: device: {error}") from error


@app.command("validate")
@click.argument("paths", metavar="[PLAN.json ...]", nargs=-1, type=click.Path(path_type=Path))
@_BACKEND
@_ARCH
@_GRID
@_WATCHER
@_ASSERTS
@click.option(
    "--cluster",
    help="The mock cluster, by name or as a file, with --backend mock; by default the one that the "
    "plan's description came from.",
)
@click.option(
    "--cases",
    metavar="quick|full|random:N:SEED",
    help="Tensors and schedules to check besides a plan's; quick where there is no plan.",
)
@click.option(
    "-o",
    "--output",
    type=_Folder(),
    help="Write report.json, report.xml (JUnit) and report.html into this folder.",
)
def validate_cases(
    paths: tuple[Path, ...],
    backend: str,
    arch: str | None,
    grid: str | None,
    checks: str | None,
    cluster: str | None,
    cases: str | None,
    output: Path | None,
) -> None:
    """Prove descriptors and schedules on a device, and that a wrong one would be noticed.

    Several plans are one run, whose tensors come before its schedules. The exit code is 0 if all is
    proven, 1 if something is disproved or a wrong claim went unnoticed, 3 if nothing could be
    checked, 128 and a signal's number if one ended the run.
    """
    from ..validate.cases import of_plans, parse_cases
    from ..validate.harness import check_device, validate
    from ..validate.report import write

    plans = {str(path): Plan.load(path) for path in paths}
    for path, plan in plans.items():
        arch = _arch_of(plan, Path(path), arch)
    planned = next((plan.device for plan in plans.values()), None)

    def prove() -> Evidence:
        options = Options(arch, grid, cluster, checks=checks)
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
            with show.progress(out, len(chosen)) as progress:
                return validate(session, chosen, seed, progress)

    evidence, code = _kept(prove)
    # The report first: the output may be a terminal that is gone.
    written = None if output is None else write(evidence, output)
    show.validation(out, evidence)
    if written is not None:
        out.print(f"report: {written.resolve().as_uri()}", soft_wrap=True)
    sys.exit(code)


@app.command()
@click.option("--clear", is_flag=True, help="Remove what this package has made in it.")
def cache(clear: bool) -> None:
    """Say where the cache folder is, or clear it."""
    from ..runtime.cache import cache_folder, clear_cache

    if clear:
        removed = clear_cache()
        nothing = f"found nothing of ours in {cache_folder()}"
        said = nothing if removed is None else f"cleared {removed}"
        out.print(said, soft_wrap=True)
        return
    out.print(f"cache folder: {cache_folder()}", soft_wrap=True)


@app.command()
@click.option("--python", help="The Python to make it of; by default 3.12 or 3.10, where found.")
def setup(python: str | None) -> None:
    """Make an environment for devices, for where there is no ttnn, as on Python 3.11.

    It is in your data folder, holds ttnn and the simulator, and is used from then on.
    """
    from ..runtime.setup import make

    made = make(python, lambda text: out.print(text, soft_wrap=True))
    out.print(f"devices are opened by {made}", soft_wrap=True)


@app.command()
def doctor() -> None:
    """Say what is installed, what answers, and what to do about what does not."""
    findings = examine()
    show.findings(out, findings)
    if any(finding.needed and not finding.ok for finding in findings):
        sys.exit(1)


def run() -> NoReturn:
    """Run the command line and exit: 0, or 2 with one line for bad input."""
    try:
        app(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help())
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "tilelang-tt"
        _fail(f"{error.format_message()} See {command} --help")
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except NoDeviceError as error:  # its own text is for Python
        _fail(
            f"found no live device: {error.reason}; with a card, see tilelang-tt doctor; without "
            "one, name another: a preset, as in plan --device n150 or device --from n150, or a "
            "file, which 'tilelang-tt device -o device.json' writes"
        )
    except (ValueError, NotImplementedError, ImportError, BackendError) as error:
        _fail(str(error) or type(error).__name__)
    except OSError as error:  # of a file that no check above knows, or of the output
        _fail(f"{error.filename or 'writing the output'}: {error.strerror}")
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            traceback.print_exc()
        _fail(
            f"{type(error).__name__}: {error}; this is a defect of tilelang-tt, which "
            f"{TRACEBACK_VARIABLE}=1 in the environment tells more of",
            _DEFECT,
        )
    sys.exit(0)


#: The exit codes of bad input, and of a fault of our own (EX_SOFTWARE of sysexits.h).
_BAD_INPUT, _DEFECT = 2, 70


def _fail(message: str, code: int = _BAD_INPUT) -> NoReturn:
    """Print the message, as one line, and exit."""
    print(f"error: {one_line(message)}", file=sys.stderr)
    sys.exit(code)
