"""What the documentation shows works: its commands are run, and so is its code."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

import tilelang.tt as tt

ROOT = Path(__file__).resolve().parents[3]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "AGENTS.md", "ci/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
IDS = [str(page.relative_to(ROOT)) for page in PAGES]


# What takes minutes is run on less.
SHORTER = {"-cases full": "-cases random:2:1", "-cases random:100:7": "-cases random:2:1"}
# What a machine without it says to a command that asks for it.
NOT_HERE = {
    "--from live": "found no live device",
    "ttsim": "TILELANG_TT_TTSIM is not set",
    "pytest hw_tests": "card is not ready: found no card",
}


# Examples that are in TileLang's own language; what they make is run in the other lane.
TILELANG = tuple(
    f"examples/{path.name}"
    for path in sorted((ROOT / "examples").glob("*.py"))
    if "import tilelang.language" in path.read_text()
)


# Of the proofs on a simulator by way of a command, one is in the suite, and these are long.
LONG = (
    "pytest examples/test_gemm.py --tt-backend wolfpine --tt-arch wormhole",
    "validate --cases random:100:7",
    "validate --cases full --arch blackhole",
    "run scale.json --backend wolfpine --time",
    "validate n150_plan.json --backend wolfpine --grid 8x8",
    "validate blackhole_plan.json --backend wolfpine",
)


def _shown() -> list[object]:
    """The commands that are shown as lines, in the pages' order, which they build on."""
    lines = [line.strip() for page in PAGES for line in page.read_text().splitlines()]
    commands = [line for line in lines if re.match(r"(tilelang-tt|pytest) ", line)]
    found = dict.fromkeys(shlex.join(shlex.split(command, comments=True)) for command in commands)
    needs = {
        command: "tilelang" if any(each in command for each in TILELANG) else "playwright"
        for command in found
    }
    # The lane with playwright is that with ttnn, TVM and the simulator.
    marks = {
        command: [
            pytest.mark.needs(needs[command]),
            *([pytest.mark.long] if any(each in command for each in LONG) else []),
        ]
        for command in found
    }
    for each in LONG:  # an entry that names no command would leave a long one in the suite
        assert any(each in command for command in found), each
    return [pytest.param(command, marks=marks[command]) for command in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What of the source tree the commands use; a device, for those that come from elsewhere."""
    folder = tmp_path_factory.mktemp("docs")
    for name in ("examples", "sim_tests", "hw_tests"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "pyproject.toml", folder)
    tt.DeviceSpec.preset("n150").save(folder / "device.json")
    return folder


@pytest.mark.parametrize("command", _shown())
def test_a_command_that_is_shown_works(command, folder, monkeypatch):
    for variable in ("TILELANG_TT_TTSIM", "TT_METAL_SIMULATOR"):
        monkeypatch.delenv(variable, raising=False)
    for long, short in SHORTER.items():
        command = command.replace(long, short)
    tool, *words = shlex.split(command)
    if tool == "pytest":
        words.append("-x")  # each test fails alike where the device is missing
    done = subprocess.run(
        [Path(sys.executable).with_name(tool), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    has_card = os.path.exists("/dev/tenstorrent")
    missing = [
        said
        for part, said in NOT_HERE.items()
        if part in command and (part == "ttsim" or not has_card)
    ]
    if missing:
        assert done.returncode != 0
        assert missing[0] in done.stdout + done.stderr
    else:
        assert done.returncode == 0, done.stdout + done.stderr


def test_an_extra_that_is_shown_is_there():
    from importlib.metadata import metadata

    provided = set(metadata("tilelang-tt").get_all("Provides-Extra"))
    text = "\n".join(page.read_text() for page in PAGES)
    shown = re.findall(r"pip install \S*\[([\w,]+)\]", text)
    assert {extra for extras in shown for extra in extras.split(",")} <= provided
    assert len(shown) > 5


def _inline() -> list[str]:
    text = "\n".join(page.read_text() for page in PAGES)
    return sorted(set(re.findall(r"`(tilelang-tt [^`]+)`", text)))


@pytest.mark.parametrize("command", _inline())
def test_a_command_in_a_sentence_is_understood(command):
    from tilelang.tt.cli.app import app

    _, name, *arguments = shlex.split(command)
    context = click.Context(app.commands[name])
    app.commands[name].make_parser(context).parse_args(
        [argument for argument in arguments if argument != "FILE"]
    )


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
    # The first is what a TileLang user writes; the tests of the tutorial run it.
    _, code = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names = {"kernel": __import__("gemm_tir").gemm(1024, 1024, 1024)}
    exec(compile(code, "README.md", "exec"), names)
    assert names["bank"] == 711 % 12
    assert (tmp_path / "plan.json").exists()


def _python(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)


@pytest.mark.long
@pytest.mark.needs("wolfpine")
def test_the_tests_that_the_pages_show_pass(tmp_path):
    (of_evidence,) = _python("evidence.md")
    of_guide, _ = _python("guide.md")
    (tmp_path / "test_evidence.py").write_text(of_evidence)
    (tmp_path / "test_guide.py").write_text(of_guide)
    shutil.copy(ROOT / "examples" / "gemm_tir.py", tmp_path)
    tool = Path(sys.executable)
    asked = ["device", "--from", "wolfpine", "-o", "device.json"]
    planned = [
        "plan",
        "gemm_tir.py:gemm",
        "-a",
        "M=128",
        "--device",
        "device.json",
        "-o",
        "plan.json",
    ]
    tested = ["-q", "-p", "no:cacheprovider", "--tt-backend", "wolfpine", "--tt-arch", "wormhole"]
    for command in (
        [tool.with_name("tilelang-tt"), *asked],
        [tool.with_name("tilelang-tt"), *planned, "-a", "N=128", "-a", "K=64"],
        [tool, "-m", "pytest", *tested],
    ):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


@pytest.mark.needs("apache-tvm")
def test_the_bounds_that_a_page_asks_for_are_told(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    (code,) = _python("bounds.md")
    exec(compile(code, "bounds.md", "exec"), {})
    # Each row of cores reads its rows of A once.
    assert re.match(r"dram \d+ 2097152 Chosen by its bounds: about ", capsys.readouterr().out)


@pytest.mark.needs("wolfpine")
def test_the_device_that_a_page_opens_answers():
    (code,) = _python("devices.md")
    names = {}
    exec(compile(code, "devices.md", "exec"), names)
    assert names["device"].spec.arch == "blackhole"


@pytest.mark.needs("wolfpine")
def test_the_backend_that_the_guide_writes_is_one(tmp_path):
    from tilelang.tt.runtime import BackendError
    from tilelang.tt.runtime.backends.devices import ENTRY_POINTS

    _, code = _python("guide.md")
    names = {}
    exec(compile(code, "guide.md", "exec"), names)
    with pytest.raises(BackendError, match=r"found no /opt/mine.*\(install mine\)"):
        names["Mine"]("wormhole_b0")
    names["Mine"].simulator = tmp_path
    mine = names["Mine"]("wormhole_b0")
    assert mine.statement.arch == "wormhole_b0"
    assert mine.environment(tmp_path)["TT_METAL_SIMULATOR"] == str(tmp_path)
    assert f'[project.entry-points."{ENTRY_POINTS}"]' in (ROOT / "docs" / "guide.md").read_text()
