"""What the documentation shows works: its commands are understood, its code runs."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "AGENTS.md", "ci/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
IDS = [str(page.relative_to(ROOT)) for page in PAGES]


def _commands() -> list[str]:
    lines = [line for page in PAGES for line in page.read_text().splitlines()]
    shown = [line.strip() for line in lines if line.startswith("    tilelang-tt ")]
    inline = re.findall(r"`(tilelang-tt [^`]+)`", "\n".join(lines))
    return sorted({shlex.join(shlex.split(line, comments=True)) for line in shown + inline})


@pytest.mark.parametrize("command", _commands())
def test_a_command_is_understood(command):
    from tilelang.tt.cli.app import app

    _, name, *arguments = shlex.split(command)
    context = click.Context(app.commands[name])
    app.commands[name].make_parser(context).parse_args(arguments)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_file_that_is_linked_or_named_is_there(page):
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
    for name in re.findall(
        r"`((?:ci|docs|examples|benchmarks|src/tt|tilelang/tt)/[\w./-]+)`", text
    ):
        assert (ROOT / name).exists(), name


def test_the_readmes_python_runs(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names = {"kernel": __import__("gemm_tir").gemm(1024, 1024, 1024)}
    exec(compile(code, "README.md", "exec"), names)
    assert names["bank"] == 711 % 12
    assert (tmp_path / "plan.json").exists()
    sys.modules.pop("gemm_tir")


def test_the_test_of_a_kernel_author_is_the_example():
    text = (ROOT / "docs" / "evidence.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    example = (ROOT / "examples" / "test_gemm.py").read_text()
    for line in filter(None, code.splitlines()):
        assert line in example or "tt_prove(" in line, line
