"""Options that several commands have, and what is checked of them before the work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .. import files
from ..plan import Plan
from ..runtime.backends.devices import backends


class Output(click.Path):
    """A file to write, which is refused here rather than after the work."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        files.check_output(value)
        return Path(value)


class Folder(click.Path):
    """A folder for a report, made here rather than after the work; an earlier report is gone."""

    name = "folder"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        from ..validate.report import start

        if not value:
            raise ValueError("found no name of a folder; expected one to write the report into")
        start(Path(value))
        return Path(value)


OUTPUT = Output()
BACKEND = click.option(
    "--backend",
    default="auto",
    show_default=True,
    metavar="|".join(["auto", *backends()]),
    help="auto is a card if there is one, else a simulator.",
)
ARCH = click.option(
    "--arch",
    metavar="wormhole|blackhole",
    help="By default the plan's, where there is one, the card's own, or Wormhole.",
)
HTML = click.option("--html", type=OUTPUT, help="Draw it here too, as an HTML page.")
GRID = click.option(
    "--grid", metavar="XxY", help="Use fewer of its cores, as in 8x7, by TT-metal's own override."
)
WATCHER = click.option(
    "--watcher", "checks", flag_value="watcher", help="Run kernels under TT-metal's watcher."
)
ASSERTS = click.option(
    "--asserts",
    "checks",
    flag_value="asserts",
    help="Compile kernels with TT-metal's lightweight and LLK assertions.",
)
FUNCTION = click.option("--function", help="Which kernel of the plan, where it has several.")


def arch_of(plan: Plan, path: Path, arch: str | None) -> str:
    """The architecture to open a device of for a plan."""
    from ..runtime.backends.devices import check_arch

    try:
        return arch or check_arch(plan.device.arch) or ""
    except ValueError as error:
        raise ValueError(f"{path}: device: {error}") from error
