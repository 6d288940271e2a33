"""A matrix multiplication in plain TVMScript: C[M, N] = A[M, K] @ B[K, N].

    tilelang-tt plan examples/gemm_tir.py:gemm -a M=512 -a N=768 -a K=256 --device n150

T.Kernel's blocks are launch_thread("blockIdx.*"); each computes block x block elements of C.
"""

from tvm.script import tirx as T


def gemm(M: int = 1024, N: int = 1024, K: int = 1024, dtype: str = "bfloat16", block: int = 128):
    """The PrimFunc for given extents, in elements; M and N are multiples of block."""
    if M % block or N % block:
        raise ValueError(f"M is {M} and N is {N}; expected multiples of {block}")

    # fmt: off
    @T.prim_func
    def gemm(A: T.Buffer((M, K), dtype), B: T.Buffer((K, N), dtype), C: T.Buffer((M, N), dtype)):
        bx = T.launch_thread("blockIdx.x", N // block)
        by = T.launch_thread("blockIdx.y", M // block)
        for i, j in T.grid(block, block):
            C[by * block + i, bx * block + j] = T.Cast(dtype, 0)
            for k in range(K):
                C[by * block + i, bx * block + j] = (
                    C[by * block + i, bx * block + j]
                    + A[by * block + i, k] * B[k, bx * block + j]
                )
    # fmt: on

    return gemm
