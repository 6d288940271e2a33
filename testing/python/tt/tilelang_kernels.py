"""TileLang kernels of our own, for the lane that has tilelang."""

from __future__ import annotations

import tilelang.language as T

import tilelang


@tilelang.jit
def gemm(A, B, block_M: int = 128, block_N: int = 128, block_K: int = 32):
    M, N, K = T.const("M, N, K")
    A: T.Tensor((M, K), "bfloat16")
    B: T.Tensor((K, N), "bfloat16")
    C = T.empty((M, N), "bfloat16")
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
    return C


@tilelang.jit(out_idx=[-1])
def lazy_gemm(M, N, K, block: int = 64):
    @T.prim_func
    def lazy(
        A: T.Tensor((M, K), "float16"),
        B: T.Tensor((K, N), "float16"),
        C: T.Tensor((M, N), "float16"),
    ):
        with T.Kernel(T.ceildiv(N, block), T.ceildiv(M, block), threads=128) as (bx, by):
            A_shared = T.alloc_shared((block, block), "float16")
            B_shared = T.alloc_shared((block, block), "float16")
            C_local = T.alloc_fragment((block, block), "float32")
            T.clear(C_local)
            for k in T.serial(T.ceildiv(K, block)):
                T.copy(A[by * block, k * block], A_shared)
                T.copy(B[k * block, bx * block], B_shared)
                T.gemm(A_shared, B_shared, C_local)
            T.copy(C_local, C[by * block, bx * block])

    return lazy


def batched_copy(batch: int, size: int):
    @T.prim_func
    def batched(
        X: T.Tensor((batch, size, size), "float32"), Y: T.Tensor((batch, size, size), "float32")
    ):
        with T.Kernel(T.ceildiv(size, 32), T.ceildiv(size, 32), batch, threads=32) as (bx, by, bz):
            tile = T.alloc_shared((32, 32), "float32")
            T.copy(X[bz, by * 32, bx * 32], tile)
            T.copy(tile, Y[bz, by * 32, bx * 32])

    return batched


def elementwise(M: int, N: int):
    @T.prim_func
    def elementwise(
        A: T.Tensor((M, N), "float16"),
        B: T.Tensor((M, N), "float16"),
        C: T.Tensor((M, N), "float16"),
    ):
        with T.Kernel(T.ceildiv(N, 64), T.ceildiv(M, 32), threads=128) as (bx, by):
            for i, j in T.Parallel(32, 64):
                C[by * 32 + i, bx * 64 + j] = (
                    A[by * 32 + i, bx * 64 + j] + B[by * 32 + i, bx * 64 + j]
                )

    return elementwise


def batched_gemm(batch: int, M: int, N: int, K: int):
    @T.prim_func
    def batched_gemm(
        A: T.Tensor((batch, M, K), "bfloat16"),
        B: T.Tensor((batch, K, N), "bfloat16"),
        C: T.Tensor((batch, M, N), "float32"),
    ):
        with T.Kernel(T.ceildiv(N, 32), T.ceildiv(M, 32), batch, threads=128) as (bx, by, bz):
            A_shared = T.alloc_shared((32, 32), "bfloat16")
            B_shared = T.alloc_shared((32, 32), "bfloat16")
            C_local = T.alloc_fragment((32, 32), "float32")
            T.clear(C_local)
            for k in T.serial(T.ceildiv(K, 32)):
                T.copy(A[bz, by * 32, k * 32], A_shared)
                T.copy(B[bz, k * 32, bx * 32], B_shared)
                T.gemm(A_shared, B_shared, C_local)
            T.copy(C_local, C[bz, by * 32, bx * 32])

    return batched_gemm


def split_k(size: int, splits: int):
    """C is added to atomically, so what it held before counts."""

    @T.prim_func
    def split(
        A: T.Tensor((size, size), "float16"),
        B: T.Tensor((size, size), "float16"),
        C: T.Tensor((size, size), "float32"),
    ):
        with T.Kernel(size // 64, size // 64, splits, threads=128) as (bx, by, bz):
            A_shared = T.alloc_shared((64, 32), "float16")
            B_shared = T.alloc_shared((32, 64), "float16")
            C_local = T.alloc_fragment((64, 64), "float32")
            T.clear(C_local)
            for k in T.serial(size // splits // 32):
                start = bz * (size // splits) + k * 32
                T.copy(A[by * 64, start], A_shared)
                T.copy(B[start, bx * 64], B_shared)
                T.gemm(A_shared, B_shared, C_local)
            T.atomic_add(C[by * 64, bx * 64], C_local)

    return split


def with_scalar(size: int):
    @T.prim_func
    def scaled(X: T.Tensor((size,), "float32"), Y: T.Tensor((size,), "float32"), s: T.float32):
        with T.Kernel(T.ceildiv(size, 128), threads=128) as bx:
            for i in T.Parallel(128):
                Y[bx * 128 + i] = X[bx * 128 + i] * s

    return scaled
