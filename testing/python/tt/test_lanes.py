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


def test_the_lane_of_sfpi_is_red_without_one(root):
    env = {k: v for k, v in os.environ.items() if k != "TILELANG_TT_SFPI"}
    for named in ({}, {"TILELANG_TT_SFPI": "/nowhere"}):
        done = subprocess.run(
            ["bash", "ci/sfpi.sh"], cwd=root, env={**env, **named}, capture_output=True, text=True
        )
        assert done.returncode == 1
        assert "not run: TILELANG_TT_SFPI names no folder" in done.stderr


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


ON_A_MOCK = """
import tilelang.tt as tt
from gemm_tir import gemm


def test_of_the_device_that_is_open(tt_device, tt_prove):
    print("open is", tt_device.spec.source)
    tt_prove(tt.infer_metadata(gemm(256, 384, 64), tt_device.spec), levels=("E1", "E2"))


def test_of_a_preset(tt_device, tt_prove):
    evidence = tt_prove(tt.infer_metadata(gemm(256, 384, 64), "p100a"), levels=("E1", "E2"))
    print("proven on", evidence.device.source)
"""

# What is open, and what a plan of the preset p100a is proven on.
MOCKS = [
    ("its own cluster", ["--tt-arch", "blackhole"], "p150a", "p100a"),
    ("the cluster that is named", ["--tt-cluster", "p100a"], "p100a", "p100a"),
    ("one that it is not for", ["--tt-cluster", "p150a"], "p150a", None),
    ("one of another architecture", ["--tt-cluster", "n150"], "n150", None),
]


@pytest.mark.parametrize(
    ("options", "opened", "proven"), [m[1:] for m in MOCKS], ids=[m[0] for m in MOCKS]
)
def test_a_plan_is_proven_on_the_mock_of(root, tmp_path, options, opened, proven):
    (tmp_path / "test_mine.py").write_text(ON_A_MOCK)
    (tmp_path / "gemm_tir.py").write_text((root / "examples" / "gemm_tir.py").read_text())
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-s", "-rA"]
    done = subprocess.run(
        [*command, "--tt-backend", "mock", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == (proven is None), done.stdout + done.stderr
    assert re.search(rf"device: Statement\(.*mock cluster {opened} ", done.stdout)
    assert f"open is mock cluster {opened} (" in done.stdout
    assert re.search(r"PASSED test_mine.py::test_of_the_device_that_is_open", done.stdout)
    if proven is None:
        assert "the plan is for a device with" in done.stdout
        assert re.search(r"FAILED test_mine.py::test_of_a_preset", done.stdout)
    else:
        assert f"proven on mock cluster {proven} (" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tt-cluster", "n150"], "found --tt-cluster n150; expected --tt-backend mock"),
        (
            ["--tt-backend", "wolfpine", "--tt-cluster", "n150"],
            "found --tt-cluster n150; expected --tt-backend mock",
        ),
        (
            ["--tt-backend", "mock", "--tt-cluster", "n160"],
            "--tt-cluster: found no cluster 'n160', nor a file of that name",
        ),
        (["--tt-backend", "nope"], "found --tt-backend nope; expected one of auto, card"),
        (["--tt-report", "/dev/null/x"], "--tt-report /dev/null/x: Not a directory"),
    ],
)
def test_what_is_asked_wrongly_is_one_line(lane, options, said):
    done = lane("sim_tests", *options)
    assert done.returncode == 4
    assert f"ERROR: {said}" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
