"""The tensors of a batch on a device, and what can be asked of them there.

Runs in the process that has the device open. Many tensors are allocated at once and many pages
are asked in one program, with the questions and the answers in the cores' L1, so that what comes
back comes in few transfers and by another way than the one that is being tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..device import DeviceSpec
from ..metadata import BufferDescriptor
from ..runtime import bridge
from .claims import Banks, Claim
from .evidence import Allocation
from .tiles import Array, bits_dtype, contents

_KERNELS = Path(__file__).parent / "kernels"

# Versions of a tensor's contents: what ttnn writes, what E5 writes, and one for each control.
_VERSIONS = 64

# Pages a core answers for in one program of report_addresses.cpp; each takes 8 words of L1.
_QUESTIONS = 4096


@dataclass(frozen=True)
class Transfer:
    """Pages to be moved, one a row.

    places : int64 of shape (pages, 4): NoC, x, y, address
    size : bytes of each
    """

    places: Array
    size: int


class Bench:
    """The tensors of some descriptors, allocated at once and written with contents of a seed."""

    def __init__(
        self, device: Any, spec: DeviceSpec, buffers: Sequence[BufferDescriptor], seed: int
    ) -> None:
        self.device = device
        self.spec = spec
        self._buffers = buffers
        self._seed = seed
        self._pages: dict[tuple[int, int], Array] = {}
        self._tensors = [
            bridge.to_device(device, _elements(buffer, self.bits(index)), buffer)
            for index, buffer in enumerate(buffers)
        ]
        banks = Banks.of(spec)
        self.claims = [
            Claim(buffer, tensor.buffer_address(), banks)
            for buffer, tensor in zip(buffers, self._tensors, strict=True)
        ]
        self.allocations = [_allocation(tensor) for tensor in self._tensors]
        ends = [
            claim.base + -(-found.num_pages // spec.dram_banks) * found.aligned_page_size
            for claim, found in zip(self.claims, self.allocations, strict=True)
        ]
        #: What ttnn gave this batch of each bank: from, to.
        self.arena = (min(claim.base for claim in self.claims), max(ends))

    def bits(self, index: int, version: int = 0) -> Array:
        """The bits of a tensor's contents: as ttnn wrote them, or another version. Each version of
        each tensor is different."""
        buffer = self._buffers[index]
        return contents(buffer.shape, buffer.dtype, self._seed + _VERSIONS * index + version)

    def pages(self, claim: Claim, index: int, version: int = 0) -> Array:
        """The bytes of a tensor's pages by a claim about it, with some version of its contents.

        Most wrong claims number the tiles as the right one does, whose pages are then kept.
        """
        if claim.numbering != self.claims[index].numbering:
            return claim.pages(self.bits(index, version))
        key = index, version
        if key not in self._pages:
            self._pages[key] = claim.pages(self.bits(index, version))
        return self._pages[key]

    def accessor_addresses(self) -> list[Array]:
        """What TensorAccessor answers for each page of each tensor: its NoC addresses on NoC 0
        and NoC 1, int64 of shape (pages, 2)."""
        answers: list[Array] = [np.zeros((0, 2), np.int64)] * len(self._tensors)
        groups: dict[tuple[int, ...], list[int]] = {}
        for index, found in enumerate(self.allocations):
            groups.setdefault(found.compile_time_args, []).append(index)
        for words, indices in groups.items():
            counts = [self.allocations[index].num_pages for index in indices]
            bases = [self.claims[index].base for index in indices]
            questions = np.column_stack(
                [np.repeat(bases, counts), np.concatenate([np.arange(n) for n in counts])]
            )
            parts = np.split(self._ask(words, questions), np.cumsum(counts)[:-1])
            for index, part in zip(indices, parts, strict=True):
                answers[index] = part
        return answers

    def _ask(self, accessor_words: Sequence[int], questions: Array) -> Array:
        total = len(questions)
        a_program = _QUESTIONS * self.spec.num_cores
        if total > a_program:
            parts = [questions[i : i + a_program] for i in range(0, total, a_program)]
            return np.concatenate([self._ask(accessor_words, part) for part in parts])
        cores = -(-total // _QUESTIONS)
        each = -(-total // cores)
        words = np.zeros((cores * each, 8), np.uint32)
        words[:total, :2] = questions
        counts = [min(each, total - core * each) for core in range(cores)]
        lists = bridge.to_l1(self.device, words.reshape(cores, each * 8))
        kernels = [
            bridge.Kernel(
                _KERNELS / "report_addresses.cpp",
                bridge.first_cores(self.device, cores),
                bridge.args_of_first_cores(
                    self.device, [[lists.buffer_address(), count] for count in counts]
                ),
                accessor_words,
                noc,
            )
            for noc in (0, 1)
        ]
        bridge.run(self.device, kernels, [lists])
        found = bridge.from_l1(lists).reshape(-1, 8)[:total].astype(np.int64)
        return found[:, [2, 4]] | found[:, [3, 5]] << 32

    # Raw addresses ------------------------------------------------------------------

    def refusals(self, transfer: Transfer) -> list[str]:
        """Why each of these places must not be reached for, or nothing.

        A wrong address is not tried out: it could hang a card or overwrite what is not ours. So
        each has to be aligned as a NoC transfer needs it, and in what ttnn gave this batch of a
        bank that the device has on that NoC.
        """
        banks = self.claims[0].banks
        starts: list[dict[tuple[int, int], list[int]]] = [{}, {}]
        for noc, cores in enumerate(banks.cores):
            for core, start in zip(cores, banks.offsets, strict=True):
                starts[noc].setdefault(core, []).append(start)
        first, end = self.arena
        found = []
        for noc, x, y, address in transfer.places.tolist():
            at = f"NoC {noc} ({x}, {y}), address {address:#x}"
            if (x, y) not in starts[noc]:
                found.append(f"{at}: no DRAM bank is there")
            elif address % self.spec.dram_alignment:
                found.append(f"{at}: not aligned to {self.spec.dram_alignment} bytes")
            elif not any(
                start + first <= address <= start + end - transfer.size
                for start in starts[noc][x, y]
            ):
                found.append(f"{at}: outside of the memory that was allocated")
            else:
                found.append("")
        return found

    def read(self, transfers: Sequence[Transfer]) -> list[Array]:
        """The bytes at some places; uint8 of shape (pages, bytes) for each transfer."""
        return self._move(transfers, None)

    def write(self, transfers: Sequence[Transfer], pages: Sequence[Array]) -> None:
        """Put bytes at some places; pages : uint8 of shape (pages, bytes) for each transfer."""
        self._move(transfers, pages)

    def _move(self, transfers: Sequence[Transfer], pages: Sequence[Array] | None) -> list[Array]:
        """Move pages with move_pages.cpp, as many a program as L1 has room for."""
        if not transfers:
            return []
        alignment = self.spec.dram_alignment
        slot = max(_align(transfer.size, alignment) for transfer in transfers)
        entries = np.concatenate(
            [
                np.column_stack([t.places, np.full(len(t.places), t.size, np.int64)])
                for t in transfers
            ]
        )
        data = np.zeros((len(entries), slot), np.uint8)
        if pages is not None:
            start = 0
            for transfer, content in zip(transfers, pages, strict=True):
                data[start : start + len(content), : transfer.size] = content
                start += len(content)
        room = (self.spec.l1_bank_size or 0) // 2
        each = max(room // (slot + 16), 1)
        a_program = each * self.spec.num_cores
        for first in range(0, len(entries), a_program):
            part = slice(first, first + a_program)
            data[part] = self._move_part(entries[part], data[part], each, pages is not None)
        sizes = [len(transfer.places) for transfer in transfers]
        parts = np.split(data, np.cumsum(sizes)[:-1])
        return [part[:, : t.size] for part, t in zip(parts, transfers, strict=True)]

    def _move_part(self, entries: Array, data: Array, each: int, writes: bool) -> Array:
        total, slot = data.shape
        cores = -(-total // each)
        each = -(-total // cores)
        alignment = self.spec.dram_alignment
        # A read wants the same alignment at both ends, and the L1 tensor's own is less; a write
        # wants 16 bytes (noc_parameters.h).
        room = each * slot + (0 if writes else alignment)
        if writes:
            content = np.zeros((cores * each, slot), np.uint8)
            content[:total] = data
            store = bridge.to_l1(self.device, content.view(np.uint32).reshape(cores, -1))
        else:
            store = bridge.room_in_l1(self.device, cores, room // 4)
        place = store.buffer_address()
        start = 0 if writes else _align(place, alignment) - place
        lists = np.zeros((cores, each, 4), np.uint32)
        counts = []
        for core in range(cores):
            part = entries[core * each : (core + 1) * each]
            order = np.argsort(part[:, 0], kind="stable")  # NoC 0's first
            noc, x, y, address, size = part[order].T
            lists[core, : len(part)] = np.column_stack([x | y << 6, address, size, order * slot])
            counts.append((int((noc == 0).sum()), int((noc == 1).sum())))
        questions = bridge.to_l1(self.device, lists.reshape(cores, -1))
        base, at = questions.buffer_address(), place + start
        rows = (
            [[base, at, noc0, int(writes)] for noc0, _ in counts],
            [[base + 16 * noc0, at, noc1, int(writes)] for noc0, noc1 in counts],
        )
        kernels = [
            bridge.Kernel(
                _KERNELS / "move_pages.cpp",
                bridge.first_cores(self.device, cores),
                bridge.args_of_first_cores(self.device, rows[noc]),
                noc=noc,
            )
            for noc in (0, 1)
        ]
        bridge.run(self.device, kernels, [questions, store])
        if writes:
            return data
        back = bridge.from_l1(store).view(np.uint8)
        return back[:, start : start + each * slot].reshape(-1, slot)[:total]

    def read_back(self, index: int) -> Array:
        """The bits of a tensor's elements, as ttnn reads them."""
        buffer = self.claims[index].buffer
        found = bridge.from_device(self._tensors[index], buffer)
        return found.view(bits_dtype(buffer.dtype))


def _allocation(tensor: Any) -> Allocation:
    return Allocation(
        compile_time_args=tuple(bridge.accessor_args(tensor)),
        page_size=tensor.buffer_page_size(),
        aligned_page_size=tensor.buffer_aligned_page_size(),
        num_pages=tensor.buffer_num_pages(),
        padded_shape=tuple(tensor.padded_shape),
        memory=tensor.memory_config().buffer_type.name.lower(),
    )


def _elements(buffer: BufferDescriptor, bits: Array) -> Array:
    return bits.view(bridge.numpy_dtype(buffer.dtype))


def _align(number: int, to: int) -> int:
    return -(-number // to) * to
