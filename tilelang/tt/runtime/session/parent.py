"""A device that is open in a child process, for as many jobs as one likes.

ttnn reads its environment once a process, a simulator may hang or take its process with
it, and opening a device costs seconds. So a device lives in a worker process of its own,
and every wait here has a limit. Whatever happens, to the worker, to the simulator or to
this process, the guardian ends what is left and removes the session's folder.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from socket import socketpair
from types import TracebackType
from typing import Any

from ...device_spec import DeviceSpec
from .. import BackendError
from ..backends import hangs
from ..backends.backend import Backend
from ..root.cache import cache_folder, claim_kernel_cache
from . import guardian, start
from .channel import POLL, Channel
from .environment import KEEP_MEMORY, folder_variables
from .output import last_output
from .patience import Patience
from .shared import SharedMemory

#: Seconds.
OPEN_TIMEOUT = 60.0
CLOSE_TIMEOUT = 30.0
# For what only the kernel of the operating system has to do, and a process that is told to end.
_END_TIMEOUT = 5.0
# For reading what the cores of a device are doing, after a job has used up its time.
_ASK_TIMEOUT = 15.0

# Bytes on a disk that are as good as none: the first kernel of a device takes more.
_LITTLE = 4 * 2**20

_SIZES = (
    "TT-metal takes no more than the device has, and of smaller grids those by whose number of "
    "cores its allocator can divide memory"
)

# The last core to use, as x,y (llrt/rtoptions.cpp).
_GRID_OVERRIDE = "TT_METAL_CORE_GRID_OVERRIDE_TODEPRECATE"

#: TT-metal's own checks of running kernels, which are compiled into them, by what one may ask for.
#: It has the watcher and the lightweight assertions apart.
CHECKS = {
    "watcher": {"TT_METAL_WATCHER": "1"},
    "asserts": {"TT_METAL_LIGHTWEIGHT_KERNEL_ASSERTS": "1", "TT_METAL_LLK_ASSERTS": "1"},
}


class Session:
    """An open device. Use it as a context manager, or call :meth:`close`.

    Parameters
    ----------
    backend : Backend
    timeout : seconds that opening may take; as in :meth:`call`
    grid : cores a row and rows to use, fewer than the device has, by TT-metal's own override;
        TT-metal refuses sizes that its allocator can't divide memory by
    checks : of kernels while they run, one of CHECKS; none by default

    Raises
    ------
    BackendError
        The device did not open; with the reason that TT-metal gave, or the last output.
    """

    def __init__(
        self,
        backend: Backend,
        timeout: float = OPEN_TIMEOUT,
        grid: tuple[int, int] | None = None,
        checks: str | None = None,
    ) -> None:
        self.backend = backend
        self.folder = Path(tempfile.mkdtemp(prefix="tilelang-tt-"))
        try:
            env = backend.environment(self.folder)
            env |= folder_variables(self.folder) | KEEP_MEMORY
            if grid is not None:
                x, y = grid
                env[_GRID_OVERRIDE] = f"{x - 1},{y - 1}"
            if checks is not None:
                env |= CHECKS[checks]
            self._kernels = None
            if backend.shares_kernels:
                mine, self._kernels = claim_kernel_cache(Path(env["TT_METAL_CACHE"]))
                env["TT_METAL_CACHE"] = str(mine)
        except BaseException:  # nothing runs yet that would remove it
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        #: What both processes see of a job's tensors.
        self.memory = SharedMemory.made()
        ours, theirs = socketpair()
        our_questions, their_questions = socketpair()
        lifeline_read, self._lifeline = os.pipe()
        try:
            with (self.folder / "output.log").open("wb") as log:
                self._worker = subprocess.Popen(
                    [
                        *(backend.python, start.__file__, f"{__package__}.worker"),
                        *(str(theirs.fileno()), str(their_questions.fileno())),
                        *(str(self.memory.fileno()), backend.source),
                    ],
                    env=env,
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[
                        *(theirs.fileno(), their_questions.fileno(), self.memory.fileno()),
                    ],
                    start_new_session=True,
                )
            self._guardian = subprocess.Popen(
                [
                    *(sys.executable, "-SE", guardian.__file__),
                    *(str(lifeline_read), str(self._worker.pid), str(self.folder)),
                ],
                pass_fds=[lifeline_read],
                start_new_session=True,
            )
        finally:
            theirs.close()
            their_questions.close()
            os.close(lifeline_read)
        #: Called with what a job tells while it runs (told.py), if anybody wants to know.
        self.told: Callable[[str], None] | None = None
        self._connection, self._questions = Channel(ours), Channel(our_questions)
        self._closed = False
        before = hangs.last(backend)
        try:
            self.spec = DeviceSpec.from_attr(self._receive(timeout, f"opening {backend}"))
        except _JobFailed as error:
            sizes = f". It was to have {grid[0]}x{grid[1]} cores: {_SIZES}." if grid else ""
            reason = BackendError(f"{error}{sizes}{self._full_disks()}", before)
            self._end()
            raise reason from None
        except BackendError as error:
            self._end()
            raise BackendError(error.reason, before) from None
        except BaseException:
            self._end()
            raise
        if before:
            warnings.warn(before, RuntimeWarning, stacklevel=2)
            hangs.forget(backend)

    @property
    def closed(self) -> bool:
        """Whether the device is gone, closed or failed."""
        return self._closed

    def call(self, function: str, *args: Any, timeout: float = 60.0) -> Any:
        """Run a function in the worker, with the open device as its first argument.

        Parameters
        ----------
        function : "module:name" of a function that the worker can import
        args : further arguments, which are pickled, as is the result
        timeout : seconds, not counting those in which the device's processes wait for a CPU

        Raises
        ------
        BackendError
            The job failed, took too long, or the device's process or simulator ended.
            After the latter two the session is closed; of a card, the remedy says how it is reset.
        """
        if self._closed:
            raise BackendError(f"{self.backend} is closed")
        job = pickle.dumps((function, args))  # where that fails, the device is as it was
        what = f"{function} on {self.backend}"
        try:
            return self._receive(timeout, what, job)
        except _JobFailed as error:
            if not hangs.is_hang(str(error)):
                raise BackendError(f"{error}{self._full_disks()}") from None
            reason = str(error)
        except BackendError as error:
            reason = error.reason
        except BaseException as error:
            self._end()
            hangs.note(self.backend, f"{what}: left by {type(error).__name__}")
            raise
        # What has not ended is not waited for once more: a device that hangs can't be closed.
        self._end()
        raise BackendError(reason, hangs.note(self.backend, reason))

    def close(self) -> None:
        """Close the device. A device with nothing to lose is not waited for."""
        if self._closed:
            return
        try:
            if self.backend.closes_gracefully:
                deadline = time.monotonic() + CLOSE_TIMEOUT
                self._connection.send(b"", CLOSE_TIMEOUT)
                self._worker.wait(max(0.0, deadline - time.monotonic()))
        except (OSError, subprocess.TimeoutExpired):  # TimeoutError is an OSError
            pass  # it is ended below
        finally:
            self._end()

    def leave(self) -> None:
        """Let go of a device that is another process's, in a child that was forked from it: nothing
        is closed there, and here it can't be used."""
        self._closed = True
        self._connection.close()
        self._questions.close()
        self.memory.close()
        os.close(self._lifeline)  # else the other process's end is noticed only after this one's

    def _receive(self, timeout: float, what: str, job: bytes | None = None) -> Any:
        """The worker's answer, to a job if there is one; all of it within the limit."""
        limit = Patience(timeout, self._processes)

        def look() -> None:
            reason = self._death()
            if reason and not self._connection.poll(0):
                raise BackendError(f"{what}: {reason}. {self._last_output()}")

        try:
            if job is not None:
                self._connection.send(job, limit, look)
            ok = None
            while ok is None:
                ok, value = pickle.loads(self._connection.receive(limit, look))
                if ok is None and self.told is not None:
                    self.told(value)
        except TimeoutError:
            printed = self._last_output()  # before it is asked, which may fail in turn
            doing = "" if job is None else f": {self._ask()}"  # there are no cores before
            busy = f" {limit.extra:.0f} s more were given, since the CPUs were busy." * (
                limit.extra > 1
            )
            raise BackendError(
                f"{what}: not done within {timeout:g} s{doing}. {printed}{busy}"
            ) from None
        except (EOFError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._worker.wait(POLL * 50)
            reason = self._death() or "the device's process closed its connection"
            raise BackendError(f"{what}: {reason}. {self._last_output()}") from None
        if not ok:
            raise _JobFailed(f"{what}: {value}")
        return value

    def _ask(self) -> str:
        """What the cores of the device are doing, of a worker that is busy."""
        if _state(self._worker.pid) == "T":
            return f"the device's process ({self._worker.pid}) is stopped"

        def look() -> None:
            if self._death():
                raise EOFError

        try:
            self._questions.send(b"?", _ASK_TIMEOUT)
            return self._questions.receive(_ASK_TIMEOUT, look).decode()
        except (EOFError, OSError):
            return f"what its cores do could not be read within {_ASK_TIMEOUT:g} s"

    def _processes(self) -> list[int]:
        """What a job is waited for: the worker, and a simulator that is a process of its own."""
        simulator = guardian.simulator_pid(str(self.folder))
        return [self._worker.pid, *([] if simulator is None else [simulator])]

    def _death(self) -> str | None:
        """What of the device has ended, if anything."""
        code = self._worker.poll()
        if code is not None:
            how = f"signal {signal_name(-code)}" if code < 0 else f"exit code {code}"
            return f"the device's process ended with {how}"
        simulator = guardian.simulator_pid(str(self.folder))
        if simulator is not None and not _is_running(simulator):
            return f"the simulator (process {simulator}) ended"
        return None

    def _last_output(self) -> str:
        return last_output(self.folder / "output.log") + self._full_disks()

    def _full_disks(self) -> str:
        """TT-metal doesn't say that a disk is full; its build fails, with an empty log."""
        said = ""
        for folder, variable in (
            (self.folder, "TMPDIR"),
            (cache_folder(), "TILELANG_TT_CACHE"),
        ):
            free = shutil.disk_usage(folder).free if folder.exists() else _LITTLE
            if free < _LITTLE:
                said += f" The disk of {folder} has {free} bytes left; {variable} names another."
        return said

    def _end(self) -> None:
        self._closed = True
        self._connection.close()
        self._questions.close()
        self.memory.close()
        guardian.end_session(self._worker.pid, str(self.folder))
        os.close(self._lifeline)
        # There is nothing left for the guardian to do, and somebody may have stopped it.
        self._guardian.kill()
        for process in (self._worker, self._guardian):
            # One that a driver holds in the operating system's kernel may outlast this.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_END_TIMEOUT)
        if self._kernels is not None:
            self._kernels.release()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._closed:
            self.close()


class _JobFailed(BackendError):
    """A job raised an error; the device is as it was."""


def signal_name(number: int) -> str:
    """The name of a signal; most of the real-time ones have none of their own."""
    if signal.SIGRTMIN < number < signal.SIGRTMAX:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}"
    try:
        return signal.Signals(number).name
    except ValueError:  # those that the C library keeps for itself
        return f"number {number}"


def _is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    return _state(pid) not in ("", "Z")


def _state(pid: int) -> str:
    """proc(5), /proc/pid/stat: pid (comm) state; "" of a process that isn't there."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
