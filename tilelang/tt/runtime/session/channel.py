"""Messages between a session and its worker, over a socket: no wait without a limit.

A stopped process takes nothing out of a full socket and may stop in the middle of an answer, so the
limit is on the whole message, either way. Each is its length, in 8 bytes, and that many bytes.
"""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Callable

from .patience import Patience

_LENGTH = struct.Struct("!Q")
_PIECE = 2**20

#: Seconds between two looks at whether the other end still lives.
POLL = 0.1

Limit = float | Patience | None


class Channel:
    """One end of a connected stream socket, which it closes."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._socket = end

    def send(
        self, message: bytes, timeout: Limit = None, look: Callable[[], None] | None = None
    ) -> None:
        """Send a message.

        Parameters
        ----------
        timeout : seconds, or a Patience that has begun; None waits for ever, as a worker may, which
            others end
        look : called now and then, to raise an error if there is nobody to wait for

        Raises TimeoutError after ``timeout``, and OSError where the other end is closed.
        """
        until = _until(timeout)
        length = _LENGTH.pack(len(message))
        # A short one goes in one piece, so that its receiver is woken once.
        parts = (length + message,) if len(message) < _PIECE else (length, message)
        for part in parts:
            rest = memoryview(part)
            while rest:
                try:
                    rest = rest[self._socket.send(rest[:_PIECE]) :]
                except BlockingIOError:
                    self._wait(select.POLLOUT, until, look)

    def receive(self, timeout: Limit = None, look: Callable[[], None] | None = None) -> bytearray:
        """Receive a message; as :meth:`send`, and EOFError where the other end is closed."""
        until = _until(timeout)
        (length,) = _LENGTH.unpack(self._receive(_LENGTH.size, until, look))
        return self._receive(length, until, look)

    def _receive(
        self, length: int, until: Patience | None, look: Callable[[], None] | None
    ) -> bytearray:
        received = bytearray(length)
        rest = memoryview(received)
        while rest:
            try:
                count = self._socket.recv_into(rest[:_PIECE])
            except BlockingIOError:
                self._wait(select.POLLIN, until, look)
                continue
            if not count:
                raise EOFError
            rest = rest[count:]
        return received

    def _wait(self, event: int, until: Patience | None, look: Callable[[], None] | None) -> None:
        while True:
            if until is not None and until.is_over():
                raise TimeoutError
            if self._is_ready(event, POLL):
                return
            if look is not None:
                look()

    def _is_ready(self, event: int, seconds: float) -> bool:
        ready = select.poll()  # one a wait, since an object of it is for one thread
        ready.register(self._socket, event)
        return bool(ready.poll(seconds * 1000))

    def poll(self, seconds: float) -> bool:
        """Whether there is something to receive, or the other end is closed."""
        return self._is_ready(select.POLLIN, seconds)

    def close(self) -> None:
        self._socket.close()


def _until(timeout: Limit) -> Patience | None:
    return Patience(timeout, tuple) if isinstance(timeout, (int, float)) else timeout
