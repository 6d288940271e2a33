"""A command of the user's own in the environment in which a device of a backend opens."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import BackendError, guardian
from .backend import Backend
from .cache import claim_kernel_cache
from .environment import folder_variables


def execute(backend: Backend, command: Sequence[str]) -> int:
    """Run a command and give its exit code; what it leaves running of a simulator is ended.

    The command opens the device by itself, as ``ttnn.open_device(device_id=0)``. The word python
    is this interpreter, which has ttnn. Raises BackendError for a command that can't be started.
    """
    folder = Path(tempfile.mkdtemp(prefix="tilelang-tt-"))
    kernels = None
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
        simulator = guardian.simulator_pid(str(folder))
        if simulator is not None:
            guardian.end_group(simulator)
        if kernels is not None:
            kernels.release()
        shutil.rmtree(folder, ignore_errors=True)
