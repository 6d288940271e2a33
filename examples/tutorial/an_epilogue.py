"""An epilogue: the product goes through a bias and a GELU before it leaves the core.

    python examples/tutorial/an_epilogue.py

The loops over elements become functions of the core's vector unit, on tiles that are in the core's
memory: no page goes to DRAM and back between them.
"""

import tilelang.language as T
import torch

import tilelang
import tilelang.tt


@tilelang.jit(out_idx=[-1], target="tenstorrent")
def linear(M, N, K, block_M=32, block_N=64, block_K=32):
    @T.prim_func
    def main(
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
                x = C_local[i, j] + bias_shared[j]
                C_local[i, j] = 0.5 * x * (1.0 + T.erf(x * 0.70710678))
            T.copy(C_local, C[by * block_M, bx * block_N])

    return main


if __name__ == "__main__":
    torch.manual_seed(0)
    A, B = torch.randn(64, 64).bfloat16(), torch.randn(64, 64).bfloat16() / 8
    bias = torch.randn(64).bfloat16()

    kernel = linear(64, 64, 64)
    C = kernel(A, B, bias)

    exact = torch.nn.functional.gelu(A.double() @ B.double() + bias.double())
    error = (C.double() - exact).abs().max()
    print(f"within 2^-6 of the exact layer: {bool(error < 2**-6)}")
    text = kernel.get_kernel_source().partition("// compute.cpp")[2].partition("\n// writer.cpp")[0]
    print(", ".join(word for word in ("matmul_block", "gelu_tile") if word in text))
