"""Bytes that generated kernels move to and from DRAM, counted by the kernels themselves.

No simulator has to count: each call that moves a page adds the page's bytes to a word, which is
noted where a timed kernel notes the clock. What is multicast is no such call.
"""

from __future__ import annotations

from dataclasses import replace

from tilelang.tt.codegen.launch import launch
from tilelang.tt.runtime.timing import _JOB

COUNTERS = """
static uint32_t bytes_read = 0, bytes_written = 0;
#define noc_async_read_page(page, tensor, address) \\
    (bytes_read += tile_bytes, noc_async_read_page(page, tensor, address))
#define noc_async_write_page(page, tensor, address) \\
    (bytes_written += tile_bytes, noc_async_write_page(page, tensor, address))
"""


def counted(source):
    """A timed kernel's source, with counts in the place of the clock's two words."""
    end = source.rindex("#include")
    end = source.index("\n", end) + 1
    text = source[:end] + COUNTERS + source[end:]
    found = text.replace("= low[0];", "= bytes_read;").replace("= high[0];", "= bytes_written;")
    assert found.count("= bytes_read;") == found.count("= bytes_written;") == 1
    return found


def count(plans, arrays, session, scalars=None, timeout=60.0):
    """(bytes read, bytes written) by all cores of all launches; ``plans`` are kernel plans."""
    launches = []
    for plan in plans:
        whole = launch(plan, timed=True)
        kernels = [
            replace(each, source=counted(each.source)) if each.role != "compute" else each
            for each in whole.kernels
        ]
        launches.append(replace(whole, kernels=tuple(kernels)))
    found = session.call(_JOB, tuple(launches), arrays, scalars or {}, 1, timeout=timeout)
    read = written = 0
    for times in found:
        for processor in (0, 4):  # the reader and the writer, which may read too
            words = [int(value) for value in times[0, :, processor, 1]]
            read += sum(word & 0xFFFFFFFF for word in words)
            written += sum(word >> 32 for word in words)
    return read, written
