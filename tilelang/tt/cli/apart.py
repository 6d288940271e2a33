"""Running other people's code in a process of its own.

A kernel's file may change the folder, leave by os._exit, close what it likes or crash. Its child is
a fork, so that it costs no more than the work itself; the command goes on in a process in which
none of that has happened, with the answer that the child wrote as JSON.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from typing import IO, Any

from ..device_spec import NoDeviceError
from ..runtime import BackendError

#: Set, in the environment, to see the traceback of an error that is a defect of this package.
TRACEBACK_VARIABLE = "TILELANG_TT_TRACEBACK"

#: Errors that are no defect of ours, and go on in the parent as what they are.
_KINDS: tuple[type[Exception], ...] = (
    NoDeviceError,
    NotImplementedError,
    BackendError,
    ImportError,
    ValueError,
)

#: Seconds that a child has to end by itself after Ctrl-C, which a terminal sends to both.
_PATIENCE = 2.0

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, linux/prctl.h


def run_apart(place: str, work: Callable[[], Any]) -> Any:
    """What ``work`` returns, which JSON can write, after it ran in a child process.

    Raises what it raised, if that is an error of ours about its input; RuntimeError for another;
    ValueError, beginning with ``place``, where the process ended without an answer.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        child = os.fork()
        if child == 0:
            _be_the_child(work, file)
        status = _wait(child)
        file.seek(0)
        text = file.read()
    try:
        answer = json.loads(text)
    except ValueError:
        raise ValueError(
            f"{place}: {_ending(status)} while it was run; expected a module that can be imported "
            "and a kernel that can be traced"
        ) from None
    if "result" in answer:
        return answer["result"]
    kinds = {kind.__name__: kind for kind in _KINDS}
    kind, message = answer["error"]
    raise kinds.get(kind, RuntimeError)(message)


def _be_the_child(work: Callable[[], Any], file: IO[str]) -> None:
    """Run the work, write its answer, and leave, whatever the work has done to this process."""
    me, get_id, leave, to_json = os.getpid(), os.getpid, os._exit, json.dumps
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        leave(1)
    if not os.environ.get(TRACEBACK_VARIABLE):
        # TVM's handler prints a page of frames; the parent says in a line what the signal was.
        for crash in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT):
            signal.signal(crash, signal.SIG_DFL)
    try:
        answer = {"result": work()}
    except BaseException as error:
        answer = {"error": _describe(error)}
    with contextlib.suppress(BaseException):
        if get_id() == me:  # and not a process that the code forked off
            file.write(to_json(answer))
            file.flush()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()
    leave(0)


def _describe(error: BaseException) -> tuple[str, str]:
    if isinstance(error, NoDeviceError):
        return "NoDeviceError", error.reason
    for kind in _KINDS:
        if isinstance(error, kind):
            return kind.__name__, str(error) or type(error).__name__
    if os.environ.get(TRACEBACK_VARIABLE):
        traceback.print_exception(error)
    return "", f"{type(error).__name__}: {error}"


def _wait(child: int) -> int:
    """The status of the child's end. It ends with this process, whose own end may be Ctrl-C."""
    try:
        return os.waitpid(child, 0)[1]
    except BaseException:
        for _ in _until(time.monotonic() + _PATIENCE):
            if os.waitpid(child, os.WNOHANG)[0]:
                break
        else:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        raise


def _until(end: float) -> Iterator[None]:
    while time.monotonic() < end:
        yield
        time.sleep(0.02)


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"it ended its process, with exit code {code},"
    try:
        return f"its process was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"its process was ended by signal {-code}"
