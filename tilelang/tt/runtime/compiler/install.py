"""Putting the compiler into a runtime root: its script, its configuration, its objects."""

from __future__ import annotations

import hashlib
import json
import shlex
import struct
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from ...extras import install_command
from .. import BackendError
from ..jobs.mailbox import FILE as MAILBOXES
from ..root.ready_firmware import index_firmware
from .clang import support_command
from .config import COMPILER, OBJECTS, Config
from .elf import sections
from .errors import Refused
from .link import ALWAYS_LINKED

_PACKAGE = Path(__file__).parent

_NO_ZIGLANG = ("ziglang is not installed here", install_command("sim"))


def install(root: Path, ttnn: Path) -> None:
    """Put the compiler into a runtime root that is being made.

    Raises BackendError where ziglang is missing or can't build what programs are linked with.

    Parameters
    ----------
    root : the runtime root; its ``runtime/sfpi`` doesn't exist yet
    ttnn : the installed ttnn package
    """
    try:
        _install(root, ttnn)
    except Refused as refused:
        raise BackendError(str(refused)) from refused


def _install(root: Path, ttnn: Path) -> None:
    zig, hw = str(zig_executable()), ttnn / "tt_metal" / "hw"
    mailboxes = {}
    for arch in ("wormhole", "blackhole"):
        _build_objects(root / OBJECTS / arch, arch, zig, hw)
        mailboxes[arch] = _find_mailboxes(root / OBJECTS / arch, arch, zig, hw)
    (root / MAILBOXES).write_text(json.dumps(mailboxes))
    firmware = index_firmware(ttnn / "tt_metal" / "pre-compiled")
    Config(root, zig, version_line(), firmware).save()
    script = root / COMPILER
    script.parent.mkdir(parents=True)
    line = shlex.join([sys.executable, "-BSE", str(_PACKAGE)])
    # A root is made under another name and then renamed, so the script looks where it is now.
    script.write_text(f'#!/bin/sh\nexec {line} "${{0%/{COMPILER}}}" "$@"\n')
    script.chmod(0o755)


def _build_objects(folder: Path, arch: str, zig: str, hw: Path) -> None:
    folder.mkdir(parents=True)
    sources = {
        **{name: _PACKAGE / "support" / f"{name}.cpp" for name in ALWAYS_LINKED},
        "substitutes": hw / "toolchain" / "substitutes.cpp",
        "tdma_xmov": hw / "firmware" / "src" / "tt-1xx" / "tdma_xmov.c",
        "noc": hw / "firmware" / "src" / "tt-1xx" / arch / "noc.c",
    }
    for name, source in sources.items():
        _compile(support_command(zig, arch, source, folder / f"{name}.o", hw), source)


def _compile(command: list[str], source: Path) -> None:
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
    if result.returncode:
        raise Refused(f"{source}: clang failed:\n{result.stderr}")


def _find_mailboxes(folder: Path, arch: str, zig: str, hw: Path) -> list[int]:
    """The numbers of support/mailboxes.cpp, out of its object."""
    source, output = _PACKAGE / "support" / "mailboxes.cpp", folder / "mailboxes.o"
    _compile(support_command(zig, arch, source, output, hw), source)
    program = output.read_bytes()
    (data,) = (found for found in sections(program) if found.name == ".rodata.mailboxes")
    return list(struct.unpack_from(f"<{data.size // 4}I", program, data.offset))


def zig_executable() -> Path:
    """ziglang's executable; BackendError where the package isn't installed."""
    spec = find_spec("ziglang")
    if spec is None or spec.origin is None:
        raise BackendError(*_NO_ZIGLANG)
    return Path(spec.origin).with_name("zig")


def version_line() -> str:
    """What --version answers: it changes with whatever changes the code that comes out.

    Raises BackendError where ziglang isn't installed.
    """
    try:
        ziglang = version("ziglang")
    except PackageNotFoundError as error:
        raise BackendError(*_NO_ZIGLANG) from error
    sources = sorted(path for path in _PACKAGE.rglob("*") if path.suffix in (".py", ".h", ".cpp"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    return (
        f"riscv-tt-elf-g++ (tilelang-tt {digest}: clang of ziglang {ziglang} in SFPI's "
        "place, for simulators only) 1.0"
    )
