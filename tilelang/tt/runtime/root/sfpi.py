"""SFPI, the compiler of a card's kernels: where TT-metal takes it from (jit_build/build.cpp)."""

from __future__ import annotations

import os
from pathlib import Path

#: Names a folder of it, before any that TT-metal would find by itself.
VARIABLE = "TILELANG_TT_SFPI"

COMPILER = Path("compiler/bin/riscv-tt-elf-g++")


def folders(ttnn: Path, root: Path = Path("/")) -> list[Path]:
    """Where it may be, the first place first.

    ttnn : its installed folder; root : under which opt/ is
    """
    named = os.environ.get(VARIABLE)
    return [Path(named)] if named else [ttnn / "runtime/sfpi", root / "opt/tenstorrent/sfpi"]


def found(ttnn: Path, root: Path = Path("/")) -> Path | None:
    """The folder of the one that is taken; None where there is none."""
    return next((each for each in folders(ttnn, root) if (each / COMPILER).is_file()), None)
