"""The ttnn that is installed here, which is asked for without importing it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from . import BackendError


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
    return BackendError(
        "ttnn is not installed here",
        "pip install 'tilelang-tt[ttnn]'; it has wheels for Python 3.10 and 3.12",
    )
