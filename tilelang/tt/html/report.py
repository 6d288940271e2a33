"""The page of a report: what was proven, of what, in sentences; then the figures.

It is made from the report's JSON document alone, as plan.py makes a plan's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from .. import schedule_text
from .render import render

Document = Mapping[str, Any]
Controls = Mapping[tuple[str, str], Mapping[str, list[str]]]

#: Kernels whose cores and banks are drawn; the table has the rest.
_DRAWN = 12

# Pixels of the longer side of a picture of errors, and at least of the other one.
_LONG, _SHORT = 320, 24

# A cell's class by the part of the bound that it uses, at most; above the last it is wrong.
_CLASSES = ((0.0, "u0"), (0.25, "u1"), (0.5, "u2"), (0.75, "u3"), (1.0, "u4"))


def render_report(document: Document, controls: Controls) -> str:
    """The page of a report.

    Parameters
    ----------
    document : the report (schemas/report.schema.json)
    controls : the cases of each outcome, by level and mutation (report.controls_of)
    """
    cases = document["cases"]
    drawn = [
        {**case, "schedule": _reported(case["schedule"])} if "schedule" in case else case
        for case in cases
        if case["group"] in ("plan", "kernels")
    ]
    coverage = {(one["level"], one["mutation"]): one for one in document["coverage"]}
    return render(
        "report.html.j2",
        report=document,
        heading=heading(document),
        sentence=sentence(document),
        unchecked=list(_unchecked(document)),
        failures=[
            {"case": case["name"], "level": level, **found.get("difference", {})}
            for case in cases
            for level, found in case["levels"].items()
            if found["outcome"] == "disproved"
        ],
        mutations=list(dict.fromkeys([*(m for _, m in coverage), *(m for _, m in controls)])),
        controls=controls,
        coverage=coverage,
        schedules=[case for case in drawn if "schedule" in case][:_DRAWN],
        tensors=[case for case in drawn if "tensor" in case][: 2 * _DRAWN],
        timed=[case for case in cases if "cycles" in case],
        results=[case for case in cases if "results" in case],
        figure=_figure,
        drawing=drawing,
        by_level=_by_level(document),
    )


def heading(document: Document) -> tuple[str, str]:
    """The outcome in a word or two, and whether it is "good" or "bad", or neither."""
    totals = document["totals"]
    if totals["disproved"] or totals["unnoticed"] or totals["missing"] or document["failure"]:
        return "Not proven", "bad"
    if not totals["proven"]:
        return "Nothing was checked", ""
    return "Proven, as far as it was checked," if totals["unchecked"] else "Proven", "good"


def sentence(document: Document) -> str:
    """What was proven, of which kernels; or what stands against it."""
    totals = document["totals"]
    about = _subject(document)
    on = f"on {document['backend']['version']}"
    if totals["disproved"]:
        of = totals["disproved"] + totals["proven"]
        return f"{_count(totals['disproved'], 'claim')} of {of} about {about} did not hold {on}."
    if totals["unnoticed"]:
        return (
            f"{_count(totals['unnoticed'], 'claim')} about {about} that had been made wrong on "
            f"purpose went unnoticed {on}, so what is proven beside them shows little."
        )
    if document["failure"]:
        return f"What was to be shown of {about} was not: the run ended early."
    if totals["missing"]:
        return f"Not all mistakes about {about} would have been noticed {on}."
    shown = list(_shown(document))
    if not shown:
        return f"Nothing about {about} could be checked {on}."
    return f"Of {about}, {on}: {_listed(shown)}."


def _subject(document: Document) -> str:
    """The kernels of plans, with the digests of their programs; else how many cases there are."""
    planned = [case for case in document["cases"] if case["group"] == "plan"]
    kernels = [case["kernel"] for case in planned if "kernel" in case]
    if not kernels:
        return f"the {_count(len(_claimed(document)), 'case')} below"
    return _listed(
        [
            each["title"] + (f" (program {_short(each['digest'])})" if "digest" in each else "")
            for each in kernels
        ]
    )


def _shown(document: Document) -> Iterator[str]:
    """What holds of all that it is about, a clause each."""
    claimed = _claimed(document)
    tensors = [case for case in claimed if "tensor" in case]
    if tensors and _all_proven(tensors, "E3", "E4", "E5"):
        yield f"each page of {_count(len(tensors), 'tensor')} lies where it was predicted"
    elif tensors and _all_proven(tensors, "E1", "E2"):
        yield f"{_count(len(tensors), 'tensor')} are allocated as described"
    schedules = [case for case in claimed if "schedule" in case]
    if schedules and _all_proven(schedules, "E6"):
        yield "each block runs on the core that its schedule names"
    kernels = [case for case in claimed if "kernel" in case and "E7" in case["levels"]]
    if kernels and _all_proven(kernels, "E7"):
        some = "the kernel that was" if len(kernels) == 1 else f"{len(kernels)} kernels that were"
        yield f"{some} generated and run gave the interpreter's numbers, each within its bound"


def _all_proven(cases: list[Any], *levels: str) -> bool:
    return all(
        case["levels"].get(level, {}).get("outcome") == "proven"
        for case in cases
        for level in levels
    )


def _unchecked(document: Document) -> Iterator[str]:
    """A sentence for each reason why something was not checked."""
    found = [
        (verdict["reason"], level, case["name"])
        for case in _claimed(document)
        for level, verdict in case["levels"].items()
        if verdict["outcome"] == "unchecked"
    ]
    names = document["level_names"]
    for reason, alike in groupby(sorted(found), lambda one: one[0]):
        _, its_levels, its_cases = zip(*alike, strict=True)
        levels = _listed([f"{names[level]} ({level})" for level in sorted({*its_levels})])
        cases = list(dict.fromkeys(its_cases))
        many = _listed(cases) if len(cases) <= 3 else f"{len(cases)} cases"
        yield f"Of {many}, {levels} was not checked: {reason}."


def _claimed(document: Document) -> list[Any]:
    """The cases that were asked about; those for controls are the run's own."""
    return [case for case in document["cases"] if case["group"] != "controls"]


def _short(digest: str) -> str:
    kind, _, digits = digest.partition(":")
    return f"{kind}:{digits[:12]}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def drawing(result: Mapping[str, Any]) -> dict[str, Any]:
    """A picture of errors as SVG: its size in pixels, a path for each class of cells in units of
    cells, and where the largest error is, in pixels; nothing of an output without elements."""
    picture = result["picture"]
    if not picture["cells"]:
        return {}
    rows, columns = picture["rows"], picture["columns"]
    scale = _LONG / max(rows, columns)
    width, height = max(columns * scale, _SHORT), max(rows * scale, _SHORT)
    paths: dict[str, str] = {}
    for y, row in enumerate(picture["cells"]):
        x = 0
        for name, run in groupby(row, _class):
            count = len(list(run))
            paths[name] = f"{paths.get(name, '')}M{x} {y}h{count}v1h-{count}z"
            x += count
    at = result["at"]
    flat = 0
    for place, extent in zip(at[:-1], result["shape"][:-1], strict=True):
        flat = flat * extent + place
    return {
        "width": round(width),
        "height": round(height),
        # The last cells may stand for fewer elements than they have room for.
        "across": f"{width * picture['across'] / columns:.6g}",
        "down": f"{height * picture['down'] / rows:.6g}",
        "paths": paths,
        "x": round(width * ((at[-1] if at else 0) + 0.5) / columns, 1),
        "y": round(height * (flat + 0.5) / rows, 1),
    }


def _class(used: float | None) -> str:
    if used is None:
        return "none"
    return next((name for most, name in _CLASSES if used <= most), "wrong")


def _reported(schedule: dict[str, Any]) -> dict[str, Any]:
    """A schedule of a report as it is drawn."""
    drawn = schedule_text.of_report(schedule)
    held = [schedule_text.held(drawn, core) for core in range(len(drawn.counts))]
    return {**schedule, "counts": drawn.counts, "held": held}


def _figure(value: object, unit: str = "") -> str:
    """A figure of a result; one that is left out of the document is infinite."""
    if not isinstance(value, (int, float)):
        return "infinite"
    return f"{100 * value:.0f} %" if unit else f"{value:.3g}"


def _by_level(document: Document) -> dict[str, dict[str, int]]:
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
