"""A command of the user's own in the environment in which a device of a backend opens."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .. import BackendError
from ..backends.backend import Backend
from ..root.cache import claim_kernel_cache
from . import guardian
from .environment import folder_variables

# Seconds for what a guardian does; it goes on by itself after that.
_END_TIMEOUT = 10.0


def execute(backend: Backend, command: Sequence[str]) -> int:
    """Run a command and give its exit code; a simulator that it leaves running is ended, also where
    this process is.

    The command opens the device by itself, as ``ttnn.open_device(device_id=0)``. The word python
    is this interpreter, which has ttnn. Raises BackendError for a command that can't be started.
    """
    folder = Path(tempfile.mkdtemp(prefix="tilelang-tt-"))
    kernels = None
    lifeline_read, lifeline = os.pipe()
    watching = subprocess.Popen(
        [sys.executable, "-SE", guardian.__file__, str(lifeline_read), "0", str(folder)],
        pass_fds=[lifeline_read],
        start_new_session=True,
    )
    os.close(lifeline_read)
    try:
        env = {**backend.environment(folder), **folder_variables(folder)}
        if backend.shares_kernels:
            mine, kernels = claim_kernel_cache(Path(env["TT_METAL_CACHE"]))
            env["TT_METAL_CACHE"] = str(mine)
        try:
            program = sys.executable if command[0] == "python" else command[0]
            process = subprocess.Popen([program, *command[1:]], env=env)
        except OSError as error:
            raise BackendError(f"{command[0]}: {error.strerror}") from error
        # Ctrl-C reaches the command too, which decides what to do.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            code = process.wait()
        finally:
            signal.signal(signal.SIGINT, before)
        return code if code >= 0 else 128 - code
    finally:
        os.close(lifeline)  # the simulator and the folder go then, as where this process is killed
        with contextlib.suppress(subprocess.TimeoutExpired):
            watching.wait(_END_TIMEOUT)
        if kernels is not None:
            kernels.release()
