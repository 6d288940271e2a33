"""Pages that several blocks write, or may write: told apart, with the blocks and the page.

The passes decide by affine reasoning alone; what they leave "unknown" is settled here by going
through blocks. A plan may say it: it is legal metadata. Running such a plan has no right result.
"""

from __future__ import annotations

from collections.abc import Mapping

from .plan import Plan
from .program import Program, Writers, settle

#: How many written elements a warning goes through, to name a page and its blocks.
FEW_ELEMENTS = 1 << 20


def writers_of(
    program: Program, buffer: str, scalars: Mapping[int, int] | None = None, most: int | None = None
) -> Writers:
    """Who writes the pages of a buffer, by its name; see program.settle.settle."""
    place = next(id for id, each in enumerate(program.buffers) if each.name == buffer)
    return settle(program, place, scalars=scalars, **({} if most is None else {"most": most}))


def shared_pages(plan: Plan, name: str, most: int | None = None) -> dict[str, Writers]:
    """The buffers of a function of which not each page has one block that writes it, for sure.

    Empty for a plan of schema version 1, which doesn't say what blocks do.
    """
    doubtful = [
        buffer.name
        for buffer in plan.buffers(name).values()
        if buffer.written_by not in ("none", "one block")
    ]
    if not doubtful or plan.schema_version == 1:
        return {}
    program = plan.program(name)
    found = {buffer: writers_of(program, buffer, most=most) for buffer in doubtful}
    described = plan.buffers(name)
    for buffer, writers in found.items():
        # What affine reasoning has shown stays so where going through blocks takes too long.
        if writers.found == "unknown" and described[buffer].written_by == "several blocks":
            found[buffer] = Writers("several blocks", reason=writers.reason)
    return {buffer: w for buffer, w in found.items() if w.found not in ("none", "one block")}


def said(writers: Writers) -> str:
    """What is wrong, in words: "blocks (0, 0, 0) and (1, 0, 0) both write page 0"."""
    if writers.found == "unknown":
        return f"it is not known whether two blocks write one page: {writers.reason}"
    if not writers.blocks:
        return "several blocks write one page"
    first, second = writers.blocks
    of_launch = f" of launch {writers.launch}" if writers.launch else ""
    return f"blocks {first} and {second}{of_launch} both write page {writers.page}"
