"""The tile programs of examples/, in sizes that any device has done soon, for ``--cases examples``.

    python testing/python/tt/example_programs.py     # renews the file, where tilelang is

A lane of cards has no TileLang to trace the examples by, and a tile program is the same for all
devices.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "tilelang" / "tt" / "validate" / "results" / "examples.json"

SIZES: dict[str, dict[str, Any]] = {
    "gemm": {"M": 64, "N": 96, "K": 128, "block_M": 32, "block_N": 32},
    "gemm_bias_gelu": {"M": 64, "N": 64, "K": 64, "block_M": 32, "block_N": 32},
    "softmax": {"M": 64, "N": 128},
    "rms_norm": {"M": 64, "N": 128},
    "flash_attention": {"heads": 2, "length": 64, "dim": 32, "block_M": 32, "block_N": 32},
}


def programs() -> dict[str, Any]:
    """By the example's name and what it is called with."""
    import tilelang.tt as tt

    sys.path.insert(0, str(ROOT / "examples"))
    found = {}
    for name, sizes in SIZES.items():
        made = getattr(importlib.import_module(name), name)
        func = made.get_tir(**sizes) if hasattr(made, "get_tir") else made(**sizes)
        title = f"{name} {', '.join(f'{key}={value}' for key, value in sizes.items())}"
        found[title] = json.loads(tt.tile_program(func).to_text())
    return found


if __name__ == "__main__":
    text = json.dumps(programs(), separators=(",", ":"))
    FILE.write_text(text)
