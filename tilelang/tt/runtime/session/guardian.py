"""The process that cleans up after a session, or a command, however it ends.

    python -SE guardian.py LIFELINE_FD PROCESS_GROUP FOLDER

It waits until the other end of the lifeline, a pipe that only the session's parent
holds, is closed: by the parent, or by the parent's death, even by SIGKILL. Then it ends
the device's process group and the simulator, which TT-metal starts in a group of its
own, and removes the session's folder. Group 0 is none: a command of the user's own is in a group
with others.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys

#: The file in the session's folder where the simulator's process id is.
SIMULATOR_PID = "simulator.pid"


def main(lifeline: str, group: str, folder: str) -> None:
    while os.read(int(lifeline), 1):
        pass
    end_session(int(group), folder)


def end_session(group: int, folder: str) -> None:
    """End a session's processes and remove its folder; what is gone already is no error."""
    if group:
        end_group(group)
    simulator = simulator_pid(folder)
    if simulator is not None:
        end_group(simulator)
    shutil.rmtree(folder, ignore_errors=True)


def simulator_pid(folder: str) -> int | None:
    """The simulator's process id, once it has written it."""
    try:
        with open(os.path.join(folder, SIMULATOR_PID)) as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


def end_group(group: int) -> None:
    """End a process group; one that is gone already is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    # Ctrl-C is for the parent, whose end is what this waits for.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main(*sys.argv[1:])
