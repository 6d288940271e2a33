"""Allocates tensors through ttnn and writes what it did; run in a process of its own.

python allocate_on_ttnn.py CASES.json FOUND.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import ttnn


def main(cases: str, output: str) -> None:
    device = ttnn.open_device(device_id=0)
    found = []
    for case in json.loads(Path(cases).read_text()):
        tensor = ttnn.allocate_tensor_on_device(
            ttnn.Shape(case["shape"]),
            getattr(ttnn, case["held"]),
            ttnn.TILE_LAYOUT,
            device,
            ttnn.DRAM_MEMORY_CONFIG,
        )
        found.append(
            {
                "padded_shape": list(tensor.padded_shape),
                "num_pages": tensor.buffer_num_pages(),
                "page_size": tensor.buffer_page_size(),
                "aligned_page_size": tensor.buffer_aligned_page_size(),
                "compile_time_args": list(ttnn.TensorAccessorArgs(tensor).get_compile_time_args()),
            }
        )
    Path(output).write_text(json.dumps(found))
    ttnn.close_device(device)


def fit(device, tensors) -> bool:
    """Whether ttnn has room for tiled tensors of (shape, dtype), all at once; a job of a session."""
    held = []
    try:
        for shape, dtype in tensors:
            place = (ttnn.TILE_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG)
            held.append(
                ttnn.allocate_tensor_on_device(ttnn.Shape(shape), getattr(ttnn, dtype), *place)
            )
    except RuntimeError as error:
        if "Out of Memory" not in str(error):
            raise
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
