"""A kernel between two operations of ttnn's own, on a device that this process opened.

Run by test_commands.py through ``tilelang-tt exec``; prints what it found.
"""

import kernel_list
import numpy as np
import ttnn

import tilelang.tt as tt


def main() -> None:
    program = kernel_list.transpose(64, 64)
    device = ttnn.open_device(device_id=0)
    values = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    tensor = ttnn.to_layout(ttnn.Tensor(values, ttnn.bfloat16), ttnn.TILE_LAYOUT)
    tensor = ttnn.to_device(tensor, device, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    made = tt.run(program, ttnn.transpose(tensor, 0, 1), device=device)
    back = ttnn.transpose(made, 0, 1)
    found, given = (
        ttnn.to_dtype(ttnn.from_device(each), ttnn.float32).to_numpy() for each in (back, tensor)
    )
    print("turned three times:", np.array_equal(found, given.T))
    out = ttnn.allocate_tensor_on_device(tensor.spec, device)
    into = tt.run(program, tensor, out=out, device=device)
    back = ttnn.to_dtype(ttnn.from_device(out), ttnn.float32).to_numpy()
    print(
        "written to:", np.array_equal(back, given.T), into.buffer_address() == out.buffer_address()
    )
    row_major = ttnn.to_layout(tensor, ttnn.ROW_MAJOR_LAYOUT)
    for wrong in (ttnn.from_device(tensor), values, row_major):
        try:
            tt.run(program, wrong, device=device)
        except ValueError as error:
            print(error)
    ttnn.close_device(device)


main()
