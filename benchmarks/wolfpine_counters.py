"""wolfpine's server, which counts what each launch does; bench_kernels.py runs it in its place.

    python wolfpine_counters.py {wormhole,blackhole} OUT.json [the server's own arguments]

A launch begins when the host, which has told its cores to go, first asks one whether it is done.
The messages are held back until then, since wolfpine runs 100 cycles for each, and cores would
start thousands of cycles apart that dispatch starts at once. What is written after each launch is a
list: cycles from the first go to the last event, and counts by what was done.
"""

from __future__ import annotations

import collections
import json
import os
import runpy
import sys
from pathlib import Path

from framework.bridge import device as bridge
from framework.trace import bus
from framework.trace.events import EventCategory

ARCH, OUT = sys.argv[1], Path(sys.argv[2])
sys.argv[1:3] = []

#: The byte of a go message that says so, and of one that a core has answered.
_GO, _DONE = 0x80, 0

LAUNCHES: list[Launch] = []


class Launch:
    """What is counted from one go to the next."""

    def __init__(self, cycle: int, cores: set[object]) -> None:
        self.cycle, self.last, self.cores = cycle, cycle, cores
        self.counts: collections.Counter[str] = collections.Counter()

    def add(self, event: object) -> None:
        self.last = max(self.last, event.cycle)
        if event.CATEGORY is EventCategory.COMPUTE:
            self.counts[event.op] += 1
        elif event.phase == "response" and event.txn_type == "read":
            self.counts["bytes read"] += event.size_bytes
        elif event.phase == "request" and event.txn_type == "write":
            self.counts["bytes written"] += event.size_bytes


class Counting(bus.EventBus):
    """The simulator's own bus, on which nobody else listens."""

    __slots__ = ()

    def is_enabled(self, category: object) -> bool:
        return category in (EventCategory.NOC, EventCategory.COMPUTE)

    def publish(self, event: object) -> None:
        running = LAUNCHES and LAUNCHES[-1].cores  # what comes after all are done is firmware's
        if running and event.CATEGORY in (EventCategory.NOC, EventCategory.COMPUTE):
            LAUNCHES[-1].add(event)


held: list[tuple[object, int, bytes]] = []
going: dict[object, int] = {}
write, read = bridge.Device.write, bridge.Device.read


def now(device: object) -> int:
    clock = device.tt_device.clocks[0]
    return getattr(clock, "current_cycle", None) or clock.clock_tick_num


def held_back(device: object, core: object, address: int, data: bytes) -> object:
    if len(data) == 4 and data[3] == _GO:
        going[core] = address
        held.append((core, address, bytes(data)))
        return None
    return write(device, core, address, data)


def asked(device: object, core: object, address: int, size: int) -> object:
    mine = going.get(core) == address
    if held and mine:
        LAUNCHES.append(Launch(now(device), {each for each, _, _ in held}))
        for each in held:
            device.write_without_pump(*each)
        held.clear()
    found = read(device, core, address, size)
    if LAUNCHES and mine and size >= 4 and found[3] == _DONE:
        LAUNCHES[-1].cores.discard(core)
        if not LAUNCHES[-1].cores:
            told()
    return found


def told() -> None:
    text = json.dumps([{"cycles": e.last - e.cycle, **e.counts} for e in LAUNCHES])
    new = OUT.with_suffix(".new")
    new.write_text(text)
    os.replace(new, OUT)


bus._BUS = Counting()
bridge.Device.write, bridge.Device.read = held_back, asked
runpy.run_module(f"framework.sim.{ARCH}", run_name="__main__")
