"""Adds up the JUnit files of a test run, and fails what only looks green.

    python ci/summary.py FOLDER

A test that one lane skips and another runs has run. The summary is red if a test
failed, if a lane executed no test, or if a test was skipped in every lane.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

FAILED, PASSED, SKIPPED = "failed", "passed", "skipped"


def outcomes(report: Path) -> dict[str, str]:
    """The outcome of each test of a JUnit file, by its name."""
    found = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            found[name] = FAILED
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            found[name] = SKIPPED
        else:
            found[name] = PASSED
    return found


def main(folder: str) -> int:
    reports = sorted(Path(folder).glob("*.xml"))
    red = not reports
    best: dict[str, str] = {}
    for report in reports:
        lane = outcomes(report)
        counts = {kind: list(lane.values()).count(kind) for kind in (PASSED, FAILED, SKIPPED)}
        print(
            f"{report.stem:>10}: {counts[PASSED]} passed, {counts[FAILED]} failed, "
            f"{counts[SKIPPED]} not run in this lane"
        )
        if counts[PASSED] + counts[FAILED] == 0:
            print(f"{report.stem:>10}: no test was executed")
            red = True
        for name, outcome in lane.items():
            # A failure anywhere counts, and a pass outweighs a skip.
            best[name] = min(outcome, best.get(name, SKIPPED), key=[FAILED, PASSED, SKIPPED].index)
    for name in sorted(name for name, outcome in best.items() if outcome == SKIPPED):
        print(f"ran in no lane: {name}")
        red = True
    totals = list(best.values())
    red = red or FAILED in totals
    print(
        f"{totals.count(PASSED)} passed, {totals.count(FAILED)} failed, "
        f"{totals.count(SKIPPED)} skipped"
    )
    return int(red)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
