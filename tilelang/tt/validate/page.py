"""The report as one HTML page: no network, no framework, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).parents[1] / "templates"

#: Kernels whose cores and banks are drawn; the table has the rest.
_DRAWN = 12


def render_page(
    document: dict[str, Any], controls: dict[tuple[str, str], dict[str, list[str]]]
) -> str:
    """The page of a report.

    Parameters
    ----------
    document : the report (schemas/report.schema.json)
    controls : the cases of each outcome, by level and mutation (report.controls_of)
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = [case for case in document["cases"] if case["group"] in ("plan", "kernels")]
    failures = [
        {"case": case["name"], "level": level, **found.get("difference", {})}
        for case in document["cases"]
        for level, found in case["levels"].items()
        if found["outcome"] == "disproved"
    ]
    return environment.get_template("report.html.j2").render(
        report=document,
        failures=failures,
        mutations=list(dict.fromkeys(mutation for _, mutation in controls)),
        controls=controls,
        schedules=[case for case in drawn if "schedule" in case][:_DRAWN],
        tensors=[case for case in drawn if "tensor" in case][: 2 * _DRAWN],
        by_level=_by_level(document),
        shade=shade,
        pages_of_banks=_pages_of_banks,
    )


def _by_level(document: dict[str, Any]) -> dict[str, dict[str, int]]:
    """The cases of each outcome, and what was compared, by level."""
    counts = {
        level: {"proven": 0, "disproved": 0, "unchecked": 0, "checked": 0}
        for level in document["levels"]
    }
    for case in document["cases"]:
        for level, found in case["levels"].items():
            counts[level][found["outcome"]] += 1
            counts[level]["checked"] += found.get("checked", 0)
    return counts


def shade(count: int, most: int) -> int:
    """How strongly a cell is coloured, 0 to 4; 0 is for none."""
    return 0 if count == 0 or most == 0 else 1 + 3 * count // most


def _pages_of_banks(tensor: dict[str, Any]) -> list[int]:
    """How many pages each bank has."""
    full, rest = divmod(tensor["pages"], tensor["banks"])
    return [full + (bank < rest) for bank in range(tensor["banks"])]
