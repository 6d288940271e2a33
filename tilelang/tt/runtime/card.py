"""The card backend: a Tenstorrent card in this machine."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from . import BackendError
from .backend import Backend, Statement
from .live import NO_TTNN

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
        if find_spec("ttnn") is None:
            raise BackendError(NO_TTNN)
        if not has_card():
            raise BackendError(
                f"found no card in {_DEVICES}; expected one, with Tenstorrent's driver (tt-kmd)"
            )

    @property
    def statement(self) -> Statement:
        return Statement(
            backend=self.name,
            version="card",
            arch=self.arch,
            holds_data=True,
            runs_kernels=True,
            nocs=(0, 1),
            compiler="SFPI",
        )

    def environment(self, folder: Path) -> dict[str, str]:
        return {key: value for key, value in os.environ.items() if key not in _NOT_A_CARD}


def has_card() -> bool:
    """Whether the kernel driver shows a card."""
    return _DEVICES.is_dir() and any(_DEVICES.iterdir())
