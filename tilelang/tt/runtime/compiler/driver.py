"""Deciding what a command of TT-metal's asks for, and having it done."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .clang import compile_file, waypoints
from .config import Config
from .errors import Refused
from .firmware import hand_out, is_ready, write_request
from .flags import parse
from .link import link

_NAME = "tilelang-tt compiler"


def main(root: str, argv: list[str]) -> int:
    """Carry out one command; the exit code, with errors on stderr."""
    config = Config.load(root)
    if "--version" in argv:
        # TT-metal keeps apart what compilers of different answers made.
        print(config.version + ("" if waypoints() else ", without waypoints"))
        return 0
    try:
        _run(argv, config)
    except Refused as refused:
        print(f"{_NAME}: error: {refused}", file=sys.stderr)
        return 1
    return 0


#: What TT-metal has firmware compiled with, and kernels only where someone asks for it.
_FOR_SIZE = "-Os"

#: What says that no card runs what is compiled: a simulator does, or, of a mock, nothing.
_NO_CARD = ("TT_METAL_SIMULATOR", "TT_METAL_MOCK_CLUSTER_DESC_PATH")


def _run(argv: list[str], config: Config) -> None:
    if not any(os.environ.get(name) for name in _NO_CARD):
        raise Refused(
            "this is a simulator's compiler, and TT_METAL_SIMULATOR names none; "
            "for a card install SFPI"
        )
    command = parse(argv)
    if not command.compiles and not command.is_header:
        if not hand_out(command, config):
            link(command, config)
    elif command.is_firmware and not command.is_header and is_ready(command, config):
        write_request(command)
    elif command.is_header and _FOR_SIZE in command.compile_args:
        # TT-metal's for firmware, which is ready, or has none (clang.py). Each would take a second.
        Path(command.output).write_bytes(b"")
    else:
        compile_file(command, config)
