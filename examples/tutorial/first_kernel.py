"""A first kernel: TileLang's own GEMM, called with torch tensors, on a simulated Wormhole.

    python examples/tutorial/first_kernel.py

What makes it run on Tenstorrent is the import of tilelang.tt, and the target. Without a card, the
device is a simulator; TILELANG_TT_BACKEND or ``with tilelang.tt.device(...)`` names another.
"""

import tilelang.language as T
import torch

import tilelang
import tilelang.tt


@tilelang.jit(out_idx=[-1], target="tenstorrent")
def gemm(M, N, K, block_M=64, block_N=64, block_K=32):
    @T.prim_func
    def main(
        A: T.Tensor((M, K), "bfloat16"),
        B: T.Tensor((K, N), "bfloat16"),
        C: T.Tensor((M, N), "bfloat16"),
    ):
        with T.Kernel(T.ceildiv(N, block_N), T.ceildiv(M, block_M), threads=128) as (bx, by):
            A_shared = T.alloc_shared((block_M, block_K), "bfloat16")
            B_shared = T.alloc_shared((block_K, block_N), "bfloat16")
            C_local = T.alloc_fragment((block_M, block_N), "float32")
            T.clear(C_local)
            for k in T.Pipelined(T.ceildiv(K, block_K), num_stages=2):
                T.copy(A[by * block_M, k * block_K], A_shared)
                T.copy(B[k * block_K, bx * block_N], B_shared)
                T.gemm(A_shared, B_shared, C_local)
            T.copy(C_local, C[by * block_M, bx * block_N])

    return main


if __name__ == "__main__":
    torch.manual_seed(0)
    A, B = torch.randn(128, 128).bfloat16(), torch.randn(128, 128).bfloat16()

    kernel = gemm(128, 128, 128)
    C = kernel(A, B)  # torch tensors in, a torch tensor out

    error = (C.double() - A.double() @ B.double()).abs().max()
    print(f"{tuple(C.shape)} of {C.dtype}, at most {error:.3f} from the exact product")
    source = kernel.get_kernel_source()  # the three kernels of a core
    print(", ".join(line[3:] for line in source.splitlines() if line.endswith(".cpp")))
