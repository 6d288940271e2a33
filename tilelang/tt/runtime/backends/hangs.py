"""Cards that were left in a hang: what is said then, and what the next open says.

A kernel that never ends stays on a card when its process is gone. Nothing is reset here, since
other people's work may be on it; it is noted until the card is open again.
"""

from __future__ import annotations

import contextlib
from datetime import datetime, timezone

from .backend import Backend

# How TT-metal says that an operation took longer than TT_METAL_OPERATION_TIMEOUT_SECONDS.
_SAID = ("device timeout", "potential hang", "waiting for physical cores to finish")

_LENGTH = 2000  # characters of a reason that are kept


def is_hang(error: str) -> bool:
    """Whether a job's error is TT-metal's giving a device up."""
    return any(said in error for said in _SAID)


def note(backend: Backend, reason: str) -> str:
    """Note that a job on a device has not ended; what to do about it ("" for a simulator)."""
    path = backend.hang_note
    if path is None:
        return ""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    with contextlib.suppress(OSError):  # it is told in any case
        path.write_text(f"{now}: {reason[:_LENGTH]}\n")
    return f"the card may answer nothing until it is reset: {backend.reset}"


def last(backend: Backend) -> str:
    """What to know before a device is used whose last session ended in a hang, else ""."""
    path = backend.hang_note
    if path is None:
        return ""
    try:
        said = path.read_text(errors="replace").strip()
    except OSError:
        return ""
    return (
        f"the last session on this card ended in a hang ({said}); if it misbehaves, reset it: "
        f"{backend.reset}"
    )


def forget(backend: Backend) -> None:
    """The device is open again."""
    if backend.hang_note is not None:
        backend.hang_note.unlink(missing_ok=True)
