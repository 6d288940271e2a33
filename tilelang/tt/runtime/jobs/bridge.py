"""From a plan to ttnn's objects: tensors, core ranges, runtime arguments, programs.

Runs in the process that has the device open. Numbers and names come from the plan; ttnn
is told, never asked what it would have chosen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import ttnn

from ...metadata import BufferDescriptor, Schedule


def to_device(device: Any, array: np.ndarray[Any, Any], buffer: BufferDescriptor) -> Any:
    """A tensor in the device's DRAM, tiled and interleaved, as the descriptor says.

    Raises ValueError if the array's shape or dtype is not the descriptor's.
    """
    if array.shape != buffer.shape or array.dtype.name != buffer.dtype:
        raise ValueError(
            f"buffer {buffer.name}: found an array of {array.dtype.name} {array.shape}; "
            f"expected {buffer.dtype} {buffer.shape}"
        )
    carrier = buffer.carried_as or buffer.dtype
    if buffer.carried_as is not None:
        array = array.view(carrier)
    elif buffer.dtype == "bfloat16":
        array = array.astype(np.float32)  # exact; ttnn rounds it back
    # numpy's rank 0 is ttnn's shape (1,): one element, one page.
    tensor = ttnn.Tensor(np.atleast_1d(np.ascontiguousarray(array)), getattr(ttnn, carrier))
    tensor = ttnn.to_layout(tensor, ttnn.TILE_LAYOUT)
    return ttnn.to_device(tensor, device, memory_config=ttnn.DRAM_MEMORY_CONFIG)


def allocate(device: Any, buffer: BufferDescriptor) -> Any:
    """The tensor that :func:`to_device` makes, with whatever is there."""
    return ttnn.allocate_tensor_on_device(
        ttnn.Shape(buffer.shape or (1,)),
        getattr(ttnn, buffer.carried_as or buffer.dtype),
        ttnn.TILE_LAYOUT,
        device,
        ttnn.DRAM_MEMORY_CONFIG,
    )


def from_device(tensor: Any, buffer: BufferDescriptor) -> np.ndarray[Any, Any]:
    """The elements of a tensor that :func:`to_device` made, bit by bit."""
    host = ttnn.from_device(tensor)
    if buffer.dtype == "bfloat16":
        floats = ttnn.to_dtype(host, ttnn.float32).to_numpy()
        return np.asarray(floats.astype(ml_dtypes.bfloat16).reshape(buffer.shape))
    array: np.ndarray[Any, Any] = host.to_numpy()
    return array.view(numpy_dtype(buffer.dtype)).reshape(buffer.shape)


def numpy_dtype(dtype: str) -> np.dtype[Any]:
    """numpy's dtype of a buffer's; bfloat16 and float8 are ml_dtypes'."""
    return np.dtype(getattr(ml_dtypes, dtype, dtype))


def data_format(tensor: Any, buffer: BufferDescriptor) -> str:
    """TT-metal's name of what a tensor of a dtype holds, as ttnn says; for a dtype that travels in
    another, "<dtype> in <that one's>"."""
    held = {
        **{"FLOAT32": "Float32", "BFLOAT16": "Float16_b", "INT32": "Int32"},
        **{"UINT32": "UInt32", "UINT16": "UInt16", "UINT8": "UInt8", "INT8": "Int8"},
    }.get(tensor.dtype.name, tensor.dtype.name)
    return f"{buffer.dtype} in {held}" if buffer.carried_as is not None else held


def core_range_set(schedule: Schedule) -> Any:
    """The cores that have tiles."""
    return ttnn.CoreRangeSet(
        [
            ttnn.CoreRange(ttnn.CoreCoord(r.x0, r.y0), ttnn.CoreCoord(r.x1, r.y1))
            for r in schedule.core_ranges
        ]
    )


def split_work(device: Any, tiles: int) -> tuple[int, ...]:
    """The tiles of each core of the device's compute grid, row by row, as ttnn would split them."""
    grid = device.compute_with_storage_grid_size()
    _, _, *groups = ttnn.split_work_to_cores(grid, tiles, True)
    counts = [0] * (grid.x * grid.y)
    for cores, count in zip(groups[:2], groups[2:], strict=True):
        for one in cores.ranges():
            for y in range(one.start.y, one.end.y + 1):
                for x in range(one.start.x, one.end.x + 1):
                    counts[y * grid.x + x] = count
    return tuple(counts)


def runtime_args(
    schedule: Schedule,
    addresses: Mapping[str, int],
    scalars: Mapping[str, int] | None = None,
) -> Any:
    """The runtime arguments of each active core, in the schema's order.

    Parameters
    ----------
    addresses : base address, in bytes, of each buffer that the schema names
    scalars : the 32-bit word of each scalar parameter that the schema names

    Raises
    ------
    ValueError
        The schema names a buffer or a scalar that is not given.
    """
    args = ttnn.RuntimeArgs()
    width = schedule.core_grid[0]
    for x, y in chain.from_iterable(r.cores() for r in schedule.core_ranges):
        per_core = schedule.own_args(y * width + x)
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
        args[x][y] = words
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
    """A data-movement kernel on some cores.

    ``args`` are ttnn's RuntimeArgs of the ``cores`` (a CoreRangeSet), ``num_args`` of each;
    ``common_args`` are the words that all of them get, and ``noc`` is the one that it uses, 0 on
    NCRISC and 1 on BRISC.
    """

    source: Path
    cores: Any
    args: Any
    num_args: int
    compile_time_args: Sequence[int] = ()
    noc: int = 0
    common_args: Sequence[int] = ()

    def descriptor(self) -> Any:
        return ttnn.KernelDescriptor(
            kernel_source=str(self.source),
            source_type=ttnn.KernelDescriptor.SourceType.FILE_PATH,
            core_ranges=self.cores,
            compile_time_args=list(self.compile_time_args),
            runtime_args=self.args,
            common_runtime_args=list(self.common_args),
            config=ttnn.WriterConfigDescriptor() if self.noc else ttnn.ReaderConfigDescriptor(),
        )


def run(device: Any, kernels: Sequence[Kernel], tensors: Sequence[Any]) -> None:
    """Run kernels as one program and wait for it.

    Parameters
    ----------
    tensors : what the kernels read and write, so that it stays allocated; ttnn takes the last one
        for their output
    """
    program = ttnn.ProgramDescriptor(
        kernels=[kernel.descriptor() for kernel in kernels], semaphores=[], cbs=[]
    )
    program.custom_program_hash = _structure(kernels)
    ttnn.generic_op([*tensors, tensors[-1]], program)  # ttnn wants an input and an output
    ttnn.synchronize_device(device)


def _structure(kernels: Sequence[Kernel]) -> int:
    """What tells programs apart that can't be one with other arguments in it.

    ttnn keeps a program by that, and its own doesn't look at how many arguments a core has: the
    next one with more of them on the same cores would overrun those of the first.
    """
    words = [
        (str(k.source), str(k.cores), *k.compile_time_args, k.noc, k.num_args, len(k.common_args))
        for k in kernels
    ]
    return int.from_bytes(hashlib.sha256(repr(words).encode()).digest()[:8], "little")


def first_cores(device: Any, count: int) -> Any:
    """The first cores of the device's compute grid, row by row."""
    return ttnn.num_cores_to_corerangeset(count, device.compute_with_storage_grid_size(), True)


def args_of_first_cores(device: Any, rows: Sequence[Sequence[int]]) -> Any:
    """The runtime arguments of the first cores, a row each."""
    width = device.compute_with_storage_grid_size().x
    args = ttnn.RuntimeArgs()
    for core, row in enumerate(rows):
        args[core % width][core // width] = list(row)
    return args


def to_l1(device: Any, words: np.ndarray[Any, Any]) -> Any:
    """A tensor of 32-bit words in the L1 of the first cores.

    words : uint32 of shape (cores, words a core), a multiple of 16 bytes; each core finds its own
        at the tensor's ``buffer_address()``
    """
    tensor = ttnn.Tensor(np.ascontiguousarray(words), ttnn.uint32)
    return ttnn.to_device(tensor, device, memory_config=_l1_memory(device, *words.shape))


def room_in_l1(device: Any, cores: int, words: int) -> Any:
    """The same with whatever is there."""
    return ttnn.allocate_tensor_on_device(
        ttnn.Shape([cores, words]),
        ttnn.uint32,
        ttnn.ROW_MAJOR_LAYOUT,
        device,
        _l1_memory(device, cores, words),
    )


def _l1_memory(device: Any, cores: int, words: int) -> Any:
    shard = ttnn.ShardSpec(first_cores(device, cores), [1, words], ttnn.ShardOrientation.ROW_MAJOR)
    return ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, shard)


def from_l1(tensor: Any) -> np.ndarray[Any, Any]:
    """The words of such a tensor, of shape (cores, words a core)."""
    words: np.ndarray[Any, Any] = ttnn.from_device(tensor).to_numpy()
    return words
