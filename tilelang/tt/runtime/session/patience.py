"""Limits on waiting for a device that a busy machine doesn't use up.

A simulator that is slow since others have the CPUs isn't one that hangs. The operating system knows
how long each thread was ready to run and had no CPU; so much longer is waited, within reason.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

# At most so many times a limit is waited in all. A kernel that never ends may keep a thread busy.
_MOST = 10

# Seconds before the operating system is asked for the first time: asking costs more than most jobs,
# whose answers are there sooner.
_FIRST_LOOK = 0.01

Starved = dict[str, float]


class Patience:
    """A limit on a wait that begins now.

    Parameters
    ----------
    seconds : the limit
    processes : the ids of the processes that are waited for, asked for again at the limit

    ``extra`` is how many seconds more than the limit were waited, since a CPU was waited for.
    """

    def __init__(self, seconds: float, processes: Callable[[], Iterable[int]]) -> None:
        self.seconds = seconds
        self.extra = 0.0
        self._processes = processes
        self._before: Starved | None = None
        self._started = time.monotonic()

    def is_over(self) -> bool:
        """Whether the limit has passed, less what the most starved thread has lost meanwhile."""
        waited = time.monotonic() - self._started
        if self._before is None and waited >= _FIRST_LOOK:
            # Until now a thread may have lost all the time there was, and one that is new has.
            found = _starved(self._processes())
            self._before = {thread: max(0.0, lost - waited) for thread, lost in found.items()}
        if waited <= self.seconds + self.extra:
            return False
        now = _starved(self._processes())
        before = now if self._before is None else self._before
        lost = max((now[thread] - before.get(thread, 0.0) for thread in now), default=0.0)
        self.extra = max(self.extra, min(lost, (_MOST - 1) * self.seconds))
        return waited > self.seconds + self.extra


def _starved(processes: Iterable[int]) -> Starved:
    """Seconds that each thread of some processes was ready to run without a CPU; none where the
    operating system doesn't say (proc(5), /proc/pid/task/tid/schedstat: the second number)."""
    found: Starved = {}
    for process in processes:
        threads = f"/proc/{process}/task"
        try:
            for thread in os.listdir(threads):
                path = f"{threads}/{thread}/schedstat"
                found[path] = int(Path(path).read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            continue
    return found
