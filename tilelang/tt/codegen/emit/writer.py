"""The writer: from circular buffers to device memory, on BRISC."""

from __future__ import annotations

from ..arguments import OWN_BOX
from ..plan import WRITER, Step, WriteTiles
from .movement import ELEMENTS, LAY_DOWN, WRITE
from .reading import ReadingText


class WriterText(ReadingText):
    role = WRITER
    processors = (("", 4),)
    purpose = "writes what the blocks of this core copy to device memory."

    def step(self, step: Step) -> None:
        work = step.work
        if not isinstance(work, WriteTiles):
            self.fill((step,))
            return
        (count,) = step.takes
        number = work.buffer
        buffer, tiles = self.buffer(number), self.count(count)
        tensor = self.plan.program.buffers[work.window.tensor].name
        order = "true" if self.buffers[number].by_columns else "false"
        down, across = self.sides(work)
        window = self.window(work.window, row=work.row, matrix=work.matrix, own=True)
        self.helper("write_tiles", WRITE)
        self.line(f"cb_wait_front({buffer}, {tiles});")
        if work.window.turned:
            self.helper("lay_down", LAY_DOWN)
            self.line(f"lay_down<{ELEMENTS[self.buffers[number].format]}>({buffer}, {across});")
        name = self.local(f"{buffer}_window")
        self.line(f"const Window {name} = {window.removeprefix('Window')};")
        self.line(f"write_tiles({tensor}, {name}, {buffer}, {down}, {across}, {order});")
        self.line("noc_async_writes_flushed();")
        self.line(f"cb_pop_front({buffer}, {tiles});")

    def own_block(self, axes: tuple[int, ...]) -> None:
        ways = [f"turn_{'xyz'[axis]} < {OWN_BOX[3 + axis]}" for axis in axes]
        self.line(f"const bool own_block = {' && '.join(ways) or 'true'};")

    def end(self) -> None:
        super().end()
        if not self.shares:
            self.line("noc_async_write_barrier();")
