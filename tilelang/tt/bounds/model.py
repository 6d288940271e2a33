"""Lower bounds of a launch's time: what it moves and multiplies, against the limits of the chip.

Nothing is in them but bytes and operations: no start, no latency, no waiting for one another. So a
launch takes at least as long as the largest of them, which is its wall.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..codegen.ways import Ways, ways_of_launch
from ..device_spec import DeviceSpec
from ..metadata import BufferDescriptor, Schedule
from ..program import Program
from .flows import Flows, Moved, links_of
from .larger import Times, merged, scratch_bytes
from .limits import Geometry, geometry_of, limits_of
from .links import Busiest
from .running import Turns
from .touched import Multiplied, touched

#: What generated kernels multiply with, unless they are told otherwise.
FIDELITY = "HiFi4"

#: What a resource is called in words.
RESOURCES = {
    "dram": "DRAM",
    "noc0": "NoC 0",
    "noc1": "NoC 1",
    "matrix": "the matrix engine",
    "unpack": "the unpackers",
    "pack": "the packers",
}


@dataclass(frozen=True)
class Bounds:
    """A launch under one schedule.

    ``cycles`` are bounds by resource (RESOURCES; what isn't known is left out), ``bank`` the most
    loaded DRAM bank and its bytes, ``links`` the most loaded link of each NoC. ``l1_bytes`` are
    those of a block's scratch, of ``l1_room``. ``imbalance`` is the most blocks that a core runs to
    the mean of those that run some, ``turns`` how many blocks a core goes through at most,
    ``repeated`` those of all cores that they repeat, ``rounds`` how often a core waits for what it
    reads, ``meetings`` for how many blocks it meets the cores that it shares with, ``movers`` of
    each reader and writer of a core how many pages it moves itself, and how many elements it fills
    beyond a tensor's edge, each pair once.
    ``utilisation`` is the share of their time in which the matrix engines of all cores work, if the
    launch takes no longer than its wall. ``counted`` says of each resource what was, ``notes`` what
    isn't known or is not exact.
    """

    policy: str
    tensors: Mapping[str, Moved]
    bank: tuple[int, int]
    links: tuple[Busiest, ...]
    cycles: Mapping[str, int]
    l1_bytes: int
    l1_room: int | None
    cores: int
    imbalance: float
    repeated: int
    turns: int
    rounds: int
    meetings: int
    movers: tuple[tuple[int, int], ...]
    utilisation: float
    clock_mhz: float
    counted: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def wall(self) -> str:
        """The resource with the largest bound."""
        return max(self.cycles, key=lambda name: self.cycles[name])

    @property
    def least(self) -> int:
        """The cycles that the launch takes at least."""
        return self.cycles[self.wall]

    @property
    def microseconds(self) -> float:
        return self.least / self.clock_mhz

    @property
    def read(self) -> int:
        """Bytes read from DRAM."""
        return sum(each.read for each in self.tensors.values())

    @property
    def written(self) -> int:
        """Bytes written to DRAM."""
        return sum(each.written for each in self.tensors.values())


def bounds_of(
    program: Program,
    buffers: Mapping[str, BufferDescriptor],
    schedule: Schedule,
    device: DeviceSpec,
    launch: int = 0,
    fidelity: str = FIDELITY,
    times: Times = (1, 1, 1),
    ways: Ways | None = None,
) -> Bounds:
    """The bounds of one launch.

    Parameters
    ----------
    buffers : the descriptors of the tensors, by name
    schedule : which core runs which blocks; with boxes, in lockstep, with what it shares
    fidelity : TT-metal's math fidelity, by its name
    times : how many neighbours along x, y and z are one block; the schedule is of those
    ways : what its kernels do that neither program nor schedule says; None: of kernels that are
        generated for it, or nothing where there are none, and of larger blocks

    Raises
    ------
    ValueError
        An unknown fidelity.
    NotImplementedError
        A chip of which no limits are known, tensors outside of interleaved DRAM, what depends on
        the value of a scalar, more pages than are gone through, and larger blocks where they can't
        be told from the launch's own.
    """
    limits = limits_of(device)
    if fidelity not in limits.tile_product_cycles:
        known = ", ".join(limits.tile_product_cycles)
        raise ValueError(f"fidelity is {fidelity!r}; expected one of {known}")
    for name, buffer in buffers.items():
        if buffer.accessor.memory != "dram":
            raise NotImplementedError(
                f"{name} is in {buffer.accessor.memory}; bounds are known of tensors in DRAM"
            )
    if times == (1, 1, 1):
        ways = ways or ways_of_launch(program, schedule, device, launch)
        steps, products = touched(program, buffers, launch, ways.spread, ways.first_rows)
    else:
        ways = Ways()
        steps, products = merged(program, buffers, launch, times)
    flows = Flows(buffers, schedule, steps, device.dram_banks, ways)
    work = _work(products, flows.turns)
    geometry = geometry_of(device)
    links = links_of(flows, geometry) if geometry else None
    busiest = tuple(links.busiest(noc) for noc in (0, 1)) if links else ()
    banks = flows.by_bank()
    matrix = work[0] * limits.tile_product_cycles[fidelity]
    unpacked, packed = flows.unpacked(work), flows.packed()
    cycles = {
        "dram": math.ceil(int(banks.max(initial=0)) / limits.dram_bytes_per_cycle),
        **{
            f"noc{each.noc}": math.ceil(each.bytes / limits.noc_bytes_per_cycle) for each in busiest
        },
        "matrix": int(matrix.max(initial=0)),
        "unpack": math.ceil(unpacked / limits.unpack_bytes_per_cycle),
        "pack": math.ceil(packed / limits.pack_bytes_per_cycle),
    }
    bank = int(banks.argmax())
    counted = {
        "dram": f"{banks[bank]} bytes of bank {bank}, at {limits.dram_bytes_per_cycle:.3g} a cycle",
        **{
            f"noc{each.noc}": f"{each.bytes} bytes over the link {each}, "
            f"at {limits.noc_bytes_per_cycle} a cycle"
            for each in busiest
        },
        "matrix": f"{work[0].max(initial=0)} products of two tiles on the core with the most, "
        f"{limits.tile_product_cycles[fidelity]} cycles each at {fidelity}",
        "unpack": f"{unpacked:.0f} bytes into one unpacker of a core, "
        f"at {limits.unpack_bytes_per_cycle} a cycle",
        "pack": f"{packed} bytes out of a core's packers, at {limits.pack_bytes_per_cycle} a cycle",
    }
    useful = int(_work(products, flows.own)[0].sum()) * limits.tile_product_cycles[fidelity]
    return Bounds(
        policy=schedule.policy,
        tensors=flows.moved(),
        bank=(bank, int(banks[bank])),
        links=busiest,
        cycles=cycles,
        l1_bytes=scratch_bytes(program, launch, times),
        l1_room=device.l1_bank_size,
        cores=schedule.num_active_cores,
        imbalance=schedule.imbalance,
        repeated=int(flows.turns.core.size - flows.own.core.size),
        turns=int(np.bincount(flows.turns.core).max()),
        rounds=flows.rounds,
        meetings=flows.meetings,
        movers=flows.movers(),
        utilisation=useful / (schedule.num_cores * max(max(cycles.values()), 1)),
        clock_mhz=limits.clock_mhz,
        counted=counted,
        notes=_notes(flows, geometry, device),
    )


def _work(products: list[Multiplied], turns: Turns) -> tuple[Any, Any, Any]:
    """By core that has blocks: products of tiles, and the bytes of their operands."""
    sums = [np.zeros(len(turns.cores), np.int64) for _ in range(3)]
    for each in products:
        for total, by_block in zip(
            sums, (each.products, each.a_bytes, each.b_bytes), strict=True
        ):  # fmt: skip
            total += turns.summed(by_block)
    return sums[0], sums[1], sums[2]


def _notes(flows: Flows, geometry: Geometry | None, device: DeviceSpec) -> tuple[str, ...]:
    notes = []
    if geometry is None:
        notes.append(f"{device.grid_x}x{device.grid_y} cores are more than the chip has: no NoC")
    elif geometry.dram is None:
        notes.append(
            f"where {device.dram_banks} banks stand isn't known: of the NoCs only what goes into "
            "cores and out of them counts"
        )
    inexact = [name for name, each in flows.moved().items() if not each.exact]
    if inexact:
        notes.append(f"{', '.join(inexact)}: at most so many bytes, so these are no lower bounds")
    return tuple(notes)
