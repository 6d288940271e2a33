"""Every wait has a limit, and the error says what was waited for: kernels that never end, processes
that are stopped or ended by any signal, and cards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tilelang.tt.runtime import BackendError
from tilelang.tt.runtime.session.parent import _is_running

pytestmark = pytest.mark.needs("wolfpine")

JOBS = "endless_jobs"

# More than a socket holds.
LARGE = 2**24


@pytest.fixture(autouse=True)
def _jobs_can_be_imported(monkeypatch, root):
    monkeypatch.setenv("PYTHONPATH", str(root / "testing/python/tt/endless"))


@pytest.fixture
def mock():
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("mock", "wormhole") as device:
        yield device
        is_gone(device)


def is_gone(device) -> None:
    """Nothing of a session is left."""
    device.close()
    for process in (device._worker, device._guardian):
        assert process.poll() is not None
    assert not device.folder.exists()


def backend_of(name, arch):
    from tilelang.tt.runtime.backends.devices import make_backend

    return make_backend(name, arch)


# ttsim too, where its libraries are.
SIMULATORS = ["wolfpine", *(["ttsim"] if os.environ.get("TILELANG_TT_TTSIM") else [])]


KERNELS = [
    ("wait_for_page.cpp", "reader", r"NCRISC in \S*{} \(waits for a page in circular buffer 0 "),
    ("wait_for_semaphore.cpp", "writer", r"BRISC in \S*{} \(waits for a semaphore .*, NSW\)"),
    ("wait_in_compute.cpp", "compute", r"TRISC0 in \S*{} \(waits for a page in circular buffer 3 "),
]


# A kernel an architecture is in the suite; each kernel on each, and on ttsim, is long.
ENDLESS = [
    pytest.param(
        backend,
        arch,
        *kernel,
        id=f"{backend}-{arch}-{kernel[0]}",
        marks=[] if (backend, number) == ("wolfpine", of_suite) else pytest.mark.long,
    )
    for backend in SIMULATORS
    for arch, of_suite in (("wormhole", 0), ("blackhole", 2))
    for number, kernel in enumerate(KERNELS)
]


@pytest.mark.parametrize(("backend", "arch", "source", "place", "said"), ENDLESS)
def test_a_kernel_that_never_ends_is_named_with_its_cores_and_what_it_waits_for(
    backend, arch, source, place, said
):
    from tilelang.tt.runtime.session.parent import Session

    with Session(backend_of(backend, arch), timeout=180) as device:  # on a busy machine too
        # Compiled, and its cores started, before the time counts.
        assert device.call(f"{JOBS}:run", source, place, False, timeout=120) == "ended"
        started = time.monotonic()
        with pytest.raises(
            BackendError,
            match=r"endless_jobs:run on .*: not done within 4 s: a kernel has not ended on 2 cores: "
            r"cores 0-0, 1-0: " + said.format(source),
        ):
            device.call(f"{JOBS}:run", source, place, True, timeout=4)
        assert time.monotonic() - started < 75  # on a busy machine up to ten times the limit
        is_gone(device)


def test_a_job_that_takes_too_long_on_the_host_is_told_apart():
    from tilelang.tt.runtime.session.parent import Session

    with (
        Session(backend_of("wolfpine", "wormhole")) as device,
        pytest.raises(BackendError, match=r"not done within 1 s: no core runs a kernel"),
    ):
        device.call(f"{JOBS}:sleep", 60, timeout=1)


def test_where_the_cores_can_not_be_read_it_is_said(mock):
    with pytest.raises(BackendError, match=r"not done within 1 s: what its cores do is not known"):
        mock.call(f"{JOBS}:sleep", 60, timeout=1)


def stop_before(mock) -> None:
    os.kill(mock._worker.pid, signal.SIGSTOP)


def stop_in_the_answer(mock) -> None:
    """Once the length of the answer is here, of which the rest doesn't fit into the socket."""
    receive = mock._connection._receive

    def stop(length, *limits):
        if length > LARGE:
            os.kill(mock._worker.pid, signal.SIGSTOP)
        return receive(length, *limits)

    mock._connection._receive = stop


STOPPED = [
    ("a job that fits into the socket", stop_before, "take", b"", "is stopped"),
    ("a job that does not", stop_before, "take", bytes(LARGE), "is stopped"),
    ("in the middle of an answer", stop_in_the_answer, "give", LARGE, "is stopped"),
]


@pytest.mark.parametrize(
    ("stop", "job", "argument", "said"), [case[1:] for case in STOPPED], ids=[c[0] for c in STOPPED]
)
def test_a_worker_that_is_stopped_is_given_up_in_time(mock, stop, job, argument, said):
    stop(mock)
    started = time.monotonic()
    with pytest.raises(BackendError, match=rf"not done within 3 s: the device's process .*{said}"):
        mock.call(f"{JOBS}:{job}", argument, timeout=3)
    assert time.monotonic() - started < 6


def test_large_jobs_and_answers_arrive_whole(mock):
    assert mock.call(f"{JOBS}:take", bytes(LARGE)) == LARGE
    assert mock.call(f"{JOBS}:give", LARGE) == bytes(LARGE)


@pytest.mark.parametrize("who", ["_guardian", "_worker"])
def test_a_session_whose_process_is_stopped_closes(mock, who):
    os.kill(getattr(mock, who).pid, signal.SIGSTOP)
    started = time.monotonic()
    mock.close()
    assert time.monotonic() - started < 5


SIGNALS = [
    (signal.SIGKILL, "SIGKILL"),
    (signal.SIGRTMIN, "SIGRTMIN"),
    (signal.SIGRTMIN + 1, r"SIGRTMIN\+1"),
    (signal.SIGRTMAX - 1, r"SIGRTMIN\+\d+"),
    (signal.SIGRTMAX, "SIGRTMAX"),
]


@pytest.mark.parametrize(("number", "name"), SIGNALS)
def test_the_signal_that_ended_a_worker_is_named(mock, number, name):
    threading.Timer(0.5, os.kill, (mock._worker.pid, number)).start()
    with pytest.raises(BackendError, match=rf"the device's process ended with signal {name}\."):
        mock.call(f"{JOBS}:sleep", 60)


@pytest.fixture
def card(tmp_path, monkeypatch):
    """A card that isn't one: the driver's files are made up, and a mock is what opens."""
    from tilelang.tt.runtime.backends import card
    from tilelang.tt.runtime.backends.mock import Mock

    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(card, "_DEVICES", tmp_path / "dev")
    monkeypatch.setattr(card, "_CLASS", tmp_path / "class")
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "3").touch()

    class FakeCard(card.Card):
        hang_note = tmp_path / "note.txt"

        def environment(self, folder):
            own = super().environment(folder)
            kept = {"TT_METAL_OPERATION_TIMEOUT_SECONDS": own["TT_METAL_OPERATION_TIMEOUT_SECONDS"]}
            return {**Mock("wormhole_b0").environment(folder), **kept}

    return lambda: FakeCard("wormhole_b0")


def hang(device, monkeypatch) -> None:
    device.call(f"{JOBS}:sleep", 60, timeout=1)


def time_out(device, monkeypatch) -> None:
    device.call(f"{JOBS}:time_out")


def die(device, monkeypatch) -> None:
    threading.Timer(0.5, os.kill, (device._worker.pid, signal.SIGKILL)).start()
    device.call(f"{JOBS}:sleep", 60)


def leave(device, monkeypatch) -> None:
    threading.Timer(0.5, signal.raise_signal, (signal.SIGINT,)).start()
    device.call(f"{JOBS}:sleep", 60)


ENDS = [
    (hang, BackendError, "not done within 1 s"),
    (time_out, BackendError, "TIMEOUT: device timeout, potential hang detected"),
    (die, BackendError, "the device's process ended with signal SIGKILL"),
    (leave, KeyboardInterrupt, "left by KeyboardInterrupt"),
]


@pytest.mark.parametrize(("end", "error", "said"), ENDS)
def test_a_card_left_in_a_hang_says_how_it_is_reset_and_the_next_open_says_so(
    card, monkeypatch, end, error, said
):
    from tilelang.tt.runtime.session.parent import Session

    ran = []
    monkeypatch.setattr(os, "system", ran.append)  # nothing resets it
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Session(card()) as device, pytest.raises(error) as raised:
            end(device, monkeypatch)
    finally:
        signal.signal(signal.SIGINT, before)
    if error is BackendError:
        assert said in str(raised.value)
        assert "tt-smi -r 3" in raised.value.remedy
    is_gone(device)
    expected = rf"the last session on this card ended in a hang .*{said}.*tt-smi -r 3"
    with pytest.warns(RuntimeWarning, match=expected), Session(card()) as device:
        assert device.call("builtins:callable") is False
    with Session(card()) as device:  # a warning here is an error
        assert device.call("builtins:callable") is False
    assert ran == []


def test_a_card_that_does_not_open_after_a_hang_says_so(card):
    from tilelang.tt.runtime.session.parent import Session

    with Session(card()) as device, pytest.raises(BackendError):
        device.call(f"{JOBS}:sleep", 60, timeout=1)
    with pytest.raises(BackendError, match=r"not done within 0 s.*ended in a hang.*tt-smi -r 3"):
        Session(card(), timeout=0)


def test_a_job_of_a_card_that_fails_is_no_hang(card):
    from tilelang.tt.runtime.session.parent import Session

    with Session(card()) as device:
        with pytest.raises(BackendError, match="No module named") as raised:
            device.call("no.such.module:job")
        assert raised.value.remedy == ""
        assert device.call("builtins:callable") is False
    with Session(card()) as device:  # a warning here is an error
        pass


@pytest.mark.parametrize(
    ("asked", "given"), [(None, "20"), ("5", "5"), ("600", "20"), ("0", "20"), ("soon", "20")]
)
def test_tt_metal_gives_a_card_up_before_we_do(card, monkeypatch, asked, given):
    from tilelang.tt.runtime.session.parent import Session

    name = "TT_METAL_OPERATION_TIMEOUT_SECONDS"
    if asked is not None:
        monkeypatch.setenv(name, asked)
    with Session(card()) as device:
        environ = Path(f"/proc/{device._worker.pid}/environ").read_text().split("\0")
    assert f"{name}={given}" in environ
    assert float(given) < 60  # the limit of Session.call


EXECUTE = """
import subprocess, sys
from tilelang.tt.runtime.session.execute import execute
from tilelang.tt.runtime.backends.mock import Mock

class Simulated(Mock):
    def environment(self, folder):
        simulator = subprocess.Popen(["sleep", "600"], start_new_session=True)
        (folder / "simulator.pid").write_text(str(simulator.pid))
        print(simulator.pid, folder, flush=True)
        return super().environment(folder)

sys.exit(execute(Simulated("wormhole_b0"), sys.argv[1:]))
"""


@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGKILL])
def test_a_command_of_ones_own_leaves_no_simulator_however_it_ends(number):
    seconds = "0.1" if number is None else "60"
    process = subprocess.Popen(
        [sys.executable, "-c", EXECUTE, "sleep", seconds], stdout=subprocess.PIPE, text=True
    )
    pid, folder = process.stdout.readline().split()
    if number is not None:
        time.sleep(0.5)
        process.send_signal(number)
    process.wait(30)
    until = time.monotonic() + 10
    while (os.path.exists(folder) or _is_running(int(pid))) and time.monotonic() < until:
        time.sleep(0.05)
    assert not os.path.exists(folder)
    assert not _is_running(int(pid))
