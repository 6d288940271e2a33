"""The ttsim backend: Tenstorrent's simulator, a library that ttnn loads into its process.

Its releases have a library for each architecture, ``libttsim_wh.so`` and
``libttsim_bh.so``. TILELANG_TT_TTSIM names the folder they are in; TT_METAL_SIMULATOR, as
TT-metal has it, names one library.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from . import BackendError
from .backend import Backend, Statement
from .environment import clean_environment
from .root import compiler_name, kernel_cache, simulator_root

ENVIRONMENT_VARIABLE = "TILELANG_TT_TTSIM"

# The library of each architecture, and the description that ttnn's wheel has of its chip.
_LIBRARIES = {"wormhole_b0": "libttsim_wh.so", "blackhole": "libttsim_bh.so"}
_DESCRIPTIONS = {"wormhole_b0": "wormhole_b0_80_arch.yaml", "blackhole": "blackhole_140_arch.yaml"}


class TTSim(Backend):
    """A simulated Wormhole or Blackhole. Raises BackendError where what it needs is missing."""

    name = "ttsim"

    def __init__(self, arch: str) -> None:
        self.arch = arch
        self._library = find_library(arch)
        self._root = simulator_root()

    @property
    def statement(self) -> Statement:
        # The library does not tell its version.
        digest = hashlib.sha256(self._library.read_bytes()).hexdigest()[:12]
        return Statement(
            backend=self.name,
            version=f"ttsim ({self._library.name}, {digest})",
            arch=self.arch,
            holds_data=True,
            runs_kernels=True,
            nocs=(0, 1),
            compiler=compiler_name(),
        )

    def environment(self, folder: Path) -> dict[str, str]:
        # The description has to be beside the library, under this name.
        simulator = folder / "simulator"
        simulator.mkdir()
        (simulator / "libttsim.so").symlink_to(self._library)
        description = self._root / "tt_metal" / "soc_descriptors" / _DESCRIPTIONS[self.arch]
        (simulator / "soc_descriptor.yaml").symlink_to(description)
        return {
            **clean_environment(self._root),
            "TT_METAL_SIMULATOR": str(simulator / "libttsim.so"),
            "TT_METAL_CACHE": str(kernel_cache(self._root, f"{self.name}-{self.arch}")),
            "TT_METAL_SLOW_DISPATCH_MODE": "1",  # fast dispatch is not simulated
        }


def find_library(arch: str) -> Path:
    """The library of an architecture. Raises BackendError, with what would bring it."""
    named = os.environ.get("TT_METAL_SIMULATOR", "")
    if named.endswith(".so"):
        library = Path(named).absolute()
    elif folder := os.environ.get(ENVIRONMENT_VARIABLE):
        library = Path(folder, _LIBRARIES[arch]).absolute()
    else:
        raise BackendError(
            f"{ENVIRONMENT_VARIABLE} is not set; expected the folder of {_LIBRARIES[arch]}, "
            "from ttsim's releases"
        )
    if not library.is_file():
        raise BackendError(f"{library}: found no such file; expected it from ttsim's releases")
    return library
