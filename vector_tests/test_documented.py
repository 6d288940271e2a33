"""The table of docs/vector_unit.md is what the functions are held to."""

from __future__ import annotations

import re
from pathlib import Path

from vector_functions import BOUNDS

PAGE = Path(__file__).parents[1] / "docs" / "vector_unit.md"


def test_the_documented_bounds_are_the_tested_ones() -> None:
    rows = re.findall(r"^\| (\w+) ((?:\| \d+\.\d\d ){4})\|", PAGE.read_text(), re.MULTILINE)
    table = {name: tuple(map(float, re.findall(r"[\d.]+", figures))) for name, figures in rows}
    assert table == BOUNDS
