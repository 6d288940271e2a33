"""What a descriptor claims of a tensor on a device, in terms that a kernel can check.

A claim is a descriptor, the address that ttnn gave the tensor, and where the device has its
banks. Everything that the levels compare follows from it, so a wrong descriptor is a wrong claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...device_spec import DeviceSpec
from ...metadata import BufferDescriptor
from .formats import tile_bytes
from .tiles import FACE, Array, page_of_tile, tilize


@dataclass(frozen=True)
class Banks:
    """Where the DRAM banks are: coordinates on NoC 0 and on NoC 1, and offsets there in bytes."""

    cores: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]
    offsets: tuple[int, ...]

    @classmethod
    def of(cls, spec: DeviceSpec) -> Banks:
        """Without any for a description of a device that runs no kernels, which has not all."""
        return cls((spec.dram_cores or (), spec.dram_cores_noc1 or ()), spec.dram_offsets or ())


@dataclass(frozen=True)
class Claim:
    """A tensor as its descriptor says it is.

    ``base`` is its address in each bank, in bytes; ``face`` the elements each way of a tile's
    faces, face by face in its page.
    """

    buffer: BufferDescriptor
    base: int
    banks: Banks
    face: int = FACE

    def where(self, noc: int) -> Array:
        """The NoC address of each page: (x, y, address), int64 of shape (pages, 3).

        A page in a bank that the device has not is at (-1, -1).
        """
        return self._where[noc]

    @cached_property
    def _where(self) -> tuple[Array, Array]:
        accessor = self.buffer.accessor
        bank, offset = accessor.place_of(np.arange(accessor.num_pages))
        missing = max(int(bank.max(initial=0)) + 1 - len(self.banks.offsets), 0)
        start = np.asarray([*self.banks.offsets, *[0] * missing], dtype=np.int64)
        found = []
        for cores in self.banks.cores:
            core = np.asarray([*cores, *[(-1, -1)] * missing], dtype=np.int64).reshape(-1, 2)
            found.append(np.column_stack([core[bank], start[bank] + self.base + offset]))
        return found[0], found[1]

    def noc_addresses(self, noc: int) -> Array:
        """The same as a kernel writes it: x in bits 36 to 41, y in bits 42 to 47; int64."""
        x, y, address = self.where(noc).T
        return np.asarray((y << 42) + (x << 36) + address)

    def places_on(self, nocs: Array) -> Array:
        """(noc, x, y, address) of the first pages, each on the NoC that is given for it."""
        noc0, noc1 = (where[: len(nocs)] for where in self._where)
        where = np.where(nocs[:, None] == 0, noc0, noc1)
        return np.column_stack([nocs, where])

    def pages(self, bits: Array) -> Array:
        """The bytes of each page of a tensor with these elements' bits, of the buffer's shape;
        uint8 of shape (pages, bytes). Raises ValueError if the descriptor contradicts itself."""
        return tilize(bits, self.buffer, self.face)

    def contradiction(self) -> str:
        """Why the descriptor can't be true of any tensor, or nothing."""
        accessor = self.buffer.accessor
        for what in ("num_banks", "page_size", "aligned_page_size"):
            if getattr(accessor, what) < 1:
                return f"{what} is {getattr(accessor, what)}; expected at least 1"
        tile = tile_bytes(self.buffer)
        if accessor.page_size != tile:
            return f"pages of {accessor.page_size} bytes; expected {tile}, a tile's"
        if accessor.page_size > accessor.aligned_page_size:
            return f"pages of {accessor.page_size} bytes every {accessor.aligned_page_size}"
        try:
            tiles = len(page_of_tile(self.buffer))
        except ValueError as error:
            return str(error)
        if tiles != accessor.num_pages:
            return f"{accessor.num_pages} pages; expected {tiles}, one a tile"
        return ""

    @property
    def numbering(self) -> tuple[object, ...]:
        """What decides which tile a page is, and where in it an element is."""
        buffer = self.buffer
        tiles = (buffer.num_tiles_height, buffer.num_tiles_width)
        return (buffer.padded_shape, buffer.tile_shape, tiles, self.face)
