"""A job for a session's worker: functions of the vector unit on every element of some arrays.

All functions are in one kernel, which a runtime argument picks from, since compiling is what takes
time. Elements travel as their bits, in ttnn's tensors of integers, so that none is rounded or made
another NaN on its way. Tiles go by the way that a kernel's data takes: from DRAM to circular
buffers of the function's own format, to Dst, through the function, and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

TILE = 1024  # elements

_READER = """
#include "api/dataflow/dataflow_api.h"

void kernel_main() {
  constexpr uint32_t inputs = get_compile_time_arg_val(0);
  constexpr auto layout = TensorAccessorArgs<1>();
  const uint32_t tiles = get_arg_val<uint32_t>(0);
  for (uint32_t tile = 0; tile < tiles; ++tile) {
    for (uint32_t i = 0; i < inputs; ++i) {
      const auto source = TensorAccessor(layout, get_arg_val<uint32_t>(1 + i));
      cb_reserve_back(i, 1);
      noc_async_read_page(tile, source, get_write_ptr(i));
      noc_async_read_barrier();
      cb_push_back(i, 1);
    }
  }
}
"""

_WRITER = """
#include "api/dataflow/dataflow_api.h"

void kernel_main() {
  constexpr auto layout = TensorAccessorArgs<0>();
  const uint32_t tiles = get_arg_val<uint32_t>(0);
  const auto target = TensorAccessor(layout, get_arg_val<uint32_t>(1));
  for (uint32_t tile = 0; tile < tiles; ++tile) {
    cb_wait_front(16, 1);
    noc_async_write_page(tile, target, get_read_ptr(16));
    noc_async_write_barrier();
    cb_pop_front(16, 1);
  }
}
"""

_COMPUTE = """
#include "api/compute/common.h"
#include "api/compute/compute_kernel_hw_startup.h"
#include "api/compute/pack.h"
#include "api/compute/tile_move_copy.h"
{includes}

void kernel_main() {{
  const uint32_t tiles = get_arg_val<uint32_t>(0), function = get_arg_val<uint32_t>(1);
  compute_kernel_hw_startup(0, 16);
  for (uint32_t tile = 0; tile < tiles; ++tile) {{
    cb_reserve_back(16, 1);
    tile_regs_acquire();
    for (uint32_t i = 0; i < {inputs}; ++i) {{
      cb_wait_front(i, 1);
      copy_init(i);
      copy_tile(i, 0, i);
      cb_pop_front(i, 1);
    }}
{calls}
    tile_regs_commit();
    tile_regs_wait();
    pack_tile(0, 16);
    tile_regs_release();
    cb_push_back(16, 1);
  }}
}}
"""


def apply(
    device: Any,
    functions: Sequence[tuple[Sequence[str], str]],
    inputs: Sequence[Sequence[np.ndarray[Any, Any]]],
    exact: bool = False,
) -> list[np.ndarray[Any, Any]]:
    """Each function's results, as bits, of its inputs' dtype and shape.

    Parameters
    ----------
    functions : for each its headers, below TT-metal's api/compute, and its statements; input i is
        in tile i of Dst, and the result has to be in tile 0
    inputs : for each its inputs' bits, uint16 of bfloat16 or uint32 of float32, the same for all
        functions, of one shape (a multiple of TILE,); all functions have as many
    exact : float32 goes to Dst by itself instead of through the 19 bits of SrcA
    """
    calls = "\n".join(
        f"    if (function == {i}) {{ {statements} }}"
        for i, (_, statements) in enumerate(functions)
    )
    headers = dict.fromkeys(header for names, _ in functions for header in names)
    source = _COMPUTE.format(
        includes="\n".join(f'#include "api/compute/{header}"' for header in headers),
        inputs=len(inputs[0]),
        calls=calls,
    )
    return [_apply(device, source, i, arrays, exact) for i, arrays in enumerate(inputs)]


def _apply(
    device: Any, source: str, function: int, inputs: Sequence[np.ndarray[Any, Any]], exact: bool
) -> np.ndarray[Any, Any]:
    import ttnn

    from tilelang.tt.runtime.jobs import bridge

    dtype, carrier = {
        "uint16": (ttnn.bfloat16, ttnn.uint16),
        "uint32": (ttnn.float32, ttnn.uint32),
    }[inputs[0].dtype.name]
    tiles = inputs[0].size // TILE
    tensors = [_to_device(device, bits, carrier) for bits in (*inputs, np.zeros_like(inputs[0]))]
    addresses = [tensor.buffer_address() for tensor in tensors]
    cores = bridge.first_cores(device, 1)
    config = ttnn.ComputeConfigDescriptor()
    config.fp32_dest_acc_en = dtype == ttnn.float32
    if exact:
        mode = ttnn._ttnn.program_descriptor.UnpackToDestMode.UnpackToDestFp32
        config.unpack_to_dest_mode = [mode] * (
            32 if "wormhole" in str(device.arch()).lower() else 64
        )
    layout = bridge.accessor_args(tensors[0])

    def kernel(text: str, args: list[int], words: list[int], config: Any) -> Any:
        return ttnn.KernelDescriptor(
            kernel_source=text,
            source_type=ttnn.KernelDescriptor.SourceType.SOURCE_CODE,
            core_ranges=cores,
            compile_time_args=words,
            runtime_args=bridge.args_of_first_cores(device, [args]),
            config=config,
        )

    kernels = [
        kernel(
            _READER,
            [tiles, *addresses[:-1]],
            [len(inputs), *layout],
            ttnn.ReaderConfigDescriptor(),
        ),
        kernel(source, [tiles, function], [], config),
        kernel(_WRITER, [tiles, addresses[-1]], layout, ttnn.WriterConfigDescriptor()),
    ]
    page = TILE * inputs[0].itemsize
    buffers = [
        ttnn.CBDescriptor(
            total_size=2 * page,
            core_ranges=cores,
            format_descriptors=[ttnn.CBFormatDescriptor(index, dtype, page)],
        )
        for index in (*range(len(inputs)), 16)
    ]
    program = ttnn.ProgramDescriptor(kernels=kernels, semaphores=[], cbs=buffers)
    ttnn.generic_op([*tensors, tensors[-1]], program)
    ttnn.synchronize_device(device)
    result = ttnn.to_layout(ttnn.from_device(tensors[-1]), ttnn.ROW_MAJOR_LAYOUT).to_numpy()
    return np.asarray(result).reshape(-1).astype(inputs[0].dtype)


def _to_device(device: Any, bits: np.ndarray[Any, Any], carrier: Any) -> Any:
    import ttnn

    # 32 columns, so that a tile is 1,024 elements in a row.
    tensor = ttnn.Tensor(np.ascontiguousarray(bits.reshape(-1, 32)), carrier)
    tensor = ttnn.to_layout(tensor, ttnn.TILE_LAYOUT)
    return ttnn.to_device(tensor, device, memory_config=ttnn.DRAM_MEMORY_CONFIG)
