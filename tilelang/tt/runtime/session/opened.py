"""The devices that calls use: opened when they are first needed, kept, closed at the process's end.

Which one that is, is asked when a kernel is called: that of the innermost ``with device(...)``,
else what the environment names.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from ...device_spec import DeviceSpec
from .. import BackendError
from .parent import Session

BACKEND_VARIABLE = "TILELANG_TT_BACKEND"
ARCH_VARIABLE = "TILELANG_TT_ARCH"

#: Seconds that opening may take: a device's firmware is compiled the first time.
OPEN_TIMEOUT = 120.0

# Seconds.
_END_TIMEOUT = 5.0

_LOCK = threading.RLock()
_OPEN: dict[tuple[str, str | None], Opened] = {}
_KEPT: list[Session] = []


@dataclass(frozen=True)
class Device:
    """A device by name, whether it is open or not.

    ``backend`` and ``arch`` are as in :func:`tilelang.tt.runtime.backends.devices.make_backend`.
    """

    backend: str = "auto"
    arch: str | None = None

    @property
    def spec(self) -> DeviceSpec:
        """Its description, as it was opened. Opens it."""
        return self.opened().session.spec

    def spec_if_open(self) -> DeviceSpec | None:
        found = _OPEN.get((self.backend, self.arch))
        return None if found is None or found.session.closed else found.session.spec

    def expected_arch(self) -> str:
        """The architecture, as far as that is known without opening it."""
        spec = self.spec_if_open()
        if spec is not None:
            return spec.arch
        if self.arch is not None:
            return self.arch
        from ..backends.devices import arch_of

        with contextlib.suppress(BackendError):
            return arch_of(self.backend)
        return "wormhole_b0"

    def opened(self) -> Opened:
        """It, open. Raises BackendError where it doesn't open."""
        from ..backends.devices import open_device

        key = (self.backend, self.arch)
        with _LOCK:
            found = _OPEN.get(key)
            if found is None or found.session.closed:
                found = Opened(open_device(self.backend, self.arch, OPEN_TIMEOUT))
                _OPEN[key] = found
            return found


class Opened:
    """An open device. A session serves one caller at a time: ``lock`` is held for a call."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.lock = threading.RLock()


_CHOSEN: contextvars.ContextVar[Device | None] = contextvars.ContextVar("device", default=None)


@contextlib.contextmanager
def device(backend: str = "auto", arch: str | None = None) -> Iterator[Device]:
    """Call kernels on this device, within the ``with`` and in this thread.

    Parameters
    ----------
    backend : "auto", "card", "ttsim", "wolfpine", or that of an entry point
    arch : "wormhole_b0" (or "wormhole") or "blackhole"; by default what the backend has, Wormhole
        of a simulator

    It is opened at the first call, and stays open afterwards. Raises ValueError for unknown names.
    """
    chosen = _device(backend, arch)
    token = _CHOSEN.set(chosen)
    try:
        yield chosen
    finally:
        _CHOSEN.reset(token)


def current() -> Device:
    """The device that a call would use now.

    Raises ValueError where the environment names one that there isn't.
    """
    chosen = _CHOSEN.get()
    if chosen is not None:
        return chosen
    backend, arch = os.environ.get(BACKEND_VARIABLE), os.environ.get(ARCH_VARIABLE)
    try:
        return _device(backend or "auto", arch or None)
    except ValueError as error:
        named = ", ".join(
            f"{name}={value}"
            for name, value in ((BACKEND_VARIABLE, backend), (ARCH_VARIABLE, arch))
            if value
        )
        raise ValueError(f"{named}: {error}") from None


def _device(backend: str, arch: str | None) -> Device:
    from ..backends.devices import check_arch, check_backend

    check_backend(backend)
    return Device(backend, check_arch(arch))


def close() -> None:
    """Close the devices that calls have opened; the next call opens one again."""
    with _LOCK:
        while _OPEN:
            _, opened = _OPEN.popitem()
            # A call of another thread that still runs is waited for, but not for as long as it may
            # take: this is how a process ends.
            mine = opened.lock.acquire(timeout=_END_TIMEOUT)
            try:
                opened.session.close()
            finally:
                if mine:
                    opened.lock.release()


def _after_fork() -> None:
    """A child of this process has devices of its own: the parent's are not for it to touch."""
    global _LOCK
    _LOCK = threading.RLock()
    for opened in _OPEN.values():
        if not opened.session.closed:
            opened.session.leave()
        # Its lock on a kernel cache is the parent's as well, and would go with the object.
        _KEPT.append(opened.session)
    _OPEN.clear()


atexit.register(close)
os.register_at_fork(after_in_child=_after_fork)
