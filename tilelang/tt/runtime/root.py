"""The runtime root: the folder that TT-metal runs from, with a compiler of our own in it.

``open_device`` wants a RISC-V compiler under its root, also for a device that runs
nothing. The root is a folder of links to the installed ttnn, in the user's cache
folder, so that site-packages stays as pip left it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_cache_path

from . import BackendError, mock_compiler
from .firmware import index_firmware
from .live import NO_TTNN, ttnn_version

# Where TT-metal looks for the compiler (jit_build/build.cpp) below its root.
_COMPILER = "runtime/sfpi/compiler/bin/riscv-tt-elf-g++"


def cache_folder() -> Path:
    """The user's cache folder for this package; TILELANG_TT_CACHE names another."""
    named = os.environ.get("TILELANG_TT_CACHE")
    return Path(named) if named else user_cache_path("tilelang-tt", appauthor=False)


def mock_runtime_root() -> Path:
    """The runtime root for mock clusters, made on first use.

    Raises BackendError where ttnn is missing or the cache folder can't be written.
    """
    spec = find_spec("ttnn")
    if spec is None or spec.origin is None:
        raise BackendError(NO_TTNN)
    ttnn = Path(spec.origin).resolve().parent
    # Whatever the links and the compiler's script name is in the key, so that none goes stale.
    names = [ttnn_version(), str(ttnn), sys.executable, mock_compiler.__file__]
    key = hashlib.sha256("\0".join(names).encode()).hexdigest()[:16]
    root = cache_folder() / "roots" / f"ttnn-{ttnn_version()}-mock-{key}"
    if not root.is_dir():
        try:
            _build(root, ttnn)
        except OSError as error:
            raise BackendError(
                f"{error.filename or root}: {error.strerror}; expected a cache folder to write "
                "to. TILELANG_TT_CACHE names another"
            ) from error
    return root


def _build(root: Path, ttnn: Path) -> None:
    """Build beside the root and rename, so that two processes can race."""
    root.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=root.parent, prefix=".draft-"))
    try:
        _link_children(ttnn, draft, leave_out={"runtime"})
        (draft / "runtime").mkdir()
        _link_children(ttnn / "runtime", draft / "runtime", leave_out={"sfpi"})
        compiler = draft / _COMPILER
        compiler.parent.mkdir(parents=True)
        command = shlex.join([sys.executable, "-SE", mock_compiler.__file__])
        compiler.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        compiler.chmod(0o755)
        index = index_firmware(ttnn / "tt_metal" / "pre-compiled")
        (draft / mock_compiler.INDEX).write_text(json.dumps(index))
        try:
            draft.rename(root)
        except OSError:
            if not root.is_dir():  # else another process has built the same
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _link_children(source: Path, target: Path, leave_out: set[str]) -> None:
    for child in source.iterdir():
        if child.name not in leave_out:
            (target / child.name).symlink_to(child)
