"""The lane of cards proves and times the examples; here with ttsim in a card's place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.needs("tilelang")
def test_the_programs_that_lanes_of_cards_have_are_those_of_the_examples():
    import example_programs

    assert json.loads(example_programs.FILE.read_text()) == example_programs.programs()


@pytest.mark.needs("ttnn")
@pytest.mark.needs("ttsim")
def test_the_lane_of_cards_proves_the_examples_and_its_report_has_their_times(root, tmp_path):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "fake_card"]
    done = subprocess.run(
        [
            *command,
            root / "hw_tests" / "test_examples.py",
            "--tt-time",
            "3",
            "--tt-report",
            tmp_path,
        ],
        env={**os.environ, "PYTHONPATH": str(HERE)},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    (path,) = tmp_path.rglob("report.json")
    report = json.loads(path.read_text())
    assert report["backend"]["backend"] == "card"
    examples = [case for case in report["cases"] if case["group"] == "kernels"]
    assert [case["levels"]["E7"]["outcome"] for case in examples] == ["proven"] * 5
    page = path.with_name("report.html").read_text()
    for case in examples:
        (launch,) = case["cycles"]
        least, median, most = launch["core"]
        assert 0 < least <= median <= most
        assert f'<td class="n">{median}</td>' in page
