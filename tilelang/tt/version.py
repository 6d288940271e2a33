"""Which version of this package is here, and which build of it."""

from __future__ import annotations

import functools
import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from . import _ffi


@functools.cache
def package_version() -> str:
    """The installed version of tilelang-tt; "unknown" in a source tree that is not installed."""
    try:
        return version("tilelang-tt")
    except PackageNotFoundError:
        return "unknown"


@functools.cache
def build() -> str:
    """The version, and a digest of what the package is made of: two builds of one version may read
    a kernel in different ways, and TileLang's disk cache outlives them."""
    digest = hashlib.sha256(_ffi.library_path().read_bytes())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return f"{package_version()} ({digest.hexdigest()[:12]})"
