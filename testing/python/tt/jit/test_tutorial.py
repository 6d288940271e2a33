"""The tutorial's scripts run, and print what its page and the README show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("calls")

ROOT = Path(__file__).resolve().parents[4]
FOLDER = ROOT / "examples" / "tutorial"
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text()
README = (ROOT / "README.md").read_text()

#: What takes a minute on wolfpine.
LONG = {"proving_it", "attention"}


def shown(page: str, step: str) -> list[str]:
    """What a page says that a step prints."""
    pattern = rf"\$ python examples/tutorial/{step}\.py\n((?:    .*\n)+)"
    (block,) = re.findall(pattern, page)
    return [line.strip() for line in block.splitlines()]


def printed(step: str) -> list[str]:
    command = [sys.executable, "-W", "ignore", FOLDER / f"{step}.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if "[TileLang:" not in line]


def test_the_tutorial_has_each_step_in_its_order():
    steps = re.findall(r"\$ python examples/tutorial/(\w+)\.py", TUTORIAL)
    assert steps[0] == "first_kernel"
    assert steps[-1] == "a_card"
    assert sorted(steps) == sorted(path.stem for path in FOLDER.glob("*.py"))


STEPS = ["the_plan", "an_epilogue", "attention", "proving_it"]


@pytest.mark.parametrize(
    "step", [pytest.param(s, marks=[pytest.mark.long] * (s in LONG)) for s in STEPS]
)
def test_a_step_prints_what_the_tutorial_shows(step):
    found, expected = printed(step), shown(TUTORIAL, step)
    if step == "proving_it":  # how many claims are made wrong grows with the evidence
        found, expected = ([re.sub(r"\d+", "N", s) for s in each] for each in (found, expected))
    assert found == expected


@pytest.mark.skipif(os.path.exists("/dev/tenstorrent"), reason="needs a machine without a card")
def test_without_a_card_the_last_step_says_what_is_missing():
    found = [re.sub(r"/\S*python\S*: ", "", line) for line in printed("a_card")]
    assert found == shown(TUTORIAL, "a_card")


@pytest.mark.long
def test_the_last_step_says_on_any_device_whether_its_numbers_are_right(capsys, monkeypatch):
    """What it does on a card, on the simulator of the lane."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import a_card

    a_card.on(os.environ["TILELANG_TT_BACKEND"])
    lines = [line for line in capsys.readouterr().out.splitlines() if "[TileLang:" not in line]
    assert re.fullmatch(r"wormhole_b0, \d+ x \d+ cores: True", lines[0])
    assert re.fullmatch(r"\d+ cycles of the slowest core", lines[1])


def test_the_readme_opens_with_what_the_first_kernel_prints():
    assert printed("first_kernel") == shown(README, "first_kernel")
    assert shown(README, "first_kernel") == shown(TUTORIAL, "first_kernel")
    code = README.partition("```python\n")[2].partition("```")[0]
    text = (FOLDER / "first_kernel.py").read_text()
    for line in ('@tilelang.jit(out_idx=[-1], target="tenstorrent")', "import tilelang.tt", "def gemm(M, N, K, block_M=64, block_N=64, block_K=32):"):  # fmt: skip
        assert line in code
        assert line in text
