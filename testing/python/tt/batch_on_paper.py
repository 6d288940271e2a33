"""A batch of tensors (validate/tensors/batch.py) whose device is a table of bytes; for tests.

The memories hold what is written where it is written, over whichever NoC, so that what the levels
and their controls make of it is tried without a simulator. It needs ttnn, which Batch imports.
"""

from __future__ import annotations

import numpy as np
from claims_on_paper import CORES, SPEC, addresses_of, allocation_of

from tilelang.tt.validate.tensors.batch import Batch
from tilelang.tt.validate.tensors.claims import Banks, Claim
from tilelang.tt.validate.tensors.tiles import tilize

_UNIT = 32  # bytes; what transfers are aligned to


class BatchOnPaper(Batch):
    """``faults`` names what is wrong with the device: what a level has to disprove."""

    faults: frozenset[str] = frozenset()

    def __init__(self, device, spec, buffers, seed, holds_data=True, most_cores=None):
        assert spec == SPEC
        self.spec, self._buffers, self._seed = spec, buffers, seed
        self._bits, self._pages = {}, {}
        self._memory = {}
        self.claims, self.extents, base = [], [], 0x8000
        for buffer in buffers:
            accessor = buffer.accessor
            size = -(-accessor.num_pages // 4) * accessor.aligned_page_size
            self.claims.append(Claim(buffer, base, Banks.of(spec)))
            self.extents.append((base, base + size))
            base += size
        self.allocations = [allocation_of(claim) for claim in self.claims]
        for index, claim in enumerate(self.claims):
            self._put(
                claim.places_on(np.zeros(len(self.pages(claim, index)), np.int64)),
                self.pages(claim, index),
            )

    def accessor_addresses(self):
        found = []
        for claim in self.claims:
            accessor = claim.buffer.accessor
            answers = addresses_of(accessor.num_pages, accessor.aligned_page_size, claim.base)
            if "accessor on NoC 1" in self.faults:
                answers[-1, 1] += _UNIT
            found.append(answers)
        return found

    def _where(self, noc, x, y):
        memory = {cores: number for number, cores in enumerate(dict.fromkeys(CORES[noc]))}[x, y]
        return 1 - memory if "banks on NoC 1" in self.faults and noc == 1 else memory

    def _put(self, places, pages):
        for (noc, x, y, address), page in zip(places.tolist(), pages, strict=True):
            assert address % _UNIT == 0
            for at in range(0, len(page), _UNIT):
                key = self._where(noc, x, y), address + at
                self._memory[key] = bytes(page[at : at + _UNIT])

    def read(self, transfers):
        found = []
        for transfer in transfers:
            pages = np.zeros((len(transfer.places), transfer.size), np.uint8)
            for page, (noc, x, y, address) in zip(pages, transfer.places.tolist(), strict=True):
                memory = self._where(noc, x, y)
                units = range(address, address + transfer.size, _UNIT)
                content = b"".join(self._memory.get((memory, at), bytes(_UNIT)) for at in units)
                page[:] = np.frombuffer(content, np.uint8)
            found.append(pages)
        if "last byte" in self.faults and found and len(found[0]):
            found[0][-1, -1] ^= 1
        return found

    def write(self, transfers, pages):
        if "writes lost" in self.faults:
            return
        for transfer, content in zip(transfers, pages, strict=True):
            self._put(transfer.places, content)

    def read_back(self, index):
        claim = self.claims[index]
        shape, bits = claim.buffer.shape, self.bits(index)
        numbers = np.arange(1, bits.size + 1, dtype=np.uint32).reshape(shape)
        as_words = claim.buffer  # of 4 bytes an element, as all tensors here
        elements = tilize(numbers, as_words).view(np.uint32)
        nocs = np.zeros(len(elements), np.int64)
        pages = np.zeros((len(elements), elements.shape[1] * 4), np.uint8)
        for page, (noc, x, y, address) in zip(pages, claim.places_on(nocs).tolist(), strict=True):
            units = range(address, address + len(page), _UNIT)
            memory = self._where(noc, x, y)
            page[:] = np.frombuffer(b"".join(self._memory[memory, at] for at in units), np.uint8)
        back = np.zeros(bits.size, np.uint32)
        is_element = elements > 0
        back[elements[is_element] - 1] = pages.view(np.uint32)[is_element]
        return back.reshape(shape)
