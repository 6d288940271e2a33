"""A copy of the source tree, with an environment that has its package, to run tests in."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What a test may read, and what a copy is made of.
CPP = ("CMakeLists.txt", "src", "tests")
WHOLE = (
    *(*CPP, "README.md", "benchmarks", "docs", "examples", "hw_tests", "pyproject.toml"),
    *("sim_tests", "testing", "tilelang"),
)


@dataclasses.dataclass(frozen=True)
class Seconds:
    """What a command takes, or may take: of processors, by all its processes, and by the clock. The
    former is the same on a busy machine; the latter alone tells of one that waits for ever."""

    cpu: float
    clock: float


# A build of one file takes a few, a first one of all a few minutes.
BUILD_LIMIT = Seconds(3600, 3600)


# What is running, to be ended with us. Each is the leader of a group of its own.
_running: set[int] = set()


def end_with_us() -> None:
    """Let what ends this process end what it runs too."""

    def end(number: int, _: object) -> None:
        for leader in list(_running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(leader, signal.SIGKILL)
        os._exit(128 + number)  # the other threads wait for processes that are gone

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def run(
    command: Sequence[str], limit: Seconds, log: Path, folder: Path, environment: Mapping[str, str]
) -> tuple[int | None, Seconds]:
    """Run a command in a folder: its exit code, None if it took longer than the limit, and what it
    took. What it prints is in the log."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    begin = time.monotonic()
    _running.add(process.pid)
    try:
        while True:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            clock = time.monotonic() - begin
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                return process.returncode, Seconds(used.ru_utime + used.ru_stime, clock)
            cpu = _cpu_of_session(process.pid)
            if cpu > limit.cpu or clock > limit.clock:
                return None, Seconds(cpu, clock)
            time.sleep(min(1.0, 0.02 + clock / 20))
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        _running.discard(process.pid)


def _cpu_of_session(leader: int) -> float:
    """Seconds of processors that a session's processes have had, and their children that ended."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            # What comes after the name: man 5 proc counts from 1, and the name is the second.
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[6 - 3]) == leader:
                ticks += sum(map(int, fields[14 - 3 : 18 - 3]))
    return ticks / os.sysconf("SC_CLK_TCK")


class DataError(Exception):
    """The list of mutants is wrong, or does not suit the code as it is."""


def files_of(root: Path, names: Iterable[str]) -> dict[str, bytes]:
    """The files below some files and folders, by their paths."""
    found = {}
    for name in names:
        top = root / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".so":
                found[str(path.relative_to(root))] = path.read_bytes()
    return found


def digest(files: dict[str, bytes]) -> str:
    """One word for all their contents."""
    whole = hashlib.sha256()
    for name, content in files.items():
        whole.update(f"{name}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()


@dataclasses.dataclass
class Tools:
    """What the tests are run with."""

    python: Path  # the interpreter of the environment that has ttnn and pytest
    tilelang: Path | None  # of the one that has tilelang and pytest
    cmake_bin: Path  # the folder of cmake, ctest, ninja and the Python to build with
    tvm_library: Path
    library: Path  # libtilelang_tt.so of the code as it is
    simulator: str


@dataclasses.dataclass(frozen=True)
class Command:
    """One line of the list's [tests]: `ctest TARGET REGEX`, `pytest ARGUMENT...`, or `tilelang
    ARGUMENT...`, which is pytest in the environment that has tilelang."""

    text: str
    runner: str
    target: str  # what has to be built for it
    arguments: tuple[str, ...]
    rests_on: tuple[str, ...]  # the files and folders that can alter what it says

    @classmethod
    def parse(cls, text: str, rests_on: Mapping[str, Sequence[str]]) -> Command:
        """A command; of a target whose files are not said, they are all of C++."""
        runner, *words = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", text)]
        if runner == "ctest" and len(words) == 2:
            files = tuple(rests_on.get(words[0], CPP))
            return cls(text, runner, words[0], (words[1],), files)
        if runner in ("pytest", "tilelang") and words:
            return cls(text, runner, "tilelang_tt", tuple(words), WHOLE)
        expected = "ctest TARGET REGEX, pytest ARGUMENT... or tilelang ARGUMENT..."
        raise DataError(f"{text}: expected {expected}")


class Slot:
    """A place where one mutant at a time is made and tested.

    The tree is never the one that is worked in. Of one run to the next it keeps what it has built.
    """

    def __init__(self, folder: Path, tools: Tools) -> None:
        self.folder, self.tools = folder, tools
        self.tree, self.venv = folder / "tree", folder / "venv"
        self.with_tilelang = folder / "venv-tilelang"
        self._library = tools.library
        self._is_configured = False
        self.took = Seconds(0, 0)
        self._copy()
        self._make_environment()
        if tools.tilelang is not None:
            self._make_environment_with_tilelang(tools.tilelang)

    def _copy(self) -> None:
        """Make the copy equal to the tree; a file that is equal keeps its date, for ninja."""
        wanted = files_of(ROOT, WHOLE)
        there = files_of(self.tree, WHOLE)
        for name in there.keys() - wanted.keys():
            (self.tree / name).unlink()
        for name, content in wanted.items():
            if there.get(name) != content:
                (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
                (self.tree / name).write_bytes(content)
                shutil.copymode(ROOT / name, self.tree / name)

    def _make_environment(self) -> None:
        """An environment in which the copy's package comes before all that the other one has."""
        mine, packages = _empty_environment(self.venv, self.tools.python)
        (mine / "copy.pth").write_text(f"{self.tree}\n{packages}\n")
        tool = self.venv / "bin" / "tilelang-tt"
        call = "import sys\nfrom tilelang.tt.cli import main\nsys.exit(main())\n"
        tool.write_text(f"#!{self.venv}/bin/python\n{call}")
        tool.chmod(0o755)

    def _make_environment_with_tilelang(self, python: Path) -> None:
        """The same where a real tilelang is, in whose folder the package is: one of links to it,
        but for the package. Its devices are opened by the other environment."""
        mine, packages = _empty_environment(self.with_tilelang, python)
        (mine / "tilelang").mkdir()
        for path in (packages / "tilelang").iterdir():
            if path.name not in ("tt", "__pycache__"):
                (mine / "tilelang" / path.name).symlink_to(path)
        (mine / "tilelang" / "tt").symlink_to(self.tree / "tilelang" / "tt")
        (mine / "copy.pth").write_text(f"{packages}\n")
        there = self.tree / ".venv" / "ttnn"
        there.parent.mkdir(exist_ok=True)
        there.unlink(missing_ok=True)
        there.symlink_to(self.venv)

    def _environment(self) -> dict[str, str]:
        return {
            **{key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
            "TILELANG_TT_LIBRARY": str(self._library),
            "TILELANG_TT_CACHE": str(self.folder / "cache"),
            # Two mutants of one second and of one size would share their bytecode.
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": f"{self.tools.cmake_bin}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, command: Sequence[str], limit: Seconds) -> tuple[int | None, str]:
        """The exit code, None if it took longer than the limit, and what was printed. What it took
        is ``took`` then."""
        log = self.folder / "output.log"
        code, self.took = run(command, limit, log, self.tree, self._environment())
        return code, log.read_text(errors="replace")

    def build(self, targets: Iterable[str]) -> tuple[int | None, str]:
        """Build, without optimisation, which is quick, what of the targets has changed."""
        build = self.tree / "build"
        if not self._is_configured:  # once a run, since what another run was told may have changed
            code, said = self.run(
                [
                    *("cmake", "-S", str(self.tree), "-B", str(build), "-G", "Ninja"),
                    *("-DCMAKE_BUILD_TYPE=None", "-DTILELANG_TT_BUILD_TESTS=ON"),
                    f"-DPython_EXECUTABLE={self.tools.cmake_bin / 'python'}",
                    f"-DTILELANG_TT_TVM_LIBRARIES={self.tools.tvm_library}",
                ],
                BUILD_LIMIT,
            )
            if code != 0:
                return code, said
            self._is_configured = True
        self._library = build / "libtilelang_tt.so"
        names = [word for target in sorted(set(targets)) for word in ("--target", target)]
        return self.run(["cmake", "--build", str(build), "-j", "1", *names], BUILD_LIMIT)

    def test(self, command: Command, limit: Seconds) -> tuple[int | None, str]:
        """Run the tests of a command, up to the first that fails."""
        if command.runner == "ctest":
            options = ["--no-tests=error", "--stop-on-failure", "--output-on-failure"]
            build = str(self.tree / "build")
            return self.run(
                ["ctest", "--test-dir", build, "-R", *command.arguments, *options], limit
            )
        environment = self.with_tilelang if command.runner == "tilelang" else self.venv
        python = str(environment / "bin" / "python")
        words = [word.replace("{simulator}", self.tools.simulator) for word in command.arguments]
        options = ["-x", "-q", "--tb=short", "-p", "no:cacheprovider"]
        return self.run([python, "-m", "pytest", *options, *words], limit)


def _empty_environment(folder: Path, python: Path) -> tuple[Path, Path]:
    """Make an environment; where its packages go, and where those of the interpreter's are."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([str(python), "-m", "venv", "--without-pip", str(folder)], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.check_output([str(python), "-c", where], text=True).strip()
    (mine,) = folder.glob("lib/python3.*/site-packages")
    return mine, Path(packages)
