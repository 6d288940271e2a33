"""Jobs that a session's worker runs; each takes the open device first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import ttnn

from ..metadata import BufferDescriptor, Schedule
from . import bridge

_KERNELS = Path(__file__).parent / "kernels"


def round_trip(device: Any, array: Any, buffer: BufferDescriptor) -> Any:
    """Write an array to the device as a descriptor says, and read it back."""
    return bridge.from_device(bridge.to_device(device, array, buffer), buffer)


def copy_by_schedule(device: Any, schedule: Schedule, buffer: BufferDescriptor) -> int:
    """Copy a tensor of one page a tile, each tile by the core that the schedule names.

    Returns the number of tiles. Raises ValueError if a tile did not arrive.
    """
    numbers = np.random.default_rng(schedule.num_tiles)
    content = numbers.integers(0, 2**32, size=buffer.shape, dtype=np.uint32)
    source = bridge.to_device(device, content, buffer)
    target = bridge.to_device(device, np.zeros_like(content), buffer)
    names = [arg.name for arg in schedule.runtime_args]
    kernel = bridge.Kernel(
        _KERNELS / "copy_tiles.cpp",
        [
            *bridge.accessor_args(source, target),
            *(names.index("start_id"), names.index("count"), len(names)),
        ],
    )
    # The copy is in the kernel's place, so the kernel's own buffers and scalars have no values.
    unused = {str(arg.source): 0 for arg in schedule.runtime_args if arg.source}
    addresses = [source.buffer_address(), target.buffer_address()]
    args = bridge.runtime_args(schedule, unused, unused, addresses)
    page = buffer.accessor.aligned_page_size
    bridge.run(device, schedule, kernel, args, [source, target], page)
    arrived = bridge.from_device(target, buffer)
    wrong = np.argwhere((arrived != content).reshape(schedule.num_tiles, -1).any(axis=1))
    if wrong.size:
        tile = int(wrong[0][0])
        raise ValueError(
            f"found {wrong.size} of {schedule.num_tiles} tiles wrong, tile {tile} first, which "
            f"core {schedule.core_of_tile(tile)} runs; expected each as it was"
        )
    return schedule.num_tiles



def matmul(
    device: Any, a: Any, b: Any, a_buffer: BufferDescriptor, b_buffer: BufferDescriptor
) -> Any:
    """The product of two bfloat16 matrices by ttnn.matmul, as float32."""
    product = ttnn.matmul(
        bridge.to_device(device, a, a_buffer), bridge.to_device(device, b, b_buffer)
    )
    return ttnn.to_dtype(ttnn.from_device(product), ttnn.float32).to_numpy()
