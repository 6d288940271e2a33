"""A card: the same kernel there, and how many cycles it takes.

    python examples/tutorial/a_card.py

Nothing of the kernel changes. Where there is no card, or something that a card needs is missing,
what is missing is said; `tilelang-tt doctor` says what to do about it.
"""

import torch
from first_kernel import gemm

import tilelang
import tilelang.tt as tt
from tilelang.tt.runtime import BackendError


def on(backend):
    """Run it on a device of that kind, and say what came out."""
    A, B = torch.ones(128, 128).bfloat16(), torch.eye(128).bfloat16()
    kernel = gemm(128, 128, 128)
    with tt.device(backend) as device:
        C = kernel(A, B)
        spec = device.spec
        print(f"{spec.arch}, {spec.grid_x} x {spec.grid_y} cores: {bool(torch.equal(C, A))}")
        print(f"{tt.cycles(kernel, A, B)} cycles of the slowest core")


if __name__ == "__main__":
    try:
        on("card")
    except BackendError as error:
        print(f"not run on a card: {error}")
        # What it would be given: the kernels of the target that names one.
        func = gemm.get_tir(128, 128, 128)
        kernel = tilelang.compile(func, out_idx=[-1], target="tenstorrent/n150")
        about, *_ = kernel.get_kernel_source().splitlines()
        print(f"generated: {about[3:]}")
