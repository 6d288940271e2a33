"""What lower layers ask of higher ones, and don't import: descriptions of devices, which come by
the runtime, and drawings, which come by the pages. The package's ``__init__`` binds both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_devices: Callable[[], Any]
_drawings: Callable[[], Any]


def bind(devices: Callable[[], Any], drawings: Callable[[], Any]) -> None:
    """Say who answers, as functions that import it."""
    global _devices, _drawings
    _devices, _drawings = devices, drawings


def devices() -> Any:
    """Asks devices: runtime/asking.py."""
    return _devices()


def drawings() -> Any:
    """Draws for notebooks: html/notebook.py."""
    return _drawings()
