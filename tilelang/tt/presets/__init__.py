"""Descriptions of devices, each asked from one of its kind: a file each, by its name."""

from __future__ import annotations

import functools
from pathlib import Path

_FOLDER = Path(__file__).parent


@functools.cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


def preset_names() -> list[str]:
    """The presets that ship with the package."""
    return list(_names())


def preset_file(name: str) -> Path:
    return _FOLDER / f"{name}.json"
