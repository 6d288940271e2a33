"""The runtime root: the folder that TT-metal runs from, with a compiler of our own in it.

``open_device`` wants a RISC-V compiler under its root, also for a device that runs
nothing. A root is a folder of links to the installed ttnn, in the user's cache folder, so
that site-packages stay as pip left them.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from errno import EACCES
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout
from platformdirs import user_cache_path

from . import BackendError, mock_compiler
from .compiler.config import COMPILER
from .firmware import index_firmware
from .installed import ttnn_folder, ttnn_version

# Where TT-metal looks for SFPI (jit_build/build.cpp) if its root has none.
_SYSTEM_SFPI = Path("/opt/tenstorrent/sfpi")


def cache_folder() -> Path:
    """The user's cache folder for this package; TILELANG_TT_CACHE names another."""
    named = os.environ.get("TILELANG_TT_CACHE")
    folder = Path(named) if named else user_cache_path("tilelang-tt", appauthor=False)
    return folder.absolute()  # device processes work in a folder of their own


def _device_cache() -> Path:
    """The cache folder, for what TT-metal runs: its build commands stop at a space in a path."""
    folder = cache_folder()
    if " " in str(folder):
        raise BackendError(
            f"{folder}: found a cache folder with a space in its path; expected none, since "
            "TT-metal's build commands stop there",
            "export TILELANG_TT_CACHE=<another folder>",
        )
    return folder


def kernel_cache(root: str, device: str) -> Path:
    """The folder, made here, where TT-metal keeps what a root's compiler makes for a device.

    It is for ``TT_METAL_CACHE`` of a backend's environment, of which each session takes a part
    for itself (:func:`claim_kernel_cache`). Raises BackendError where it can't be written to.
    """
    folder = _device_cache() / "kernels" / root / device
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    if not os.access(folder, os.W_OK):
        raise _unwritable(folder, PermissionError(EACCES, os.strerror(EACCES)))
    return folder


def claim_kernel_cache(folder: Path) -> tuple[Path, BaseFileLock]:
    """A part of a kernel cache that no other open session has, and the lock to release.

    TT-metal writes the sources of a kernel into its cache and compiles them there, and a second
    process that does so at the same time finds them half written. The first part that is free is
    taken, so that sessions one after the other find what was compiled before.
    """
    for number in itertools.count():
        # A session may be closed by another thread than the one that opened it.
        lock = FileLock(folder / f"{number}.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        return folder / str(number), lock
    raise AssertionError  # the count has no end


def clear_cache() -> None:
    """Remove the runtime roots and the compiled kernels; they are made again when needed.

    Raises BackendError where they can't be removed.
    """
    for name in ("roots", "kernels"):
        folder = cache_folder() / name
        try:
            if folder.exists():
                shutil.rmtree(folder)
        except OSError as error:
            raise BackendError(
                f"{error.filename}: {error.strerror}; expected to be able to remove it"
            ) from error


def mock_root() -> Path:
    """The root for mock clusters, made on first use.

    Raises BackendError where ttnn is missing or the cache folder can't be written to.
    """
    return _root("mock", [], _install_mock_compiler)


def simulator_root() -> Path:
    """The root for simulators, made on first use: with SFPI where it is, else with our compiler.

    Raises BackendError where ttnn or a compiler is missing or the cache folder can't be
    written to.
    """
    if _sfpi() is not None:
        return _root("sfpi", [str(_sfpi())], _link_sfpi)
    from .compiler import install

    return _root("zig", [install.version_line()], install.install)


def compiler_name() -> str:
    """What builds the kernels that simulators run."""
    if _sfpi() is not None:
        return f"SFPI ({_sfpi()})"
    from .compiler import install

    return install.version_line()


def _sfpi() -> Path | None:
    for sfpi in (ttnn_folder() / "runtime" / "sfpi", _SYSTEM_SFPI):
        if (sfpi / "compiler" / "bin" / "riscv-tt-elf-g++").is_file():
            return sfpi
    return None


def _root(kind: str, depends_on: Sequence[str], install: Callable[[Path, Path], None]) -> Path:
    ttnn = ttnn_folder()
    # Whatever the root's links and scripts name and are made by is in its key, so that none
    # goes stale.
    here = Path(__file__).parent
    makers = [here / f"{name}.py" for name in ("root", "firmware", "mock_compiler")]
    names = [ttnn_version(), str(ttnn), sys.executable, str(here), *depends_on]
    names += [maker.read_text() for maker in makers]
    key = hashlib.sha256("\0".join(names).encode()).hexdigest()[:16]
    root = _device_cache() / "roots" / f"ttnn-{ttnn_version()}-{kind}-{key}"
    if not root.is_dir():
        try:
            _build(root, ttnn, install)
        except OSError as error:
            if not str(error.filename or root).startswith(str(cache_folder())):
                raise BackendError(
                    f"{error.filename}: {error.strerror}; expected what its package brings",
                    "install that package again: pip install --force-reinstall <package>",
                ) from error
            raise _unwritable(root, error) from error
    return root


def _unwritable(folder: Path, error: OSError) -> BackendError:
    return BackendError(
        f"{error.filename or folder}: {error.strerror}; expected a cache folder to write to",
        "export TILELANG_TT_CACHE=<another folder>",
    )


def _build(root: Path, ttnn: Path, install: Callable[[Path, Path], None]) -> None:
    """Build beside the root and rename, so that two processes can race."""
    root.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=root.parent, prefix=".draft-"))
    try:
        _link_children(ttnn, draft, leave_out="runtime")
        (draft / "runtime").mkdir()
        _link_children(ttnn / "runtime", draft / "runtime", leave_out="sfpi")
        install(draft, ttnn)
        try:
            draft.rename(root)
        except OSError:
            if not root.is_dir():  # else another process has built the same
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _install_mock_compiler(root: Path, ttnn: Path) -> None:
    compiler = root / COMPILER
    compiler.parent.mkdir(parents=True)
    command = shlex.join([sys.executable, "-SE", mock_compiler.__file__])
    compiler.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    compiler.chmod(0o755)
    index = index_firmware(ttnn / "tt_metal" / "pre-compiled")
    (root / mock_compiler.INDEX).write_text(json.dumps(index))


def _link_sfpi(root: Path, ttnn: Path) -> None:
    sfpi = _sfpi()
    assert sfpi is not None
    (root / "runtime" / "sfpi").symlink_to(sfpi)


def _link_children(source: Path, target: Path, leave_out: str) -> None:
    for child in source.iterdir():
        if child.name != leave_out:
            (target / child.name).symlink_to(child)
