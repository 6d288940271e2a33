"""A device's firmware: the wheel's own where it has a build that fits, else compiled here.

TT-metal builds firmware like a kernel, one compile and one link for each processor. Only
the compile command says what device it is for, so where ready firmware will do, its
"object" is a note of that, and the link command then gets the wheel's program.

Ethernet processors always get ready firmware, of the nearest build: clang can't compile
Wormhole's start code for them, and the links between chips are not simulated.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from .config import Config
from .errors import Refused
from .flags import Command

_MAGIC = b"tilelang-tt firmware request\n"

# What a device's firmware depends on, as TT-metal's defines name it.
_BANKS = ("NUM_DRAM_BANKS", "NUM_L1_BANKS")
_DISPATCH = "DISPATCH_MESSAGE_ADDR"

# What TT-metal's watcher and assertions are compiled into firmware by; the wheel has none that is.
_CHECKS = ("WATCHER_ENABLED", "LIGHTWEIGHT_KERNEL_ASSERTS")

# TT-metal's folders for them: erisc, active_erisc, idle_erisc, subordinate_active_erisc, ...
_ETHERNET = "erisc"


def is_ready(command: Command, config: Config) -> bool:
    """Whether the firmware that a command compiles is taken from the wheel."""
    if _ETHERNET in Path(command.output).parent.name:
        return True
    if any(check in command.defines for check in _CHECKS):
        return False
    request = _request(command)
    return any(_fits(build, request, command) for build in config.firmware)


def write_request(command: Command) -> None:
    """Stand for an object: note what device the firmware is for."""
    Path(command.output).write_bytes(_MAGIC + json.dumps(_request(command)).encode())
    if command.dependencies:
        Path(command.dependencies).write_text(f"{command.output}:\n")


def hand_out(command: Command, config: Config) -> bool:
    """Answer a link command with ready firmware; False if it isn't for that."""
    requests = [data for data in map(_read, command.inputs) if data]
    if not requests:
        return False
    request = requests[0]
    processor = Path(command.output).name.split(".")[0]
    builds = sorted(config.firmware, key=lambda build: not _fits(build, request, command))
    for build in builds:
        ready = os.path.join(build["path"], processor, f"{processor}.elf")
        if _is_for(build, request, command) and os.path.exists(ready):
            shutil.copyfile(ready, command.output)
            return True
    raise Refused(f"ttnn's wheel has no ready {processor} firmware for a {command.arch}")


def _request(command: Command) -> dict[str, Any]:
    return {
        "banks": [int(command.defines[name]) for name in _BANKS],
        "dispatch": int(command.defines.get(_DISPATCH, "0"), 0),
    }


def _fits(build: dict[str, Any], request: dict[str, Any], command: Command) -> bool:
    return _is_for(build, request, command) and bool(request["banks"] == build["banks"])


def _is_for(build: dict[str, Any], request: dict[str, Any], command: Command) -> bool:
    """Whether a build is for this processor and dispatch, if not for this many banks."""
    # The address is loaded as LUI and a signed 12-bit rest, so its upper part is rounded.
    upper = (request["dispatch"] + 0x800 & 0xFFFFFFFF) >> 12
    return command.cpu.removesuffix("-tensix") == build["cpu"] and (
        not request["dispatch"] or upper in build["uppers"]
    )


def _read(path: str) -> dict[str, Any] | None:
    with open(path, "rb") as file:
        if file.read(len(_MAGIC)) == _MAGIC:
            request: dict[str, Any] = json.loads(file.read())
            return request
    return None
