"""Jobs for a session's worker that end in time only where they are told to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any


def run(device: Any, source: str, place: str, waits: bool) -> str:
    """Run a kernel of this folder on cores 0-0 and 1-0, which waits for ever if ``waits``.

    place : "reader", "writer" or "compute"
    """
    import ttnn

    from tilelang.tt.runtime.jobs import bridge

    cores = bridge.first_cores(device, 2)
    args = bridge.args_of_first_cores(device, [[int(waits)]] * 2)
    configs = {
        "reader": ttnn.ReaderConfigDescriptor,
        "writer": ttnn.WriterConfigDescriptor,
        "compute": ttnn.ComputeConfigDescriptor,
    }
    kernel = ttnn.KernelDescriptor(
        kernel_source=str(Path(__file__).with_name(source)),
        source_type=ttnn.KernelDescriptor.SourceType.FILE_PATH,
        core_ranges=cores,
        compile_time_args=[],
        runtime_args=args,
        config=configs[place](),
    )
    buffers = []
    for index in (0, 3):
        form = ttnn.CBFormatDescriptor(index, ttnn.bfloat16, 2048)
        buffers.append(
            ttnn.CBDescriptor(total_size=2048, core_ranges=cores, format_descriptors=[form])
        )
    program = ttnn.ProgramDescriptor(
        kernels=[kernel],
        semaphores=[ttnn.SemaphoreDescriptor(id=0, core_ranges=cores, initial_value=0)],
        cbs=buffers,
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
