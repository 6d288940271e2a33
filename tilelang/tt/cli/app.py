"""The commands, their options, and how errors reach the user."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from ..device import DeviceSpec, preset_names, resolve_device
from ..plan import Plan, package_version
from ..runtime import BackendError
from ..runtime.clusters import ClusterDescriptor, clusters
from . import show
from .doctor import examine
from .kernel_file import KernelFile, parse_arguments

# What is printed holds names, paths and messages, so nothing in it is markup.
out = Console(highlight=False, markup=False)

_OUTPUT = click.Path(dir_okay=False, path_type=Path)


_BACKEND = click.option(
    "--backend",
    default="auto",
    show_default=True,
    metavar="auto|card|ttsim|wolfpine|mock",
    help="auto is a card if there is one, else a simulator.",
)
_ARCH = click.option("--arch", metavar="wormhole|blackhole", help="By default Wormhole.")
_HTML = click.option("--html", type=_OUTPUT, help="Draw it here too, as an HTML page.")
_GRID = click.option(
    "--grid", metavar="XxY", help="Use fewer of its cores, as in 8x7, by TT-metal's own override."
)


@click.group()
@click.version_option(package_version(), prog_name="tilelang-tt", message="%(prog)s %(version)s")
def app() -> None:
    """Schedules and page layouts of TileLang kernels for Tenstorrent devices."""


@app.command()
@click.option(
    "--from",
    "origin",
    default="auto",
    metavar="live|card|ttsim|wolfpine|mock|PRESET|FILE",
    help="Where to ask. By default the live device, or a mock where there is none. "
    f"Presets: {', '.join(preset_names())}.",
)
@_ARCH
@_GRID
@click.option(
    "--cluster",
    default="n150",
    show_default=True,
    help=f"The mock cluster ({', '.join(clusters())}), or a cluster descriptor as UMD writes them.",
)
@click.option(
    "--harvest-mask", help="Rows (Wormhole) or columns (Blackhole) off on the mock, as in 0x21."
)
@click.option(
    "--dispatch",
    type=click.Choice(["fast", "slow"]),
    default="fast",
    show_default=True,
    help="How the mock is opened.",
)
@click.option("-o", "--output", type=_OUTPUT, help="Write the description here, as JSON.")
def device(
    origin: str,
    arch: str | None,
    grid: str | None,
    cluster: str,
    harvest_mask: str | None,
    dispatch: str,
    output: Path | None,
) -> None:
    """Ask a device for its compute grid, banks and alignments."""
    if grid is not None and origin not in ("card", "ttsim", "wolfpine"):
        raise ValueError(f"found --grid with --from {origin}; expected a card or a simulator")
    if harvest_mask is not None and origin not in ("auto", "mock"):
        raise ValueError(f"found --harvest-mask with --from {origin}; expected it with a mock")
    if origin == "auto":
        spec = _live_or_mock(cluster, harvest_mask, dispatch)
    elif origin == "mock":
        spec = _mock(cluster, harvest_mask, dispatch)
    elif origin in ("card", "ttsim", "wolfpine"):
        from ..runtime.banks import describe_banks
        from ..runtime.devices import open_device

        with open_device(origin, arch, grid=_parse_grid(grid)) as session:
            spec = describe_banks(session)
    else:
        spec = resolve_device(origin)
    if output is not None:
        spec.save(output)
    show.device(out, spec)
    if output is not None:
        out.print(f"written to {output}", soft_wrap=True)


def _live_or_mock(cluster: str, harvest_mask: str | None, dispatch: str) -> DeviceSpec:
    from ..runtime.live import query_live

    try:
        return query_live()
    except BackendError as error:
        reason = str(error).splitlines()[0]
        out.print(f"asking a mock, since there is no live device: {reason}", style="dim")
    return _mock(cluster, harvest_mask, dispatch)


def _mock(cluster: str, harvest_mask: str | None, dispatch: str) -> DeviceSpec:
    from ..runtime.mock import query_mock

    known = clusters()
    descriptor: ClusterDescriptor | Path
    if cluster in known:
        descriptor = known[cluster]
        if harvest_mask is not None:
            descriptor = descriptor.with_harvest_mask(_parse_mask(harvest_mask))
    elif not Path(cluster).is_file():
        raise ValueError(
            f"found no cluster {cluster!r}, nor a file of that name; expected one of "
            f"{', '.join(known)}, or a cluster descriptor"
        )
    elif harvest_mask is not None:
        raise ValueError("found --harvest-mask with a cluster descriptor; expected the mask in it")
    else:
        descriptor = Path(cluster)
    return query_mock(descriptor, dispatch)


def _parse_grid(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    x, _, y = text.partition("x")
    if not (x.isdecimal() and y.isdecimal() and int(x) and int(y)):
        raise ValueError(f"--grid is {text!r}; expected cores a row and rows, as in 8x7")
    return int(x), int(y)


def _parse_mask(text: str) -> int:
    try:
        mask = int(text, 0)
    except ValueError:
        mask = -1
    if mask < 0:
        raise ValueError(f"--harvest-mask is {text!r}; expected a number such as 0x21")
    return mask


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
    """Plan a kernel: which core runs which tiles, and where each page lives.

    Without NAME, the kernels that the file has are listed.
    """
    path, _, name = kernel.rpartition(":")
    if not path or not name.isidentifier():
        path, name = kernel, ""
    parsed = parse_arguments(arguments)
    file = KernelFile.load(Path(path))
    if not name:
        show.kernels(out, file)
        return
    from ..passes import infer_metadata

    built = Plan.from_module(infer_metadata(file.trace(name, parsed), device))
    if output is not None:
        built.save(output)
    _write_page(html, built)
    show.plan(out, built)
    if output is not None:
        out.print(f"written to {output}", soft_wrap=True)


@app.command("show")
@click.argument("path", metavar="PLAN.json", type=click.Path(path_type=Path))
@_HTML
def show_plan(path: Path, html: Path | None) -> None:
    """Check a plan and draw it; neither TVM nor the kernel is needed."""
    plan = Plan.load(path)
    _write_page(html, plan)
    show.plan(out, plan)


def _write_page(html: Path | None, plan: Plan) -> None:
    if html is None:
        return
    from .. import files
    from ..page import render_plan

    files.write_text(html, render_plan(plan.to_json()))
    out.print(f"page: {html.resolve().as_uri()}", soft_wrap=True)


@app.command("run")
@click.argument("path", metavar="PLAN.json", type=click.Path(path_type=Path))
@_BACKEND
@_ARCH
@_GRID
def run_plan(path: Path, backend: str, arch: str | None, grid: str | None) -> None:
    """Copy tensors on a device by a plan's schedules: each tile by the core the plan names."""
    from ..runtime.devices import open_device
    from ..validate.cases import of_plan
    from ..validate.harness import check_device, validate

    plan = Plan.load(path)
    with open_device(backend, arch or plan.device.arch, grid=_parse_grid(grid)) as session:
        check_device(plan, session)
        show.opened(out, session.backend)
        schedules = [case for case in of_plan(plan) if case.schedule is not None]
        evidence = validate(session, schedules)
    show.copies(out, evidence)
    sys.exit(evidence.exit_code())


@app.command("validate")
@click.argument("path", metavar="[PLAN.json]", required=False, type=click.Path(path_type=Path))
@_BACKEND
@_ARCH
@_GRID
@click.option(
    "--cases",
    metavar="quick|full|random:N:SEED",
    help="Tensors and schedules to check besides a plan's; quick where there is no plan.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write report.json, report.xml (JUnit) and report.html into this folder.",
)
def validate_cases(
    path: Path | None,
    backend: str,
    arch: str | None,
    grid: str | None,
    cases: str | None,
    output: Path | None,
) -> None:
    """Prove descriptors and schedules on a device, and that a wrong one would be noticed.

    The exit code is 0 if all is proven, 1 if something is disproved or a wrong claim went
    unnoticed, 3 if nothing could be checked.
    """
    from ..runtime.devices import open_device
    from ..validate.cases import of_plan, parse_cases
    from ..validate.harness import check_device, validate
    from ..validate.report import write

    plan = None if path is None else Plan.load(path)
    if arch is None and plan is not None:
        arch = plan.device.arch
    with open_device(backend, arch, grid=_parse_grid(grid)) as session:
        chosen, seed = [], 0
        if plan is not None:
            check_device(plan, session)
            chosen = of_plan(plan)
        if cases is not None or plan is None:
            more, seed = parse_cases(cases or "quick", session.spec)
            chosen += more
        show.opened(out, session.backend)
        with show.progress(out, len(chosen)) as progress:
            evidence = validate(session, chosen, seed, progress)
    page = None if output is None else write(evidence, output)
    show.validation(out, evidence)
    if page is not None:
        out.print(f"report: {page.resolve().as_uri()}", soft_wrap=True)
    sys.exit(evidence.exit_code())


@app.command()
@click.option("--clear", is_flag=True, help="Remove what is in it: runtime roots and kernels.")
def cache(clear: bool) -> None:
    """Say where the cache folder is, or clear it."""
    from ..runtime.root import cache_folder, clear_cache

    out.print(f"{'cleared' if clear else 'cache folder:'} {cache_folder()}", soft_wrap=True)
    if clear:
        clear_cache()


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
    except (ValueError, NotImplementedError, ImportError, BackendError) as error:
        _fail(str(error) or type(error).__name__)
    except OSError as error:  # the output can't be written to
        _fail(f"writing the output: {error.strerror}")
    sys.exit(0)


def _fail(message: str) -> NoReturn:
    """Print the message, as one line, and exit."""
    print("error: " + " ".join(message.split("\n")), file=sys.stderr)
    sys.exit(2)
