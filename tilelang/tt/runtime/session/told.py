"""What a job says while it runs, in the device's process; its session passes it on."""

from __future__ import annotations

from collections.abc import Callable


def _nobody(text: str) -> None:
    pass


_listener: Callable[[str], None] = _nobody


def tell(text: str) -> None:
    """Say what is done now, in a few words; nothing happens where nobody listens."""
    _listener(text)


def to(listener: Callable[[str], None]) -> None:
    """Who is told from now on."""
    global _listener
    _listener = listener
