"""The lanes of device tests: what was asked for and is not there is red, never green."""

from __future__ import annotations

import os
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
def test_a_lane_that_executes_nothing_is_red(lane):
    done = lane("hw_tests")
    assert done.returncode == 5, done.stdout
    assert "1 skipped" in done.stdout
    assert "card is not ready: found no card" in done.stdout
    assert "no test was executed, so this lane is red" in done.stdout


def test_a_kernel_author_proves_a_kernel_in_their_own_repository(root, tmp_path):
    """With nothing but the installed package: the plugin is there by itself."""
    for name in ("test_gemm.py", "gemm_tir.py"):
        (tmp_path / name).write_text((root / "examples" / name).read_text())
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--tt-backend"]
    done = subprocess.run(
        [*command, "wolfpine", "--tt-arch", "blackhole"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert "test_gemm.py" in done.stdout
