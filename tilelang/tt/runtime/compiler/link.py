"""Linking with ziglang's lld."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from . import elf
from .config import Config
from .errors import Refused
from .flags import Command

# The objects of the wheel's runtime/hw/lib/<arch> that hold GCC's intermediate code (LTO).
_GCC_ONLY = {"substitutes", "noc", "tdma_xmov"}

#: This package's own objects (support/), which every program is linked with.
ALWAYS_LINKED = ("data_segment", "division", "memory")


def link_command(command: Command, config: Config, output: str) -> list[str]:
    """lld's command line for a link command of TT-metal's."""
    args = [config.zig, "ld.lld", "-m", "elf32lriscv", "--gc-sections", *command.link_args]
    args += [_in_place_of(path, command.arch, config) for path in command.inputs]
    args += [str(config.object(command.arch, name)) for name in ALWAYS_LINKED]
    return [*args, "-o", output]


def _in_place_of(path: str, arch: str, config: Config) -> str:
    name = Path(path).stem
    if name not in _GCC_ONLY or Path(path).parent.parent.name != "lib":
        return path
    return str(config.object(arch, name))


def link(command: Command, config: Config) -> None:
    """Link, put the program right, and only then give it its name."""
    draft = f"{command.output}.{os.getpid()}.lld"
    try:
        result = subprocess.run(
            link_command(command, config, draft),
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        if result.returncode:
            raise Refused(f"lld failed:\n{result.stderr}")
        program = bytearray(Path(draft).read_bytes())
        elf.give_addresses_to_none_relocations(program)
        unsafe = [hex(address) for address in elf.unsafe_calls(program)]
        if unsafe:
            raise Refused(
                f"{command.output}: found jalr with rd == rs1 at {', '.join(unsafe)}, which "
                "wolfpine runs wrongly; expected relaxation to make it a jal"
            )
        Path(draft).write_bytes(program)
        os.replace(draft, command.output)
    finally:
        if os.path.exists(draft):
            os.unlink(draft)
