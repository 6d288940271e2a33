"""A device of another interpreter: what it is asked, what of it is refused, and the one that setup makes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tilelang.tt.runtime import BackendError
from tilelang.tt.runtime.backends.devices import make_backend
from tilelang.tt.runtime.other_python import foreign, prepare, setup


@pytest.fixture
def named(monkeypatch):
    def name(python: object) -> None:
        monkeypatch.setenv("TILELANG_TT_PYTHON", str(python))

    return name


@pytest.fixture
def bare(tmp_path) -> Path:
    """An interpreter that has nothing installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    return tmp_path / "bare" / "bin" / "python"


def script(folder: Path, text: str) -> Path:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_this_interpreter_is_not_another_one(named, monkeypatch):
    named(sys.executable)
    assert foreign.foreign_python() is None
    monkeypatch.delenv("TILELANG_TT_PYTHON")
    monkeypatch.setattr(setup, "find_spec", lambda name: object())
    assert foreign.foreign_python() is None


def test_an_interpreter_that_is_not_there_is_refused(named):
    named("/nowhere/python")
    with pytest.raises(BackendError, match="TILELANG_TT_PYTHON=/nowhere/python: found no interp"):
        make_backend("wolfpine")


def test_an_interpreter_that_lacks_libraries_is_refused_with_the_command(named, bare):
    named(bare)
    with pytest.raises(BackendError, match=r"found no filelock, .*numpy") as refused:
        make_backend("wolfpine")
    assert refused.value.remedy.startswith(f"{bare} -m pip install filelock")


SAYS = {
    "nothing": ("exit 0", "doesn't run this package: it said nothing"),
    "something else": ("echo hello", "doesn't run this package: it said nothing"),
    "why not": ("echo 'no such option' >&2; exit 2", "doesn't run this package: no such option"),
    "an error": (
        """echo '{"error": "found no card", "remedy": "install tt-kmd"}'""",
        r"found no card \(install tt-kmd\)",
    ),
}


@pytest.mark.parametrize("what", SAYS)
def test_what_another_program_says_is_the_error(named, tmp_path, what):
    text, message = SAYS[what]
    named(script(tmp_path, text))
    with pytest.raises(BackendError, match=message):
        make_backend("wolfpine")


def test_what_is_of_this_interpreter_does_not_reach_the_other(named, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/mine")
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("TILELANG_TT_CACHE", "/cache")
    named(script(tmp_path, f"env > {tmp_path}/env"))
    with pytest.raises(BackendError):
        make_backend("wolfpine")
    found = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert found["TILELANG_TT_CACHE"] == "/cache"
    assert not {"PYTHONPATH", "LD_PRELOAD", "TILELANG_TT_PYTHON", "VIRTUAL_ENV"} & {*found}


TTNN = {"0.80.0": False, "0.81.0": False, "0.81.1": True, "0.81.1+dirty": True, "1.0": True}


@pytest.mark.parametrize("version", TTNN)
def test_an_older_ttnn_is_refused(version, monkeypatch):
    monkeypatch.setattr(prepare, "version", lambda package: version)
    found = prepare.missing()
    assert (found is None) == TTNN[version]
    if found is not None:
        assert found[0] == f"found ttnn {version} there; expected 0.81.1 or later"


def test_a_python_that_is_too_old_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    assert prepare.missing() == ("found Python 3.9; expected 3.10 or 3.12", "tilelang-tt setup")


@pytest.mark.needs("wolfpine")
def test_a_backend_of_another_interpreter_is_the_one_that_is_made_there(tmp_path, monkeypatch):
    """Two names of this one: in a virtual environment, the link itself is what counts."""
    mine = make_backend("wolfpine", "blackhole")
    made = foreign.Foreign(sys.executable, "wolfpine", "blackhole")
    for field in ("name", "arch", "source", "statement", "reset", "hang_note", "most_cores",
                  "most_products", "closes_gracefully", "shares_kernels"):  # fmt: skip
        assert getattr(made, field) == getattr(mine, field), field
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    variables = {"TT_METAL_RUNTIME_ROOT", "TT_METAL_CACHE", "TT_METAL_SLOW_DISPATCH_MODE"}
    here, there = mine.environment(tmp_path / "one"), made.environment(tmp_path / "two")
    assert {key: here[key] for key in variables} == {key: there[key] for key in variables}


# setup ------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "tilelang-tt" / "devices"


def test_what_setup_made_is_remembered_where_there_is_no_ttnn(data, monkeypatch):
    monkeypatch.delenv("TILELANG_TT_PYTHON", raising=False)
    monkeypatch.setattr(setup, "find_spec", lambda name: None)
    assert setup.remembered() is None
    (data / "bin").mkdir(parents=True)
    (data / "bin" / "python").symlink_to(sys.executable)
    assert foreign.foreign_python() == str(data / "bin" / "python")
    monkeypatch.setattr(setup, "find_spec", lambda name: object())
    assert setup.remembered() is None


def test_setup_installs_what_a_device_needs_and_asks_whether_it_does(data, monkeypatch):
    ran, asked = [], []

    def run(command, what):
        ran.append(command)
        if "venv" in command:
            (data / "bin").mkdir(parents=True)

    monkeypatch.setattr(setup, "_run", run)
    monkeypatch.setattr(setup, "base_python", lambda named: "python3.12")
    monkeypatch.setattr(foreign, "ask", lambda *question: asked.append(question) or {})
    assert setup.make(say=lambda text: None) == data / "bin" / "python"
    made, installed = ran
    assert made == ["python3.12", "-m", "venv", str(data)]
    assert {"wolfpine==2.2", "ziglang==0.17.1", "numpy<2", "filelock"} <= {*installed}
    assert any(each.startswith("ttnn>=") for each in installed)
    assert asked == [(str(data / "bin" / "python"), "wolfpine", "", "")]


def test_what_setup_could_not_make_whole_is_not_left(data, monkeypatch):
    monkeypatch.setattr(setup, "base_python", lambda named: sys.executable)

    def run(command, what):
        (data / "bin").mkdir(parents=True, exist_ok=True)
        if "pip" in command:
            raise BackendError("no space left")

    monkeypatch.setattr(setup, "_run", run)
    with pytest.raises(BackendError, match="no space left"):
        setup.make(say=lambda text: None)
    assert not data.exists()


def test_a_python_that_ttnn_has_no_wheels_for_is_refused(tmp_path):
    named = str(script(tmp_path, "echo 3.11"))
    with pytest.raises(BackendError, match=r"Python 3.12 and 3.10: .* is none of these \(install"):
        setup.base_python(named)
    assert setup.base_python(str(script(tmp_path, "echo 3.10"))) == named


def test_the_last_words_of_what_failed_are_said(tmp_path):
    failing = str(script(tmp_path, "echo no matching distribution >&2; exit 3"))
    with pytest.raises(BackendError, match=r"the packages: .* ended with 3: no matching distrib"):
        setup._run([failing], "the packages")


def test_a_worker_holds_nothing_of_tilelang_but_this_package(tmp_path):
    """start.py: whatever tilelang is installed, the worker's is a bare package."""
    from tilelang.tt.runtime.session import start

    (tmp_path / "probe_start.py").write_text(
        "import sys, warnings\n"
        "def main():\n"
        "    import tilelang, tilelang.tt\n"
        "    print(getattr(tilelang, '__file__', None), 'tvm' in sys.modules, sys.path[0] != '')\n"
    )
    done = subprocess.run(
        [sys.executable, start.__file__, "probe_start"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("None False True\n", "")
