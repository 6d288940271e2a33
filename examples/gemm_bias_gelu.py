"""A linear layer: C[M, N] = gelu(A[M, K] @ B[K, N] + bias[N]), in TileLang.

tilelang-tt plan examples/gemm_bias_gelu.py:gemm_bias_gelu --device n150 -o gemm_bias_gelu.json
"""

import tilelang.language as T


def gemm_bias_gelu(
    M: int = 512, N: int = 512, K: int = 256, block_M: int = 64, block_N: int = 64,
    block_K: int = 32,
):  # fmt: skip
    @T.prim_func
    def gemm_bias_gelu(
        A: T.Tensor((M, K), "bfloat16"),
        B: T.Tensor((K, N), "bfloat16"),
        bias: T.Tensor((N,), "bfloat16"),
        C: T.Tensor((M, N), "bfloat16"),
    ):
        with T.Kernel(T.ceildiv(N, block_N), T.ceildiv(M, block_M), threads=128) as (bx, by):
            A_shared = T.alloc_shared((block_M, block_K), "bfloat16")
            B_shared = T.alloc_shared((block_K, block_N), "bfloat16")
            bias_shared = T.alloc_shared((block_N,), "bfloat16")
            C_local = T.alloc_fragment((block_M, block_N), "float32")
            T.clear(C_local)
            for k in T.Pipelined(T.ceildiv(K, block_K), num_stages=2):
                T.copy(A[by * block_M, k * block_K], A_shared)
                T.copy(B[k * block_K, bx * block_N], B_shared)
                T.gemm(A_shared, B_shared, C_local)
            T.copy(bias[bx * block_N], bias_shared)
            for i, j in T.Parallel(block_M, block_N):
                C_local[i, j] = C_local[i, j] + bias_shared[j]
            for i, j in T.Parallel(block_M, block_N):
                C_local[i, j] = 0.5 * C_local[i, j] * (1.0 + T.erf(C_local[i, j] * 0.70710678))
            T.copy(C_local, C[by * block_M, bx * block_N])

    return gemm_bias_gelu
