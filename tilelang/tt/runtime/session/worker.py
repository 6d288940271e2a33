"""The child process that holds a device open and runs jobs on it.

    python start.py tilelang.tt.runtime.session.worker CONNECTION_FD QUESTIONS_FD MEMORY_FD SOURCE

It sends (True, result) or (False, reason) for each (function, args) that it receives, and before
that (None, text) for each thing that the job tells; the device's description first. It ends on an
empty message. On the other connection it answers, also during a job, each message with what the
device's cores are doing.
"""

from __future__ import annotations

import importlib
import pickle
import re
import socket
import threading
from typing import Any

from . import shared, told
from .channel import Channel


def main(connection_fd: str, questions_fd: str, memory_fd: str, source: str) -> None:
    shared.of_worker(int(memory_fd))
    connection = Channel(socket.socket(fileno=int(connection_fd)))
    questions = Channel(socket.socket(fileno=int(questions_fd)))
    import ttnn

    from ..jobs.ttnn_device import describe

    try:
        device = ttnn.open_device(device_id=0)
        connection.send(pickle.dumps((True, describe(device, source).to_attr())))
    except Exception as error:
        connection.send(pickle.dumps((False, _reason(error))))
        return
    told.to(lambda text: connection.send(pickle.dumps((None, text))))
    threading.Thread(target=_answer, args=(questions, device), daemon=True).start()
    try:
        while job := connection.receive():
            connection.send(_run(device, job))
    finally:
        ttnn.close_device(device)


def _answer(questions: Channel, device: Any) -> None:
    """Say what the cores are doing, as often as it is asked; ttnn waits without the GIL."""
    from ..jobs.mailbox import describe_running

    while True:
        try:
            questions.receive()
        except EOFError:
            return
        try:
            said = describe_running(device)
        except Exception as error:
            said = f"what its cores do could not be read: {_reason(error)}"
        questions.send(said.encode())


def _run(device: Any, job: bytes | bytearray) -> bytes:
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
