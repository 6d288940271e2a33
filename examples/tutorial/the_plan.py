"""What the plan says: which core runs which blocks of the first kernel, and where its data lies.

    python examples/tutorial/the_plan.py

A plan is made for a device. Here that is a preset, the description of a card as it was asked once;
DeviceSpec.live() asks the device of this machine. Nothing is opened, and nothing runs.
"""

from first_kernel import gemm

import tilelang.tt as tt

if __name__ == "__main__":
    device = tt.DeviceSpec.preset("n150")
    planned = tt.infer_metadata(gemm.get_tir(1024, 1024, 512), device)
    plan = tt.Plan.from_module(planned)
    (name,) = plan.functions

    schedule = plan.schedule(name)
    cores, blocks = schedule.num_active_cores, schedule.num_tiles
    print(f"{blocks} blocks on {cores} of {schedule.num_cores} cores of a {device.arch}")
    for number in (0, 255):
        x, y = schedule.core_of_tile(number)
        print(f"block {number} runs on core ({x}, {y})")

    # Block 17 is the second of row 1: it reads rows of A and columns of B, and writes a part of C.
    for buffer, modes in plan.pages(name, 17).items():
        for mode, pages in modes.items():
            print(f"block 17 {mode}s {len(pages.ids)} pages of {buffer}")

    accessor = plan.buffers(name)["A"].accessor
    bank, offset = accessor.locate(100)
    print(f"page 100 of A is in DRAM bank {bank} of {accessor.num_banks}, at {offset} bytes")

    # The same as a file, which needs neither TVM nor the kernel to be read:
    #     plan.save("gemm.json")            tilelang-tt show gemm.json --html gemm.html
