"""Jobs for a session's worker that end in time only where they are told to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any


def run(device: Any, source: str, noc: int, waits: bool) -> str:
    """Run a kernel of this folder on cores 0-0 and 1-0, which waits for ever if ``waits``."""
    import ttnn

    from tilelang.tt.runtime import bridge

    cores = bridge.first_cores(device, 2)
    args = bridge.args_of_first_cores(device, [[int(waits)]] * 2)
    kernel = bridge.Kernel(Path(__file__).with_name(source), cores, args, noc=noc)
    form = ttnn.CBFormatDescriptor(buffer_index=0, data_format=ttnn.uint32, page_size=64)
    program = ttnn.ProgramDescriptor(
        kernels=[kernel.descriptor()],
        semaphores=[ttnn.SemaphoreDescriptor(id=0, core_ranges=cores, initial_value=0)],
        cbs=[ttnn.CBDescriptor(total_size=64, core_ranges=cores, format_descriptors=[form])],
    )
    tensor = bridge.room_in_l1(device, 2, 16)
    ttnn.generic_op([tensor, tensor], program)
    ttnn.synchronize_device(device)
    return "ended"


def sleep(device: Any, seconds: float) -> None:
    time.sleep(seconds)


def take(device: Any, content: bytes) -> int:
    return len(content)


def give(device: Any, size: int) -> bytes:
    return bytes(size)


def time_out(device: Any) -> None:
    """What TT-metal says of a card after TT_METAL_OPERATION_TIMEOUT_SECONDS."""
    raise RuntimeError(
        "TIMEOUT: device timeout, potential hang detected, the device is unrecoverable"
    )
