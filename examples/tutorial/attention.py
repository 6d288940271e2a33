"""Attention: two products with a softmax between them, block by block, as on any other target.

    python examples/tutorial/attention.py

A block keeps the largest score and the sum so far of each of its rows; examples/flash_attention.py
is the same with a causal mask.
"""

import tilelang.language as T
import torch

import tilelang
import tilelang.tt


@tilelang.jit(out_idx=[-1], target="tenstorrent")
def attention(heads, length, dim, block=32):
    shape = (heads, length, dim)
    scale = dim**-0.5 * 1.44269504  # exp2(x * log2(e)) is exp(x)

    @T.prim_func
    def main(
        Q: T.Tensor(shape, "bfloat16"),
        K: T.Tensor(shape, "bfloat16"),
        V: T.Tensor(shape, "bfloat16"),
        Out: T.Tensor(shape, "bfloat16"),
    ):
        with T.Kernel(T.ceildiv(length, block), heads, threads=128) as (bx, by):
            Q_shared = T.alloc_shared((block, dim), "bfloat16")
            K_shared = T.alloc_shared((block, dim), "bfloat16")
            V_shared = T.alloc_shared((block, dim), "bfloat16")
            scores = T.alloc_fragment((block, block), "float32")
            weights = T.alloc_fragment((block, block), "bfloat16")
            output = T.alloc_fragment((block, dim), "float32")
            largest = T.alloc_fragment((block,), "float32")
            before = T.alloc_fragment((block,), "float32")
            rescale = T.alloc_fragment((block,), "float32")
            row_sum = T.alloc_fragment((block,), "float32")
            total = T.alloc_fragment((block,), "float32")

            T.copy(Q[by, bx * block : (bx + 1) * block, :], Q_shared)
            T.fill(output, 0)
            T.fill(total, 0)
            T.fill(largest, -T.infinity("float32"))
            for k in T.Pipelined(T.ceildiv(length, block), num_stages=2):
                T.copy(K[by, k * block : (k + 1) * block, :], K_shared)
                T.clear(scores)
                T.gemm(Q_shared, K_shared, scores, transpose_B=True)
                T.copy(largest, before)
                T.reduce_max(scores, largest, dim=1, clear=False)
                for i in T.Parallel(block):
                    rescale[i] = T.exp2(before[i] * scale - largest[i] * scale)
                for i, j in T.Parallel(block, block):
                    scores[i, j] = T.exp2(scores[i, j] * scale - largest[i] * scale)
                T.reduce_sum(scores, row_sum, dim=1)
                for i in T.Parallel(block):
                    total[i] = total[i] * rescale[i] + row_sum[i]
                T.copy(scores, weights)
                for i, j in T.Parallel(block, dim):
                    output[i, j] *= rescale[i]
                T.copy(V[by, k * block : (k + 1) * block, :], V_shared)
                T.gemm(weights, V_shared, output)
            for i, j in T.Parallel(block, dim):
                output[i, j] /= total[i]
            T.copy(output, Out[by, bx * block : (bx + 1) * block, :])

    return main


if __name__ == "__main__":
    torch.manual_seed(0)
    Q, K, V = (torch.randn(2, 64, 32).bfloat16() for _ in range(3))

    Out = attention(2, 64, 32)(Q, K, V)

    exact = torch.nn.functional.scaled_dot_product_attention(Q.double(), K.double(), V.double())
    error = (Out.double() - exact).abs().max()
    print(f"{tuple(Out.shape)}, within 2^-6 of torch's attention: {bool(error < 2**-6)}")
