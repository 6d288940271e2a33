"""A matrix multiplication in plain TVMScript: C[M, N] = A[M, K] @ B[K, N].

    tilelang-tt plan examples/gemm_tir.py:gemm -a M=512 -a N=768 -a K=256 --device n150

T.Kernel's blocks are launch_thread("blockIdx.*"); each block computes BLOCK x BLOCK
elements of C.
"""

from tvm.script import tirx as T

BLOCK = 128


def gemm(M: int = 1024, N: int = 1024, K: int = 1024, dtype: str = "bfloat16"):
    """The PrimFunc for given extents, in elements; M and N are multiples of BLOCK."""
    if M % BLOCK or N % BLOCK:
        raise ValueError(f"M is {M} and N is {N}; expected multiples of {BLOCK}")

    # fmt: off
    @T.prim_func
    def gemm(A: T.Buffer((M, K), dtype), B: T.Buffer((K, N), dtype), C: T.Buffer((M, N), dtype)):
        bx = T.launch_thread("blockIdx.x", N // BLOCK)
        by = T.launch_thread("blockIdx.y", M // BLOCK)
        for i, j in T.grid(BLOCK, BLOCK):
            C[by * BLOCK + i, bx * BLOCK + j] = T.Cast(dtype, 0)
            for k in range(K):
                C[by * BLOCK + i, bx * BLOCK + j] = (
                    C[by * BLOCK + i, bx * BLOCK + j]
                    + A[by * BLOCK + i, k] * B[k, bx * BLOCK + j]
                )
    # fmt: on

    return gemm
