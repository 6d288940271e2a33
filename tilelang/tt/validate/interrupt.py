"""Signals that end a run: what it has shown until then is kept, and its exit code says so."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..runtime.session.parent import signal_name

if TYPE_CHECKING:
    from .findings import Evidence

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A signal has ended a run. ``evidence`` is what the run has shown, where it had begun."""

    def __init__(self, number: int = signal.SIGINT, evidence: Evidence | None = None) -> None:
        super().__init__(f"ended by {signal_name(number)}")
        self.number = number
        self.evidence = evidence

    @property
    def exit_code(self) -> int:
        """As a shell has it for a process that a signal has ended."""
        return 128 + self.number


@contextmanager
def interrupts() -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP raise Interrupted in here; a signal that is ignored stays so.

    Only the main thread can say so; in another one this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, _raise)
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:  # one that wasn't set from Python can't be set again
                signal.signal(number, handler)


def _raise(number: int, frame: Any) -> None:
    raise Interrupted(number)
