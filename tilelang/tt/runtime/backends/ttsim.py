"""The ttsim backend: Tenstorrent's simulator, a library that ttnn loads into its process.

Its releases have a library for each architecture, ``libttsim_wh.so`` and
``libttsim_bh.so``. TILELANG_TT_TTSIM names the folder they are in; TT_METAL_SIMULATOR, as
TT-metal has it, names one library.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from .. import BackendError
from ..root.cache import kernel_cache
from ..root.folder import compiler_name, simulator_root
from ..session.environment import clean_environment
from .backend import Backend, Statement

ENVIRONMENT_VARIABLE = "TILELANG_TT_TTSIM"
RELEASES = "https://github.com/tenstorrent/ttsim/releases"

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
            "TT_METAL_CACHE": str(kernel_cache(self._root.name, f"{self.name}-{self.arch}")),
            "TT_METAL_SLOW_DISPATCH_MODE": "1",  # fast dispatch is not simulated
        }


def find_library(arch: str) -> Path:
    """The library of an architecture. Raises BackendError, with what would bring it."""
    named, folder = named_library(), os.environ.get(ENVIRONMENT_VARIABLE)
    if named is not None:
        library = named
    elif folder:
        library = Path(folder, _LIBRARIES[arch]).absolute()
    else:
        raise BackendError(
            f"{ENVIRONMENT_VARIABLE} is not set; expected the folder of {_LIBRARIES[arch]}",
            f"download it from {RELEASES}, and export {ENVIRONMENT_VARIABLE}=<its folder>",
        )
    if not library.is_file():
        variable = "TT_METAL_SIMULATOR" if named is not None else ENVIRONMENT_VARIABLE
        expected = "a library" if named is not None else f"a folder with {_LIBRARIES[arch]}"
        raise BackendError(
            f"{variable}={os.environ[variable]}: found no {library}; expected {expected}",
            f"download it from {RELEASES}",
        )
    return library


def named_library() -> Path | None:
    """The library that TT_METAL_SIMULATOR names, if it is one."""
    named = os.environ.get("TT_METAL_SIMULATOR", "")
    return Path(named).absolute() if named.endswith(".so") else None


def named_arch() -> str | None:
    """The architecture of that library, by its name or by the description beside it."""
    library = named_library()
    if library is None:
        return None
    for arch, name in _LIBRARIES.items():
        if library.name == name:
            return arch
    try:
        description = library.with_name("soc_descriptor.yaml").read_text()
    except OSError:
        return None
    found = re.search(r"^arch_name:\s*(\w+)", description, re.MULTILINE)
    return found[1].lower() if found else None
