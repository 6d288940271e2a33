"""Text of kernels. The spelling of TT-metal's API is here alone, and no choice is made here."""

from __future__ import annotations

from ..plan import COMPUTE, READER, WRITER, KernelPlan
from .compute import ComputeText
from .reader import ReaderText
from .text import Listing
from .writer import WriterText


def sources(plan: KernelPlan, timed: bool = False) -> dict[str, str]:
    """The text of each kernel that has something to do, by its role. ``timed``: it notes in L1
    what the core's clock shows where it begins and where it ends."""
    makers = {READER: ReaderText, COMPUTE: ComputeText, WRITER: WriterText}
    listing = Listing(plan)
    return {
        role: make(plan, listing, timed).text()
        for role, make in makers.items()
        if plan.kernels[role]
    }
