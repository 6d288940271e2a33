"""Kernels and devices that the tests are about."""

from __future__ import annotations

from typing import Any

from tvm.script import tirx as T

from tilelang.tt import DeviceSpec

BLOCK = 32


def device(grid_x: int, grid_y: int, banks: int = 12, alignment: int = 32) -> DeviceSpec:
    """A device of any grid, described by the test that asks for it."""
    return DeviceSpec(
        arch="wormhole_b0" if alignment == 32 else "blackhole",
        grid_x=grid_x,
        grid_y=grid_y,
        dram_banks=banks,
        dram_alignment=alignment,
        l1_alignment=16,
        source="written by a test",
    )


def launch(x: int, y: int = 1, z: int = 1) -> Any:
    """A kernel of x * y * z blocks that copies one element."""

    @T.prim_func
    def launch(A: T.Buffer((32, 32), "float32"), B: T.Buffer((32, 32), "float32")):
        bx = T.launch_thread("blockIdx.x", x)
        by = T.launch_thread("blockIdx.y", y)
        bz = T.launch_thread("blockIdx.z", z)
        B[0, 0] = A[0, 0]

    return launch


def launch_by_loops(x: int, y: int) -> Any:
    """The same, with T.Kernel as loops that are bound to threads."""

    @T.prim_func
    def launch(A: T.Buffer((32, 32), "float32"), B: T.Buffer((32, 32), "float32")):
        for bx in T.thread_binding(x, thread="blockIdx.x"):
            for by in T.thread_binding(y, thread="blockIdx.y"):
                B[0, 0] = A[0, 0]

    return launch


def gemm(M: int, N: int, K: int, dtype: str = "bfloat16") -> Any:
    """C[M, N] = A[M, K] @ B[K, N] in blocks of BLOCK x BLOCK, the last ones cut off."""

    @T.prim_func
    def gemm(A: T.Buffer((M, K), dtype), B: T.Buffer((K, N), dtype), C: T.Buffer((M, N), dtype)):
        bx = T.launch_thread("blockIdx.x", (N + BLOCK - 1) // BLOCK)
        by = T.launch_thread("blockIdx.y", (M + BLOCK - 1) // BLOCK)
        for i, j in T.grid(BLOCK, BLOCK):
            if by * BLOCK + i < M and bx * BLOCK + j < N:
                C[by * BLOCK + i, bx * BLOCK + j] = T.Cast(dtype, 0)
                for k in range(K):
                    C[by * BLOCK + i, bx * BLOCK + j] = (
                        C[by * BLOCK + i, bx * BLOCK + j]
                        + A[by * BLOCK + i, k] * B[k, bx * BLOCK + j]
                    )

    return gemm


def copy(shape: tuple[int, ...], dtype: str) -> Any:
    """A kernel with one input X and one output Y of a shape; it touches their first elements."""
    first = [0] * len(shape)

    @T.prim_func
    def copy(X: T.Buffer(shape, dtype), Y: T.Buffer(shape, dtype)):
        bx = T.launch_thread("blockIdx.x", 1)
        Y[tuple(first)] = X[tuple(first)]

    return copy


def two(x: tuple[int, ...], y: tuple[int, ...], dtype: str) -> Any:
    """A kernel of two tensors of these shapes, each with two dimensions."""

    @T.prim_func
    def two(X: T.Buffer(x, dtype), Y: T.Buffer(y, dtype)):
        bx = T.launch_thread("blockIdx.x", 1)
        Y[0, 0] = X[0, 0]

    return two
