"""The reader: from device memory to circular buffers, on NCRISC."""

from __future__ import annotations

from ..plan import READER, FillMask, FillOnes, ReadTiles, Step, Together
from .movement import ELEMENTS, PAD, READ, STAND_UP, MovementText

#: Two bfloat16 ones, or one float32, and how many such words a tile has.
ONES = {"bfloat16": ("0x3f803f80", 512), "float32": ("0x3f800000", 1024)}


class ReaderText(MovementText):
    role = READER
    processors = (("", 0),)
    purpose = "reads what the blocks of this core copy from device memory."

    def step(self, step: Step) -> None:
        self.fill((step,))

    def together(self, each: Together) -> None:
        self.fill(each.steps)

    def fill(self, steps: tuple[Step, ...]) -> None:
        """Begins all reads, waits for them, and hands on what came."""
        ends: list[tuple[list[str], str]] = []
        for step in steps:
            if len(steps) > 1:
                self.listing(step.places)
            (count,) = step.makes
            buffer, tiles = self.buffer(count.buffer), self.count(count)
            self.line(f"cb_reserve_back({buffer}, {tiles});")
            after: list[str] = []
            if isinstance(step.work, ReadTiles):
                after = self.begin_read(step.work)
            elif isinstance(step.work, FillMask):
                self.mask(step.work)
            elif isinstance(step.work, FillOnes):
                self.ones(count.buffer)
            ends.append((after, f"cb_push_back({buffer}, {tiles});"))
        if len(steps) > 1:
            self.comment("All of the above has to arrive.")
        if any(isinstance(step.work, ReadTiles) for step in steps):
            self.line("noc_async_read_barrier();")
        for after, push in ends:
            for line in after:
                self.line(line)
            self.line(push)

    def begin_read(self, work: ReadTiles) -> list[str]:
        """Begins a read, and gives what is to be done when it has ended."""
        window = self.window(work.window, work.row, work.column, work.matrix)
        buffer = self.buffers[work.buffer]
        tensor = self.plan.program.buffers[work.window.tensor].name
        down, across = self.sides(work)
        order = "true" if buffer.by_columns else "false"
        self.helper("read_tiles", READ)
        self.helper("pad_tiles", PAD)
        name = self.local(f"{buffer.name}_window")
        self.line(f"const Window {name} = {window.removeprefix('Window')};")
        self.line(f"read_tiles({tensor}, {name}, {buffer.name}, {down}, {across}, {order});")
        pad = self.pad(tensor, buffer.format)
        element = ELEMENTS[buffer.format]
        end = [f"pad_tiles<{element}>({name}, {buffer.name}, {down}, {across}, {order}, {pad});"]
        if work.window.turned:
            self.helper("stand_up", STAND_UP)
            end.append(f"stand_up<{element}>({buffer.name}, {across});")
        return end

    def pad(self, tensor: str, format_: str) -> str:
        pads = [a for a in self.plan.arguments[READER] if a.name == self.word(tensor, "pad")]
        if not pads:
            return "0"
        return f"{pads[0].name} >> 16" if format_ == "bfloat16" else pads[0].name

    def mask(self, work: FillMask) -> None:
        """Ones and zeros, an element after the other as L1 has them."""
        buffer = self.buffer(work.buffer)
        across = self.across(work.buffer)
        for id, name in ((work.row, "row"), (work.column, "column")):
            if id is not None:
                self.names[id] = name
        condition = self.expr(work.condition)
        words = self.local(f"{buffer}_words")
        self.line(f"volatile tt_l1_ptr uint32_t* {words} =")
        self.line(f"    reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_write_ptr({buffer}));")
        elements = f"{self.tiles(work.buffer)} * 1024"
        self.open(f"for (uint32_t element = 0; element < {elements}; ++element)")
        self.line("const uint32_t tile = element / 1024, face = element / 256 % 4;")
        if work.row is not None:
            self.line(
                f"const int32_t row = tile / {across} * 32 + face / 2 * 16 + element / 16 % 16;"
            )
        if work.column is not None:
            self.line(
                f"const int32_t column = tile % {across} * 32 + face % 2 * 16 + element % 16;"
            )
        self.line(f"{words}[element] = {condition} ? 0x3f800000 : 0;")
        self.close()

    def ones(self, number: int) -> None:
        buffer = self.buffers[number]
        word, words = ONES[buffer.format]
        self.line(f"volatile tt_l1_ptr uint32_t* {buffer.name}_words =")
        self.line(
            f"    reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_write_ptr({buffer.name}));"
        )
        self.open(f"for (uint32_t word = 0; word < {words}; ++word)")
        self.line(f"{buffer.name}_words[word] = {word};")
        self.close()
