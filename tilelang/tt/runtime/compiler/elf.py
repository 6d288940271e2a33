"""32-bit little-endian RISC-V ELF files: reading them, and putting right what lld linked.

Two things have to be looked at in a program that --emit-relocs was asked for:

* TT-metal's kernels hold a ``.reloc 0b, R_RISCV_NONE, __global_pointer$``. GNU's ld keeps its
  place, lld leaves it at offset 0, and TT-metal's loader wants each entry of .rela.text inside
  of .text ("relocation @ 0x0 is outside of section"). Such entries get .text's own address.
* A call must not be ``jalr rd, offset(rs1)`` with rd and rs1 the same register: wolfpine 2.2
  writes rd before it reads rs1. Relaxation turns such calls into ``jal``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

# System V gABI: the file header, up to and with the section table's place; a section header.
_FILE_HEADER = struct.Struct("<4sBB26xI10xHHH")
_SECTION = struct.Struct("<10I")
_SYMBOL = struct.Struct("<I4xI4x")
_RELA = struct.Struct("<IIi")

_ELF32, _LITTLE_ENDIAN = 1, 1
_SHT_SYMTAB = 2
_SHT_RELA = 4
_SHF_EXECINSTR = 4
_SHT_PROGBITS = 1
_R_RISCV_NONE = 0

_JALR = 0x67
_AUIPC = 0x17


class Section(NamedTuple):
    """A section header, of which this package needs these fields."""

    name: str
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int


def sections(elf: bytes | bytearray) -> list[Section]:
    """The sections of an ELF file; ValueError for one of another kind."""
    magic, width, order, table, entry_size, count, names = _FILE_HEADER.unpack_from(elf)
    if (magic, width, order) != (b"\x7fELF", _ELF32, _LITTLE_ENDIAN):
        raise ValueError("found another kind of file; expected a 32-bit little-endian ELF file")
    headers = [_SECTION.unpack_from(elf, table + i * entry_size) for i in range(count)]
    strings = headers[names][4]
    result = []
    for name, kind, flags, address, offset, size, link, info, _, _ in headers:
        text = _string(elf, strings + name)
        result.append(Section(text, kind, flags, address, offset, size, link, info))
    return result


def _string(elf: bytes | bytearray, start: int) -> str:
    return bytes(elf[start : elf.index(0, start)]).decode()


def symbol_sizes(elf: bytes) -> dict[str, int]:
    """The size in bytes of each symbol."""
    found = sections(elf)
    sizes = {}
    for table in found:
        if table.kind == _SHT_SYMTAB:
            names = found[table.link].offset
            for position in range(table.offset, table.offset + table.size, _SYMBOL.size):
                name, size = _SYMBOL.unpack_from(elf, position)
                sizes[_string(elf, names + name)] = size
    return sizes


def give_addresses_to_none_relocations(elf: bytearray) -> int:
    """Put R_RISCV_NONE entries inside of the section they belong to; returns how many."""
    found = sections(elf)
    moved = 0
    for section in found:
        if section.kind != _SHT_RELA:
            continue
        target = found[section.info]
        inside = range(target.address, target.address + max(target.size, 1))
        for position in range(section.offset, section.offset + section.size, _RELA.size):
            place, info, addend = _RELA.unpack_from(elf, position)
            if info & 0xFF == _R_RISCV_NONE and place not in inside:
                _RELA.pack_into(elf, position, target.address, info, addend)
                moved += 1
    return moved


def unsafe_calls(elf: bytes | bytearray) -> Iterator[int]:
    """The addresses of calls through the register that they write: jalr with rd == rs1.

    Tensix instructions stand among RISC-V's in a TRISC's code. The low two bits of theirs
    aren't both set, so none is taken for a jalr.
    """
    for section in sections(elf):
        if section.kind != _SHT_PROGBITS or not section.flags & _SHF_EXECINSTR:
            continue
        words = struct.unpack_from(f"<{section.size // 4}I", elf, section.offset)
        for i, word in enumerate(words):
            rd, rs1 = word >> 7 & 31, word >> 15 & 31
            if word & 0x707F == _JALR and rd == rs1 != 0:
                yield section.address + 4 * i
