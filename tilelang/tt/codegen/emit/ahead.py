"""Loops whose reads begin a turn ahead: the next turn's are on the way while this one's are waited
for, which transaction ids tell apart."""

from __future__ import annotations

from collections.abc import Sequence

from ..arguments import expressions, steps_alone
from ..index import variables
from ..plan import For, ReadTiles, Step
from .movement import READ, READ_TO
from .panels import PanelText

PLACE_AFTER = """\
// Where the block after a buffer's next one begins: beside it, or where the buffer does.
inline uint32_t place_after(uint32_t buffer, uint32_t tiles) {
    const uint32_t place = get_write_ptr(buffer) + tiles * get_tile_size(buffer);
    const bool at_end = place == get_local_cb_interface(buffer).fifo_limit;
    return at_end ? place - get_local_cb_interface(buffer).fifo_size : place;
}"""


class AheadText(PanelText):
    """A kernel that may read a turn ahead."""

    def loop(self, each: For) -> None:
        """Each read of a turn has two transaction ids of its own, which turns take in turn. What
        the last turn reserves besides is for nothing; it had room for it already."""
        if not each.ahead:
            super().loop(each)
            return
        name, first = self.names[each.var], self.expr(each.first)
        turn = name if first == "0" else "turn"
        reads = [step for step in steps_alone(each.body) if isinstance(step.work, ReadTiles)]
        self.reserve(reads, "")
        self.begin_reads(each, reads, f"first_{name}", first, "0")
        self.open(f"for (int32_t {turn} = 0; {turn} < {self.expr(each.trips)}; ++{turn})")
        if turn != name:
            self.line(f"const int32_t {name} = {self.expr(each.first, 6)} + turn;")
        self.comment("The reads of the next turn begin before those of this one are waited for.")
        self.reserve(reads, "2 * ")
        self.begin_reads(each, reads, f"next_{name}", f"{name} + 1", f"{turn} + 1")
        number = 0
        for step in steps_alone(each.body):
            if not isinstance(step.work, ReadTiles):
                self.statements((step,))
                continue
            self.line(f"noc_async_read_barrier_with_trid({1 + 2 * number} + {turn} % 2);")
            self.hand_on(step.work, self.count(step.makes[0]))
            number += 1
        self.close()
        self.line("noc_async_read_set_trid(0);")

    def reserve(self, reads: Sequence[Step], times: str) -> None:
        for step in reads:
            (count,) = step.makes
            self.line(f"cb_reserve_back({self.buffer(count.buffer)}, {times}{self.count(count)});")

    def begin_reads(
        self, each: For, reads: Sequence[Step], name: str, index: str, turn: str
    ) -> None:
        """Begins the reads of a turn, if there is one, in which the loop's variable is ``name``."""
        before, self.names[each.var] = self.names[each.var], name
        self.open(f"if ({turn} < {self.expr(each.trips, 5)})")
        if each.var in {v for e in expressions(tuple(reads)) for v in variables(e)}:
            self.line(f"const int32_t {name} = {index};")
        for number, step in enumerate(reads):
            work = step.work
            assert isinstance(work, ReadTiles)
            self.listing(step.places)
            parity = "" if turn == "0" else f" + ({turn}) % 2"
            self.line(f"noc_async_read_set_trid({1 + 2 * number}{parity});")
            window, (down, across, order) = self.window_of(work), self.shape(work)
            buffer = self.buffer(work.buffer)
            given = f"{self.tensor_of(work)}, {window}, {buffer}"
            if turn == "0":
                self.helper("read_tiles", READ)
                self.by_sender(work, f"read_tiles({given}, {down}, {across}, {order});")
                continue
            self.helper("place_after", PLACE_AFTER)
            self.helper("read_tiles_to", READ_TO)
            place = f"place_after({buffer}, {self.count(step.makes[0])})"
            self.by_sender(work, f"read_tiles_to({given}, {place}, {down}, {across}, {order});")
        self.close()
        self.names[each.var] = before

    def hand_on(self, work: ReadTiles, tiles: str) -> None:
        """What is done with tiles that have come, and that compute is told so."""
        window = self.window_of(work)
        for line in self.end_of_read(work, window, tiles):
            self.line(line)
        self.line(f"cb_push_back({self.buffer(work.buffer)}, {tiles});")
