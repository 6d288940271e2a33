"""The reader: from device memory to circular buffers, on NCRISC."""

from __future__ import annotations

from ..plan import READER, FillMask, Step
from .ahead import AheadText


class ReaderText(AheadText):
    role = READER
    processors = (("", 0),)
    purpose = "reads what the blocks of this core copy from device memory."

    def begin(self) -> None:
        super().begin()
        if self.writes:
            self.purpose = f"{self.purpose[:-1]}, and writes the last columns of what they make."

    def make(self, step: Step) -> None:
        if isinstance(step.work, FillMask):
            self.mask(step.work)

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
