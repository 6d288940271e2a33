"""A run's evidence as files: report.json, report.xml (JUnit) and report.html.

The JSON document (schemas/report.schema.json) is the report; the other two are made from it, so
that no figure can differ.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import asdict, astuple
from importlib.metadata import PackageNotFoundError, version
from math import inf
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .. import files
from ..html.report import render_report
from ..text import printable
from ..version import package_version
from .evidence import LEVELS, NAMES, Result, Verdict
from .findings import CaseResult, Evidence

SCHEMA_VERSION = 1

_PACKAGES = ("ttnn", "apache-tvm-ffi", "numpy", "wolfpine", "ziglang", "hypothesis")


def to_json(evidence: Evidence) -> dict[str, Any]:
    """The report as a document of the schema."""
    statement = asdict(evidence.statement)
    statement.update(nocs=list(statement["nocs"]), guarantees=list(statement["guarantees"]))
    levels, controls = evidence.count(), evidence.count_controls()
    coverage = [] if evidence.failure else evidence.coverage()
    checks = sum(v.checked for result in evidence.results for v in result.verdicts.values())
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "generator": f"tilelang-tt {package_version()}",
        "started": evidence.started.isoformat(timespec="seconds"),
        "seconds": round(evidence.seconds, 2),
        "seed": evidence.seed,
        "versions": dict(_versions()),
        "backend": statement,
        "device": {"schema_version": 1, **evidence.device.to_attr()},
        "levels": LEVELS,
        "level_names": NAMES,
        "totals": {
            **{name: levels[name] for name in ("proven", "disproved", "unchecked")},
            "checks": checks,
            **{name.replace(" ", "_"): controls[name] for name in _OUTCOMES},
            "missing": sum(one.missing for one in coverage),
        },
        "failure": evidence.failure,
        "coverage": [asdict(one) for one in coverage],
        "cases": [_case(result) for result in evidence.results],
    }
    files.validate("report", document, "the report")
    return document


_OUTCOMES = ("rejected", "unnoticed", "no effect")


def _versions() -> Iterator[tuple[str, str]]:
    yield "python", platform.python_version()
    for package in _PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue


def _case(result: CaseResult) -> dict[str, Any]:
    case = result.case
    document: dict[str, Any] = {"name": case.name, "group": case.group}
    if case.buffer is not None and not result.malformed:
        buffer, accessor = case.buffer, case.buffer.accessor
        document["tensor"] = {
            "shape": list(buffer.shape),
            "dtype": buffer.dtype,
            "data_format": buffer.data_format,
            "padded_shape": list(buffer.padded_shape),
            "pages": accessor.num_pages,
            "page_size": accessor.page_size,
            "aligned_page_size": accessor.aligned_page_size,
            "banks": accessor.num_banks,
        }
    if case.schedule is not None and not result.malformed:
        schedule = case.schedule
        document["schedule"] = {
            "grid": list(schedule.grid),
            "core_grid": list(schedule.core_grid),
            "tiles": schedule.num_tiles,
            "policy": schedule.policy,
            "order": schedule.order,
            **({"stride": schedule.stride} if schedule.policy == "strided" else {}),
            **({"boxes": [list(astuple(box)) for box in schedule.boxes]} if schedule.boxes else {}),
            "tiles_per_core": [[t.start_id, t.count] for t in schedule.tiles_per_core],
            **({"partition": result.partition} if result.partition else {}),
        }
    if case.kernel is not None:
        known = {"title": case.kernel.title or case.kernel.function, "digest": case.kernel.digest}
        document["kernel"] = {key: value for key, value in known.items() if value}
    if case.kernel is not None and result.results:
        document["results"] = [_result(each) for each in result.results]
    if result.timings:
        document["cycles"] = [
            {
                "cores": len(timing.cores),
                **{name: list(row) for name, row in timing.rows().items()},
                **({} if timing.mhz is None else {"mhz": timing.mhz}),
            }
            for timing in result.timings
        ]
    levels = {level: _level(verdict) for level, verdict in result.verdicts.items()}
    levels.update(
        (level, {"outcome": "unchecked", "reason": why}) for level, why in result.unchecked.items()
    )
    document["levels"] = {level: levels[level] for level in LEVELS if level in levels}
    document["controls"] = [asdict(control) for control in result.controls]
    return document


def _result(result: Result) -> dict[str, Any]:
    """Figures that are infinite, of what is not a number say, are left out: JSON has none."""
    figures = {key: value for key, value in asdict(result).items() if value not in (inf, -inf)}
    picture = {**figures["picture"], "cells": [list(row) for row in result.picture.cells]}
    return {
        **figures, "shape": list(result.shape), "at": list(result.at), "picture": picture,
    }  # fmt: skip


def _level(verdict: Verdict) -> dict[str, Any]:
    if verdict.proven:
        return {"outcome": "proven", "checked": verdict.checked}
    document: dict[str, Any] = {"outcome": "disproved", "checked": verdict.checked}
    if verdict.difference is not None:
        document["difference"] = asdict(verdict.difference)
    return document


_FILES = ("report.json", "report.xml", "report.html")


def prepare(folder: Path) -> None:
    """Make the folder of a report, before the work whose report it is to hold.

    Raises ValueError where a report can't be written into it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{folder}: {error.strerror}; expected a folder to write to") from error
    for name in _FILES:
        files.check_output(folder / name)


def start(folder: Path) -> None:
    """Make the folder of a report, and remove the report of an earlier run that is in it.

    Whatever happens then, nobody takes the earlier run's for this one's. Raises ValueError where a
    report can't be written into it.
    """
    prepare(folder)
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)


def write(evidence: Evidence, folder: Path) -> Path:
    """Write the three files into a folder, which is made if need be; returns the HTML's path.

    Raises ValueError where the folder can't be written to.
    """
    document = to_json(evidence)
    prepare(folder)
    files.write_json(folder / "report.json", document)
    files.write_text(folder / "report.xml", to_junit(document))
    files.write_text(folder / "report.html", render_report(document, controls_of(document)))
    return folder / "report.html"


def to_junit(document: dict[str, Any]) -> str:
    """JUnit XML: a test for each level of each case, and one for each mutation and level."""
    suites = ElementTree.Element("testsuites")
    name = f"{document['backend']['backend']} {document['device']['arch']}"
    suite = ElementTree.SubElement(suites, "testsuite", name=name, timestamp=document["started"])
    counts = {"tests": 0, "failures": 0, "skipped": 0}

    def test(classname: str, name: str) -> ElementTree.Element:
        counts["tests"] += 1
        return ElementTree.SubElement(suite, "testcase", classname=classname, name=name, time="0")

    for case in document["cases"]:
        for level, found in case["levels"].items():
            element = test(f"{level}.{case['group']}", case["name"])
            if found["outcome"] == "unchecked":
                counts["skipped"] += 1
                ElementTree.SubElement(element, "skipped", message=found["reason"])
            elif found["outcome"] == "disproved":
                counts["failures"] += 1
                difference = found.get("difference", {})
                text = "; ".join(f"{key} {value}" for key, value in difference.items())
                ElementTree.SubElement(element, "failure", message=text or "nothing was compared")
    powerless = {
        (one["level"], one["mutation"]): one["powerless"]
        for one in document["coverage"]
        if one["powerless"] or not one["rejected"]
    }
    controls = {**dict.fromkeys(powerless), **controls_of(document)}
    for (level, mutation), outcomes in sorted(controls.items()):
        element = test(f"{level}.controls", mutation)
        if outcomes and outcomes["unnoticed"]:
            counts["failures"] += 1
            text = f"unnoticed on {', '.join(outcomes['unnoticed'])}"
            ElementTree.SubElement(element, "failure", message=text)
        elif outcomes and outcomes["rejected"]:
            continue
        elif why := powerless.get((level, mutation), document["failure"]):
            counts["skipped"] += 1
            ElementTree.SubElement(element, "skipped", message=why)
        else:
            counts["failures"] += 1
            ElementTree.SubElement(element, "failure", message="no control was rejected")
    if document["failure"]:
        element = test("run", "the run")
        counts["failures"] += 1
        ElementTree.SubElement(element, "failure", message=document["failure"])
    suite.attrib.update({key: str(value) for key, value in counts.items()})
    suite.set("time", str(document["seconds"]))
    ElementTree.indent(suites)
    xml = ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"
    return printable(xml, keep="\n")  # no XML may hold a control character, escaped or not


def controls_of(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, list[str]]]:
    """The cases of each outcome, by level and mutation."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for case in document["cases"]:
        for control in case["controls"]:
            key = control["level"], control["mutation"]
            outcomes = found.setdefault(key, {outcome: [] for outcome in _OUTCOMES})
            outcomes[control["outcome"]].append(case["name"])
    return dict(sorted(found.items()))
