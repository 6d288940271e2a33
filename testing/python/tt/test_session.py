"""Sessions on a simulated device: whatever goes wrong is a clear error in time, and nothing is left."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

import tilelang.tt as tt
from tilelang.tt.describe import describe_tensor
from tilelang.tt.runtime import BackendError

pytestmark = pytest.mark.needs("wolfpine")

JOBS = "tilelang.tt.runtime.jobs.copies"


@pytest.fixture(autouse=True)
def _sessions_are_here(tmp_path, monkeypatch):
    """Sessions make their folders here, so that what is left of one is seen."""
    folder = tmp_path / "sessions"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield
    wait_until(lambda: not list(folder.iterdir()) and not processes_of(folder))
    assert list(folder.iterdir()) == []
    assert processes_of(folder) == []


def processes_of(folder: Path) -> list[str]:
    """The processes that work in or mention a folder; zombies have neither."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and int(process.name) != os.getpid():
                words = (process / "cmdline").read_text() + os.readlink(process / "cwd")
                if str(folder) in words:
                    found.append(words.replace("\0", " "))
        except OSError:
            continue
    return found


def wait_until(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.fixture
def open_device():
    from tilelang.tt.runtime.backends.devices import open_device

    return open_device


def simulator_of(session) -> int:
    from tilelang.tt.runtime.session.guardian import simulator_pid

    pid = simulator_pid(str(session.folder))
    assert pid is not None
    return pid


def test_a_device_is_opened_once_for_many_jobs(open_device):
    import numpy as np

    with open_device("wolfpine", "wormhole") as device:
        for size in (1, 32, 100):
            array = np.arange(size * 3, dtype=np.float32).reshape(size, 3)
            buffer = describe_tensor("X", array.shape, "float32", device.spec)
            assert (device.call(f"{JOBS}:round_trip", array, buffer) == array).all()


def test_a_job_that_fails_leaves_the_device_open(open_device):
    import numpy as np

    with open_device("wolfpine", "wormhole") as device:
        buffer = describe_tensor("X", (3, 3), "float32", device.spec)
        with pytest.raises(BackendError, match=r"buffer X: found an array of float32 \(2, 2\)"):
            device.call(f"{JOBS}:round_trip", np.zeros((2, 2), np.float32), buffer)
        array = np.ones((3, 3), np.float32)
        assert (device.call(f"{JOBS}:round_trip", array, buffer) == array).all()


@pytest.mark.parametrize(
    ("function", "argument", "said"),
    [
        (f"{JOBS}:round_trip", lambda: 0, "pickle"),
        ("no.such.module:job", 0, "No module named"),
        ("builtins:getattr", "compute_with_storage_grid_size", "pickle"),
    ],
    ids=["an argument that can't be sent", "a job that isn't there", "a result that can't be sent"],
)
def test_what_can_not_be_sent_leaves_the_device_open(open_device, function, argument, said):
    with open_device("mock", "wormhole") as device:
        with pytest.raises(Exception, match=said):
            device.call(function, argument)
        assert device.call("builtins:callable") is False


def test_two_devices_at_once_do_not_disturb_each_other(open_device):
    import numpy as np

    with open_device("wolfpine", "wormhole") as one, open_device("wolfpine", "blackhole") as two:
        assert (one.spec.arch, two.spec.arch) == ("wormhole_b0", "blackhole")
        for device in (one, two, one):
            array = np.full((40, 40), device.spec.dram_banks, np.int32)
            buffer = describe_tensor("X", array.shape, "int32", device.spec)
            assert (device.call(f"{JOBS}:round_trip", array, buffer) == array).all()


@pytest.mark.parametrize("seed", range(20))
def test_a_simulator_killed_at_any_moment_is_an_error_within_ten_seconds(open_device, seed):
    """While it is opened, or while tensors move."""
    import numpy as np

    killed_at = []

    def killer():
        wait_until(lambda: list(Path(tempfile.gettempdir()).glob("*/simulator.pid")))
        time.sleep(random.Random(seed).uniform(0, 2.5))
        for file in Path(tempfile.gettempdir()).glob("*/simulator.pid"):
            killed_at.append(time.monotonic())
            os.kill(int(file.read_text()), signal.SIGKILL)

    def use_the_device():
        with open_device("wolfpine", "wormhole") as device:
            array = np.zeros((64, 64), np.float32)
            buffer = describe_tensor("X", array.shape, "float32", device.spec)
            while True:
                device.call(f"{JOBS}:round_trip", array, buffer)

    thread = threading.Thread(target=killer)
    thread.start()
    with pytest.raises(BackendError, match=r"simulator|the device's process"):
        use_the_device()
    assert killed_at
    assert time.monotonic() - killed_at[0] < 10
    thread.join()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_outlives_a_parent_that_is_ended(sent):
    code = (
        "import signal, time, tilelang.tt.runtime.backends.devices as devices\n"
        # A shell's background jobs ignore Ctrl-C, and hand that on.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "session = devices.open_device('wolfpine', 'wormhole')\n"
        "print('open', flush=True)\n"
        "time.sleep(100)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd="/",
    ) as parent:
        assert parent.stdout.readline() == "open\n"
        assert processes_of(Path(tempfile.gettempdir()))
        parent.send_signal(sent)
        parent.wait(10)
    # What is left is asserted after every test.


def test_a_simulator_that_never_starts_is_an_error_in_time():
    from tilelang.tt.runtime.backends.wolfpine import Wolfpine
    from tilelang.tt.runtime.session.parent import Session

    class WrongInterpreter(Wolfpine):
        def environment(self, folder):
            env = super().environment(folder)
            start = folder / "simulator" / "run.sh"
            start.write_text(start.read_text().replace(sys.executable, "/no/such/python"))
            return env

    started = time.monotonic()
    with pytest.raises(BackendError, match=r"opening wolfpine.*the simulator .* ended"):
        Session(WrongInterpreter("wormhole_b0"))
    assert time.monotonic() - started < 10


def test_a_simulator_without_the_guarantees_is_not_ready(open_device, monkeypatch):
    import framework.behaviour

    monkeypatch.setattr(framework.behaviour, "supports", lambda name: "distinct" not in name)
    with pytest.raises(BackendError, match="does not guarantee dram-interleaved-bank-distinctness"):
        open_device("wolfpine", "wormhole")


def test_variables_left_over_in_the_shell_change_nothing(open_device, monkeypatch):
    for name in ("TT_METAL_SIMULATOR", "TT_METAL_MOCK_CLUSTER_DESC_PATH", "TT_METAL_RUNTIME_ROOT"):
        monkeypatch.setenv(name, "/no/such/place")
    monkeypatch.setenv("NNG_SOCKET_ADDR", "tcp://localhost:1")
    monkeypatch.setenv("WOLFPINE_PYTHON", "/no/such/python")
    with open_device("wolfpine", "blackhole") as device:
        assert device.spec.dram_banks == 8


def test_a_library_that_is_missing_is_named(open_device, monkeypatch):
    monkeypatch.delenv("TILELANG_TT_TTSIM", raising=False)
    with pytest.raises(BackendError, match=r"TILELANG_TT_TTSIM is not set; expected the folder"):
        open_device("ttsim", "wormhole")
    monkeypatch.setenv("TT_METAL_SIMULATOR", "/no/such/libttsim.so")
    with pytest.raises(
        BackendError,
        match=r"TT_METAL_SIMULATOR=/no/such/libttsim.so: found no /no/such/libttsim.so",
    ):
        open_device()


def test_a_card_that_is_not_there_is_said_so(open_device):
    from tilelang.tt.runtime.backends.card import cards

    if cards():
        assert open_device("card").spec.num_cores > 0
    else:
        with pytest.raises(BackendError, match="found no card in /dev/tenstorrent"):
            open_device("card")


@pytest.mark.parametrize(("backend", "arch"), [("gpu", None), ("mock", "grayskull")])
def test_an_unknown_backend_or_architecture_is_malformed(open_device, backend, arch):
    with pytest.raises(ValueError, match=r"found no (backend 'gpu'|architecture 'grayskull')"):
        open_device(backend, arch)


@pytest.mark.parametrize("backend", [pytest.param("wolfpine", marks=pytest.mark.long), "mock"])
def test_sessions_at_once_do_not_compile_in_each_others_folders(
    open_device, monkeypatch, tmp_path, backend
):
    """Of one architecture and from an empty cache: TT-metal writes sources into it, and compiles there."""
    monkeypatch.setenv("TILELANG_TT_CACHE", str(tmp_path / "cache"))
    with open_device(backend, "wormhole"), open_device(backend, "wormhole"):
        (kernels,) = (tmp_path / "cache" / "tilelang-tt" / "kernels").glob("*/*")
        assert {path.name for path in kernels.iterdir()} >= {"0.lock", "1.lock"}
        third = open_device(backend, "wormhole")
    third.close()
    with open_device(backend, "wormhole"):  # what is free is taken again
        assert not (kernels / "3.lock").exists()


def test_two_sessions_compile_the_same_kernel_at_once(open_device, monkeypatch, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    from tilelang.tt.runtime.jobs.banks import describe_banks

    monkeypatch.setenv("TILELANG_TT_CACHE", str(tmp_path / "cache"))
    with (
        open_device("wolfpine", "wormhole") as one,
        open_device("wolfpine", "wormhole") as other,
        ThreadPoolExecutor() as threads,
    ):
        first, second = threads.map(describe_banks, [one, other])
    assert first == second


BROKEN_BACKENDS = [
    ("no_such_module:Mine", "ModuleNotFoundError: No module named 'no_such_module'"),
    ("small:Missing", "AttributeError"),
    ("small:Unfinished", "TypeError"),
]


@pytest.mark.parametrize(("value", "said"), BROKEN_BACKENDS)
def test_a_backend_of_another_package_that_is_broken_is_named(value, said, tmp_path):
    (tmp_path / "small.py").write_text("class Unfinished:\n    pass\n")
    register(tmp_path, value)
    done = run_tool(tmp_path, "doctor")
    assert re.search(rf"small +not ready: small, a backend of small .*{said}", done.stdout), done
    assert re.search(r"ok +wolfpine", done.stdout)
    done = run_tool(tmp_path, "device", "--from", "small")
    assert done.returncode == 2
    assert said in done.stderr


BACKEND = """
from tilelang.tt.runtime.backends.wolfpine import Wolfpine


class Small(Wolfpine):
    name = "small"

    def environment(self, folder):
        return {**super().environment(folder), "TT_METAL_CORE_GRID_OVERRIDE_TODEPRECATE": "7,6"}
"""


def register(folder, value):
    """A package named small, whose entry point is a backend of that name."""
    registered = folder / "small-1.0.dist-info"
    registered.mkdir()
    (registered / "METADATA").write_text("Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")
    (registered / "entry_points.txt").write_text(f"[tilelang_tt.backends]\nsmall = {value}\n")


def run_tool(folder, *args):
    tool = Path(sys.executable).with_name("tilelang-tt")
    env = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "300"}
    return subprocess.run([tool, *args], env=env, capture_output=True, text=True, timeout=120)


def test_another_package_brings_a_backend(tmp_path):
    (tmp_path / "small.py").write_text(BACKEND)
    register(tmp_path, "small:Small")

    def run(*args):
        done = run_tool(tmp_path, *args)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "wormhole_b0: compute grid 8x7" in run("device", "--from", "small")
    assert "8x7" in run("device", "--from", "small", "--arch", "blackhole")
    assert "auto|card|ttsim|wolfpine|mock|small" in run("validate", "--help")
    assert re.search(r"ok +small +wolfpine 2", run("doctor"))


@pytest.mark.parametrize(
    ("arch", "grid"),
    [pytest.param("wormhole", (4, 8), marks=pytest.mark.long), ("blackhole", (8, 8))],
)
def test_a_device_that_the_wheel_has_no_firmware_for_runs_what_is_compiled(open_device, arch, grid):
    from tilelang.tt.describe import schedule_tiles
    from tilelang.tt.runtime.backends.devices import make_backend
    from tilelang.tt.runtime.root.installed import ttnn_folder
    from tilelang.tt.runtime.root.ready_firmware import index_firmware
    from tilelang.tt.runtime.session.parent import Session
    from tilelang.tt.validate.cases import Case
    from tilelang.tt.validate.harness import validate

    with Session(make_backend("wolfpine", arch), grid=grid) as device:
        assert (device.spec.grid_x, device.spec.grid_y) == grid
        banks = [device.spec.dram_banks, device.spec.l1_banks]
        ready = index_firmware(ttnn_folder() / "tt_metal" / "pre-compiled")
        cpu = {"wormhole": "tt-wh", "blackhole": "tt-bh"}[arch]
        assert not [build for build in ready if (build["cpu"], build["banks"]) == (cpu, banks)]
        schedule = schedule_tiles([3], device.spec)
        evidence = validate(device, [Case("3 tiles", "table", schedule=schedule)])
        assert evidence.exit_code() == 0


def test_a_cache_folder_that_is_read_only_is_named_with_what_to_do(open_device, monkeypatch):
    monkeypatch.setenv("TILELANG_TT_CACHE", "/proc/1/no_folder")
    with pytest.raises(BackendError, match=r"/proc/1/no_folder.*expected a cache folder to write"):
        open_device("wolfpine", "wormhole")


def test_a_full_disk_is_named(open_device, monkeypatch):
    from tilelang.tt.runtime.session import parent

    def fails(device_session, timeout, what):
        raise parent._JobFailed(f"{what}: brisc build failed. Log:")

    full = type("Usage", (), {"free": 12})
    monkeypatch.setattr(parent.Session, "_receive", fails)
    monkeypatch.setattr(parent.shutil, "disk_usage", lambda folder: full)
    with pytest.raises(BackendError, match=r"has 12 bytes left; TILELANG_TT_CACHE names another"):
        open_device("wolfpine", "wormhole")


NAMED_SIMULATORS = [
    ("libttsim_bh.so", None, "ttsim", "blackhole"),
    ("libttsim_wh.so", None, "ttsim", "wormhole_b0"),
    ("libttsim.so", "arch_name: BLACKHOLE\n", "ttsim", "blackhole"),
    ("libttsim.so", None, "ttsim", "wormhole_b0"),
    ("wormhole", None, "wolfpine", "wormhole_b0"),
    ("blackhole", None, "wolfpine", "blackhole"),
]


@pytest.mark.parametrize(("name", "description", "backend", "arch"), NAMED_SIMULATORS)
def test_auto_takes_the_simulator_that_is_named(
    name, description, backend, arch, monkeypatch, tmp_path
):
    import framework

    from tilelang.tt.runtime.backends.devices import make_backend

    simulator = Path(framework.__file__).parent / "sim" / name
    if backend == "ttsim":
        simulator = tmp_path / name
        simulator.write_bytes(b"")
        if description:
            (tmp_path / "soc_descriptor.yaml").write_text(description)
    monkeypatch.setenv("TT_METAL_SIMULATOR", str(simulator))
    made = make_backend("auto")
    assert (made.name, made.arch) == (backend, arch)
    if description or "_" in name or backend == "wolfpine":
        other = {"blackhole": "wormhole", "wormhole_b0": "blackhole"}[arch]
        with pytest.raises(BackendError, match=rf"TT_METAL_SIMULATOR names a {arch}; expected"):
            make_backend("auto", other)


def test_auto_refuses_a_simulator_that_is_not_known(monkeypatch, tmp_path):
    from tilelang.tt.runtime.backends.devices import make_backend

    monkeypatch.setenv("TT_METAL_SIMULATOR", str(tmp_path))
    with pytest.raises(BackendError, match=r"found a simulator that is not known.*unset"):
        make_backend("auto")


def test_auto_never_takes_the_mock(open_device, monkeypatch):
    from tilelang.tt.runtime.backends.devices import make_backend

    monkeypatch.delenv("TILELANG_TT_TTSIM", raising=False)
    assert make_backend("auto").name in ("card", "wolfpine")


def test_the_mock_is_opened_but_says_that_it_holds_nothing(open_device):
    with open_device("mock", "blackhole") as device:
        assert not device.backend.statement.holds_data
        assert device.spec == tt.DeviceSpec.preset("p150a") or device.spec.grid_x == 11
