"""The limits of each chip, and where on its NoCs cores and DRAM stand.

chips.json has each limit with its source. What a device can be asked, its grid and its banks, comes
from its description and not from there.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..device_spec import DeviceSpec
from ..text import shown

_CHIPS = Path(__file__).with_name("chips.json")

#: A place on the NoCs, by NoC 0's coordinates, which count from the upper left corner.
Place = tuple[int, int]


@dataclass(frozen=True)
class Limits:
    """What a chip does in a cycle at most, all in bytes or cycles; ``sources`` says whence.

    ``dram_bytes_per_cycle`` is of one bank, reading and writing together; ``noc_bytes_per_cycle``
    of one link; ``tile_product_cycles`` what the product of two tiles of 32x32 takes, by math
    fidelity; an unpacker's and all packers' are of L1.
    """

    clock_mhz: float
    dram_bytes_per_cycle: float
    noc_bytes_per_cycle: float
    tile_product_cycles: Mapping[str, int]
    unpack_bytes_per_cycle: float
    pack_bytes_per_cycle: float
    sources: Mapping[str, str]


@dataclass(frozen=True)
class Geometry:
    """A device on its chip's NoCs, a torus of ``size`` routers.

    ``columns`` and ``rows`` are those of the compute grid, by its x and y. Which of them a chip
    lacks no device tells: the last ones are taken to be missing. ``dram`` has the place of each
    bank's endpoint, for NoC 0 and NoC 1; None where the description leaves it open.
    """

    size: tuple[int, int]
    columns: tuple[int, ...]
    rows: tuple[int, ...]
    dram: tuple[tuple[Place, ...], tuple[Place, ...]] | None


@functools.cache
def _chips() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(_CHIPS.read_text(encoding="utf-8"))
    return found


def limits_of(device: DeviceSpec) -> Limits:
    """The limits of a device's chip. Raises NotImplementedError for a chip of which none are
    known."""
    limits = _chip(device)["limits"]
    values = {name: each["value"] for name, each in limits.items()}
    return Limits(**values, sources={name: each["source"] for name, each in limits.items()})


def geometry_of(device: DeviceSpec) -> Geometry | None:
    """Where a device's cores and banks stand; None for a grid larger than its chip's."""
    chip = _chip(device)
    columns, rows = chip["worker_columns"], chip["worker_rows"]
    if device.grid_x > len(columns) or device.grid_y > len(rows):
        return None
    return Geometry(
        (chip["noc_grid"][0], chip["noc_grid"][1]),
        tuple(columns[: device.grid_x]),
        tuple(rows[: device.grid_y]),
        _dram(chip["dram"], device),
    )


def _dram(
    endpoints: Mapping[str, Any], device: DeviceSpec
) -> tuple[tuple[Place, ...], tuple[Place, ...]] | None:
    """By the coordinates that the device gave: NoC 0's own, or what a chip translates to them. A
    chip that lacks a bank translates in another way, which isn't known."""
    noc0, noc1 = ([(x, y) for x, y in endpoints[name]] for name in ("noc0", "noc1"))
    if device.dram_banks != len(noc0):
        return None
    named = {place: bank for bank, place in enumerate(noc0)}
    named.update({(x, y): bank for bank, (x, y) in enumerate(endpoints["translated"])})
    cores = device.dram_cores or tuple(noc0)
    if any(core not in named for core in cores):
        return None
    banks = [named[core] for core in cores]
    return tuple(noc0[bank] for bank in banks), tuple(noc1[bank] for bank in banks)


def _chip(device: DeviceSpec) -> Mapping[str, Any]:
    if device.arch not in _chips():
        raise NotImplementedError(
            f"arch is {shown(device.arch)}; limits are known of {', '.join(_chips())}"
        )
    chip: Mapping[str, Any] = _chips()[device.arch]
    return chip
