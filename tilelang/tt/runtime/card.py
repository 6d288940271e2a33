"""The card backend: a Tenstorrent card in this machine."""

from __future__ import annotations

import os
from pathlib import Path

from . import BackendError
from .backend import Backend, Statement
from .cache import kernel_cache
from .installed import ttnn_version

# Where the kernel driver puts a device for each card (tt-kmd).
_DEVICES = Path("/dev/tenstorrent")
_CLASS = Path("/sys/class/tenstorrent")

# Tenstorrent's PCI device ids (tt-kmd, enumerate.h).
_ARCHITECTURES = {"0x401e": "wormhole_b0", "0xb140": "blackhole"}

#: Variables that would make ttnn open something other than the card.
NOT_A_CARD = ("TT_METAL_SIMULATOR", "TT_METAL_MOCK_CLUSTER_DESC_PATH")


class Card(Backend):
    """A card of this machine: of several the one of a number, else the first that TT-metal's
    variables leave. Its architecture is what the kernel driver says; one that is given is
    compared with the open device's instead (open_device).

    Raises BackendError where there is none, or no ttnn. Kernels are built by SFPI, never
    by a stand-in: what hardware hazards its GCC works around, clang does not.
    """

    name = "card"
    closes_gracefully = True

    def __init__(self, arch: str | None = None, number: int | None = None) -> None:
        self._number = number
        ttnn_version()
        found = cards()
        if not found:
            raise BackendError(
                f"found no card in {_DEVICES}; expected one, with Tenstorrent's driver",
                "install tt-kmd, as https://github.com/tenstorrent/tt-kmd says",
            )
        if number is not None and number not in found:
            raise BackendError(f"found no card {number} in {_DEVICES}; expected one of {found}")
        self.arch = arch or _architecture(found[0] if number is None else number)

    @property
    def statement(self) -> Statement:
        return Statement(
            backend=self.name,
            version="card" if self._number is None else f"card {self._number}",
            arch=self.arch,
            compiler="SFPI",
        )

    def environment(self, folder: Path) -> dict[str, str]:
        env = {key: value for key, value in os.environ.items() if key not in NOT_A_CARD}
        # A folder of its own beside what the shell's ttnn compiles, since cards are open at once.
        env["TT_METAL_CACHE"] = str(kernel_cache(f"ttnn-{ttnn_version()}", f"card-{self.arch}"))
        if self._number is not None:
            env["TT_VISIBLE_DEVICES"] = str(self._number)  # UMD's own variable
        return env


def cards() -> list[int]:
    """The numbers of this machine's cards, as the kernel driver shows them, less those that
    TT_VISIBLE_DEVICES leaves out, by whose order they are then."""
    if not _DEVICES.is_dir():
        return []
    found = sorted(int(path.name) for path in _DEVICES.iterdir() if path.name.isdecimal())
    visible = os.environ.get("TT_VISIBLE_DEVICES", "").split(",")
    if not all(name.isdecimal() for name in visible):  # none, or PCI addresses
        return found
    return [number for number in map(int, visible) if number in found]


def _architecture(number: int) -> str:
    """The architecture of a card, by its PCI device id."""
    try:
        found = (_CLASS / f"tenstorrent!{number}" / "device" / "device").read_text().strip()
    except OSError:
        found = ""
    if found not in _ARCHITECTURES:
        known = " or ".join(f"{device} ({arch})" for device, arch in _ARCHITECTURES.items())
        raise BackendError(
            f"card {number}: found the PCI device {found!r}; expected {known}",
            "name its architecture: --arch",
        )
    return _ARCHITECTURES[found]
