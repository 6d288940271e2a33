"""Loops of reads into buffers that have room for all turns: while what a turn has read is handed
on, the next turn's reads are on the way, and those of the turn after it begin."""

from __future__ import annotations

from dataclasses import replace

from ..arguments import expressions
from ..index import variables
from ..plan import Ahead, ReadTiles, Step
from .movement import READ_TO
from .reading import ReadingText

_WORDS = {
    word: f"""    volatile tt_l1_ptr uint32_t* {word} =
        reinterpret_cast<volatile tt_l1_ptr uint32_t*>(group.{word});
"""
    for word in ("ready", "valid")
}

#: What cores that take all turns alike say to each other: functions, by their names.
TALK = {
    "wait_for_room": f"""\
// Waits until each receiver has said that there is room for what all turns read.
inline void wait_for_room(const Group& group) {{
{_WORDS["ready"]}    noc_semaphore_wait(ready, group.receivers);
    noc_semaphore_set(ready, 0);
}}""",
    "tell_room": """\
// Says that there is room for what all turns read.
inline void tell_room(const Group& group) {
    noc_semaphore_inc(get_noc_addr(group.sender_x, group.sender_y, group.ready), 1);
}""",
    "send_tiles": """\
// Begins to send tiles that were read to the same place in all receivers.
inline void send_tiles(const Group& group, uint32_t buffer, uint32_t tiles) {
    const uint32_t address = get_write_ptr(buffer);
    noc_async_write_multicast(
        address, get_noc_multicast_addr(group.x0, group.y0, group.x1, group.y1, address),
        tiles * get_tile_size(buffer), group.receivers);
}""",
    "tell_tiles": f"""\
// Says to all receivers how many turns' tiles have come. Tiles go before the word does: it waits
// for them.
inline void tell_tiles(const Group& group, uint32_t turns) {{
{_WORDS["valid"]}    noc_async_writes_flushed();
    noc_semaphore_set(valid, turns);
    noc_semaphore_set_multicast(
        group.valid, get_noc_multicast_addr(group.x0, group.y0, group.x1, group.y1, group.valid),
        group.receivers);
}}""",
    "wait_for_tiles": f"""\
// Waits until so many turns' tiles have come.
inline void wait_for_tiles(const Group& group, uint32_t turns) {{
{_WORDS["valid"]}    noc_semaphore_wait_min(valid, turns);
}}""",
    "end_tiles": f"""\
// After the last turn the word is what it was before the first.
inline void end_tiles(const Group& group) {{
{_WORDS["valid"]}    noc_async_writes_flushed();
    noc_semaphore_set(valid, 0);
}}""",
}


class PanelText(ReadingText):
    """A kernel that may read whole panels, one turn after the other, or part after part."""

    def ahead(self, each: Ahead) -> None:
        """The reads of even turns have one transaction id, and those of odd ones the other. A turn
        begins the reads of the one after the next when its own have come, which had that id. There
        is room for all turns, so receivers say so once."""
        name, turn = self.names[each.var], "turn"
        if each.parts == 1 and self.expr(each.first) == "0":
            turn = name
        for step in each.steps:
            buffer, trips = self.buffer(step.makes[0].buffer), self.expr(each.trips, 7)
            self.line(f"cb_reserve_back({buffer}, {trips} * {self.tiles(step.makes[0].buffer)});")
            self.line(f"const uint32_t {buffer}_begin = get_write_ptr({buffer});")
        self.begin_turns(each, f"first_{name}", "0", each.steps)
        if each.parts == 1:  # else there is a second one
            self.open(f"if (1 < {self.turns_of(each, 5)})")
        self.begin_turns(each, f"second_{name}", "1", each.steps)
        if each.parts == 1:
            self.close()
        for step in self.shared(each):
            sends, group = self.words_of(step)
            self.open(f"if ({sends})")
            self.line(self.talk("wait_for_room", group))
            self.otherwise()
            self.line(self.talk("tell_room", group))
            self.close()
        kind = "int32_t" if each.parts == 1 else "uint32_t"
        self.open(f"for ({kind} {turn} = 0; {turn} < {self.turns_of(each)}; ++{turn})")
        if turn != name:
            self.index(each, name, turn)
        self.line(f"noc_async_read_barrier_with_trid(1 + {turn} % 2);")
        for step in each.steps:
            self.hand_on_part(each, step, turn)
        self.close()
        self.line("noc_async_read_set_trid(0);")
        for step in self.shared(each):
            _, group = self.words_of(step)
            self.line(self.talk("end_tiles", group))

    def shared(self, each: Ahead) -> list[Step]:
        return [s for s in each.steps if isinstance(s.work, ReadTiles) and s.work.shared]

    def words_of(self, step: Step) -> tuple[str, str]:
        """Whether this core sends what a step reads, and the group that it is sent in."""
        assert isinstance(step.work, ReadTiles)
        tensor = self.tensor_of(step.work)
        return self.word(tensor, "sends"), self.word(tensor, "group")

    def talk(self, function: str, *given: str) -> str:
        self.helper(function, TALK[function])
        return f"{function}({', '.join(given)});"

    def turns_of(self, each: Ahead, above: int = 0) -> str:
        """How many there are; each part of a turn's block is one by itself."""
        if each.parts == 1:
            return self.expr(each.trips, above)
        return f"{self.expr(each.trips, 7)} * {self.parts_of(each)}"

    def parts_of(self, each: Ahead) -> str:
        return self.constant(f"{self.names[each.var]}_parts", each.parts)

    def index(self, each: Ahead, name: str, turn: str) -> None:
        """Declares the loop's variable by the number of a turn, and which part of its block."""
        first = self.expr(each.first, 6)
        if turn.isdigit():
            of_turn, part = (str(int(turn) // each.parts), str(int(turn) % each.parts))
        else:
            of_turn, part = turn, "0"
            if each.parts > 1:
                of_turn, part = (f"{factor(turn)} {s} {self.parts_of(each)}" for s in "/%")
        if self.uses(each):
            text = of_turn if first == "0" else first if of_turn == "0" else f"{first} + {of_turn}"
            self.line(f"const int32_t {name} = {text};")
        if each.parts > 1:
            self.line(f"const int32_t {self.part_of(each, name)} = {part};")

    def uses(self, each: Ahead) -> bool:
        return each.var in {v for e in expressions(each.steps) for v in variables(e)}

    def part_of(self, each: Ahead, name: str) -> str:
        return "part" if name == self.names[each.var] else f"{name}_part"

    def part(self, each: Ahead, step: Step, name: str) -> ReadTiles:
        """The read of a turn's block, or of the part of it that is named."""
        work = step.work
        assert isinstance(work, ReadTiles)
        if each.parts == 1:
            return work
        named = self.part_of(each, name)
        down, across = self.sides(work)
        if work.column:
            return replace(work, column=named if across == "1" else f"{named} * {across}")
        return replace(work, row=named if down == "1" else f"{named} * {down}")

    def begin_turns(self, each: Ahead, name: str, turn: str, steps: tuple[Step, ...]) -> None:
        """Begins reads of a turn, in which the loop's variable is called ``name``."""
        if self.uses(each) or each.parts > 1:
            self.index(each, name, turn)
        number = {"0": "1", "1": "2"}.get(turn, f"1 + {factor(turn)} % 2")
        self.line(f"noc_async_read_set_trid({number});")
        for step in steps:
            work = self.part(each, step, name)
            self.listing(step.places)
            before, self.names[each.var] = self.names[each.var], name
            window = self.window_of(work)
            self.names[each.var] = before
            self.helper("read_tiles_to", READ_TO)
            buffer, tiles = self.buffer(work.buffer), self.tiles(work.buffer, each.parts)
            down, across, order = self.shape(work)
            to = f"{buffer}_begin"
            if turn != "0":
                times = "" if turn == "1" else f"{factor(turn)} * "
                to += f" + {times}{tiles} * get_tile_size({buffer})"
            moved = f"{self.tensor_of(work)}, {window}, {buffer}, {to}, {down}, {across}, {order}"
            self.by_sender(work, f"read_tiles_to({moved});")

    def hand_on_part(self, each: Ahead, step: Step, turn: str) -> None:
        """What is done with tiles that have come; reads begin while they leave for other cores."""
        name = self.names[each.var]
        work = self.part(each, step, name)
        buffer, tiles = self.buffer(work.buffer), self.tiles(work.buffer, each.parts)
        window = self.window_of(work)
        if not work.shared:
            self.line(self.padding(work, window))
            self.line(f"cb_push_back({buffer}, {tiles});")
            self.begin_later(each, step, turn)
            return
        sends, group = self.words_of(step)
        self.open(f"if ({sends})")
        self.line(self.padding(work, window))
        self.line(self.talk("send_tiles", group, buffer, tiles))
        self.begin_later(each, step, turn)
        self.line(self.talk("tell_tiles", group, f"{turn} + 1"))
        self.otherwise()
        self.line(self.talk("wait_for_tiles", group, f"{turn} + 1"))
        self.close()
        self.line(f"cb_push_back({buffer}, {tiles});")

    def begin_later(self, each: Ahead, step: Step, turn: str) -> None:
        self.comment("What is read two turns later begins here.")
        self.open(f"if ({turn} + 2 < {self.turns_of(each, 5)})")
        assert isinstance(step.work, ReadTiles)
        alone = replace(step, work=replace(step.work, shared=False))  # the sender alone is here
        self.begin_turns(each, f"next_{self.names[each.var]}", f"{turn} + 2", (alone,))
        self.close()


def factor(turn: str) -> str:
    """The number of a turn, as it stands beside a sign that binds closer than a sum's."""
    return f"({turn})" if " " in turn else turn
