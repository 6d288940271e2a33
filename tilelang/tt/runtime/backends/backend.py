"""What a backend is: a way to open a device, and a statement of what it can prove."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from ..root.installed import ttnn_version

#: TT-metal's names of the architectures, and the short ones that people type.
ARCHITECTURES = {
    "wormhole_b0": "wormhole_b0",
    "wormhole": "wormhole_b0",
    "blackhole": "blackhole",
}


@dataclass(frozen=True)
class Statement:
    """What a backend can prove, which goes into every report.

    ``nocs`` are the networks that its kernels see, ``compiler`` is what builds them, and
    ``guarantees`` are the named properties of a simulator that were asserted.
    """

    backend: str
    version: str
    arch: str
    compiler: str
    holds_data: bool = True
    runs_kernels: bool = True
    nocs: tuple[int, ...] = (0, 1)
    guarantees: tuple[str, ...] = ()


class Backend(ABC):
    """A way to open a device of one architecture.

    Making one checks that it is ready, and raises BackendError, with what would make it
    ready, if it is not.
    """

    name: str
    arch: str
    #: The interpreter of the process that opens the device.
    python: str = sys.executable
    #: Whether a device has to be closed properly; a simulator has nothing to lose.
    closes_gracefully = False
    #: Whether its TT_METAL_CACHE is one that sessions at the same time have to divide.
    shares_kernels: bool = True

    #: Over how many cores to spread questions that any core can answer, at most; None for all of
    #: them. Cores that work at once are best all used; a simulator that runs them one after the
    #: other, and pays for each that is started, wants few, with much to do for each.
    most_cores: int | None = None

    #: Of how many products of tiles a kernel's result is examined, at most: as many take some
    #: seconds, and the interpreter, which it is compared with, no less.
    most_products: int = 2**14

    @property
    @abstractmethod
    def statement(self) -> Statement:
        """What it can prove."""

    @abstractmethod
    def environment(self, folder: Path) -> dict[str, str]:
        """The whole environment of the process that opens the device.

        ``folder`` is the session's own, for files that go with it.
        """

    @property
    def source(self) -> str:
        """How a description that was asked from its device is known."""
        return f"{self.statement.version}, ttnn {ttnn_version()}"

    @property
    def reset(self) -> str:
        """The command that resets a device after a hang: it is said, never run. None for most."""
        return ""

    @property
    def hang_note(self) -> Path | None:
        """The file that says, until the device is open again, that it was left in a hang."""
        return None

    def __str__(self) -> str:
        return f"{self.name} ({self.arch})"
