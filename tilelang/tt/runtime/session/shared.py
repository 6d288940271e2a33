"""Memory that a session and its worker both see, through which the tensors of a job go.

It has no name in any file system: it is a file descriptor, which the worker inherits, and is gone
when both processes are. It grows to what the largest job so far needed.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os

#: Bytes; where tensors begin.
ALIGNMENT = 64

_LEAST = 2**20

#: The worker's, in a worker.
_of_worker: SharedMemory | None = None


class SharedMemory:
    """One end of it; :meth:`view` is what is mapped here."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._map: mmap.mmap | None = None
        self._size = 0
        #: Where the last view is, in this process.
        self.address = 0

    @classmethod
    def made(cls) -> SharedMemory:
        return cls(os.memfd_create("tilelang-tt"))

    def fileno(self) -> int:
        return self._descriptor

    def view(self, size: int) -> mmap.mmap:
        """At least so many bytes of it. What an earlier view gave stays the same memory.

        Raises MemoryError where the system doesn't have as much.
        """
        if self._map is None or size > self._size:
            room = max(_LEAST, 1 << max(size - 1, 0).bit_length())
            try:
                if os.fstat(self._descriptor).st_size < room:
                    os.ftruncate(self._descriptor, room)
                self._map, self._size = mmap.mmap(self._descriptor, room), room
                self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
            except OSError as error:
                raise MemoryError(f"{room} bytes for a kernel's tensors: {error}") from error
        return self._map

    def close(self) -> None:
        """Let go of it; views that are in use stay valid."""
        self._map = None
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1


def aligned(end: int) -> int:
    """Where the next tensor begins, in bytes, if one ends there."""
    return -(-end // ALIGNMENT) * ALIGNMENT


def of_worker(descriptor: int | None = None) -> SharedMemory:
    """The memory of this process, which is a worker; ``descriptor`` once, when it begins."""
    global _of_worker
    if descriptor is not None:
        _of_worker = SharedMemory(descriptor)
    assert _of_worker is not None, "this process is no worker"
    return _of_worker
