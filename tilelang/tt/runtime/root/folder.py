"""The runtime root: the folder that TT-metal runs from, with a compiler of our own in it.

``open_device`` wants a RISC-V compiler under its root, also for a device that runs
nothing. A root is a folder of links to the installed ttnn, in the user's cache folder, so
that site-packages stay as pip left them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .. import BackendError
from ..compiler.config import COMPILER
from . import mock_compiler, ready_firmware, sfpi
from .cache import device_cache, part, unwritable
from .installed import ttnn_folder, ttnn_version


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
    from ..compiler import install

    return _root("zig", [install.version_line()], install.install)


def compiler_name() -> str:
    """What builds the kernels that simulators run."""
    if _sfpi() is not None:
        return f"SFPI ({_sfpi()})"
    from ..compiler import install

    return install.version_line()


def _sfpi() -> Path | None:
    """SFPI's folder, if it is there. Raises BackendError where a place without it is named."""
    found, named = sfpi.found(ttnn_folder()), os.environ.get(sfpi.VARIABLE)
    if named and found is None:
        raise BackendError(
            f"found no {sfpi.COMPILER} in {named}, which {sfpi.VARIABLE} names",
            f"name SFPI's folder, or unset {sfpi.VARIABLE}",
        )
    return found


def _root(kind: str, depends_on: Sequence[str], install: Callable[[Path, Path], None]) -> Path:
    ttnn = ttnn_folder()
    # Whatever the root's links and scripts name and are made by is in its key, so that none
    # goes stale.
    here = Path(__file__).parent
    makers = [Path(__file__), Path(ready_firmware.__file__), Path(mock_compiler.__file__)]
    names = [ttnn_version(), str(ttnn), sys.executable, str(here), *depends_on]
    names += [maker.read_text() for maker in makers]
    key = hashlib.sha256("\0".join(names).encode()).hexdigest()[:16]
    root = part("roots") / f"ttnn-{ttnn_version()}-{kind}-{key}"
    if not _is_whole(root):
        try:
            _build(root, ttnn, install)
        except OSError as error:
            if not str(error.filename or root).startswith(str(device_cache())):
                raise BackendError(
                    f"{error.filename}: {error.strerror}; expected what its package brings",
                    "install that package again: pip install --force-reinstall <package>",
                ) from error
            raise unwritable(root, error) from error
    return root


# The file in a root that lists what else is in it; the last that is written.
_CONTENTS = "contents.json"


def _is_whole(root: Path) -> bool:
    """Whether all that was put into a root is still there, and what its links point at."""
    try:
        contents = json.loads((root / _CONTENTS).read_text())
        return all(os.path.exists(root / name) for name in contents)
    except (OSError, ValueError):
        return False


def _list_contents(root: Path) -> None:
    contents = []
    for folder, folders, names in os.walk(root):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        inside = os.path.relpath(folder, root)
        contents += [os.path.join(inside, name) for name in (*links, *names)]
    (root / _CONTENTS).write_text(json.dumps(sorted(contents)))


def _build(root: Path, ttnn: Path, install: Callable[[Path, Path], None]) -> None:
    """Build beside the root and rename, so that two processes can race."""
    draft = Path(tempfile.mkdtemp(dir=root.parent, prefix=".draft-"))
    try:
        _link_children(ttnn, draft, leave_out="runtime")
        (draft / "runtime").mkdir()
        _link_children(ttnn / "runtime", draft / "runtime", leave_out="sfpi")
        install(draft, ttnn)
        _list_contents(draft)
        _remove_remains(root)
        try:
            draft.rename(root)
        except OSError:
            if not _is_whole(root):  # else another process has built the same
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _remove_remains(root: Path) -> None:
    """Remove what is in a root's place, if it isn't one that another process has just built."""
    if not os.path.lexists(root) or _is_whole(root):
        return
    # Moved first: nobody sees half of it.
    remains = Path(tempfile.mkdtemp(dir=root.parent, prefix=".remains-"))
    root.rename(remains / root.name)
    shutil.rmtree(remains, ignore_errors=True)


def _install_mock_compiler(root: Path, ttnn: Path) -> None:
    compiler = root / COMPILER
    compiler.parent.mkdir(parents=True)
    command = shlex.join([sys.executable, "-SE", mock_compiler.__file__])
    compiler.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    compiler.chmod(0o755)
    index = ready_firmware.index_firmware(ttnn / "tt_metal" / "pre-compiled")
    (root / mock_compiler.INDEX).write_text(json.dumps(index))


def _link_sfpi(root: Path, ttnn: Path) -> None:
    folder = _sfpi()
    assert folder is not None
    (root / "runtime" / "sfpi").symlink_to(folder)


def _link_children(source: Path, target: Path, leave_out: str) -> None:
    for child in source.iterdir():
        if child.name != leave_out:
            (target / child.name).symlink_to(child)
