"""The writer: from circular buffers to device memory, on BRISC."""

from __future__ import annotations

from ..plan import WRITER
from .ahead import AheadText


class WriterText(AheadText):
    role = WRITER
    processors = (("", 4),)
    purpose = "writes what the blocks of this core copy to device memory."
