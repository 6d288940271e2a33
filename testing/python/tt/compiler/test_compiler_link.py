"""A linked program has none of the forms that a loader or a simulator gets wrong.

Each defect is shown first, on what lld makes of the same object without this package's
care, so that the care can go once the defect has.
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from tilelang.tt.runtime.compiler import elf
from tilelang.tt.runtime.compiler.config import Config
from tilelang.tt.runtime.compiler.flags import Command, parse
from tilelang.tt.runtime.compiler.link import link_command

pytestmark = pytest.mark.needs("wolfpine")

# A call, data and a division, and the mark that TT-metal's own kernels have (brisck.cc).
SOURCE = """
#include <cstdint>
extern uint32_t table[4];
uint32_t table[4] = {1, 2, 3, 4};
[[gnu::noinline]] uint32_t look_up(uint32_t i) { return table[i & 3] / i; }
extern "C" [[gnu::section(".start")]] void _start() {
    asm("0: .reloc 0b, R_RISCV_NONE, __global_pointer$");
    for (uint32_t i = 1; i < 5; ++i) table[i & 3] = look_up(i) + look_up(i + 1);
}
"""
ARCHES = {"wormhole": "tt-wh", "blackhole": "tt-bh"}


@pytest.fixture(params=ARCHES)
def linking(request, runtime_root: Path, tmp_path: Path, run_compiler) -> Command:
    """A link command for a compiled kernel, as TT-metal writes it."""
    arch, cpu = request.param, ARCHES[request.param]
    source, compiled = tmp_path / "kernel.cc", tmp_path / "kernel.o"
    source.write_text(SOURCE)
    result = run_compiler(
        "-Os", "-std=c++17", f"-mcpu={cpu}", "-c", "-o", str(compiled), str(source)
    )
    assert result.returncode == 0, result.stderr
    argv = [
        "-Wl,--defsym=__fw_export_text_end=0x5000",  # which firmware's symbols say else
        "-Wl,--defsym=__fw_export_ldm_end=0xffb00800",
        "-Wl,--defsym=__global_pointer$=0xffb00ff0",
        "-Wl,-z,max-page-size=16",
        "-Wl,-z,common-page-size=16",
        "-nostartfiles",
        f"-mcpu={cpu}",
        f"-T{runtime_root}/runtime/hw/toolchain/{arch}/kernel_brisc.ld",
        "-Wl,--emit-relocs",
        f"{runtime_root}/runtime/hw/lib/{arch}/noc.o",
        f"{runtime_root}/runtime/hw/lib/{arch}/substitutes.o",
        str(compiled),
        "-o",
        str(tmp_path / "kernel.elf"),
    ]
    command = parse(argv)
    command.argv = argv
    return command


def lld_alone(command: Command, root: Path, *more: str) -> bytearray:
    output = f"{command.output}.raw"
    argv = [*link_command(command, Config.load(root), output), *more]
    subprocess.run(argv, check=True, capture_output=True)
    return bytearray(Path(output).read_bytes())


def relocations_outside_of_their_section(program: bytes) -> list[tuple[int, int]]:
    found = elf.sections(program)
    outside = []
    for section in found:
        if section.name.startswith(".rela"):
            target = found[section.info]
            for at in range(section.offset, section.offset + section.size, 12):
                place, info = struct.unpack_from("<II", program, at)
                if not target.address <= place < target.address + target.size:
                    outside.append((place, info & 0xFF))
    return outside


def test_lld_leaves_an_empty_relocation_at_offset_0(linking: Command, runtime_root: Path) -> None:
    outside = relocations_outside_of_their_section(lld_alone(linking, runtime_root))
    assert outside
    assert set(outside) == {(0, 0)}


def test_a_linked_program_has_each_relocation_in_its_section(linking, run_compiler) -> None:
    result = run_compiler(*linking.argv)
    assert result.returncode == 0, result.stderr
    program = Path(linking.output).read_bytes()
    assert any(section.name == ".rela.text" for section in elf.sections(program))
    assert relocations_outside_of_their_section(program) == []


def test_without_relaxation_a_call_goes_through_the_register_that_it_writes(
    linking: Command, runtime_root: Path
) -> None:
    assert list(elf.unsafe_calls(lld_alone(linking, runtime_root, "--no-relax")))


def test_a_linked_program_has_no_such_call(linking, run_compiler) -> None:
    assert run_compiler(*linking.argv).returncode == 0
    assert list(elf.unsafe_calls(Path(linking.output).read_bytes())) == []


def test_a_program_that_still_has_such_a_call_is_refused_and_not_left(
    linking, run_compiler
) -> None:
    result = run_compiler("-Wl,--no-relax", *linking.argv)
    assert result.returncode == 1
    assert "jalr with rd == rs1" in result.stderr
    assert [path.name for path in Path(linking.output).parent.glob("*.elf*")] == []


def test_a_linked_program_has_no_divide_instruction_but_in_our_own_functions(
    linking, run_compiler
) -> None:
    assert run_compiler(*linking.argv).returncode == 0
    program = Path(linking.output).read_bytes()
    text = next(section for section in elf.sections(program) if section.name == ".text")
    words = struct.unpack_from(f"<{text.size // 4}I", program, text.offset)
    divides = {word >> 12 & 7 for word in words if word & 0xFE00007F == 0x02000033}
    assert divides <= {0, 3, 5, 7}  # mul and mulhu of the kernel's; divu and remu of division.cpp


def test_a_program_without_data_has_a_data_segment_all_the_same(linking, run_compiler) -> None:
    assert run_compiler(*linking.argv).returncode == 0
    program = Path(linking.output).read_bytes()
    table, entry, count = struct.unpack_from("<28xI10xHH", program)
    segments = [struct.unpack_from("<8I", program, table + i * entry) for i in range(count)]
    assert len([segment for segment in segments if segment[0] == 1]) == 2


@pytest.mark.parametrize(
    ("word", "is_unsafe"),
    [
        (0x000080E7, True),  # jalr ra, 0(ra)
        (0x008303E7, False),  # jalr t2, 8(t1)
        (0x00030367, True),  # jalr t1, 0(t1)
        (0x00008067, False),  # ret
        (0x000780E7, False),  # jalr ra, 0(a5)
        (0x00000067, False),  # jalr zero, 0(zero)
    ],
)
def test_a_call_is_unsafe_by_its_two_registers(word: int, is_unsafe: bool) -> None:
    names = b"\0.text\0.shstrtab\0"
    header = struct.pack(
        "<4sBBB9xHHIIIIIHHHHHH", b"\x7fELF", 1, 1, 1, 2, 243, 1, 0, 0, 128, 0, 52, 32, 0, 40, 3, 2
    )
    body = header.ljust(64, b"\0") + struct.pack("<I", word).ljust(16, b"\0") + names
    table = struct.pack("<10I", *[0] * 10)
    table += struct.pack("<10I", 1, 1, 6, 0x4000, 64, 4, 0, 0, 4, 0)
    table += struct.pack("<10I", 7, 3, 0, 0, 80, len(names), 0, 0, 1, 0)
    assert list(elf.unsafe_calls(body.ljust(128, b"\0") + table)) == [0x4000] * is_unsafe
