"""What install.py tells the compiler: a JSON file in the runtime root."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

_NAME = "compiler.json"

#: Where TT-metal looks for the compiler below its root (jit_build/build.cpp).
COMPILER = "runtime/sfpi/compiler/bin/riscv-tt-elf-g++"

#: Where a root has the objects that take the place of SFPI's.
OBJECTS = "runtime/sfpi/lib"


class Config(NamedTuple):
    """Where things are, and which ready firmware there is."""

    #: The runtime root.
    root: Path
    #: The zig executable of the ziglang package.
    zig: str
    #: The line that --version answers; TT-metal's kernel cache depends on it.
    version: str
    #: The ready firmware: see root/ready_firmware.py.
    firmware: list[dict[str, Any]]

    @staticmethod
    def load(root: str | Path) -> Config:
        return Config(Path(root), **json.loads(Path(root, _NAME).read_text()))

    def save(self) -> None:
        entries = {"zig": self.zig, "version": self.version, "firmware": self.firmware}
        (self.root / _NAME).write_text(json.dumps(entries))

    def object(self, arch: str, name: str) -> Path:
        return self.root / OBJECTS / arch / f"{name}.o"
