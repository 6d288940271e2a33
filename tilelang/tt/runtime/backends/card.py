"""The card backend: a Tenstorrent card in this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .. import BackendError
from ..root.cache import kernel_cache, part
from ..root.installed import ttnn_version
from .backend import Backend, Statement

# Where the kernel driver puts a device for each card (tt-kmd).
_DEVICES = Path("/dev/tenstorrent")
_CLASS = Path("/sys/class/tenstorrent")

# Tenstorrent's PCI device ids (tt-kmd, enumerate.h).
_ARCHITECTURES = {"0x401e": "wormhole_b0", "0xb140": "blackhole"}

#: Variables that would make ttnn open something other than the card.
NOT_A_CARD = ("TT_METAL_SIMULATOR", "TT_METAL_MOCK_CLUSTER_DESC_PATH")

#: Seconds after which TT-metal gives a device up that makes no progress. Below the limits of jobs,
#: so that it is TT-metal that ends an operation, with its own words.
OPERATION_TIMEOUT = 20
_OPERATION_TIMEOUT = "TT_METAL_OPERATION_TIMEOUT_SECONDS"

_VISIBLE = "TT_VISIBLE_DEVICES"

# A PCI address (domain:bus:device.function), and what UMD takes for a part of one.
_ADDRESS = re.compile(r"[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
_PART_OF_ADDRESS = re.compile(r"(?=.*[:.])[0-9a-fA-F.:]+")


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

    @property
    def reset(self) -> str:
        return f"tt-smi -r {self._opened}"

    @property
    def hang_note(self) -> Path:
        return part("hangs") / f"card-{_address(self._opened) or self._opened}.txt"

    @property
    def _opened(self) -> int:
        """The number of the card that is opened, of /dev/tenstorrent/<number>."""
        return cards()[0] if self._number is None else self._number

    def environment(self, folder: Path) -> dict[str, str]:
        env = {key: value for key, value in os.environ.items() if key not in NOT_A_CARD}
        env[_OPERATION_TIMEOUT] = _operation_timeout(env.get(_OPERATION_TIMEOUT, ""))
        # A folder of its own beside what the shell's ttnn compiles, since cards are open at once.
        env["TT_METAL_CACHE"] = str(kernel_cache(f"ttnn-{ttnn_version()}", f"card-{self.arch}"))
        if self._number is not None:
            # By its address where that is known: UMD's integers are places in its own order.
            place = _in_umds_order().index(self._number)
            env[_VISIBLE] = _address(self._number) or str(place)
        return env


def _operation_timeout(asked: str) -> str:
    """The user's own limit, where it is below ours."""
    seconds = float(asked) if re.fullmatch(r"\d+(\.\d*)?", asked) else 0.0
    return asked if 0 < seconds < OPERATION_TIMEOUT else str(OPERATION_TIMEOUT)


def cards() -> list[int]:
    """The numbers, N of /dev/tenstorrent/N, of the cards that UMD leaves visible, in its order.

    TT_VISIBLE_DEVICES is read as UMD reads it: names between commas, each an index from 0 into the
    cards that are there, by PCI address, or a part of a PCI address; without a name there is none.

    Raises BackendError, as UMD would, for a name that is no card's.
    """
    found = _in_umds_order()
    named = os.environ.get(_VISIBLE)
    if named is None or not found:
        return found
    visible: set[int] = set()
    for name in filter(None, (name.strip(" \n\r\t") for name in named.split(","))):
        if _PART_OF_ADDRESS.fullmatch(name):
            matched = [number for number in found if name in _address(number)]
        else:
            is_index = name.isascii() and name.isdecimal() and int(name) < len(found)
            matched = [found[int(name)]] if is_index else []
        if not matched:
            there = ", ".join(_address(number) or f"card {number}" for number in found)
            raise BackendError(
                f"{_VISIBLE}={named}: found {name!r}; expected a number from 0 to "
                f"{len(found) - 1}, or a part of a PCI address ({there})",
                f"unset {_VISIBLE}, or name a card that is there",
            )
        visible.update(matched)
    return [number for number in found if number in visible]


def _in_umds_order() -> list[int]:
    """All cards, by PCI address; those whose address isn't known are last."""
    if not _DEVICES.is_dir():
        return []
    found = [int(path.name) for path in _DEVICES.iterdir() if path.name.isdecimal()]
    return sorted(found, key=lambda number: (not _address(number), _address(number), number))


def _address(number: int) -> str:
    """A card's PCI address, which is the name of its folder in sysfs; "" where there is none."""
    name = (_CLASS / f"tenstorrent!{number}" / "device").resolve().name
    return name if _ADDRESS.fullmatch(name) else ""


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
