"""Kernels that TileLang's users call, of a few tiles, since a slow simulator runs them."""

from __future__ import annotations

import tilelang.language as T

import tilelang


@tilelang.jit(out_idx=[-1], target="tenstorrent")
def gemm(M, N, K, dtype="bfloat16", block=32):
    @T.prim_func
    def main(A: T.Tensor((M, K), dtype), B: T.Tensor((K, N), dtype), C: T.Tensor((M, N), dtype)):
        with T.Kernel(T.ceildiv(N, block), T.ceildiv(M, block), threads=128) as (bx, by):
            A_shared = T.alloc_shared((block, 32), dtype)
            B_shared = T.alloc_shared((32, block), dtype)
            C_local = T.alloc_fragment((block, block), "float32")
            T.clear(C_local)
            for k in T.Pipelined(T.ceildiv(K, 32), num_stages=2):
                T.copy(A[by * block, k * 32], A_shared)
                T.copy(B[k * 32, bx * block], B_shared)
                T.gemm(A_shared, B_shared, C_local)
            T.copy(C_local, C[by * block, bx * block])

    return main


@tilelang.jit(out_idx=[-1], target="tenstorrent")
def shared_gemm(M, N, K, block=32):
    """A product whose author says that a rectangle of cores is to read together."""

    @T.prim_func
    def main(
        A: T.Tensor((M, K), "bfloat16"),
        B: T.Tensor((K, N), "bfloat16"),
        C: T.Tensor((M, N), "bfloat16"),
    ):
        T.func_attr({"tt_schedule_policy": "rectangular", "tt_cores": [[0, 0, 1, 1]]})
        with T.Kernel(N // block, M // block, threads=128) as (bx, by):
            a = T.alloc_shared((block, block), "bfloat16")
            b = T.alloc_shared((block, block), "bfloat16")
            c = T.alloc_fragment((block, block), "float32")
            T.clear(c)
            for k in T.Pipelined(K // block, num_stages=2):
                T.copy(A[by * block, k * block], a)
                T.copy(B[k * block, bx * block], b)
                T.gemm(a, b, c)
            T.copy(c, C[by * block, bx * block])

    return main


def scale_func(M, N, dtype="bfloat16", factor=2.0, name="scale"):
    """B = A * factor, for tensors of M x N, either of which may be T.dynamic."""

    @T.prim_func
    def scale(A: T.Tensor((M, N), dtype), B: T.Tensor((M, N), dtype)):
        with T.Kernel(T.ceildiv(M, 32), T.ceildiv(N, 32), threads=128) as (by, bx):
            own = T.alloc_fragment((32, 32), dtype)
            T.copy(A[by * 32, bx * 32], own)
            for i, j in T.Parallel(32, 32):
                own[i, j] = own[i, j] * factor
            T.copy(own, B[by * 32, bx * 32])

    return scale.with_attr("global_symbol", name)


@tilelang.jit(target="tenstorrent")
def scaled(A, factor: float = 2.0):
    """The eager style: called with tensors, compiled for their shapes."""
    M, N = T.const("M, N")
    A: T.Tensor((M, N), "bfloat16")
    B = T.empty((M, N), "bfloat16")
    with T.Kernel(T.ceildiv(M, 32), T.ceildiv(N, 32), threads=128) as (by, bx):
        own = T.alloc_fragment((32, 32), "bfloat16")
        T.copy(A[by * 32, bx * 32], own)
        for i, j in T.Parallel(32, 32):
            own[i, j] = own[i, j] * factor
        T.copy(own, B[by * 32, bx * 32])
    return B
