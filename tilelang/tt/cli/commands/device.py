"""``device``: what is asked of a device before a kernel is planned for it."""

from __future__ import annotations

from pathlib import Path

import click

from ...presets import preset_names
from ...runtime.backends.clusters import clusters
from ...runtime.backends.devices import backends
from .. import show
from ..ask import Options, ask
from ..group import JSON, Command, answer, out
from ..options import ARCH, GRID, OUTPUT

EXAMPLES = """
    tilelang-tt device -o device.json
    tilelang-tt device --from wolfpine --arch blackhole
    tilelang-tt device --from mock --cluster n300 --json
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.option(
    "--from",
    "origin",
    default="auto",
    metavar="|".join(["live", *backends(), "PRESET", "FILE"]),
    help="Where to ask. By default the live device, or a mock where there is none. "
    f"Presets: {', '.join(preset_names())}.",
)
@ARCH
@GRID
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
@click.option("-o", "--output", type=OUTPUT, help="Write the description here, as JSON.")
@JSON
def device(
    origin: str,
    arch: str | None,
    grid: str | None,
    cluster: str | None,
    harvest_mask: str | None,
    dispatch: str | None,
    output: Path | None,
    as_json: bool,
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
    answer(as_json, spec.to_json)
