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
from multiprocessing.connection import Connection
from pathlib import Path
from socket import socketpair
from types import TracebackType
from typing import Any

from ..device import DeviceSpec
from . import BackendError, guardian
from .backend import Backend
from .cache import cache_folder, claim_kernel_cache
from .environment import folder_variables
from .output import last_output

#: Seconds.
OPEN_TIMEOUT = 60.0
CLOSE_TIMEOUT = 30.0
_POLL = 0.1

# Bytes on a disk that are as good as none: the first kernel of a device takes more.
_LITTLE = 4 * 2**20

_SIZES = (
    "TT-metal takes no more than the device has, and of smaller grids those by whose number of "
    "cores its allocator can divide memory"
)

# The last core to use, as x,y (llrt/rtoptions.cpp).
_GRID_OVERRIDE = "TT_METAL_CORE_GRID_OVERRIDE_TODEPRECATE"


class Session:
    """An open device. Use it as a context manager, or call :meth:`close`.

    Parameters
    ----------
    backend : Backend
    timeout : seconds that opening may take
    grid : cores a row and rows to use, fewer than the device has, by TT-metal's own override;
        TT-metal refuses sizes that its allocator can't divide memory by

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
    ) -> None:
        self.backend = backend
        self.folder = Path(tempfile.mkdtemp(prefix="tilelang-tt-"))
        try:
            env = {**backend.environment(self.folder), **folder_variables(self.folder)}
            if grid is not None:
                x, y = grid
                env[_GRID_OVERRIDE] = f"{x - 1},{y - 1}"
            self._kernels = None
            if backend.shares_kernels:
                mine, self._kernels = claim_kernel_cache(Path(env["TT_METAL_CACHE"]))
                env["TT_METAL_CACHE"] = str(mine)
        except BaseException:  # nothing runs yet that would remove it
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        ours, theirs = socketpair()
        lifeline_read, self._lifeline = os.pipe()
        try:
            with (self.folder / "output.log").open("wb") as log:
                self._worker = subprocess.Popen(
                    [
                        *(sys.executable, "-m", f"{__package__}.worker"),
                        *(str(theirs.fileno()), backend.source),
                    ],
                    env=env,
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[theirs.fileno()],
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
            os.close(lifeline_read)
        self._connection = Connection(ours.detach())
        self._closed = False
        try:
            self.spec = DeviceSpec.from_attr(self._receive(timeout, f"opening {backend}"))
        except _JobFailed as error:
            sizes = f". It was to have {grid[0]}x{grid[1]} cores: {_SIZES}." if grid else ""
            reason = BackendError(f"{error}{sizes}{self._full_disks()}")
            self._end()
            raise reason from None
        except BaseException:
            self._end()
            raise

    def call(self, function: str, *args: Any, timeout: float = 60.0) -> Any:
        """Run a function in the worker, with the open device as its first argument.

        Parameters
        ----------
        function : "module:name" of a function that the worker can import
        args : further arguments, which are pickled, as is the result
        timeout : seconds

        Raises
        ------
        BackendError
            The job failed, took too long, or the device's process or simulator ended.
            After the latter two the session is closed.
        """
        if self._closed:
            raise BackendError(f"{self.backend} is closed")
        job = pickle.dumps((function, args))  # where that fails, the device is as it was
        try:
            self._connection.send_bytes(job)
            return self._receive(timeout, f"{function} on {self.backend}")
        except _JobFailed as error:
            raise BackendError(f"{error}{self._full_disks()}") from None
        except BaseException:
            self._end()
            raise

    def close(self) -> None:
        """Close the device. A device with nothing to lose is not waited for."""
        if self._closed:
            return
        try:
            if self.backend.closes_gracefully:
                self._connection.send_bytes(b"")
                self._worker.wait(CLOSE_TIMEOUT)
        except (OSError, subprocess.TimeoutExpired):
            pass  # it is ended below
        finally:
            self._end()

    def _receive(self, timeout: float, what: str) -> Any:
        deadline = time.monotonic() + timeout
        while not self._connection.poll(_POLL):
            reason = self._death()
            if reason and not self._connection.poll(0):
                raise BackendError(f"{what}: {reason}. {self._last_output()}")
            if time.monotonic() > deadline:
                raise BackendError(f"{what}: not done within {timeout:g} s. {self._last_output()}")
        try:
            ok, value = self._connection.recv()
        except (EOFError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._worker.wait(_POLL * 50)
            reason = self._death() or "the device's process closed its connection"
            raise BackendError(f"{what}: {reason}. {self._last_output()}") from None
        if not ok:
            raise _JobFailed(f"{what}: {value}")
        return value

    def _death(self) -> str | None:
        """What of the device has ended, if anything."""
        code = self._worker.poll()
        if code is not None:
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
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
        guardian.end_session(self._worker.pid, str(self.folder))
        self._worker.wait()
        os.close(self._lifeline)
        self._guardian.wait()
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


def _is_running(pid: int) -> bool:
    """Whether a process is there and no zombie (proc(5), /proc/pid/stat: pid (comm) state)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
