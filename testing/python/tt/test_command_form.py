"""The form of the command line: help, examples, documents for programs, and what is piped."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess
import time

import click
import pytest

import tilelang.tt as tt
from tilelang.tt.cli import show
from tilelang.tt.cli.app import app
from tilelang.tt.describe import describe_tensor
from tilelang.tt.validate.cases import Case
from tilelang.tt.validate.harness import validate

# In one lane, since each command imports all of TileLang in that of its own.
pytestmark = pytest.mark.needs("wolfpine")

COMMANDS = sorted(app.commands)


@pytest.fixture
def run(tool, tmp_path, root):
    def run(line: str) -> subprocess.CompletedProcess[str]:
        words = [word.replace("GEMM", f"{root}/examples/gemm_tir.py:gemm") for word in line.split()]
        return subprocess.run(
            [*tool, *words], cwd=tmp_path, capture_output=True, text=True, timeout=180
        )

    return run


def test_the_list_of_commands_has_a_whole_sentence_for_each():
    text = app.get_help(click.Context(app, info_name="tilelang-tt", terminal_width=80))
    listed = text.partition("Commands:\n")[2]
    sentences = re.split(r"\n  (?=\S)", f"\n{listed.rstrip()}")[1:]
    assert [sentence.split()[0] for sentence in sentences] == COMMANDS
    assert [s for s in sentences if not s.endswith(".") or "..." in s] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_examples_that_it_understands(name):
    command = app.commands[name]
    assert command.examples
    for example in command.examples:
        program, given, *words = shlex.split(example)
        assert (program, given) == ("tilelang-tt", name)
        command.make_parser(click.Context(command)).parse_args(words)
        assert example in command.get_help(click.Context(command))


def test_h_is_help(run):
    for line in ("-h", "plan -h"):
        done = run(line)
        assert done.returncode == 0
        assert done.stdout.startswith("Usage: tilelang-tt")


PLAN = "plan GEMM -a M=256 -a N=128 -a K=64 --device n150 -o plan.json"


def test_what_is_piped_is_neither_wrapped_nor_padded(run):
    done = run(f"{PLAN} --html page.html")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    (header,) = [number for number, line in enumerate(lines) if line.startswith("buffer ")]
    assert [line.split()[0] for line in lines[header + 1 : header + 4]] == ["A", "B", "C"]
    assert max(map(len, lines)) > 80


def test_the_last_line_of_a_plan_says_where_it_is(run):
    for line, verdict in (
        (PLAN, "written to plan.json"),
        (PLAN.removesuffix(" -o plan.json"), "planned; -o FILE writes it down"),
    ):
        assert run(line).stdout.splitlines()[-1] == verdict


def test_json_is_the_document_alone(run, tmp_path):
    done = run(f"{PLAN} --json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "plan.json").read_text())
    assert "runtime arguments:" in done.stderr
    shown = run("show plan.json --json")
    assert json.loads(shown.stdout) == json.loads(done.stdout)
    assert shown.stderr.splitlines()[-1] == "plan.json: a plan that is whole and consistent"
    (block,) = json.loads(run("show plan.json --block 1 --json").stdout)
    plan = tt.Plan.load(tmp_path / "plan.json")
    assert block["core"] == list(plan.schedule("gemm").core_of_tile(1))
    pages = plan.pages("gemm", 1)
    assert block["pages"]["C"]["write"] == {"ids": list(pages["C"]["write"].ids), "exact": True}


def test_a_devices_description_is_a_document(run, tmp_path):
    done = run("device --from p150a --json -o device.json")
    assert json.loads(done.stdout) == json.loads((tmp_path / "device.json").read_text())
    assert "compute grid" in done.stderr


def test_the_doctors_findings_are_a_document(run):
    done = run("doctor --json")
    findings = json.loads(done.stdout)
    assert done.stderr.splitlines()[-1] == "ready: kernels can be planned"
    assert {finding["subject"] for finding in findings} >= {"TVM", "passes", "ttnn", "cache folder"}
    assert all(finding["advice"] for finding in findings if finding["needed"] and not finding["ok"])


def test_validate_ends_with_its_verdict_and_has_a_document(run):
    assert run(PLAN).returncode == 0
    done = run("validate plan.json --backend mock --json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    totals = document["totals"]
    assert done.stderr.splitlines()[-1] == (
        f"proven: {totals['proven']} claims of {totals['proven']} about "
        "gemm_tir.py: gemm(M=256, N=128, K=64); "
        f"{totals['rejected']} of {totals['rejected']} wrong claims rejected"
    )


@pytest.fixture
def mock():
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("mock", "wormhole") as session:
        yield session


@pytest.mark.parametrize("terminal", [True, False])
def test_a_person_sees_what_is_being_done_and_a_log_what_was(terminal):
    out = show.PlainConsole(file=io.StringIO(), force_terminal=terminal, width=80)
    with show.progress(out, 3) as (done, now):
        if now is not None:
            now("host to device of 32 pages")
        done("2 tensors", 2)
    with show.doing(out, "the same in numpy"):
        time.sleep(0.2)
    said = out.file.getvalue()
    for transient in ("host to device of 32 pages", "the same in numpy"):
        assert (transient in said) == terminal
    if not terminal:
        assert said == "2 of 3: 2 tensors\n"


def test_a_batch_says_which_level_it_is_at(mock):
    tensor = describe_tensor("X", (100, 70), "float32", mock.spec)
    told = []
    validate(mock, [Case("X", "table", buffer=tensor)], now=told.append)
    assert told == ["arguments and allocation of 2 tensors"]  # with that for controls
    assert mock.told is None
