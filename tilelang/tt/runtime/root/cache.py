"""The cache folder: what this package keeps between runs, in a folder that is its own.

    <cache folder>/tilelang-tt/CACHEDIR.TAG   says whose it is; nothing without it is removed
                              /roots          runtime roots (folder.py)
                              /kernels        what TT-metal compiled
                              /home           the HOME of the processes that open devices
                              /hangs          cards that were left in a hang (card.py)

TT-metal runs compilers by a shell, with paths of this folder among the words, so the path has to
be one that no shell reads anything into. And what lies here is run, so nobody else may write it.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout
from platformdirs import user_cache_path

from .. import BackendError

ENVIRONMENT_VARIABLE = "TILELANG_TT_CACHE"
REMEDY = f"export {ENVIRONMENT_VARIABLE}=<another folder>"

# Letters and digits of any script, and the signs that mean nothing within a word: to a shell, to
# make, whose rules TT-metal reads (:), and to a compiler's options (a comma, a percent sign).
_UNSAFE = re.compile(r"[^\w./+@=-]")

# The tag by which backup tools know a cache (https://bford.info/cachedir/), and whose it is.
_TAG = "CACHEDIR.TAG"
_OURS = "made by tilelang-tt"
_TAG_TEXT = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    f"# A cache {_OURS}: 'tilelang-tt cache --clear' removes this folder.\n"
)


def cache_folder() -> Path:
    """The user's cache folder; TILELANG_TT_CACHE names another. What is ours is in a part of it."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    folder = Path(named) if named else user_cache_path("tilelang-tt", appauthor=False)
    return folder.absolute()  # device processes work in a folder of their own


def device_cache() -> Path:
    """The part of the cache folder that is this package's, made here, for nobody else to enter.

    Raises BackendError where its path isn't safe for a shell, it can't be written to, or it is
    somebody else's.
    """
    folder = _ours(check_path(cache_folder()))
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_file():
            raise NotADirectoryError(20, os.strerror(20), str(folder))
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.geteuid():
            raise BackendError(
                f"{folder}: found a folder of user {found.st_uid}; expected one of yours, since "
                "what is in it is run",
                REMEDY,
            )
        if found.st_mode & 0o077:
            folder.chmod(0o700)
        if not _is_ours(folder):
            # Another process may be making it; the tag is what it makes first.
            others = [child for child in folder.iterdir() if child.name != _TAG]
            if others and not _is_ours(folder):
                raise BackendError(
                    f"{folder}: found a folder that this package has not made (no {_TAG} of its "
                    "in it); expected none, or an empty one",
                    f"{REMEDY}, or remove that one",
                )
            (folder / _TAG).write_text(_TAG_TEXT)
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder


def check_path(folder: Path) -> Path:
    """The folder. Raises BackendError if a shell would read something into its path."""
    unsafe = "".join(dict.fromkeys(_UNSAFE.findall(str(folder))))
    if unsafe:
        raise BackendError(
            f"{str(folder)!r}: found {unsafe!r} in the path of the cache folder; expected letters, "
            "digits and . / _ + @ = - only, since TT-metal hands the path to a shell",
            REMEDY,
        )
    return folder


def part(*names: str) -> Path:
    """A folder of the cache, made here; what is in its place and is no folder is removed.

    Raises BackendError as :func:`device_cache`.
    """
    folder = device_cache()
    try:
        for name in names:
            folder = folder / name
            if os.path.lexists(folder) and not folder.is_dir():
                folder.unlink()
            folder.mkdir(mode=0o700, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, os.strerror(13))
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder


def kernel_cache(root: str, device: str) -> Path:
    """The folder, made here, where TT-metal keeps what a root's compiler makes for a device.

    It is for ``TT_METAL_CACHE`` of a backend's environment, of which each session takes a part
    for itself (:func:`claim_kernel_cache`). Raises BackendError where it can't be written to.
    """
    return part("kernels", root, device)


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
        except OSError as error:
            raise unwritable(folder, error) from error
        return folder / str(number), lock
    raise AssertionError  # the count has no end


def clear_cache() -> Path | None:
    """Remove what this package has made in the cache folder, and nothing else; made again on use.

    Returns what was removed; None where there was nothing. Raises BackendError where it can't be
    removed, or where there is a folder in its place that this package hasn't made.
    """
    folder = _ours(cache_folder())
    if not os.path.lexists(folder):
        return None
    if folder.is_symlink() or not _is_ours(folder):
        raise BackendError(
            f"{folder}: found a folder that this package has not made (no {_TAG} of its in it); "
            "expected one that it has; nothing was removed"
        )
    try:
        # The tag goes last: what is left of a removal that failed can be removed by another.
        for child in folder.iterdir():
            if child.name == _TAG:
                continue
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            else:
                child.unlink()
        (folder / _TAG).unlink()
        folder.rmdir()
    except OSError as error:
        raise BackendError(
            f"{error.filename}: {error.strerror}; expected to be able to remove it"
        ) from error
    return folder


def unwritable(folder: Path, error: OSError) -> BackendError:
    """The error of a cache folder that can't be made or written to."""
    place = "" if error.filename in (None, str(folder)) else f" ({error.filename})"
    return BackendError(
        f"{folder}: {error.strerror}{place}; expected a cache folder to write to", REMEDY
    )


def _ours(cache: Path) -> Path:
    return cache / "tilelang-tt"


def _is_ours(folder: Path) -> bool:
    try:
        return _OURS in (folder / _TAG).read_text(errors="replace")
    except OSError:
        return False
