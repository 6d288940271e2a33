"""The device that calls use: chosen when a kernel is called, kept, and opened again after a death."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading

import jit_kernels as kernels
import pytest
import torch
import tvm_ffi
from tvm.target import Target

import tilelang
import tilelang.tt as tt
from tilelang.tt.jit import compiled
from tilelang.tt.jit.kernel import Kernel
from tilelang.tt.runtime import BackendError
from tilelang.tt.runtime.session import opened

pytestmark = pytest.mark.needs("calls")


def numbers(seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-99, 100, (32, 32), generator=generator).float()


@pytest.fixture(scope="module")
def double():
    tilelang.disable_cache()
    func = kernels.scale_func(32, 32, "float32")
    return tilelang.compile(func, out_idx=[1], target="tenstorrent")


def session():
    return opened.current().opened().session


def test_a_device_is_opened_once_and_kept(double):
    double(numbers())
    first = session()
    double(numbers())
    assert session() is first


def test_a_device_that_died_is_opened_again(double):
    double(numbers())
    first = session()
    os.kill(first._worker.pid, signal.SIGKILL)
    with pytest.raises(BackendError, match="ended with signal SIGKILL"):
        double(numbers())
    a = numbers(1)
    assert torch.equal(double(a), a * 2)
    assert session() is not first


def test_a_device_is_closed_and_the_next_call_opens_one(double):
    double(numbers())
    first = session()
    opened.close()
    assert first.closed
    a = numbers(2)
    assert torch.equal(double(a), a * 2)


def test_threads_take_turns(double):
    found: dict[int, bool] = {}

    def call(seed: int) -> None:
        for _ in range(5):
            a = numbers(seed)
            found[seed] = found.get(seed, True) and torch.equal(double(a), a * 2)

    threads = [threading.Thread(target=call, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(range(4), True)


def in_a_forked_child(check):
    """Whatever happens there, it doesn't go on as a second pytest."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            check()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def gives_twice(double, seed):
    a = numbers(seed)
    return torch.equal(double(a), a * 2)


def test_a_forked_child_lets_go_of_its_parents_device(double):
    assert gives_twice(double, 3)
    mine = session()
    descriptors = [mine.memory.fileno(), mine._lifeline]

    def check():
        assert mine.closed
        assert opened.current().spec_if_open() is None
        for descriptor in descriptors:
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.fstat(descriptor)

    in_a_forked_child(check)
    assert gives_twice(double, 4)
    assert session() is mine


@pytest.mark.long
def test_a_forked_child_has_a_device_of_its_own(double):
    """Long, since opening one takes its firmware compiled."""
    assert gives_twice(double, 3)
    mine = session()

    def check():
        assert gives_twice(double, 5)
        assert session() is not mine
        opened.close()

    in_a_forked_child(check)
    assert gives_twice(double, 4)
    assert session() is mine


class Asked(Exception):
    """Which device a call would have opened."""


def test_the_device_is_the_one_within_whose_with_a_kernel_is_called(double, monkeypatch):
    tvm_ffi.register_error("Asked", Asked)

    def ask(self):
        raise Asked(f"{self.backend}/{self.arch}")

    monkeypatch.setattr(opened.Device, "opened", ask)

    def call() -> str:
        with pytest.raises(Asked) as asked:
            double(numbers())
        return str(asked.value)

    outside = f"{os.environ['TILELANG_TT_BACKEND']}/None"
    assert call() == outside
    with tt.device("ttsim", arch="blackhole"):
        assert call() == "ttsim/blackhole"
        with tt.device("wolfpine"):
            assert call() == "wolfpine/None"
        assert call() == "ttsim/blackhole"
    assert call() == outside
    monkeypatch.setenv("TILELANG_TT_BACKEND", "wolfpine")
    monkeypatch.setenv("TILELANG_TT_ARCH", "blackhole")
    assert call() == "wolfpine/blackhole"


def test_a_plan_is_made_for_the_device_that_is_open():
    func = kernels.scale_func(512, 512, "float32")
    mine = Kernel(compiled.read(func, Target("tenstorrent")))
    cores = {}
    for preset in ("n150", "n150-two-rows"):
        (launch,) = mine.prepared((), tt.DeviceSpec.preset(preset)).launches
        cores[preset] = len(launch.cores)
    assert cores == {"n150": 64, "n150-two-rows": 56}


LESS = {"arch": "blackhole", "grid_x": 7, "grid_y": 6, "l1_bank_size": 4096}


def test_a_kernel_for_a_preset_runs_as_planned_for_it_on_what_is_no_smaller():
    func = kernels.scale_func(512, 512, "float32")
    mine = Kernel(compiled.read(func, Target("tenstorrent/n150-two-rows")))
    larger = tt.DeviceSpec.preset("n150")
    (launch,) = mine.prepared((), larger).launches
    assert len(launch.cores) == 56
    for field, value in LESS.items():
        message = f"target tenstorrent/n150-two-rows, whose {field} is .* a device with {value}"
        with pytest.raises(ValueError, match=message):
            mine.prepared((), dataclasses.replace(larger, **{field: value}))


UNKNOWN = {
    "TILELANG_TT_BACKEND": ("wolf", "TILELANG_TT_BACKEND=wolf: found no backend 'wolf'"),
    "TILELANG_TT_ARCH": ("grayskull", "TILELANG_TT_ARCH=grayskull: found no architecture"),
    "TILELANG_TT_TIMEOUT": ("soon", "TILELANG_TT_TIMEOUT=soon: expected seconds, more than 0"),
}


@pytest.mark.parametrize("variable", UNKNOWN)
def test_what_the_environment_names_and_is_not_there_is_refused(double, monkeypatch, variable):
    value, message = UNKNOWN[variable]
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=message):
        double(numbers())


def test_an_unknown_device_is_refused_where_it_is_named():
    with pytest.raises(ValueError, match="found no backend 'wolf'"), tt.device("wolf"):
        pass
    with pytest.raises(ValueError, match="found no architecture 'x'"), tt.device(arch="x"):
        pass


def test_a_job_that_fails_leaves_the_device_open(double, monkeypatch):
    double(numbers())
    first = session()
    with monkeypatch.context() as patch:
        patch.setattr(Kernel, "job", "time:sleep")  # a device is no number of seconds
        with pytest.raises(BackendError, match="TypeError"):
            double(numbers())
    a = numbers(5)
    assert torch.equal(double(a), a * 2)
    assert session() is first


def test_a_call_that_takes_too_long_is_given_up(double, monkeypatch):
    double(numbers())
    monkeypatch.setenv("TILELANG_TT_TIMEOUT", "1")
    os.kill(session()._worker.pid, signal.SIGSTOP)
    with pytest.raises(
        BackendError, match=r"not done within 1 s: the device's process .* is stopped"
    ):
        double(numbers())
    assert opened.current().spec_if_open() is None


def test_the_last_plans_are_kept_where_a_device_forgets_them(double, monkeypatch):
    """A device's process keeps so many launches; one that it has forgotten it is told again."""
    double(numbers())
    from tilelang.tt.runtime.jobs import calls

    launches = {number: () for number in range(calls._MOST + 9)}
    for number in launches:
        session().call(f"{calls.__name__}:prepare", -1 - number, (), 0, [])
    a = numbers(6)
    assert torch.equal(double(a), a * 2)


def test_keyboard_interrupt_comes_through(double, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(opened.Device, "opened", interrupted)
    with pytest.raises(KeyboardInterrupt):
        double(numbers())
