"""A device that is slow since the machine is busy is waited for longer; one that hangs is not."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time

import pytest

from tilelang.tt.runtime.session import patience
from tilelang.tt.runtime.session.patience import Patience

# No TVM has a part in it, so one lane tells.
pytestmark = pytest.mark.needs("ttnn")

SPIN = "import os; os.sched_setaffinity(0, [{}]); print(flush=True)\nwhile True: pass"
SLEEP = "print(flush=True); import time; time.sleep(600)"


@pytest.fixture
def start():
    started = []

    def start(program: str) -> int:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        started.append(process)
        process.stdout.readline()
        return process.pid

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def wait_for(limit: Patience) -> float:
    begun = time.monotonic()
    while not limit.is_over():
        time.sleep(0.02)
    return time.monotonic() - begun


def test_what_is_ready_and_gets_no_cpu_is_waited_for_so_much_longer(start):
    cpu = min(os.sched_getaffinity(0))
    slow, *_ = [start(SPIN.format(cpu)) for _ in range(3)]  # a third of a CPU each, at most
    limit = Patience(1.0, lambda: [slow])
    waited = wait_for(limit)
    assert waited > 1.5
    assert limit.extra == pytest.approx(waited - 1.0, abs=0.3)


def test_what_waits_for_something_else_has_the_limit_alone(start):
    sleeping = start(SLEEP)
    limit = Patience(0.5, lambda: [sleeping])
    assert 0.5 < wait_for(limit) < 1.0
    assert limit.extra < 0.1


def test_a_simulator_that_is_started_later_counts_too(start):
    found: list[int] = []
    limit = Patience(1.0, lambda: found)
    cpu = min(os.sched_getaffinity(0))
    found += [start(SPIN.format(cpu)) for _ in range(3)]
    assert wait_for(limit) > 1.5


def test_no_wait_is_without_end(monkeypatch):
    lost = itertools.count(1)
    monkeypatch.setattr(patience, "_starved", lambda processes: {"a thread": 1e9 * next(lost)})
    assert 0.5 <= wait_for(Patience(0.05, lambda: [])) < 2.0


def test_what_is_there_at_once_costs_no_look(monkeypatch):
    monkeypatch.setattr(patience, "_starved", lambda processes: pytest.fail("looked"))
    assert not Patience(60.0, lambda: []).is_over()


@pytest.mark.parametrize("processes", [[], [2**22 + 1]], ids=["none", "one that is gone"])
def test_without_an_answer_of_the_operating_system_the_limit_is_the_limit(processes):
    assert 0.2 < wait_for(Patience(0.2, lambda: processes)) < 1.0
