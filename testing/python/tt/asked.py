"""What the protocol's checker is asked for a kernel plan."""

from __future__ import annotations

from tilelang.tt.codegen.emit import sources
from tilelang.tt.protocol import Buffer
from tilelang.tt.runtime import checked


def asked_of(plan):
    buffers = [Buffer(b.index, b.pages, b.page_bytes, b.name) for b in plan.buffers]
    arguments = {
        role: dict(checked._values(tuple(each for each in of if each.kind != "per core")))
        for role, of in plan.arguments.items()
    }
    return sources(plan), buffers, plan.slots, arguments
