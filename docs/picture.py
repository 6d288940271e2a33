"""Draws the README's picture: what `tilelang-tt plan` prints, as SVG.

python docs/picture.py build/demo/plan.json docs/images/plan.svg
"""

from __future__ import annotations

import io
import re
import sys

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from tilelang.tt import Plan
from tilelang.tt.cli import show


def main(plan: str, picture: str) -> None:
    console = Console(record=True, width=96, file=io.StringIO(), highlight=False, markup=False)
    show.plan(console, Plan.load(plan))
    # A font of the reader's own, so that the picture loads nothing.
    template = re.sub(r"\s*(@font-face {.*?}}|<!--.*?-->)", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    console.save_svg(picture, title="tilelang-tt plan", code_format=template)


if __name__ == "__main__":
    main(*sys.argv[1:])
