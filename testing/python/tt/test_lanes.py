"""The lanes of device tests: what was asked for and is not there is red, never green."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys

import pytest

pytestmark = pytest.mark.needs("wolfpine")

# One quick test of the suite.
ONE = ["-k", "comes_back and scalar and float32", "-p", "no:cacheprovider"]


@pytest.fixture
def lane(root):
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if k not in ("TILELANG_TT_TTSIM", "PYTHONPATH")}
        return subprocess.run(
            [sys.executable, "-m", "pytest", *args, *ONE],
            cwd=root,
            env={**env, "PYTHONSAFEPATH": "1"},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_a_lane_runs_on_the_backend_and_architecture_that_it_is_told(lane):
    done = lane("sim_tests", "--tt-backend", "wolfpine", "--tt-arch", "blackhole")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert "backend='wolfpine'" in done.stdout
    assert "wormhole" not in done.stdout


def test_a_backend_that_was_asked_for_by_name_and_is_missing_fails(lane):
    done = lane("sim_tests", "--tt-backend", "ttsim", "--tt-arch", "wormhole")
    assert done.returncode == 1
    assert "TILELANG_TT_TTSIM is not set" in done.stdout
    assert "1 error" in done.stdout


@pytest.mark.skipif(os.path.exists("/dev/tenstorrent"), reason="runs on a machine without a card")
@pytest.mark.parametrize("workers", [0, 2])
def test_a_lane_that_executes_nothing_is_red(lane, workers):
    done = lane("hw_tests", "-n", str(workers), "--dist", "each" if workers else "no")
    assert done.returncode == 5, done.stdout
    assert f"{max(1, workers)} skipped" in done.stdout
    assert "card is not ready: found no card" in done.stdout
    assert "no test was executed, so this lane is red" in done.stdout


def test_a_kernel_author_proves_a_kernel_in_their_own_repository(root, tmp_path):
    """With nothing but the installed package: the plugin is there by itself."""
    author = tmp_path / "author"
    author.mkdir()
    for name in ("test_gemm.py", "gemm_tir.py"):
        (author / name).write_text((root / "examples" / name).read_text())

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
        return subprocess.run(command, cwd=author, capture_output=True, text=True, timeout=300)

    # As examples/nightly.yml does on cards, here on two simulators at once.
    nightly = (root / "examples" / "nightly.yml").read_text()
    (options,) = re.findall(r'bin/pytest" (.*?)\n\s*- uses', nightly, re.DOTALL)
    words = shlex.split(options.replace("--tt-backend card -n auto", "--tt-backend wolfpine -n 2"))
    done = run("--tt-arch", "blackhole", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    name = "test_gemm.py-test_the_metadata_of_the_gemm_is_proven-blackhole-wolfpine-blackhole"
    assert sorted(path.name for path in (author / "reports").iterdir()) == [
        *("junit.xml", f"{name}-gw0", f"{name}-gw1")
    ]
    report = json.loads((author / "reports" / f"{name}-gw1" / "report.json").read_text())
    # Five levels of three tensors and of the one for controls; a schedule, and one for controls.
    assert report["totals"]["proven"] == 5 * (3 + 1) + 2

    # What a mock can't show is not taken for proven.
    mock = run("--tt-arch", "blackhole", "--tt-backend", "mock")
    assert mock.returncode == 1
    assert (
        "E4 gemm: A: not checked: mock cluster p150a (harvest mask 0xc0) runs no kernels"
        in mock.stdout
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tt-backend", "nope"], "found --tt-backend nope; expected one of auto, card"),
        (["--tt-report", "/dev/null/x"], "--tt-report /dev/null/x: Not a directory"),
    ],
)
def test_what_is_asked_wrongly_is_one_line(lane, options, said):
    done = lane("sim_tests", *options)
    assert done.returncode == 4
    assert f"ERROR: {said}" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
