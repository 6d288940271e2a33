"""What a descriptor claims of a tensor on a device, in terms that a kernel can check.

A claim is a descriptor, the address that ttnn gave the tensor, and where the device has its
banks. Everything that the levels compare follows from it, so a wrong descriptor is a wrong claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..device import DeviceSpec
from ..metadata import BufferDescriptor
from .tiles import Array, tilize


@dataclass(frozen=True)
class Banks:
    """Where the DRAM banks are: coordinates on NoC 0 and on NoC 1, and offsets there in bytes."""

    cores: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]
    offsets: tuple[int, ...]

    @classmethod
    def of(cls, spec: DeviceSpec) -> Banks:
        """Raises ValueError for a description without NoC 1 (see runtime/banks.py)."""
        if spec.dram_cores is None or spec.dram_cores_noc1 is None or spec.dram_offsets is None:
            raise ValueError(
                "found a device without dram_cores_noc1 and dram_offsets; expected both, as "
                "describe_banks asks them from a device"
            )
        return cls((spec.dram_cores, spec.dram_cores_noc1), spec.dram_offsets)


@dataclass(frozen=True)
class Claim:
    """A tensor as its descriptor says it is. ``base`` is its address in each bank, in bytes."""

    buffer: BufferDescriptor
    base: int
    banks: Banks

    def where(self, noc: int) -> Array:
        """The NoC address of each page: (x, y, address), int64 of shape (pages, 3).

        A page in a bank that the device has not is at (-1, -1).
        """
        cores, offsets = self.banks.cores[noc], self.banks.offsets
        accessor = self.buffer.accessor
        places = []
        for page in range(accessor.num_pages):
            bank, offset = accessor.locate(page)
            x, y, start = (*cores[bank], offsets[bank]) if bank < len(cores) else (-1, -1, 0)
            places.append((x, y, start + self.base + offset))
        return np.asarray(places, dtype=np.int64).reshape(-1, 3)

    def noc_addresses(self, noc: int) -> Array:
        """The same as a kernel writes it: x in bits 36 to 41, y in bits 42 to 47; int64."""
        x, y, address = self._where[noc].T
        return np.asarray(y << 42 | x << 36 | address)

    @cached_property
    def _where(self) -> tuple[Array, Array]:
        return self.where(0), self.where(1)

    def places_on(self, nocs: Array) -> Array:
        """(noc, x, y, address) of each page, on the NoC that is given for it."""
        where = np.where(nocs[:, None] == 0, self._where[0], self._where[1])
        return np.column_stack([nocs, where])

    def pages(self, bits: Array) -> Array:
        """The bytes of each page of a tensor with these elements' bits, of the buffer's shape;
        uint8 of shape (pages, bytes). Raises ValueError if the descriptor contradicts itself."""
        return tilize(bits, self.buffer)
