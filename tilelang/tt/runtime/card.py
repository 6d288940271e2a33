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
    """A card of this machine: of several the one of a number, else the first that TT-metal's
    variables leave.

    Raises BackendError where there is none, or no ttnn. Kernels are built by SFPI, never
    by a stand-in: what hardware hazards its GCC works around, clang does not.
    """

    name = "card"
    closes_gracefully = True

    def __init__(self, arch: str, number: int | None = None) -> None:
        self.arch = arch
        self._number = number
        ttnn_version()
        if number is not None and not has_card(number):
            raise BackendError(f"found no card {number} in {_DEVICES}; expected it")
        if not has_card():
            raise BackendError(
                f"found no card in {_DEVICES}; expected one, with Tenstorrent's driver",
                "install tt-kmd, as https://github.com/tenstorrent/tt-kmd says",
            )

    @property
    def statement(self) -> Statement:
        return Statement(
            backend=self.name,
            version="card" if self._number is None else f"card {self._number}",
            arch=self.arch,
            compiler="SFPI",
        )

    def environment(self, folder: Path) -> dict[str, str]:
        env = {key: value for key, value in os.environ.items() if key not in _NOT_A_CARD}
        if self._number is not None:
            env["TT_VISIBLE_DEVICES"] = str(self._number)  # UMD's own variable
        return env


def has_card(number: int | None = None) -> bool:
    """Whether the kernel driver shows a card, or the card of a number."""
    if number is not None:
        return (_DEVICES / str(number)).exists()
    return _DEVICES.is_dir() and any(_DEVICES.iterdir())
