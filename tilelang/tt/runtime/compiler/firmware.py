"""A device's firmware: ttnn's wheel has it ready, for devices of so many banks.

TT-metal builds firmware like a kernel, one compile and one link for each processor. Only
the compile command says what device it is for, so its "object" is a note of that, and the
link command then gets the wheel's program that was built for the same.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .config import Config
from .elf import sections
from .errors import Refused
from .flags import Command

_MAGIC = b"tilelang-tt firmware request\n"

# What a device's firmware depends on, as TT-metal's defines name it.
_BANKS = ("NUM_DRAM_BANKS", "NUM_L1_BANKS")
_DISPATCH = "DISPATCH_MESSAGE_ADDR"

_LUI = 0x37


def index(folder: Path, bank_counts: Callable[[bytes], tuple[int, int]]) -> list[dict[str, Any]]:
    """One entry for each build in ``tt_metal/pre-compiled``.

    bank_counts : from the bytes of a brisc.elf to its (DRAM, L1) bank counts
    """
    entries = []
    for build in sorted(folder.iterdir()):
        path = build / "brisc" / "brisc.elf"
        if not path.is_file():
            continue
        program = path.read_bytes()
        cpu = re.search(rb"-mcpu=(tt-\w+)", program)
        entries.append(
            {
                "path": str(build),
                "cpu": cpu[1].decode() if cpu else "",
                "banks": list(bank_counts(program)),
                "uppers": sorted(_loaded_uppers(program)),
            }
        )
    return entries


def _loaded_uppers(program: bytes) -> set[int]:
    """The upper parts of the register addresses (0xff...) that a program's text loads."""
    text = next(section for section in sections(program) if section.name == ".text")
    words = struct.unpack_from(f"<{text.size // 4}I", program, text.offset)
    return {word >> 12 for word in words if word & 0x7F == _LUI and word >> 24 == 0xFF}


def write_request(command: Command) -> None:
    """Stand for an object: note what device the firmware is for."""
    request = {
        "banks": [int(command.defines[name]) for name in _BANKS],
        "dispatch": int(command.defines.get(_DISPATCH, "0"), 0),
    }
    Path(command.output).write_bytes(_MAGIC + json.dumps(request).encode())
    if command.dependencies:
        Path(command.dependencies).write_text(f"{command.output}:\n")


def hand_out(command: Command, config: Config) -> bool:
    """Answer a link command with ready firmware; False if it isn't for firmware."""
    requests = [data for data in map(_read, command.inputs) if data]
    if not requests:
        return False
    request = requests[0]
    processor = Path(command.output).name.split(".")[0]
    for build in config.firmware:
        ready = os.path.join(build["path"], processor, f"{processor}.elf")
        if _fits(build, request, command) and os.path.exists(ready):
            shutil.copyfile(ready, command.output)
            return True
    dram, l1 = request["banks"]
    raise Refused(
        f"ttnn's wheel has no ready {processor} firmware for a {command.arch} with {dram} DRAM "
        f"and {l1} L1 banks, and this compiler builds none"
    )


def _fits(build: dict[str, Any], request: dict[str, Any], command: Command) -> bool:
    # The address is loaded as LUI and a signed 12-bit rest, so its upper part is rounded.
    upper = (request["dispatch"] + 0x800 & 0xFFFFFFFF) >> 12
    return (
        command.cpu.removesuffix("-tensix") == build["cpu"]
        and request["banks"] == build["banks"]
        and (not request["dispatch"] or upper in build["uppers"])
    )


def _read(path: str) -> dict[str, Any] | None:
    with open(path, "rb") as file:
        if file.read(len(_MAGIC)) == _MAGIC:
            return json.loads(file.read())
    return None
