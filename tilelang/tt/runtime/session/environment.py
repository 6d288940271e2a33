"""The environment of a process that opens a device of ours."""

from __future__ import annotations

import os
from pathlib import Path

from ..root.cache import part

# TT_METAL_*, TT_SIM*, TT_LOGGER_*, TT_VISIBLE_DEVICES and the like, and the simulator's socket.
_OF_TT_METAL = ("TT_", "NNG_SOCKET", "WOLFPINE_")


def clean_environment(root: Path) -> dict[str, str]:
    """This process's environment without TT-metal's variables, and with a runtime root.

    What is left over in the user's shell would open another device than the one asked for.
    """
    env = {key: value for key, value in os.environ.items() if not key.startswith(_OF_TT_METAL)}
    return {**env, "TT_METAL_RUNTIME_ROOT": str(root), "TT_LOGGER_LEVEL": "error"}


def folder_variables(folder: Path) -> dict[str, str]:
    """Variables that keep what TT-metal and its libraries write in folders of ours, and quiet.

    ttnn ends with SIGSEGV where there is no HOME, and some homes can't be written to. The one in
    the cache stays, since what a simulator and a compiler keep there saves seconds the next time.
    """
    home = part("home")
    return {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "TT_METAL_LOGS_PATH": str(folder),
        "TMPDIR": str(folder),
        "LOGURU_LEVEL": "WARNING",
    }


#: A device's process moves tensors through memory that it needs for a moment. By default glibc asks
#: the kernel for each piece above 32 MiB and gives it back; that pages of it are filled with zeros
#: once more costs as much as all else that is done to a large tensor. What it has had, it keeps,
#: but for what is free above the last piece that is used, of which 1 GiB.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**30)}
