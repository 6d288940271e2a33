"""``doctor``, ``setup`` and ``cache``: what is installed, and what this package keeps."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from .. import show
from ..doctor import examine
from ..group import JSON, Command, answer, out

CACHE_EXAMPLES = """
    tilelang-tt cache
    tilelang-tt cache --clear
"""
DOCTOR_EXAMPLES = """
    tilelang-tt doctor
    tilelang-tt doctor --json
"""


@click.command(cls=Command, examples=CACHE_EXAMPLES)
@click.option("--clear", is_flag=True, help="Remove what this package has made in it.")
def cache(clear: bool) -> None:
    """Say where the cache folder is, or clear it."""
    from ...runtime.root.cache import cache_folder, clear_cache

    if clear:
        removed = clear_cache()
        nothing = f"found nothing of ours in {cache_folder()}"
        said = nothing if removed is None else f"cleared {removed}"
        out.print(said, soft_wrap=True)
        return
    out.print(f"cache folder: {cache_folder()}", soft_wrap=True)


@click.command(cls=Command, examples="tilelang-tt setup")
@click.option("--python", help="The Python to make it of; by default 3.12 or 3.10, where found.")
def setup(python: str | None) -> None:
    """Make an environment for devices, for where there is no ttnn, as on Python 3.11.

    It is in your data folder, holds ttnn and the simulator, and is used from then on.
    """
    from ...runtime.other_python.setup import make

    made = make(python, lambda text: out.print(text, soft_wrap=True))
    out.print(f"devices are opened by {made}", soft_wrap=True)


@click.command(cls=Command, examples=DOCTOR_EXAMPLES)
@JSON
def doctor(as_json: bool) -> None:
    """Say what is installed, what answers, and what to do about what does not."""
    findings = examine()
    show.findings(out, findings)
    answer(as_json, lambda: [asdict(finding) for finding in findings])
    if any(finding.needed and not finding.ok for finding in findings):
        sys.exit(1)
