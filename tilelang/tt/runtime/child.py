"""Running a Python module in a child process that can neither hang nor leave anything behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import BackendError

_LAST_LINES = 12


def run_module(
    module: str, args: Sequence[str], env: Mapping[str, str], timeout: float, what: str
) -> None:
    """Run ``python -m module args`` and wait for it.

    The child works in a folder of its own, which is removed with whatever TT-metal wrote
    into it, and in a process group of its own, which is ended whatever happens.

    Parameters
    ----------
    env : the whole environment of the child
    timeout : seconds
    what : what the child does, for messages: "opening a mock n150"

    Raises
    ------
    BackendError
        The child failed or did not finish in time; with its last output.
    """
    with tempfile.TemporaryDirectory(prefix="tilelang-tt-") as folder:
        log = Path(folder, "output.log")
        with log.open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", module, *args],
                env={**env, "TT_METAL_LOGS_PATH": folder},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = child.wait(timeout)
            except subprocess.TimeoutExpired:
                raise BackendError(
                    f"{what} did not finish within {timeout:g} s.{_tail(log)}"
                ) from None
            finally:
                _end_group(child)
        if code != 0:
            reason = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            raise BackendError(f"{what} failed ({reason}).{_tail(log)}")


def _end_group(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def _tail(log: Path) -> str:
    """The reason TT-metal gave, if one is in the log, else the log's last lines."""
    lines = log.read_text(errors="replace").splitlines()
    fatal = [line for line in lines if "TT_FATAL:" in line or "TT_THROW:" in line]
    if fatal:
        return " TT-metal says: " + fatal[0].split("TT_FATAL:")[-1].split("TT_THROW:")[-1].strip()
    shown = [line for line in lines if line.strip()][-_LAST_LINES:]
    return " Its last output:\n" + "\n".join(shown) if shown else " It printed nothing."
