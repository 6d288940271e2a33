"""Mock clusters of one chip, and the descriptors that UMD reads of them.

clusters.json names them. A harvest mask has a bit for each row (Wormhole) or column
(Blackhole) of Tensix cores that is off; boards leave the factory with as many as UMD's
expected_tensix_harvested_units_map says (cluster_descriptor_types.hpp): n150 one row,
n300 two, p100 and p150 two columns, and p100 one DRAM bank besides.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

from ...device_spec import DeviceSpec
from ...presets import preset_names

_CLUSTERS = Path(__file__).with_name("clusters.json")

# UMD takes the board's type from bits 36 and up of its id (board_upi_map).
_BOARD_ID_SHIFT = 36
_BOARD_UPI = {"n150": 0x18, "n300": 0x14, "p100": 0x43, "p150": 0x40}

# Masks of Ethernet and PCIe cores that UMD accepts for a board; they don't touch the grid.
_ETH_HARVEST_MASK = {"p100": 0x3FFF, "p150": 0x120}
_PCIE_HARVEST_MASK = {"p100": 2, "p150": 2}


@dataclass(frozen=True)
class ClusterDescriptor:
    """A mock cluster: one chip, on a board, with parts of it off."""

    name: str
    arch: str
    board: str
    harvest_mask: int
    dram_harvest_mask: int = 0

    def with_harvest_mask(self, mask: int) -> ClusterDescriptor:
        """The same board with other rows or columns off."""
        return replace(self, harvest_mask=mask)

    def to_yaml(self) -> str:
        """The descriptor as UMD reads it (its docs/yaml_schemas has the schema); JSON is YAML."""
        return json.dumps(
            {
                "arch": {0: self.arch},
                "chips": {0: [0, 0, 0, 0]},
                "ethernet_connections": [],
                "chips_with_mmio": [{0: 0}],
                "harvesting": {
                    0: {
                        "noc_translation": True,
                        "harvest_mask": self.harvest_mask,
                        "dram_harvesting_mask": self.dram_harvest_mask,
                        "eth_harvesting_mask": _ETH_HARVEST_MASK.get(self.board, 0),
                        "pcie_harvesting_mask": _PCIE_HARVEST_MASK.get(self.board, 0),
                    }
                },
                "boards": [
                    [
                        {"board_id": _BOARD_UPI[self.board] << _BOARD_ID_SHIFT | 1},
                        {"board_type": self.board},
                        {"chips": [0]},
                    ]
                ],
            }
        )

    def __str__(self) -> str:
        dram = f", DRAM mask {self.dram_harvest_mask:#x}" if self.dram_harvest_mask else ""
        return f"{self.name} (harvest mask {self.harvest_mask:#x}{dram})"


def clusters() -> dict[str, ClusterDescriptor]:
    """The clusters that ship with the package, by name."""
    entries = json.loads(_CLUSTERS.read_text())
    return {name: ClusterDescriptor(name=name, **entry) for name, entry in entries.items()}


def named_cluster(name: str) -> ClusterDescriptor | Path:
    """One of ours by its name, or the path of a cluster descriptor as UMD writes them.

    Raises ValueError for what is neither.
    """
    known = clusters()
    if name in known:
        return known[name]
    if not Path(name).is_file():
        raise ValueError(
            f"found no cluster {name!r}, nor a file of that name; expected one of "
            f"{', '.join(known)}, or a cluster descriptor"
        )
    return Path(name)


# What a description that was asked from a mock says of its source (ClusterDescriptor.__str__ and
# mock.py's statement).
_SOURCE = re.compile(
    r"mock cluster (?P<name>\S+) \(harvest mask (?P<mask>0x[0-9a-f]+)"
    r"(?:, DRAM mask (?P<dram>0x[0-9a-f]+))?\), (?P<dispatch>fast|slow) dispatch"
)


def cluster_of(spec: DeviceSpec) -> tuple[ClusterDescriptor, str] | None:
    """The mock cluster that a description is of, and how it is opened ("fast" or "slow").

    That is the one that its source names, if it came from a mock. Else, as for a simulator or a
    card, a preset's with the same grid, banks and alignments. None where there is none.
    """
    known = clusters()
    found = _SOURCE.match(spec.source)
    if found is not None and found["name"] in known:
        masks = int(found["mask"], 0), int(found["dram"] or "0", 0)
        cluster = replace(known[found["name"]], harvest_mask=masks[0], dram_harvest_mask=masks[1])
        return cluster, found["dispatch"]
    figures = ("arch", "grid_x", "grid_y", "dram_banks", "dram_alignment")
    for name in preset_names():
        preset = DeviceSpec.preset(name)
        if name in known and all(getattr(preset, f) == getattr(spec, f) for f in figures):
            return known[name], str(preset.dispatch)
    return None
