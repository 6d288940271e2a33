"""What each call of TT-metal's needs to be true, and what it makes so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import calls, talking
from .numbers import Known, Poly, Value
from .state import State, Tagged
from .syntax import Unread

#: Bytes by which a DRAM page and its place in L1 have to agree: Blackhole's, and Wormhole's too.
ALIGNMENT = 64


@dataclass(frozen=True)
class Buffer:
    """A circular buffer as the host makes it."""

    index: int
    pages: int
    page_bytes: int
    name: str = ""


@dataclass(frozen=True)
class Fault:
    """``kernel`` is the role, ``line`` that of its text."""

    kernel: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.kernel}.cpp:{self.line}: {self.what}"


@dataclass
class Actions:
    """``slots``: tiles that DST has for a section in the mode that the kernel is compiled for."""

    role: str
    buffers: Mapping[int, Buffer]
    slots: int
    known: Known
    faults: dict[Fault, None] = field(default_factory=dict)
    waits: dict[int, bool] = field(default_factory=dict)
    """Whether the wait of a line is ever for more pages than were waited for already."""

    def fault(self, line: int, what: str) -> None:
        self.faults[Fault(self.role, line, what)] = None

    def buffer(self, value: Any, line: int) -> int:
        if not isinstance(value, int) or value not in self.buffers:
            raise Unread(line, f"found {value} for a circular buffer; expected one of the plan's")
        return value

    def label(self, buffer: int) -> str:
        return self.buffers[buffer].name or f"buffer {buffer}"

    def page_bytes(self, buffer: int) -> int:
        return self.buffers[buffer].page_bytes

    def do(self, role: str, call: str, given: Sequence[Any], state: State, line: int) -> None:
        """A call. Raises Unread for one that nothing is known of."""
        compute = role == "compute"
        if call in (calls.MOVEMENT_ONLY if compute else calls.COMPUTE_ONLY):
            self.fault(line, f"{call} is no call of the {role} kernel's")
        if call in calls.SETTINGS:
            return
        if call in calls.BUFFERS:
            buffer = self.buffer(given[0], line)
            pages = self.pages(given[1], line)
            getattr(self, call)(buffer, pages, state, line)
        elif call in calls.MOVES:
            getattr(self, call)(*given, state=state, line=line)
        elif call in calls.DST_ORDER:
            self.section(call, state, line)
        elif call in calls.OPERATIONS:
            self.operation(call, calls.OPERATIONS[call], given, state, line)
        elif call in calls.PRODUCTS:
            self.product(given, state, line)
        elif call in calls.PACKS:
            self.pack(given, state, line)
        else:
            raise Unread(line, f"found a call of {call}, which the checker doesn't know")

    def pages(self, value: Any, line: int) -> Value:
        if isinstance(value, (int, Poly)):
            return value
        raise Unread(line, "found a number of pages that is none")

    # Circular buffers.

    def _fits(self, call: str, buffer: int, pages: Value, line: int) -> None:
        """The size divides the buffer, so that no block goes over its end, and isn't too large."""
        there = self.buffers[buffer].pages
        if not self.known.at_most(pages, there):
            self.fault(line, f"{call} of {pages} pages of {self.label(buffer)}, which has {there}")
            return
        number = self.known.evaluated(pages)
        if isinstance(number, int) and number and there % number:
            self.fault(
                line,
                f"{call} of {number} pages of {self.label(buffer)}, which don't divide its {there}",
            )

    def cb_reserve_back(self, buffer: int, pages: Value, state: State, line: int) -> None:
        held = state.reserved.get(buffer, 0)
        if held != 0 and self.known.at_most(held + 1, pages):
            # More of it: what is pushed at once has to divide the buffer, and this isn't.
            if not self.known.at_most(pages, self.buffers[buffer].pages):
                self._fits("cb_reserve_back", buffer, pages, line)
            state.reserved[buffer] = pages
            return
        self._fits("cb_reserve_back", buffer, pages, line)
        if held != 0:
            self.fault(line, f"{self.label(buffer)} is reserved again before it is pushed")
        state.reserved[buffer] = state.beside[buffer] = pages
        state.filled[buffer] = frozenset()
        talking.reserve(buffer, state)

    def cb_push_back(self, buffer: int, pages: Value, state: State, line: int) -> None:
        reserved = state.reserved.get(buffer, 0)
        if not self.known.at_most(pages, reserved):
            self.fault(
                line, f"{pages} pages of {self.label(buffer)} are pushed, of {reserved} reserved"
            )
        if buffer in state.reading:
            self.fault(
                line,
                f"{self.label(buffer)} is pushed while reads to it may be on the way: no "
                "noc_async_read_barrier between",
            )
        if buffer in state.leaving:
            self.fault(
                line,
                f"{self.label(buffer)} is pushed while a multicast may not have left: no "
                "noc_async_writes_flushed between",
            )
        number = self.known.evaluated(pages)
        known = number if isinstance(number, int) else 1
        self.arrived(buffer, range(known), state, line)
        talking.push(self, buffer, known, state, line)
        filled = state.filled.get(buffer, frozenset())
        if isinstance(number, int):
            missing = [page for page in range(number) if page not in filled]
            if missing:
                self.fault(
                    line,
                    f"page {missing[0]} of {self.label(buffer)} is pushed, and nothing was put in "
                    "it: it holds what L1 held before",
                )
        else:
            self.fault(line, f"{pages} pages of {self.label(buffer)} are pushed: how many?")
        state.reserved[buffer] = reserved - pages
        # Blocks of one size never go over the buffer's end.
        beside = state.beside.get(buffer, 0) - pages
        state.beside[buffer] = pages if beside == 0 else beside
        state.pushed[buffer] = state.pushed.get(buffer, 0) + pages
        # What is beyond is at as many places less from the next one to push.
        by = number if isinstance(number, int) else 0
        state.filled[buffer] = frozenset(
            page - by for page in filled if by and isinstance(page, int) and page >= by
        )
        state.tagged = frozenset(
            replace(each, place=each.place - by) if each.buffer == buffer else each
            for each in state.tagged
        )
        if state.dst != "free":
            self.fault(line, f"{self.label(buffer)} is pushed within a section of DST")

    def cb_wait_front(self, buffer: int, pages: Value, state: State, line: int) -> None:
        there = self.buffers[buffer].pages
        if not self.known.at_most(pages, there):
            self.fault(
                line, f"cb_wait_front of {pages} pages of {self.label(buffer)}, which has {there}"
            )
        more = not self.known.at_most(pages, state.waited.get(buffer, 0))
        self.waits[line] = more or self.waits.get(line, False)
        if more:
            state.waited[buffer] = pages

    def cb_pop_front(self, buffer: int, pages: Value, state: State, line: int) -> None:
        self._fits("cb_pop_front", buffer, pages, line)
        waited = state.waited.get(buffer, 0)
        enough = self.known.at_most(pages, waited)
        if not enough:
            self.fault(
                line, f"{pages} pages of {self.label(buffer)} are popped, of {waited} waited for"
            )
        if buffer in state.leaving:
            self.fault(
                line,
                f"{self.label(buffer)} is popped while writes from it may not have left: no "
                "noc_async_writes_flushed between",
            )
        state.waited[buffer] = waited - pages if enough else 0
        state.popped[buffer] = state.popped.get(buffer, 0) + pages

    # Pages on the way.

    def _place(self, pointer: Any, writes: bool, state: State, line: int) -> tuple[int, Value]:
        """The buffer and the page of an address, which has to be the kernel's to use."""
        if not hasattr(pointer, "bytes"):
            raise Unread(line, "found an address that is of no circular buffer")
        buffer: int = pointer.buffer
        size = self.page_bytes(buffer)
        label = self.label(buffer)
        if pointer.writes != writes:
            self.fault(line, f"{label}: get_{'write' if writes else 'read'}_ptr is expected")
        at = self._bytes_on(pointer, state, line)
        page = max(at, 0) // size
        done = (state.pushed if pointer.writes else state.popped).get(buffer, 0)
        # Beyond what there was to be used then, the buffer may begin again.
        old = done != pointer.done
        if at < 0 or (old and not self.known.at_most(page + 1 + done - pointer.done, pointer.room)):
            self.fault(line, f"{label}: the address was taken before pages were handed on")
        allowed = (state.reserved if writes else state.waited).get(buffer, 0)
        if not self.known.at_most(page + 1, allowed):
            what = "reserved" if writes else "waited for"
            self.fault(line, f"page {page} of {label} is used, of {allowed} {what}")
        elif writes and not pointer.after:
            self._beside(buffer, page, state, line)
        return buffer, page

    def _beside(self, buffer: int, page: Value, state: State, line: int) -> None:
        there = state.beside.get(buffer, 0)
        if not self.known.at_most(page + 1, there):
            self.fault(
                line,
                f"page {page} of {self.label(buffer)} may be beyond its end: {there} stand side by "
                "side",
            )

    def _bytes_on(self, pointer: Any, state: State, line: int) -> int:
        """How far an address is from the buffer's next page to fill or to take."""
        done = (state.pushed if pointer.writes else state.popped).get(pointer.buffer, 0)
        found = pointer.bytes - (done - pointer.done) * self.page_bytes(pointer.buffer)
        if not isinstance(found, int):
            label = self.label(pointer.buffer)
            raise Unread(line, f"found {found} bytes from an address of {label}")
        return found

    def _aligned(self, pointer: Any, state: State, line: int) -> None:
        size, at = self.page_bytes(pointer.buffer), self._bytes_on(pointer, state, line)
        if at % ALIGNMENT or size % ALIGNMENT:
            self.fault(
                line,
                f"{self.label(pointer.buffer)}: {at} bytes from its beginning, in pages "
                f"of {size}, agree with no page of DRAM modulo {ALIGNMENT}",
            )

    def store(self, pointer: Any, ends: tuple[int, int], state: State, line: int) -> None:
        """Words put through a pointer, from and to bytes from where it points."""
        buffer, pages = self._words(pointer, ends, state, line)
        if buffer in state.leaving:
            self.fault(line, f"{self.label(buffer)} is stored to while writes may not have left")
        if pointer.writes:
            state.filled[buffer] = state.filled.get(buffer, frozenset()) | pages

    def load(self, pointer: Any, ends: tuple[int, int], state: State, line: int) -> None:
        """Words taken through a pointer."""
        self._words(pointer, ends, state, line)

    def _words(
        self, pointer: Any, ends: tuple[int, int], state: State, line: int
    ) -> tuple[int, frozenset[int]]:
        """The buffer and the pages of words, which have to be the kernel's own to use."""
        size = self.page_bytes(pointer.buffer)
        pages: set[int] = set()
        for byte in range(ends[0], ends[1] + 1, size):
            there = replace(pointer, bytes=pointer.bytes + byte)
            _, page = self._place(there, pointer.writes, state, line)
            assert isinstance(page, int)
            pages.add(page)
        buffer = pointer.buffer
        if buffer in state.reading:
            self.fault(line, f"{self.label(buffer)} is used while reads may be on the way")
        self.arrived(buffer, (page for page in pages), state, line)
        return buffer, frozenset(pages)

    def noc_async_read_page(
        self, page: Any, tensor: Any, pointer: Any, *, state: State, line: int
    ) -> None:
        buffer, place = self._place(pointer, True, state, line)
        self._aligned(pointer, state, line)
        if state.tag == 0:
            state.reading |= {buffer}
        else:
            assert isinstance(place, int)
            state.tagged |= {Tagged(buffer, place, state.tag)}
        state.filled[buffer] = state.filled.get(buffer, frozenset()) | {place}

    def noc_async_write_page(
        self, page: Any, tensor: Any, pointer: Any, *, state: State, line: int
    ) -> None:
        buffer, _ = self._place(pointer, False, state, line)
        self._aligned(pointer, state, line)
        state.leaving |= {buffer}
        state.unended = True

    def noc_async_read_barrier(self, *, state: State, line: int) -> None:
        state.reading = frozenset()
        state.tagged = frozenset()

    def noc_async_read_set_trid(self, tag: Value, *, state: State, line: int) -> None:
        state.tag = tag

    def noc_async_read_barrier_with_trid(self, tag: Value, *, state: State, line: int) -> None:
        state.tagged = frozenset(each for each in state.tagged if each.tag != tag)

    def arrived(self, buffer: int, places: Iterable[int], state: State, line: int) -> None:
        """No read may be on the way to places of a buffer."""
        wanted = {*places}
        if any(each.buffer == buffer and each.place in wanted for each in state.tagged):
            self.fault(
                line,
                f"{self.label(buffer)} is used while reads to it may be on the way: no "
                "noc_async_read_barrier_with_trid of their transaction id between",
            )

    def noc_async_writes_flushed(self, *, state: State, line: int) -> None:
        state.leaving = state.talk.words_leaving = frozenset()

    def noc_async_write_barrier(self, *, state: State, line: int) -> None:
        state.leaving = state.talk.words_leaving = frozenset()
        state.unended = False

    def pages_of(
        self, pointer: Any, size: int, state: State, line: int
    ) -> tuple[int, frozenset[int]]:
        """The buffer and the pages of so many bytes, which have to be the kernel's own to fill."""
        buffer, first = self._place(pointer, True, state, line)
        assert isinstance(first, int)
        last = first + size // self.page_bytes(buffer) - 1
        allowed = state.reserved.get(buffer, 0)
        if not self.known.at_most(last + 1, allowed):
            self.fault(line, f"page {last} of {self.label(buffer)} is used, of {allowed} reserved")
        elif not pointer.after:
            self._beside(buffer, last, state, line)
        return buffer, frozenset(range(first, last + 1))

    # Other cores.

    def noc_semaphore_set(self, word: Any, value: Value, *, state: State, line: int) -> None:
        talking.set_word(self, word, value, state, line)

    def noc_semaphore_wait(self, word: Any, value: Value, *, state: State, line: int) -> None:
        talking.wait(self, word, value, state, line)

    def noc_semaphore_wait_min(self, word: Any, value: Value, *, state: State, line: int) -> None:
        talking.wait_min(self, word, value, state, line)

    def noc_semaphore_inc(self, where: Any, value: Value, *, state: State, line: int) -> None:
        talking.add(self, where, value, state, line)

    def noc_async_write_multicast(
        self, pointer: Any, where: Any, size: Any, many: Value, *, state: State, line: int
    ) -> None:
        talking.multicast(self, pointer, where, size, many, state, line)

    def noc_semaphore_set_multicast(
        self, word: Any, where: Any, many: Value, *, state: State, line: int
    ) -> None:
        talking.multicast_word(self, word, where, many, state, line)

    def noc_async_atomic_barrier(self, *, state: State, line: int) -> None:
        state.talk.adding = False

    # DST.

    def section(self, call: str, state: State, line: int) -> None:
        wanted, then = calls.DST_ORDER[call]
        if state.dst != wanted:
            self.fault(line, f"{call} where DST is {state.dst}; expected {wanted}")
        state.dst = then
        if then == "acquired":
            state.slots = frozenset()

    def _slot(self, slot: Any, line: int) -> int:
        if not isinstance(slot, int):
            raise Unread(line, f"found {slot} for a slot of DST; expected a number")
        if not 0 <= slot < self.slots:
            self.fault(line, f"slot {slot} of DST, which has {self.slots}")
        return slot

    def _tile(self, buffer: int, tile: Value, state: State, line: int) -> None:
        """A tile that is unpacked has to have been waited for."""
        waited = state.waited.get(buffer, 0)
        if not self.known.at_most(tile + 1, waited) or not self.known.at_most(0, tile):
            self.fault(line, f"tile {tile} of {self.label(buffer)} is read, of {waited} waited for")

    def _math(self, call: str, state: State, line: int) -> None:
        if state.dst != "acquired":
            self.fault(line, f"{call} where DST is {state.dst}; expected acquired")

    def operation(
        self, call: str, what: calls.Operation, given: Sequence[Any], state: State, line: int
    ) -> None:
        self._math(call, state, line)
        for where, which in what.tiles:
            self._tile(self.buffer(given[where], line), given[which], state, line)
        for place in what.takes:
            if self._slot(given[place], line) not in state.slots:
                self.fault(line, f"{call} takes slot {given[place]} of DST, which holds nothing")
        state.slots |= {self._slot(given[place], line) for place in what.makes}

    def product(self, given: Sequence[Any], state: State, line: int) -> None:
        """matmul_block(a, b, tile of a, tile of b, slot, turned, columns, rows, inner)"""
        self._math("matmul_block", state, line)
        a, b = (self.buffer(each, line) for each in given[:2])
        first, columns, rows, inner = given[4], *given[6:9]
        if not all(isinstance(each, int) for each in (first, columns, rows, inner)):
            raise Unread(line, "found a matmul_block of unknown size")
        self._tile(a, given[2] + (rows - 1) * inner, state, line)
        self._tile(b, given[3] + columns - 1, state, line)
        slots = [self._slot(first + each, line) for each in range(rows * columns)]
        state.slots |= set(slots)

    def pack(self, given: Sequence[Any], state: State, line: int) -> None:
        """pack_tile<true>(slot, buffer, tile)"""
        slot, buffer, tile = self._slot(given[0], line), self.buffer(given[1], line), given[2]
        if state.dst != "packing":
            self.fault(line, f"pack_tile where DST is {state.dst}; expected packing")
        if slot not in state.slots:
            self.fault(line, f"slot {slot} of DST is packed, and holds nothing")
        reserved = state.reserved.get(buffer, 0)
        if not self.known.at_most(tile + 1, reserved):
            self.fault(
                line, f"tile {tile} of {self.label(buffer)} is packed, of {reserved} reserved"
            )
        state.filled[buffer] = state.filled.get(buffer, frozenset()) | {tile}

    # Turns and ends.

    def suits(self, before: State, after: State, line: int) -> None:
        """A turn of a loop leaves what the next one begins with."""
        for buffer in sorted({*before.reserved, *after.reserved}):
            one, two = before.reserved.get(buffer, 0), after.reserved.get(buffer, 0)
            if one != two:
                self.fault(
                    line,
                    f"{self.label(buffer)}: a turn begins with {one} pages reserved, and ends with "
                    f"{two}",
                )
        for buffer in sorted({*before.waited, *after.waited}):
            one, two = before.waited.get(buffer, 0), after.waited.get(buffer, 0)
            if not self.known.at_most(one, two):
                self.fault(
                    line,
                    f"{self.label(buffer)}: a turn begins with {one} pages waited for, and ends "
                    f"with {two}",
                )
        talking.suits(self, before, after, line)
        if before.dst != after.dst:
            self.fault(line, f"DST is {before.dst} before a turn, and {after.dst} after it")

    def end(self, state: State, line: int) -> None:
        for buffer, pages in state.reserved.items():
            if pages != 0:
                self.fault(line, f"{self.label(buffer)}: {pages} pages are reserved, never pushed")
        if state.reading or state.tagged:
            self.fault(line, "the kernel ends while reads may be on the way")
        if state.tag != 0:
            self.fault(line, "the kernel ends with a transaction id set; the next one expects 0")
        if state.unended:
            self.fault(line, "the kernel ends while writes may be on the way: no write barrier")
        talking.end(self, state, line)
        if state.dst != "free":
            self.fault(line, f"the kernel ends while DST is {state.dst}")
