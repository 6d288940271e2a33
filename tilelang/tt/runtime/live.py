"""The device of this machine: a card, or what TT_METAL_SIMULATOR and its siblings name."""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from ..device import DeviceSpec
from . import BackendError
from .child import run_module

#: Seconds; a card that needs its firmware built takes a few tens of them.
OPEN_TIMEOUT = 120.0

NO_TTNN = (
    "ttnn is not installed here (pip install 'tilelang-tt[ttnn]'; it has wheels for "
    "Python 3.10 and 3.12)"
)


def query_live() -> DeviceSpec:
    """The description of this process's default ttnn device, else of device 0.

    Device 0 is opened in a child process with this process's environment, so that
    nothing of it stays open here.
    """
    loaded = sys.modules.get("ttnn")
    if loaded is not None and loaded.GetDefaultDevice() is not None:
        return DeviceSpec.from_ttnn(loaded.GetDefaultDevice())
    if find_spec("ttnn") is None:
        raise BackendError(NO_TTNN)
    return probe(dict(os.environ), f"device 0 of this machine, ttnn {ttnn_version()}", OPEN_TIMEOUT)


def probe(env: dict[str, str], source: str, timeout: float) -> DeviceSpec:
    """Open device 0 in a child process with an environment, and ask it."""
    with tempfile.TemporaryDirectory(prefix="tilelang-tt-") as folder:
        output = Path(folder, "device.json")
        run_module(
            "tilelang.tt.runtime.probe", [str(output), source], env, timeout, f"opening {source}"
        )
        return DeviceSpec.load(output)


def ttnn_version() -> str:
    try:
        return version("ttnn")
    except PackageNotFoundError:
        raise BackendError(NO_TTNN) from None
