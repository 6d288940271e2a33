"""From a plan to ttnn's objects: tensors, core ranges, runtime arguments, programs.

Runs in the process that has the device open. Numbers and names come from the plan; ttnn
is told, never asked what it would have chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import ttnn

from ..metadata import BufferDescriptor, Schedule

# ttnn has no tensor of these, so their bits travel in one of equal size.
_CARRIERS = {"float16": "uint16", "int8": "uint8"}


def to_device(device: Any, array: np.ndarray[Any, Any], buffer: BufferDescriptor) -> Any:
    """A tensor in the device's DRAM, tiled and interleaved, as the descriptor says.

    Raises ValueError if the array's shape or dtype is not the descriptor's.
    """
    if array.shape != buffer.shape or array.dtype.name != buffer.dtype:
        raise ValueError(
            f"buffer {buffer.name}: found an array of {array.dtype.name} {array.shape}; "
            f"expected {buffer.dtype} {buffer.shape}"
        )
    carrier = _CARRIERS.get(buffer.dtype, buffer.dtype)
    if buffer.dtype in _CARRIERS:
        array = array.view(carrier)
    elif buffer.dtype == "bfloat16":
        array = array.astype(np.float32)  # exact; ttnn rounds it back
    # numpy's rank 0 is ttnn's shape (1,): one element, one page.
    tensor = ttnn.Tensor(np.atleast_1d(np.ascontiguousarray(array)), getattr(ttnn, carrier))
    tensor = ttnn.to_layout(tensor, ttnn.TILE_LAYOUT)
    return ttnn.to_device(tensor, device, memory_config=ttnn.DRAM_MEMORY_CONFIG)


def from_device(tensor: Any, buffer: BufferDescriptor) -> np.ndarray[Any, Any]:
    """The elements of a tensor that :func:`to_device` or :func:`allocate` made, bit by bit."""
    host = ttnn.from_device(tensor)
    if buffer.dtype == "bfloat16":
        floats = ttnn.to_dtype(host, ttnn.float32).to_numpy()
        return floats.astype(ml_dtypes.bfloat16).reshape(buffer.shape)
    array = host.to_numpy()
    return array.view(buffer.dtype).reshape(buffer.shape)


def numpy_dtype(dtype: str) -> np.dtype[Any]:
    """numpy's dtype of a buffer's; bfloat16 is ml_dtypes'."""
    return np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)


def core_range_set(schedule: Schedule) -> Any:
    """The cores that have tiles."""
    return ttnn.CoreRangeSet(
        [
            ttnn.CoreRange(ttnn.CoreCoord(r.x0, r.y0), ttnn.CoreCoord(r.x1, r.y1))
            for r in schedule.core_ranges
        ]
    )


def runtime_args(
    schedule: Schedule,
    addresses: Mapping[str, int],
    scalars: Mapping[str, int] | None = None,
    extra: Sequence[int] = (),
) -> Any:
    """The runtime arguments of each active core, in the schema's order.

    Parameters
    ----------
    addresses : base address, in bytes, of each buffer that the schema names
    scalars : the 32-bit word of each scalar parameter that the schema names
    extra : words that every core gets after the schema's

    Raises
    ------
    ValueError
        The schema names a buffer or a scalar that is not given.
    """
    args = ttnn.RuntimeArgs()
    for core, tiles in enumerate(schedule.tiles_per_core):
        if tiles.count == 0:
            continue
        per_core = {"start_id": tiles.start_id, "count": tiles.count}
        words = []
        for arg in schedule.runtime_args:
            if arg.kind == "per_core":
                words.append(_given(per_core, arg.name, arg.name))
            elif arg.kind == "constant":
                words.append(int(arg.value or 0))
            elif arg.kind == "buffer_address":
                words.append(_given(addresses, str(arg.source), arg.name))
            else:
                words.append(_given(scalars or {}, str(arg.source), arg.name))
        args[core % schedule.core_grid[0]][core // schedule.core_grid[0]] = [*words, *extra]
    return args


def _given(values: Mapping[str, int], key: str, argument: str) -> int:
    if key not in values:
        raise ValueError(
            f"runtime argument {argument}: found no value for {key}; expected one of {list(values)}"
        )
    return values[key]


def accessor_args(*tensors: Any) -> list[int]:
    """The words of several tensors' accessors, one after the other, as kernels chain them
    (``next_compile_time_args_offset``)."""
    args = (ttnn.TensorAccessorArgs(tensor).get_compile_time_args() for tensor in tensors)
    return [word for words in args for word in words]


@dataclass(frozen=True)
class Kernel:
    """A data-movement kernel: its source, and the NoC it uses (0 on NCRISC, 1 on BRISC)."""

    source: Path
    compile_time_args: Sequence[int]
    noc: int = 0

    def descriptor(self, cores: Any, args: Any) -> Any:
        return ttnn.KernelDescriptor(
            kernel_source=str(self.source),
            source_type=ttnn.KernelDescriptor.SourceType.FILE_PATH,
            core_ranges=cores,
            compile_time_args=list(self.compile_time_args),
            runtime_args=args,
            config=ttnn.WriterConfigDescriptor() if self.noc else ttnn.ReaderConfigDescriptor(),
        )


def run(
    device: Any,
    schedule: Schedule,
    kernel: Kernel,
    args: Any,
    tensors: Sequence[Any],
    scratch: int,
) -> None:
    """Run a kernel on the schedule's cores and wait for it.

    Parameters
    ----------
    tensors : what the kernel reads and writes; the last one is its output
    scratch : bytes of L1 that each core gets, in circular buffer 0
    """
    cores = core_range_set(schedule)
    buffer = ttnn.CBDescriptor(
        total_size=scratch,
        core_ranges=cores,
        format_descriptors=[
            ttnn.CBFormatDescriptor(buffer_index=0, data_format=ttnn.uint32, page_size=scratch)
        ],
    )
    program = ttnn.ProgramDescriptor(
        kernels=[kernel.descriptor(cores, args)], semaphores=[], cbs=[buffer]
    )
    ttnn.generic_op(list(tensors), program)
    ttnn.synchronize_device(device)
