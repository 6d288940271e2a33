"""Jobs that a session's worker runs; each takes the open device first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import ttnn

from ...metadata import OWN_BOX, OWN_RANGE, BufferDescriptor, Schedule
from . import bridge, probe


def round_trip(device: Any, array: Any, buffer: BufferDescriptor) -> Any:
    """Write an array to the device as a descriptor says, and read it back."""
    return bridge.from_device(bridge.to_device(device, array, buffer), buffer)


def base_address(device: Any, array: Any, buffer: BufferDescriptor) -> int:
    """Write an array to the device and say where, in each bank, in bytes.

    A simulator takes what is written in its own time; by what is read back, it has.
    """
    tensor = bridge.to_device(device, array, buffer)
    bridge.from_device(tensor, buffer)
    address: int = tensor.buffer_address()
    return address


def copy_by_schedule(
    device: Any,
    schedule: Schedule,
    buffer: BufferDescriptor,
    addresses: Mapping[str, int],
    scalars: Mapping[str, int],
) -> Any:
    """Copy a tensor of one page a tile, each tile by the core that the schedule names.

    Parameters
    ----------
    buffer : uint32, of one page a tile
    addresses, scalars : the words that the cores get for the kernel's own buffers and scalars. The
        copy is in the kernel's place and has none of them

    Returns the source's and the target's elements. Each copy is stamped: the first elements of
    its tile are the logical x and y of the core that made it, the tile, how many that core had
    copied before, and the arguments of the schema as the core saw them.
    """
    numbers = np.random.default_rng(schedule.num_tiles)
    content = numbers.integers(0, 2**32, size=buffer.shape, dtype=np.uint32)
    source = bridge.to_device(device, content, buffer)
    target = bridge.to_device(device, np.zeros_like(content), buffer)
    args = bridge.runtime_args(schedule, addresses, scalars)
    cores, page_size = bridge.core_range_set(schedule), buffer.accessor.aligned_page_size
    num_args, walk = len(schedule.runtime_args), _walk(schedule)
    probe.copy(device, cores, args, num_args, walk, source, target, page_size)
    return content, bridge.from_device(target, buffer)


def _walk(schedule: Schedule) -> list[int]:
    """How a core finds its blocks: whether it has a box of them, whether they are counted down the
    columns, and where among its arguments those are that say which they are."""
    places = {arg.name: place for place, arg in enumerate(schedule.runtime_args)}
    own = OWN_BOX if schedule.boxes else (*OWN_RANGE, "block_stride")
    named = (*own, *[""] * (len(OWN_BOX) - len(own)), "grid_x", "grid_y")
    ways = bool(schedule.boxes), schedule.order == "column_major"
    return [*map(int, ways), *(places.get(name, probe.NO_ARGUMENT) for name in named)]


def matmul(
    device: Any, a: Any, b: Any, a_buffer: BufferDescriptor, b_buffer: BufferDescriptor
) -> Any:
    """The product of two bfloat16 matrices by ttnn.matmul, as float32."""
    # Accumulation in the packer, ttnn's default, is more than wolfpine 2.2 simulates, and partial
    # sums in float32 are more than ttsim does.
    config = ttnn.init_device_compute_kernel_config(
        device.arch(),
        math_fidelity=ttnn.MathFidelity.HiFi2,
        fp32_dest_acc_en=False,
        packer_l1_acc=False,
    )
    product = ttnn.matmul(
        bridge.to_device(device, a, a_buffer),
        bridge.to_device(device, b, b_buffer),
        compute_kernel_config=config,
    )
    return ttnn.to_dtype(ttnn.from_device(product), ttnn.float32).to_numpy()
