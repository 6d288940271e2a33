"""The ready firmware that ttnn's wheel carries, and what device each is for."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

# ELF32 little-endian (System V gABI): the section header table's place in the file header,
# then a section header (type, offset, size, link) and a symbol (name, size).
_SECTION_TABLE = struct.Struct("<32xI10xHH")
_SECTION = struct.Struct("<4xI8xIII12x")
_SYMBOL = struct.Struct("<I4xI4x")
_SYMBOL_TABLE = 2

# Tables of one 32-bit word a bank (dram) or of two 16-bit ones for two NoCs: 4 bytes a bank.
_BYTES_A_BANK = 4


def index_firmware(folder: Path) -> list[dict[str, Any]]:
    """One entry for each build in ``tt_metal/pre-compiled``: its path and bank counts."""
    index = []
    for build in sorted(folder.iterdir()):
        elf = build / "brisc" / "brisc.elf"
        if elf.is_file():
            sizes = symbol_sizes(elf.read_bytes())
            index.append(
                {
                    "path": str(build),
                    "dram_banks": sizes["dram_bank_to_noc_xy"] // _BYTES_A_BANK,
                    "l1_banks": sizes["l1_bank_to_noc_xy"] // _BYTES_A_BANK,
                }
            )
    return index


def symbol_sizes(elf: bytes) -> dict[str, int]:
    """The size in bytes of each symbol of a 32-bit ELF file."""
    table, entry_size, count = _SECTION_TABLE.unpack_from(elf)
    sections = [_SECTION.unpack_from(elf, table + i * entry_size) for i in range(count)]
    sizes = {}
    for kind, offset, size, link in sections:
        if kind != _SYMBOL_TABLE:
            continue
        names = sections[link][1]
        for position in range(offset, offset + size, _SYMBOL.size):
            name, symbol_size = _SYMBOL.unpack_from(elf, position)
            end = elf.index(b"\0", names + name)
            sizes[elf[names + name : end].decode()] = symbol_size
    return sizes
