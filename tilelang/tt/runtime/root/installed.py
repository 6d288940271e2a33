"""The ttnn that is installed here, which is asked for without importing it."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from ...extras import install_command
from .. import BackendError

# The Pythons that ttnn has wheels for.
_PYTHONS = ((3, 10), (3, 12))

_ELSEWHERE = (
    "'tilelang-tt setup' makes an environment for devices, or export "
    "TILELANG_TT_PYTHON=<a Python that has ttnn>"
)


def ttnn_version() -> str:
    """Raises BackendError where ttnn is not installed."""
    try:
        return version("ttnn")
    except PackageNotFoundError:
        raise no_ttnn() from None


def ttnn_folder() -> Path:
    """The installed package. Raises BackendError where there is none."""
    spec = find_spec("ttnn")
    if spec is None or spec.origin is None:
        raise no_ttnn()
    return Path(spec.origin).resolve().parent


def no_ttnn() -> BackendError:
    return BackendError("ttnn is not installed here", install_beside("ttnn"))


def install_beside(extra: str) -> str:
    """The command that installs an extra with ttnn, or what to do on a Python that it isn't for."""
    if sys.version_info[:2] not in _PYTHONS:
        pythons = " and ".join(f"{major}.{minor}" for major, minor in _PYTHONS)
        return f"ttnn has wheels for Python {pythons} only: {_ELSEWHERE}"
    return install_command(extra)
