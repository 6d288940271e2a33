"""Compiling one file with ziglang's clang."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from .config import Config
from .errors import Refused
from .flags import Command
from .vectors import DoesNotFit, assemble, source_of

HEADERS = Path(__file__).with_name("headers")
_CORE_HEADER = str(HEADERS / "baby_core.h")

# RV32IM is what the baby RISC-V cores of both architectures have in common. Programs leave the
# divide instructions out, and call support/division.cpp, which has the reason.
_TARGET = ["--target=riscv32-unknown-linux-musl", "-mabi=ilp32", "-mrelax"]
_PROGRAM, _SUPPORT = "-march=rv32i_zmmul", "-march=rv32im"
# For a TRISC, to assembly: floating-point registers stand for the vector unit's (vectors.py).
# No simulator has SFPLOADMACRO, and TT-metal's functions have another way without it.
_VECTORS = ["-march=rv32if_zmmul", "-DDISABLE_SFPLOADMACRO=1"]

_CODE = [
    "--no-default-config",
    "-ffreestanding",
    "-fno-pic",
    "-fno-pie",
    "-fno-stack-protector",
    "-fno-threadsafe-statics",
    "-fno-asynchronous-unwind-tables",
    # Their addresses are relocations of data, which TT-metal's loader has no place for.
    "-fno-jump-tables",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wno-everything",
    "-Wno-missing-template-arg-list-after-template-kw",
]

# Where ziglang keeps C++'s and C's headers, below its lib folder; first found is first used.
_SYSTEM_HEADERS = [
    "libcxx/include",
    "libcxxabi/include",
    "include",
    "libc/include/riscv32-linux-musl",
    "libc/include/generic-musl",
]


def compile_command(command: Command, config: Config) -> list[str]:
    """clang's command line for one of TT-metal's."""
    machine = _VECTORS if _has_vectors(command) else [_PROGRAM]
    args = [*_base_command(config.zig), *machine, "--driver-mode=g++"]
    args += ["-isystem", str(HEADERS / "sfpi"), *_includes(command)]
    if not command.is_tensix:
        # Else a loop becomes a call of memcpy. A TRISC has to have 4-byte copies as plain loads.
        args.append("-fno-builtin")
    # A precompiled header is good for the same contents. Times say nothing of them: TT-metal
    # writes its header anew in each process, and reinstalling a wheel changes times too.
    args += ["-Xclang", "-fno-pch-timestamp", "-Xclang", "-fvalidate-ast-input-files-content"]
    args += command.compile_args
    if command.is_header:
        args += ["-x", "c++-header"]
    elif command.is_firmware:
        # clang's -O3 doesn't fit into the 0x600 bytes of a TRISC's firmware. Kernels have names of
        # its data that it doesn't use itself, and which the linker drops by the section.
        args += ["-Oz", "-fno-data-sections"]
    if command.is_header or not _has_vectors(command):
        args += [] if command.is_header else ["-c"]
        return [*args, *command.inputs, "-o", command.output]
    if command.dependencies:
        args += ["-MT", command.output]
    return [*args, "-S", *command.inputs, "-o", "-"]


def _has_vectors(command: Command) -> bool:
    return command.is_tensix and not command.is_firmware


def waypoints() -> bool:
    """Whether kernels say what they wait for. It costs a store a wait; 0 is for counting cycles."""
    return os.environ.get("TILELANG_TT_WAYPOINTS") != "0"


def _includes(command: Command) -> list[str]:
    """What is included before the file, in order. A precompiled header must be the first."""
    args: list[str] = []
    headers = [_CORE_HEADER, *command.includes]
    if command.is_tensix and not command.is_header:
        headers.append(str(HEADERS / "ttinsn.h"))
    if command.is_firmware and not command.is_header:
        headers.append(str(HEADERS / "firmware.h"))
    if command.is_kernel and not command.is_header and waypoints():
        headers.append(str(HEADERS / "waypoints.h"))
    for header in headers:
        precompiled = f"{header}.gch"
        # Firmware is optimised for size, which a precompiled header would have to be too; one that
        # was asked for so is empty (driver.py).
        usable = header in command.includes and not command.is_firmware
        if usable and os.path.exists(precompiled) and os.path.getsize(precompiled):
            args = ["-include-pch", precompiled, *args]
        else:
            args += ["-include", header]
    return args


def support_command(zig: str, arch: str, source: Path, output: Path, hw: Path) -> list[str]:
    """clang's command line for an object that programs are linked with.

    arch : "wormhole" or "blackhole"
    hw : the wheel's folder tt_metal/hw
    """
    args = [*_base_command(zig), _SUPPORT, "-include", _CORE_HEADER, "-Os", "-fno-builtin"]
    args += [f"-DARCH_{arch.upper()}", "-DTENSIX_FIRMWARE"]
    chip = hw / "inc" / "internal" / "tt-1xx" / arch
    shared = hw.parent / "hostdevcommon" / "api"
    for folder in (hw / "inc", chip, chip / "noc", chip / f"{arch}_b0_defines", shared):
        args += ["-I", str(folder)]
    # SFPI compiles TT-metal's .c files as C++ too.
    return [*args, "-x", "c++", "-std=c++20", "-c", str(source), "-o", str(output)]


def _base_command(zig: str) -> list[str]:
    args = [zig, "clang", *_TARGET, *_CODE, "-nostdinc", "-nostdinc++"]
    for folder in _SYSTEM_HEADERS:
        args += ["-isystem", os.path.join(os.path.dirname(zig), "lib", folder)]
    return args


def compile_file(command: Command, config: Config) -> None:
    """Compile; raises Refused with clang's words, or with one line for what needs SFPI."""
    args = compile_command(command, config)
    listing = _run(args)
    if not _has_vectors(command) or command.is_header:
        return
    assembler = [*_base_command(config.zig), _PROGRAM]
    try:
        assemble(listing, assembler, command.output)
    except DoesNotFit:
        raise Refused(_what_does_not_fit(args, assembler)) from None


def _what_does_not_fit(args: list[str], assembler: list[str]) -> str:
    """What to say. Lines of the source cost time, so they are asked for only now."""
    listing, place = _run([*args, "-gline-tables-only"]), None
    try:
        assemble(listing, assembler, os.devnull)
    except DoesNotFit as wrong:
        place = source_of(listing, wrong.line)
    return (
        f"the code at {place or 'an unknown line'} needs more vectors at once than the vector unit "
        "(SFPU) has registers (8), or computes with a scalar float; without SFPI neither can be "
        "compiled"
    )


def _run(args: list[str]) -> str:
    """Run clang; what it printed. Raises Refused with its errors."""
    result = subprocess.run(args, capture_output=True, text=True, errors="replace")
    if result.returncode:
        raise Refused(needs_sfpi(result.stderr) or f"clang failed:\n{result.stderr}")
    sys.stderr.write(result.stderr)
    return result.stdout


# Errors that name what only SFPI's headers and its compiler have.
_SFPI_ONLY = re.compile(
    r"^(?P<file>[^\n:]+):(?P<line>\d+):\d+: (?:fatal )?error: [^\n]*?"
    r"(?P<name>\bsfpi_inline\b|\bv(?:Float|Int|UInt|Mag|SMag)(?:16[ab])?\b|\b[dl]st_reg\b|\bl_reg\b"
    r"|\bv_(?:if|elseif|else|endif|block|and)\b|\b__builtin_rvtt_\w+|'\w+' in namespace 'sfpi'"
    r"|\bnamespace name 'sfpi'|'sfpi\w*\.h')",
    re.MULTILINE,
)
_INCLUDED_FROM = re.compile(r"^In file included from (?P<file>[^\n]+\.cpp):\d+[:,]", re.MULTILINE)


def needs_sfpi(errors: str) -> str | None:
    """One line instead of clang's many, if they come from code for the vector unit (SFPU)."""
    found = _SFPI_ONLY.search(errors)
    if not found:
        return None
    kernels = [name for name in _INCLUDED_FROM.findall(errors) if "chlkc_" not in name]
    kernel = os.path.basename(kernels[-1]) if kernels else "the kernel"
    place = f"{os.path.basename(found['file'])}:{found['line']}"
    return (
        f"{kernel} uses the vector unit (SFPU) through SFPI's C++ ({found['name']} at {place}) in "
        "a way that only SFPI's compiler has"
    )
