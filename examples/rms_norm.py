"""RMS norm of each row: Y[M, N] = X / sqrt(mean(X * X) + eps) * W[N], in TileLang.

tilelang-tt plan examples/rms_norm.py:rms_norm --device n150 -o rms_norm.json
"""

import tilelang.language as T


def rms_norm(M: int = 512, N: int = 256, block_M: int = 32, eps: float = 1e-5):
    @T.prim_func
    def rms_norm(
        X: T.Tensor((M, N), "bfloat16"),
        W: T.Tensor((N,), "bfloat16"),
        Y: T.Tensor((M, N), "bfloat16"),
    ):
        with T.Kernel(T.ceildiv(M, block_M), threads=128) as bx:
            x = T.alloc_fragment((block_M, N), "float32")
            squares = T.alloc_fragment((block_M, N), "float32")
            scale = T.alloc_fragment((block_M,), "float32")
            w = T.alloc_shared((N,), "bfloat16")
            T.copy(X[bx * block_M, 0], x)
            T.copy(W, w)
            for i, j in T.Parallel(block_M, N):
                squares[i, j] = x[i, j] * x[i, j]
            T.reduce_sum(squares, scale, dim=1)
            for i in T.Parallel(block_M):
                scale[i] = T.rsqrt(scale[i] / N + eps)
            for i, j in T.Parallel(block_M, N):
                x[i, j] = x[i, j] * scale[i] * w[j]
            T.copy(x, Y[bx * block_M, 0])

    return rms_norm
