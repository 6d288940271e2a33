"""What is moved between device memory and circular buffers, by whichever kernel moves it, and sent
to other cores."""

from __future__ import annotations

from ..arguments import OWN_BOX, moves_of
from ..plan import ReadTiles, Share, Step, Together, WriteTiles
from .movement import ELEMENTS, LAY_DOWN, PAD, READ, STAND_UP, WRITE, WRITE_MADE, MovementText

GROUP = """\
// Cores that read a tensor alike. One of them sends it to the others, a rectangle of `receivers`
// cores, and two words in the L1 of each say how far they are.
struct Group {
    uint32_t sender_x;
    uint32_t sender_y;
    uint32_t x0;
    uint32_t y0;
    uint32_t x1;
    uint32_t y1;
    uint32_t receivers;
    uint32_t ready;
    uint32_t valid;
};"""

SHARE = """\
// Sends the tiles that were read to the same place in all receivers, once each has said that there
// is room, and then says that they have come. They go before the word does: it waits for them.
inline void share_tiles(const Group& group, uint32_t buffer, uint32_t tiles) {
    volatile tt_l1_ptr uint32_t* ready =
        reinterpret_cast<volatile tt_l1_ptr uint32_t*>(group.ready);
    volatile tt_l1_ptr uint32_t* valid =
        reinterpret_cast<volatile tt_l1_ptr uint32_t*>(group.valid);
    const uint32_t address = get_write_ptr(buffer);
    noc_semaphore_wait(ready, group.receivers);
    noc_semaphore_set(ready, 0);
    noc_async_write_multicast(
        address, get_noc_multicast_addr(group.x0, group.y0, group.x1, group.y1, address),
        tiles * get_tile_size(buffer), group.receivers);
    noc_async_writes_flushed();
    noc_semaphore_set(valid, 1);
    noc_semaphore_set_multicast(
        group.valid, get_noc_multicast_addr(group.x0, group.y0, group.x1, group.y1, group.valid),
        group.receivers);
    noc_async_writes_flushed();
    noc_semaphore_set(valid, 0);
}"""

RECEIVE = """\
// Says that there is room for what the sender has, and waits until it has come.
inline void receive_tiles(const Group& group) {
    volatile tt_l1_ptr uint32_t* valid =
        reinterpret_cast<volatile tt_l1_ptr uint32_t*>(group.valid);
    noc_semaphore_inc(get_noc_addr(group.sender_x, group.sender_y, group.ready), 1);
    noc_semaphore_wait(valid, 1);
    noc_semaphore_set(valid, 0);
}"""


class ReadingText(MovementText):
    """A kernel that may read, share what it reads, and write."""

    @property
    def shares(self) -> list[Share]:
        """Those that this kernel reads."""
        return [each for each in self.plan.shares if each.role == self.role]

    def begin(self) -> None:
        super().begin()
        for share in self.shares:
            tensor = self.plan.program.buffers[share.tensor].name
            words = ("sender_x", "sender_y", "x0", "y0", "x1", "y1", "receivers")
            numbers = [self.word(tensor, what) for what in words]
            for what in ("ready", "valid"):
                numbers.append(self.semaphore(self.word(tensor, what), getattr(share, what)))
            group = self.word(tensor, "group")
            self.helper("Group", GROUP)
            self.declare(group, f"const Group {group} = {{{', '.join(numbers)}}};")

    @property
    def writes(self) -> bool:
        """Whether it writes to device memory."""
        return any(isinstance(each, WriteTiles) for each in moves_of(self.plan.kernels[self.role]))

    def own_block(self, axes: tuple[int, ...]) -> None:
        if self.writes:
            ways = [f"turn_{'xyz'[axis]} < {OWN_BOX[3 + axis]}" for axis in axes]
            self.line(f"const bool own_block = {' && '.join(ways) or 'true'};")

    def end(self) -> None:
        """What a kernel waits for that has written, to device memory or to other cores."""
        if self.shares or self.writes:
            self.line("noc_async_write_barrier();")
        if self.shares:
            self.line("noc_async_atomic_barrier();")

    def step(self, step: Step) -> None:
        if isinstance(step.work, WriteTiles):
            self.write(step, step.work)
        else:
            self.fill((step,))

    def write(self, step: Step, work: WriteTiles) -> None:
        """Writes tiles that compute, or this kernel itself, has made."""
        (count,) = step.takes
        number = work.buffer
        buffer, tiles = self.buffer(number), self.count(count)
        tensor = self.tensor_of(work)
        order = "true" if self.buffers[number].by_columns else "false"
        down, across = self.sides(work)
        column = ""
        if work.column:
            column = self.constant(f"{buffer}_first", work.column)
        window = self.window(work.window, work.row, column, work.matrix, own=True)
        name = self.local(f"{buffer}_window")
        self.line(f"const Window {name} = {window.removeprefix('Window')};")
        function = "write_made_tiles"
        if work.window.turned:
            function = "write_tiles"
            self.helper("lay_down", LAY_DOWN)
            self.line(f"cb_wait_front({buffer}, {tiles});")
            self.line(f"lay_down<{ELEMENTS[self.buffers[number].format]}>({buffer}, {across});")
        self.helper(function, WRITE if work.window.turned else WRITE_MADE)
        self.line(f"{function}({tensor}, {name}, {buffer}, {down}, {across}, {order});")
        self.line("noc_async_writes_flushed();")
        self.line(f"cb_pop_front({buffer}, {tiles});")

    def together(self, each: Together) -> None:
        self.fill(each.steps)

    def fill(self, steps: tuple[Step, ...]) -> None:
        """Begins all reads, waits for them, and hands on what came."""
        ends: list[list[str]] = []
        for step in steps:
            if len(steps) > 1:
                self.listing(step.places)
            (count,) = step.makes
            buffer, tiles = self.buffer(count.buffer), self.count(count)
            self.line(f"cb_reserve_back({buffer}, {tiles});")
            after: list[str] = []
            if isinstance(step.work, ReadTiles):
                after = self.begin_read(step.work, tiles)
            else:
                self.make(step)
            ends.append([*after, f"cb_push_back({buffer}, {tiles});"])
        if len(steps) > 1:
            self.comment("All of the above has to arrive.")
        if any(isinstance(step.work, ReadTiles) for step in steps):
            self.line("noc_async_read_barrier();")
        for lines in ends:
            for line in lines:
                self.line(line)

    def make(self, step: Step) -> None:
        """What is put in a buffer without being read."""
        raise NotImplementedError

    def begin_read(self, work: ReadTiles, tiles: str) -> list[str]:
        """Begins a read, and gives what is to be done when it has ended."""
        name = self.window_of(work)
        buffer, tensor = self.buffers[work.buffer].name, self.tensor_of(work)
        down, across, order = self.shape(work)
        self.helper("read_tiles", READ)
        self.by_sender(work, f"read_tiles({tensor}, {name}, {buffer}, {down}, {across}, {order});")
        return self.end_of_read(work, name, tiles)

    def window_of(self, work: ReadTiles) -> str:
        """A name for a window, which is declared."""
        window = self.window(
            work.window, work.row, work.column, work.matrix, first_rows=work.first_rows
        )
        name = self.local(f"{self.buffers[work.buffer].name}_window")
        if work.first_rows:
            self.comment("Of each tile the first row alone is taken: nothing is filled below it.")
        self.line(f"const Window {name} = {window.removeprefix('Window')};")
        return name

    def shape(self, work: ReadTiles) -> tuple[str, str, str]:
        """The tiles down and across, and whether they go down the columns."""
        down, across = self.sides(work)
        return down, across, "true" if self.buffers[work.buffer].by_columns else "false"

    def tensor_of(self, work: ReadTiles | WriteTiles) -> str:
        return self.plan.program.buffers[work.window.tensor].name

    def by_sender(self, work: ReadTiles, line: str) -> None:
        """What whoever reads does."""
        if not work.shared:
            self.line(line)
            return
        self.open(f"if ({self.word(self.tensor_of(work), 'sends')})")
        self.line(line)
        self.close()

    def end_of_read(self, work: ReadTiles, window: str, tiles: str) -> list[str]:
        """What is done with tiles that have come: there is padding beyond the tensor's edge, and
        others get them."""
        buffer, tensor = self.buffers[work.buffer], self.tensor_of(work)
        _, across, _ = self.shape(work)
        end = [self.padding(work, window)]
        if work.window.turned:
            element = ELEMENTS[buffer.format]
            self.helper("stand_up", STAND_UP)
            end.append(f"stand_up<{element}>({buffer.name}, {across});")
        if not work.shared:
            return end
        self.helper("share_tiles", SHARE)
        self.helper("receive_tiles", RECEIVE)
        sends, group = self.word(tensor, "sends"), self.word(tensor, "group")
        share = f"share_tiles({group}, {buffer.name}, {tiles});"
        then = [f"    {each}" for each in (*end, share)]
        return [f"if ({sends}) {{", *then, "} else {", f"    receive_tiles({group});", "}"]

    def padding(self, work: ReadTiles, window: str) -> str:
        """Pads what lies beyond the tensor's edge."""
        self.helper("pad_tiles", PAD)
        buffer = self.buffers[work.buffer]
        down, across, order = self.shape(work)
        pad, element = self.pad(self.tensor_of(work), buffer.format), ELEMENTS[buffer.format]
        return f"pad_tiles<{element}>({window}, {buffer.name}, {down}, {across}, {order}, {pad});"

    def pad(self, tensor: str, format_: str) -> str:
        pads = [a for a in self.plan.arguments[self.role] if a.name == self.word(tensor, "pad")]
        if not pads:
            return "0"
        return f"{pads[0].name} >> 16" if format_ == "bfloat16" else pads[0].name
