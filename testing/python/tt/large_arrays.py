"""A job of sessions that uses memory for a moment, as transfers of large tensors do."""

from __future__ import annotations

import ctypes
import resource


def faults(device: object, size: int) -> int:
    """The pages of memory that this process had to be given while it used so many bytes."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    ctypes.memset(ctypes.create_string_buffer(size), 1, size)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
