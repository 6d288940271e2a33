"""The card backend: a Tenstorrent card in this machine."""

from __future__ import annotations

import os
from pathlib import Path

from . import BackendError
from .backend import Backend, Statement
from .installed import ttnn_version

# Where the kernel driver puts a device for each card (tt-kmd).
_DEVICES = Path("/dev/tenstorrent")

#: Variables that would make ttnn open something other than the card.
_NOT_A_CARD = ("TT_METAL_SIMULATOR", "TT_METAL_MOCK_CLUSTER_DESC_PATH")


class Card(Backend):
    """The first card of this machine, which TT-metal's variables choose and set up.

    Raises BackendError where there is none, or no ttnn. Kernels are built by SFPI, never
    by a stand-in: what hardware hazards its GCC works around, clang does not.
    """

    name = "card"
    closes_gracefully = True

    def __init__(self, arch: str) -> None:
        self.arch = arch
        ttnn_version()
        if not has_card():
            raise BackendError(
                f"found no card in {_DEVICES}; expected one, with Tenstorrent's driver",
                "install tt-kmd, as https://github.com/tenstorrent/tt-kmd says",
            )

    @property
    def statement(self) -> Statement:
        return Statement(
            backend=self.name,
            version="card",
            arch=self.arch,
            compiler="SFPI",
        )

    def environment(self, folder: Path) -> dict[str, str]:
        return {key: value for key, value in os.environ.items() if key not in _NOT_A_CARD}


def has_card() -> bool:
    """Whether the kernel driver shows a card."""
    return _DEVICES.is_dir() and any(_DEVICES.iterdir())
