"""The tensors of a batch on a device, and what can be asked of them there.

Runs in the process that has the device open. Many tensors are allocated at once and many pages
are asked in one program, with the questions and the answers in the cores' L1, so that what comes
back comes in few transfers and by another way than the one that is being tested.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ...device_spec import DeviceSpec
from ...metadata import BufferDescriptor
from ...runtime.jobs import bridge
from ...runtime.jobs.probe import Question, ask
from ..evidence import Allocation
from .claims import Banks, Claim
from .runs import by_place, runs_of
from .tiles import Array, bits_dtype, contents

# Versions of a tensor's contents: what ttnn writes, what E5 writes, and one for each control.
_VERSIONS = 64

# Pages a core answers for in one program of report_addresses.h, each of which takes 6 words of L1;
# and how many are worth a core's start.
_QUESTIONS, _WORTH_A_CORE = 4096, 64


@dataclass(frozen=True)
class Transfer:
    """Pages to be moved, one a row.

    places : int64 of shape (pages, 4): NoC, x, y, address
    size : bytes of each
    """

    places: Array
    size: int


class Batch:
    """The tensors of some descriptors, allocated at once and written with contents of a seed,
    unless the device holds none.

    Parameters
    ----------
    most_cores : to spread questions over (Backend.most_cores); None for all
    """

    def __init__(
        self,
        device: Any,
        spec: DeviceSpec,
        buffers: Sequence[BufferDescriptor],
        seed: int,
        holds_data: bool = True,
        most_cores: int | None = None,
    ) -> None:
        self.device = device
        self.spec = spec
        self._buffers = buffers
        self._seed = seed
        self._most_cores = min(most_cores or spec.num_cores, spec.num_cores)
        # The version of each tensor's contents that was asked for last, and the pages of it.
        self._bits: dict[int, tuple[int, Array]] = {}
        self._pages: dict[int, tuple[int, Array]] = {}
        self._tensors = [
            bridge.to_device(device, _elements(buffer, self.bits(index)), buffer)
            if holds_data
            else bridge.allocate(device, buffer)
            for index, buffer in enumerate(buffers)
        ]
        banks = Banks.of(spec)
        self.claims = [
            Claim(buffer, tensor.buffer_address(), banks)
            for buffer, tensor in zip(buffers, self._tensors, strict=True)
        ]
        self.allocations = [
            _allocation(tensor, buffer, spec)
            for tensor, buffer in zip(self._tensors, buffers, strict=True)
        ]
        #: What ttnn gave each tensor of each bank: from, to.
        self.extents = [
            (
                claim.base,
                claim.base + -(-found.num_pages // spec.dram_banks) * found.aligned_page_size,
            )
            for claim, found in zip(self.claims, self.allocations, strict=True)
        ]

    def bits(self, index: int, version: int = 0) -> Array:
        """The bits of a tensor's contents: as ttnn wrote them, or another version. Each version of
        each tensor is different."""
        kept = self._bits.get(index)
        if kept is None or kept[0] != version:
            buffer = self._buffers[index]
            seed = self._seed + _VERSIONS * index + version
            kept = version, contents(buffer.shape, buffer.dtype, seed)
            self._bits[index] = kept
        return kept[1]

    def pages(self, claim: Claim, index: int, version: int = 0) -> Array:
        """The bytes of a tensor's pages by a claim about it, with some version of its contents.

        Most wrong claims number the tiles as the right one does, whose pages are then kept.
        """
        if claim.numbering != self.claims[index].numbering:
            return claim.pages(self.bits(index, version))
        kept = self._pages.get(index)
        if kept is None or kept[0] != version:
            self._pages.pop(index, None)  # before there are two
            kept = version, claim.pages(self.bits(index, version))
            self._pages[index] = kept
        return kept[1]

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
        answers = np.zeros((len(questions), 2), np.int64)
        for part, cores, each in self._programs(len(questions), _QUESTIONS):
            words = np.zeros((cores * each, 6), np.uint32)
            asked = questions[part]
            words[: len(asked), :2] = asked
            lists = bridge.to_l1(self.device, words.reshape(cores, each * 6))
            counts = [min(each, len(asked) - core * each) for core in range(cores)]
            rows = [[lists.buffer_address(), count] for count in counts]
            ask(self.device, Question.ADDRESSES, (rows, rows), [lists], accessor_words)
            found = bridge.from_l1(lists).reshape(-1, 6)[: len(asked)].astype(np.int64)
            answers[part] = found[:, [2, 4]] | found[:, [3, 5]] << 32
        return answers

    def _programs(self, total: int, most_each: int) -> Iterator[tuple[slice, int, int]]:
        """So many questions as programs: which of them, over how many cores, how many each.

        Each is a multiple of 2, so that a core's list of six words each is one of 16 bytes.
        """
        most_each -= most_each % 2
        a_program = most_each * self._most_cores
        for first in range(0, total, a_program):
            size = min(total - first, a_program)
            cores = min(-(-size // _WORTH_A_CORE), self._most_cores)
            each = _align(-(-size // max(cores, -(-size // most_each))), 2)
            yield slice(first, first + size), -(-size // each), each

    # Raw addresses ------------------------------------------------------------------

    def refusals(self, transfer: Transfer, index: int) -> dict[int, str]:
        """Why some of these places must not be reached for as pages of a tensor, by their numbers.

        A wrong address is not tried out: it could hang a card or overwrite what is not ours, or
        another tensor. So each has to be aligned as a NoC transfer needs it, and in what ttnn gave
        this tensor of a bank that the device has on that NoC.
        """
        banks = self.claims[0].banks
        noc, x, y, address = transfer.places.T
        first, end = self.extents[index]
        is_bank = np.zeros(len(noc), bool)
        is_ours = np.zeros(len(noc), bool)
        for number, cores in enumerate(banks.cores):
            for core, start in zip(cores, banks.offsets, strict=True):
                here = (noc == number) & (x == core[0]) & (y == core[1])
                is_bank |= here
                last = start + end - transfer.size
                is_ours |= here & (start + first <= address) & (address <= last)
        is_aligned = address % self.spec.dram_alignment == 0
        found = {}
        for place in np.flatnonzero(~(is_aligned & is_ours)).tolist():
            if not is_bank[place]:
                why = "no DRAM bank is there"
            elif not is_aligned[place]:
                why = f"not aligned to {self.spec.dram_alignment} bytes"
            else:
                why = "outside of the memory that the tensor was given"
            noc_x_y = f"NoC {noc[place]} ({x[place]}, {y[place]})"
            found[place] = f"{noc_x_y}, address {address[place]:#x}: {why}"
        return found

    def footprints(self, transfer: Transfer) -> list[set[tuple[int, int]]]:
        """The memory that each page of a transfer takes, of which none is refused: banks, and units
        of alignment in them. It is the same over both NoCs."""
        banks, unit = self.claims[0].banks, self.spec.dram_alignment
        at = [{core: bank for bank, core in enumerate(cores)} for cores in banks.cores]
        found = []
        for noc, x, y, address in transfer.places.tolist():
            bank = at[noc][x, y]
            first = (address - banks.offsets[bank]) // unit
            found.append({(bank, first + n) for n in range(-(-transfer.size // unit))})
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
        # Most of L1: beside the pages there are their list, and room for what ttnn aligns.
        room = (self.spec.l1_bank_size or 0) * 7 // 8
        programs = list(self._programs(len(entries), max(room // (slot + 16), 2)))
        order = by_place(entries, sum(cores for _, cores, _ in programs))
        for part, cores, each in programs:
            chosen = order[part]
            if pages is None:
                data[chosen] = self._read_part(entries[chosen], slot, cores, each)
            else:
                content = np.zeros((cores * each, slot), np.uint8)
                np.take(data, chosen, axis=0, out=content[: len(chosen)])
                self._write_part(entries[chosen], content, cores, each)
        sizes = [len(transfer.places) for transfer in transfers]
        parts = np.split(data, np.cumsum(sizes)[:-1])
        return [part[:, : t.size] for part, t in zip(parts, transfers, strict=True)]

    def _read_part(self, entries: Array, slot: int, cores: int, each: int) -> Array:
        alignment = self.spec.dram_alignment
        # A read wants the same alignment at both ends, and the L1 tensor's own is less.
        store = bridge.room_in_l1(self.device, cores, (each * slot + alignment) // 4)
        place = store.buffer_address()
        start = _align(place, alignment) - place
        self._move_part(entries, slot, (cores, each), store, place + start, writes=False)
        back = bridge.from_l1(store).view(np.uint8)
        return back[:, start : start + each * slot].reshape(-1, slot)[: len(entries)]

    def _write_part(self, entries: Array, content: Array, cores: int, each: int) -> None:
        # A write wants both ends aligned to 16 bytes (noc_parameters.h), as L1 tensors are.
        store = bridge.to_l1(self.device, content.view(np.uint32).reshape(cores, -1))
        place = store.buffer_address()
        self._move_part(entries, content.shape[1], (cores, each), store, place, writes=True)

    def _move_part(
        self,
        entries: Array,
        slot: int,
        spread: tuple[int, int],
        store: Any,
        store_at: int,
        *,
        writes: bool,
    ) -> None:
        """Have pages moved between their places and slots of L1, over so many cores, so many each.

        store, store_at : the tensor of the slots, and where they begin in each core's L1
        """
        cores, each = spread
        lists = np.zeros((cores, each, 4), np.uint32)
        counts = []
        for core in range(cores):
            runs = runs_of(entries[core * each : (core + 1) * each], slot)
            noc, x, y, address, size, place_in_l1 = runs.T
            at = x | y << 6 | noc << 12
            lists[core, : len(runs)] = np.column_stack([at, address, size, place_in_l1])
            counts.append((int((noc == 0).sum()), int((noc == 1).sum())))
        questions = bridge.to_l1(self.device, lists.reshape(cores, -1))
        base = questions.buffer_address()
        rows = (
            [[base, store_at, noc0, int(writes)] for noc0, _ in counts],
            [[base + 16 * noc0, store_at, noc1, int(writes)] for noc0, noc1 in counts],
        )
        ask(self.device, Question.MOVES, rows, [questions, store])

    def read_back(self, index: int) -> Array:
        """The bits of a tensor's elements, as ttnn reads them."""
        buffer = self.claims[index].buffer
        found = bridge.from_device(self._tensors[index], buffer)
        return found.view(bits_dtype(buffer.dtype))


def _allocation(tensor: Any, buffer: BufferDescriptor, spec: DeviceSpec) -> Allocation:
    rows, columns = tensor.tile.tile_shape
    padded = tuple(tensor.padded_shape)
    memory = tensor.memory_config()
    return Allocation(
        compile_time_args=tuple(bridge.accessor_args(tensor)),
        page_size=tensor.buffer_page_size(),
        aligned_page_size=tensor.buffer_aligned_page_size(),
        num_pages=tensor.buffer_num_pages(),
        num_banks=spec.dram_banks,
        padded_shape=padded,
        needs_padding=prod(padded) != tensor.logical_volume(),
        tile_shape=(rows, columns),
        tiles=(padded[-2] // rows, padded[-1] // columns),
        data_format=bridge.data_format(tensor, buffer),
        memory=memory.buffer_type.name.lower(),
        layout=f"{memory.buffer_type.name}_{memory.memory_layout.name}".lower(),
    )


def _elements(buffer: BufferDescriptor, bits: Array) -> Array:
    return bits.view(bridge.numpy_dtype(buffer.dtype))


def _align(number: int, to: int) -> int:
    return -(-number // to) * to
