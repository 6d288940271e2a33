"""The device of this machine: a card, or what TT_METAL_SIMULATOR and its siblings name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ...device_spec import DeviceSpec
from .. import BackendError
from ..root.cache import kernel_cache
from ..root.installed import ttnn_version
from ..session.parent import Session
from .backend import Backend, Statement
from .card import NOT_A_CARD, cards

#: Seconds; a card that needs its firmware built takes a few tens of them.
OPEN_TIMEOUT = 120.0


class Live(Backend):
    """Whatever ttnn opens as device 0 in this environment; it is asked, and proves nothing."""

    name = "live"
    closes_gracefully = True

    @property
    def shares_kernels(self) -> bool:  # type: ignore[override]  # what the shell names is its own
        return "TT_METAL_CACHE" not in os.environ

    @property
    def statement(self) -> Statement:
        return Statement(
            backend=self.name,
            version="device 0 of this machine",
            arch="unknown",
            compiler="unknown",
            holds_data=False,
            runs_kernels=False,
            nocs=(),
        )

    def environment(self, folder: Path) -> dict[str, str]:
        # TT-metal's own default is in HOME, which is another one there.
        cache = {"TT_METAL_CACHE": str(kernel_cache(f"ttnn-{ttnn_version()}", "live"))}
        return {**(cache if self.shares_kernels else {}), **os.environ}

    def __str__(self) -> str:
        return "device 0 of this machine"


def named_device() -> str | None:
    """What there is for ttnn to open here: what a variable of TT-metal's names, or a card."""
    for variable in NOT_A_CARD:
        if os.environ.get(variable):
            return f"{variable}={os.environ[variable]}"
    return "a card" if cards() else None


def query_live() -> DeviceSpec:
    """The description of this process's default ttnn device, else of device 0.

    Device 0 is opened in a child process with this process's environment, so that
    nothing of it stays open here. Raises BackendError where there is none.
    """
    loaded = sys.modules.get("ttnn")
    if loaded is not None and loaded.GetDefaultDevice() is not None:
        return DeviceSpec.from_ttnn(loaded.GetDefaultDevice())
    ttnn_version()  # else the error would be the child's
    for variable in NOT_A_CARD:
        named = os.environ.get(variable)
        if named and not Path(named).exists():
            raise BackendError(f"{variable}={named}: found no such file", f"unset {variable}")
    with Session(Live(), OPEN_TIMEOUT) as session:
        return session.spec
