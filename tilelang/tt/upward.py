"""What lower layers ask of higher ones, and don't import: descriptions of devices, which come by
the runtime, drawings, which come by the pages, and calls of what TileLang compiled. The package's
``__init__`` binds each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_devices: Callable[[], Any]
_drawings: Callable[[], Any]
_calls: Callable[[], Any]


def bind(devices: Callable[[], Any], drawings: Callable[[], Any], calls: Callable[[], Any]) -> None:
    """Say who answers, as functions that import it."""
    global _devices, _drawings, _calls
    _devices, _drawings, _calls = devices, drawings, calls


def devices() -> Any:
    """Asks devices: runtime/asking.py."""
    return _devices()


def drawings() -> Any:
    """Draws for notebooks: html/notebook.py."""
    return _drawings()


def calls() -> Any:
    """Calls what TileLang compiled: jit/outs.py."""
    return _calls()
