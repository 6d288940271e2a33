"""The child process that holds a device open and runs jobs on it.

    python -m tilelang.tt.runtime.worker CONNECTION_FD SOURCE

It sends (True, result) or (False, reason) for each (function, args) that it receives,
the device's description first, and ends on an empty message.
"""

from __future__ import annotations

import importlib
import pickle
import re
import sys
from multiprocessing.connection import Connection
from typing import Any


def main(connection_fd: str, source: str) -> None:
    connection = Connection(int(connection_fd))
    import ttnn

    from .ttnn_device import describe

    try:
        device = ttnn.open_device(device_id=0)
        connection.send((True, describe(device, source).to_attr()))
    except Exception as error:
        connection.send((False, _reason(error)))
        return
    try:
        while job := connection.recv_bytes():
            connection.send_bytes(_run(device, job))
    finally:
        ttnn.close_device(device)


def _run(device: Any, job: bytes) -> bytes:
    """The pickled answer to a pickled job; what can't be pickled is a failure of the job."""
    try:
        function, args = pickle.loads(job)
        module, _, name = function.partition(":")
        return pickle.dumps((True, getattr(importlib.import_module(module), name)(device, *args)))
    except Exception as error:
        return pickle.dumps((False, _reason(error)))


def _reason(error: Exception) -> str:
    """An error as one line. TT-metal's say where they were thrown, then why, then a backtrace."""
    text = re.split(r"\n\s*(?:[Bb]acktrace:|Location:|1\. )", str(error))[0]
    text = text.partition("\ninfo:\n")[2] or text
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{type(error).__name__}: {' / '.join(lines)}"


if __name__ == "__main__":
    main(*sys.argv[1:])
