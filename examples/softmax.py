"""Softmax of each row: Y[M, N] = exp(X - max(X)) / sum(exp(X - max(X))), in TileLang.

tilelang-tt plan examples/softmax.py:softmax --device n150 -o softmax.json
"""

import tilelang.language as T


def softmax(M: int = 512, N: int = 256, block_M: int = 32):
    @T.prim_func
    def softmax(X: T.Tensor((M, N), "bfloat16"), Y: T.Tensor((M, N), "bfloat16")):
        with T.Kernel(T.ceildiv(M, block_M), threads=128) as bx:
            x = T.alloc_fragment((block_M, N), "float32")
            largest = T.alloc_fragment((block_M,), "float32")
            total = T.alloc_fragment((block_M,), "float32")
            T.copy(X[bx * block_M, 0], x)
            T.reduce_max(x, largest, dim=1)
            for i, j in T.Parallel(block_M, N):
                x[i, j] = T.exp(x[i, j] - largest[i])
            T.reduce_sum(x, total, dim=1)
            for i, j in T.Parallel(block_M, N):
                x[i, j] = x[i, j] / total[i]
            T.copy(x, Y[bx * block_M, 0])

    return softmax
