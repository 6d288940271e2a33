"""A run that a signal ends: its report holds what was proven so far, and no earlier run's is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.needs("ttnn")

# The second batch of cases takes for ever, and says when it begins, and in which process.
SLOW = """
import sys
from tilelang.tt.validate import harness

examine, batches = harness._examine, []


def slow(session, *args):
    batches.append(args)
    if len(batches) > 1:
        print("waiting", session._worker.pid, flush=True)
        session.call("endless_jobs:sleep", 600, timeout=600)
    return examine(session, *args)


harness._examine = slow
"""

COMMAND = """
sys.argv = ["tilelang-tt", "validate", "--backend", "mock", "-o", "reports/one"]
from tilelang.tt.cli.app import run
run()
"""

TEST = """
def test_all_is_proven(tt_evidence):
    raise AssertionError("the evidence came")
"""


def with_signals() -> None:
    """What is sent comes: a process begins without those that the suite's own caller has ignored,
    as nohup and a shell's & do."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def start(tmp_path, root):
    """Start Python in a folder of its own; what is left of it is ended."""
    started = []

    def start(*args: str) -> subprocess.Popen[str]:
        jobs = str(root / "testing/python/tt/endless")
        process = subprocess.Popen(
            [sys.executable, *args],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": f"{jobs}:{tmp_path}", "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=with_signals,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def worker_of(process: subprocess.Popen[str]) -> int:
    """Wait until the second batch has begun; the device's process."""
    for line in process.stdout:
        if "waiting" in line:
            return int(line.split()[-1])
    raise AssertionError(process.stderr.read())


def an_earlier_report(folder) -> None:
    folder.mkdir(parents=True)
    for name in ("report.json", "report.xml", "report.html"):
        (folder / name).write_text("of an earlier run")


def check(folder, reason: str) -> None:
    """The report holds the first batch's verdicts, and says why the others have none."""
    document = json.loads((folder / "report.json").read_text())
    assert reason in document["failure"]
    assert document["totals"]["proven"] > 0
    assert document["totals"]["unchecked"] > 0
    assert ElementTree.parse(folder / "report.xml").find(".//failure").get("message")
    assert (
        reason.replace("+", "&#43;") in (folder / "report.html").read_text()
        or reason in (folder / "report.html").read_text()
    )


OURS = [
    (signal.SIGINT, "SIGINT", 130),
    (signal.SIGTERM, "SIGTERM", 143),
    (signal.SIGHUP, "SIGHUP", 129),
]


@pytest.mark.parametrize(("number", "name", "code"), OURS)
def test_a_signal_ends_the_command_with_a_report(start, tmp_path, number, name, code):
    an_earlier_report(tmp_path / "reports" / "one")
    process = start("-c", SLOW + COMMAND)
    worker_of(process)
    assert list((tmp_path / "reports" / "one").iterdir()) == []
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert f"ended by {name}" in out
    check(tmp_path / "reports" / "one", f"ended by {name}")


THEIRS = [
    (signal.SIGRTMIN + 2, "SIGRTMIN+2"),
    (signal.SIGTERM, "SIGTERM"),
    (signal.SIGKILL, "SIGKILL"),
]


@pytest.mark.parametrize(("number", "name"), THEIRS)
def test_a_signal_to_the_devices_process_ends_the_run_with_a_report(start, tmp_path, number, name):
    process = start("-c", SLOW + COMMAND)
    os.kill(worker_of(process), number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    check(tmp_path / "reports" / "one", f"ended with signal {name}")


def test_a_signal_while_a_device_is_opened_leaves_no_earlier_report(start, tmp_path):
    an_earlier_report(tmp_path / "reports" / "one")
    waits = "import tilelang.tt.runtime.session.parent as parent, time\n"
    waits += "parent.Session.__init__ = lambda *a, **k: (print('waiting 0'), time.sleep(600))\n"
    process = start("-c", "import sys\n" + waits + COMMAND)
    worker_of(process)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert err == "error: ended by SIGTERM before anything was shown\n"
    assert list((tmp_path / "reports" / "one").iterdir()) == []


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM")]
)
def test_a_signal_ends_a_lane_with_a_report(start, tmp_path, number, name):
    (tmp_path / "conftest.py").write_text(SLOW)
    (tmp_path / "test_it.py").write_text(TEST)
    an_earlier_report(tmp_path / "reports" / "of-an-earlier-test")
    options = ["-p", "no:cacheprovider", "-s", "--tt-backend", "mock", "--tt-arch", "wormhole"]
    process = start("-m", "pytest", *options, "--tt-report", "reports")
    worker_of(process)
    assert list((tmp_path / "reports").rglob("report.*")) == []
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2, out + err
    check(tmp_path / "reports" / "mock-wormhole_b0", f"ended by {name}")


def test_a_signal_that_is_ignored_stays_so():
    from tilelang.tt.validate.interrupt import interrupts

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
