"""Elements scaled and shifted, in plain TVMScript: Y[M, N] = X[M, N] * 2 + 1.

    tilelang-tt plan examples/scale_tir.py:scale -a M=64 --device n150 -o scale.json
    tilelang-tt run scale.json

T.Kernel's blocks are launch_thread("blockIdx.*"); each computes 32 x 64 elements.
"""

from tvm.script import tirx as T


def scale(M: int = 128, N: int = 128):
    """The PrimFunc for given extents, in elements: multiples of 32 and 64."""
    if M % 32 or N % 64:
        raise ValueError(f"M is {M} and N is {N}; expected multiples of 32 and 64")

    # fmt: off
    @T.prim_func
    def scale(X: T.Buffer((M, N), "float32"), Y: T.Buffer((M, N), "float32")):
        bx = T.launch_thread("blockIdx.x", N // 64)
        by = T.launch_thread("blockIdx.y", M // 32)
        for i, j in T.grid(32, 64):
            Y[by * 32 + i, bx * 64 + j] = X[by * 32 + i, bx * 64 + j] * T.float32(2) + T.float32(1)
    # fmt: on

    return scale
