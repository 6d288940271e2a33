"""The ready firmware that ttnn's wheel carries, and what device each build is for."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

from ..compiler.elf import sections, symbol_sizes

# The firmware's tables of banks; each has 4 bytes a bank (two NoCs' 16-bit coordinates).
_DRAM_TABLE, _L1_TABLE = "dram_bank_to_noc_xy", "l1_bank_to_noc_xy"
_BYTES_A_BANK = 4

_LUI = 0x37


def index_firmware(folder: Path) -> list[dict[str, Any]]:
    """One entry for each build in ``tt_metal/pre-compiled``.

    Its path; ``cpu``, the processor it was compiled for; ``banks``, how many of DRAM and of L1
    it has tables for; ``uppers``, the upper parts of the register addresses that it loads.
    """
    index = []
    for build in sorted(folder.iterdir()):
        elf = build / "brisc" / "brisc.elf"
        if not elf.is_file():
            continue
        program = elf.read_bytes()
        cpu = re.search(rb"-mcpu=(tt-\w+)", program)
        sizes = symbol_sizes(program)
        index.append(
            {
                "path": str(build),
                "cpu": cpu[1].decode() if cpu else "",
                "banks": [sizes[table] // _BYTES_A_BANK for table in (_DRAM_TABLE, _L1_TABLE)],
                "uppers": sorted(_loaded_uppers(program)),
            }
        )
    return index


def _loaded_uppers(program: bytes) -> set[int]:
    """The upper parts of the register addresses (0xff...) that a program's text loads."""
    text = next(section for section in sections(program) if section.name == ".text")
    words = struct.unpack_from(f"<{text.size // 4}I", program, text.offset)
    return {word >> 12 for word in words if word & 0x7F == _LUI and word >> 24 == 0xFF}
