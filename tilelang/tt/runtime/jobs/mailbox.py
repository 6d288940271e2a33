"""What the cores of an open device are doing, as their mailboxes in L1 say: which processors have
not finished, in which kernel, and what they wait for.

It is for a job that has not ended in its time, and runs in the worker beside it (worker.py). Where
the mailboxes are comes from TT-metal's headers, compiled when a simulator's runtime root is made
(compiler/support/mailboxes.cpp); kernels' names come from TT-metal's own log, the inspector's.
"""

from __future__ import annotations

import json
import os
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

#: A file of the runtime root: the numbers of Mailboxes for each architecture.
FILE = "mailboxes.json"

#: The processors of a Tensix core, in the order of TT-metal's messages.
PROCESSORS = ("BRISC", "NCRISC", "TRISC0", "TRISC1", "TRISC2")


class Mailboxes(NamedTuple):
    """Places and values, as compiler/support/mailboxes.cpp has them."""

    subordinate_sync: int
    launch_index: int
    launch: int
    launch_size: int
    launch_count: int
    enables: int
    kernel_ids: int
    go: int
    go_size: int
    go_count: int
    signal: int
    go_index: int
    waypoints: int
    running: int
    done: int


class Core(NamedTuple):
    """A core that has not finished: of each processor that runs, the kernel's number and the name
    of the wait that it began or ended last ("" where it has none)."""

    x: int
    y: int
    processors: tuple[tuple[str, int, str], ...]


# The waits that people meet, by TT-metal's names for them (WAYPOINT in its headers).
_WAITS = {
    "UPAW": "waits for the unpacker",
    "UPTW": "waits for tiles in a circular buffer",
    "NSW": "waits for a semaphore (noc_semaphore_wait)",
    "NSMW": "waits for a semaphore (noc_semaphore_wait_min)",
    "NRBW": "waits for its reads (noc_async_read_barrier)",
    "NWBW": "waits for its writes (noc_async_write_barrier)",
    "NWFW": "waits for its writes to leave (noc_async_writes_flushed)",
    "NABW": "waits for its atomics (noc_async_atomic_barrier)",
    "MWDW": "waits for the matrix engine",
}


def describe_running(device: Any) -> str:
    """What runs on a device, as one line; why that can't be read, where it can't."""
    root = os.environ.get("TT_METAL_RUNTIME_ROOT", "")
    try:
        known = json.loads(Path(root, FILE).read_text())
    except (OSError, ValueError):
        return "what its cores do is not known: their mailboxes can be read on simulators only"
    import ttnn

    arch = ttnn.get_arch_name().removesuffix("_b0")
    cores = list(_running_cores(device, Mailboxes(*known[arch])))
    if not cores:
        return "no core runs a kernel, so it is the host's part that has not ended"
    logs = Path(os.environ.get("TT_METAL_LOGS_PATH", ""), "generated", "inspector", "kernels.yaml")
    try:
        names = kernel_names(logs.read_text(errors="replace"))
    except OSError:
        names = {}
    return describe(cores, names)


def _running_cores(device: Any, boxes: Mailboxes) -> Iterator[Core]:
    import ttnn

    (chip,) = device.get_device_ids()
    grid = device.compute_with_storage_grid_size()
    start = boxes.subordinate_sync
    size = boxes.waypoints + 4 * len(PROCESSORS) - start
    for y in range(grid.y):
        for x in range(grid.x):
            at = device.worker_core_from_logical_core(ttnn.CoreCoord(x, y))
            # A simulator takes its time for each read and each byte, and most cores are idle.
            go = ttnn._ttnn.cluster.read_from_core(
                chip, at.x, at.y, boxes.go, boxes.go_index + 4 - boxes.go
            )
            if is_running(go, boxes):
                content = ttnn._ttnn.cluster.read_from_core(chip, at.x, at.y, start, size)
                yield Core(x, y, read_core(content, boxes))


def is_running(content: bytes, boxes: Mailboxes) -> bool:
    """Whether a core was told to run and hasn't said that it is done.

    content : the core's L1 from ``boxes.go`` to the end of the index into the messages there
    """
    (index,) = struct.unpack_from("<I", content, boxes.go_index - boxes.go)
    return bool(content[index % boxes.go_count * boxes.go_size + boxes.signal] == boxes.running)


def read_core(content: bytes, boxes: Mailboxes) -> tuple[tuple[str, int, str], ...]:
    """The processors of a core that runs that have not finished; see Core.

    content : the core's L1 from ``boxes.subordinate_sync`` to the end of the waypoints
    """

    def word(form: str, address: int) -> int:
        (value,) = struct.unpack_from(f"<{form}", content, address - boxes.subordinate_sync)
        return int(value)

    launch = boxes.launch + word("I", boxes.launch_index) % boxes.launch_count * boxes.launch_size
    enabled = word("I", launch + boxes.enables)
    found = []
    for number, name in enumerate(PROCESSORS):
        # BRISC starts the others and waits for them; what it is at itself, no message says.
        finished = number and word("B", boxes.subordinate_sync + number - 1) == boxes.done
        if enabled >> number & 1 and not finished:
            kernel = word("H", launch + boxes.kernel_ids + 2 * number)
            place = boxes.waypoints + 4 * number - boxes.subordinate_sync
            found.append((name, kernel, read_waypoint(bytes(content[place : place + 4]))))
    return tuple(found)


def read_waypoint(content: bytes) -> str:
    """The text of a waypoint; TT-metal's own, or of a circular buffer (headers/waypoints.h)."""
    if content[:2] in (b"cf", b"cr"):
        return f"{content[:2].decode()}{content[2]}"
    text = content.rstrip(b"\0")
    # X: none yet since the firmware started.
    return text.decode() if text.isalnum() and text not in (b"X", b"cd") else ""


def kernel_names(log: str) -> dict[int, str]:
    """The source of each kernel by its number, from the inspector's kernels.yaml."""
    found = {}
    for number, rest in re.findall(r"watcher_kernel_id: (\d+)\n((?:    .*\n?)*)", log):
        fields = dict(re.findall(r"^ +(name|source): *(.*?) *$", rest, re.MULTILINE))
        source = fields.get("source", "").strip("'\"")
        # A source that is given as text has no file.
        is_file = source and "\n" not in source and source.endswith((".cpp", ".cc", ".c"))
        found[int(number)] = source if is_file else fields.get("name", "")
    return found


def describe(cores: list[Core], names: Mapping[int, str]) -> str:
    """Cores that have not finished, as one line; cores that do the same are named together."""
    groups: dict[tuple[tuple[str, int, str], ...], list[str]] = {}
    for core in cores:
        groups.setdefault(core.processors, []).append(f"{core.x}-{core.y}")
    lines = []
    for processors, places in groups.items():
        said = [_describe_processor(*processor, names) for processor in processors]
        more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
        plural = "s" if len(places) > 1 else ""
        lines.append(f"core{plural} {', '.join(places[:_SHOWN])}{more}: {', '.join(said)}")
    rest = f"; and {len(lines) - _SHOWN} other groups of cores" if len(lines) > _SHOWN else ""
    return f"a kernel has not ended on {len(cores)} cores: {'; '.join(lines[:_SHOWN])}{rest}"


_SHOWN = 8


def _describe_processor(name: str, kernel: int, waypoint: str, names: Mapping[int, str]) -> str:
    where = names.get(kernel) or f"kernel {kernel}"
    if waypoint.startswith("cf"):
        wait = f"waits for a page in circular buffer {waypoint[2:]} (cb_wait_front)"
    elif waypoint.startswith("cr"):
        wait = f"waits for room in circular buffer {waypoint[2:]} (cb_reserve_back)"
    elif not waypoint:
        wait = "what it waits for is not known"
    elif waypoint in _WAITS:
        wait = f"{_WAITS[waypoint]}, {waypoint}"
    elif waypoint.endswith("D"):  # TT-metal's W and D: a wait that began, one that is done
        wait = f"in no wait, last past TT-metal's waypoint {waypoint}"
    else:
        wait = f"at TT-metal's waypoint {waypoint}"
    return f"{name} in {where} ({wait})"
