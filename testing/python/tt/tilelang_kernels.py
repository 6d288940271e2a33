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


def everything():
    """Every kind of step that TileLang's own language makes, once."""

    @T.prim_func
    def everything(
        A: T.Tensor((256, 256), "bfloat16"),
        B: T.Tensor((256, 256), "float32"),
        C: T.Tensor((256,), "int32"),
        s: T.float32,
    ):
        with T.Kernel(4, 4, threads=128) as (bx, by):
            a = T.alloc_shared((64, 64), "bfloat16")
            f = T.alloc_fragment((64, 64), "float32")
            row = T.alloc_fragment((64,), "float32")
            turned = T.alloc_shared((64, 64), "bfloat16")
            v = T.alloc_var("int32")
            flat = T.reshape(a, (4096,))
            T.use_swizzle(10)
            T.annotate_safe_value({A: 1.0})
            v = 3
            T.copy(A[by * 64, bx * 64], a)
            T.fill(row, -T.infinity("float32"))
            for i, j in T.Parallel(64, 64):
                if i < j:
                    f[i, j] = T.cast(a[i, j], "float32") * s
                else:
                    f[i, j] = T.if_then_else(i == j, T.exp2(f[i, j]), 0.5)
            T.reduce_max(f, row, dim=1, clear=False)
            for i in T.Parallel(4096):
                flat[i] = T.max(flat[i], T.bfloat16(0))
            for k in T.Pipelined(3, num_stages=2):
                T.copy(A[by * 64, k * 64], a)
                T.gemm(a, a, f, transpose_B=True, policy=T.GemmWarpPolicy.FullRow)
            for k in T.serial(0, 7, 2):
                v = v + k
                if v > 5:
                    T.loop_break()
            while v < 10:
                v = v * 2
            if bx == 0:
                T.clear(row)
            T.sync_threads()
            T.transpose(a, turned)
            T.cumsum(turned, dim=1, reverse=True)
            for i in T.Parallel(64):
                T.atomic_add(C[by * 64 + i], v)
            T.atomic_add(B[by * 64, bx * 64], f)

    return everything


def row_scale():
    n = T.dynamic("n")

    @T.prim_func
    def row_scale(A: T.Tensor((n, 64), "float32"), C: T.Tensor((n, 64), "float32")):
        with T.Kernel(T.ceildiv(n, 64), threads=128) as bx:
            for i, j in T.Parallel(64, 64):
                C[bx * 64 + i, j] = A[bx * 64 + i, j] * 2.0

    return row_scale


def with_workspace():
    @T.prim_func
    def with_workspace(X: T.Tensor((64, 64), "float32"), Y: T.Tensor((64, 64), "float32")):
        with T.Kernel(64, threads=32) as bx:
            w = T.alloc_global((64, 64), "float32")
            for j in T.Parallel(64):
                w[bx, j] = X[bx, j]
            for j in T.Parallel(64):
                Y[bx, j] = w[bx, j]

    return with_workspace


def causal_attention(batch, heads, length, width, block=64):
    scale = 1.44269504 / width**0.5  # log2(e), since exp2 is what a GPU has

    @T.prim_func
    def attention(
        Q: T.Tensor((batch, heads, length, width), "bfloat16"),
        K: T.Tensor((batch, heads, length, width), "bfloat16"),
        V: T.Tensor((batch, heads, length, width), "bfloat16"),
        Out: T.Tensor((batch, heads, length, width), "bfloat16"),
    ):
        with T.Kernel(length // block, heads, batch, threads=128) as (bx, by, bz):
            q = T.alloc_shared((block, width), "bfloat16")
            k = T.alloc_shared((block, width), "bfloat16")
            v = T.alloc_shared((block, width), "bfloat16")
            scores = T.alloc_fragment((block, block), "float32")
            weights = T.alloc_fragment((block, block), "bfloat16")
            out = T.alloc_fragment((block, width), "float32")
            largest = T.alloc_fragment((block,), "float32")
            before = T.alloc_fragment((block,), "float32")
            rescale = T.alloc_fragment((block,), "float32")
            row = T.alloc_fragment((block,), "float32")
            total = T.alloc_fragment((block,), "float32")
            T.copy(Q[bz, by, bx * block : (bx + 1) * block, :], q)
            T.fill(out, 0)
            T.fill(total, 0)
            T.fill(largest, -T.infinity("float32"))
            for step in T.Pipelined(T.ceildiv((bx + 1) * block, block), num_stages=1):
                T.copy(K[bz, by, step * block : (step + 1) * block, :], k)
                for i, j in T.Parallel(block, block):
                    scores[i, j] = T.if_then_else(
                        bx * block + i >= step * block + j, 0, -T.infinity("float32")
                    )
                T.gemm(q, k, scores, transpose_B=True)
                T.copy(largest, before)
                T.reduce_max(scores, largest, dim=1, clear=False)
                for i in T.Parallel(block):
                    rescale[i] = T.exp2(before[i] * scale - largest[i] * scale)
                for i, j in T.Parallel(block, block):
                    scores[i, j] = T.exp2(scores[i, j] * scale - largest[i] * scale)
                T.reduce_sum(scores, row, dim=1)
                for i in T.Parallel(block):
                    total[i] = total[i] * rescale[i] + row[i]
                T.copy(scores, weights)
                for i, j in T.Parallel(block, width):
                    out[i, j] *= rescale[i]
                T.copy(V[bz, by, step * block : (step + 1) * block, :], v)
                T.gemm(weights, v, out)
            for i, j in T.Parallel(block, width):
                out[i, j] /= total[i]
            T.copy(out, Out[bz, by, bx * block : (bx + 1) * block, :])

    return attention


def racy_sum():
    @T.prim_func
    def racy_sum(A: T.Tensor((64, 64), "float32"), C: T.Tensor((64,), "float32")):
        with T.Kernel(1, threads=128):
            for i, j in T.Parallel(64, 64):
                C[i] = C[i] + A[i, j]

    return racy_sum
