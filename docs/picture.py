"""Draws the README's pictures: what `tilelang-tt plan` prints, as SVG, and a report's page, as PNG.

python docs/picture.py build/demo/plan.json docs/images/plan.svg
python docs/picture.py build/demo/report/report.html docs/images/report.png     # needs playwright
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

#: Pixels of a page that are shown.
WIDTH, HEIGHT = 1260, 1560


def draw_plan(plan: str, picture: str) -> None:
    from rich._export_format import CONSOLE_SVG_FORMAT
    from rich.console import Console

    from tilelang.tt import Plan
    from tilelang.tt.cli import show

    console = Console(record=True, width=96, file=io.StringIO(), highlight=False, markup=False)
    show.plan(console, Plan.load(plan))
    # A font of the reader's own, so that the picture loads nothing.
    template = re.sub(r"\s*(@font-face {.*?}}|<!--.*?-->)", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    console.save_svg(picture, title="tilelang-tt plan", code_format=template)


def draw_page(page: str, picture: str) -> None:
    from playwright.sync_api import sync_playwright

    search = [Path(__file__).parents[1] / "ci" / "find_browser.sh"]
    browser = subprocess.run(search, capture_output=True, text=True, check=True).stdout.strip()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        shown = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        shown.goto(Path(page).resolve().as_uri())
        shown.screenshot(path=picture)
        chromium.close()


if __name__ == "__main__":
    (draw_page if sys.argv[1].endswith(".html") else draw_plan)(*sys.argv[1:])
