"""Kernels as TileLang's users write them, run in numpy from their IR, against the formulas.

Reader and interpreter could be wrong together, so what they are held against is written here
without them, in float64.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

import tilelang.tt as tt

pytestmark = pytest.mark.needs("tilelang")

if find_spec("tilelang.language") is not None:
    import tilelang.language as T


def normal(*shape, seed=7):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def softmax(rows, width, block=4):
    @T.prim_func
    def kernel(X: T.Tensor((rows, width), "float32"), Y: T.Tensor((rows, width), "float32")):
        with T.Kernel(T.ceildiv(rows, block), threads=128) as bx:
            x = T.alloc_fragment((block, width), "float32")
            top = T.alloc_fragment((block,), "float32")
            total = T.alloc_fragment((block,), "float32")
            T.copy(X[bx * block, 0], x)
            T.reduce_max(x, top, dim=1)
            for i, j in T.Parallel(block, width):
                x[i, j] = T.exp(x[i, j] - top[i])
            T.reduce_sum(x, total, dim=1)
            for i, j in T.Parallel(block, width):
                x[i, j] /= total[i]
            T.copy(x, Y[bx * block, 0])

    return kernel


def online_softmax(rows, width, step=32):
    """In steps along a row, with a running maximum and sum, and a second walk that divides."""

    @T.prim_func
    def kernel(X: T.Tensor((rows, width), "float32"), Y: T.Tensor((rows, width), "float32")):
        with T.Kernel(rows, threads=128) as bx:
            x = T.alloc_fragment((1, step), "float32")
            part = T.alloc_fragment((1,), "float32")
            lse = T.alloc_fragment((1,), "float32")
            top = T.alloc_fragment((1,), "float32")
            T.fill(lse, -T.infinity("float32"))
            for k in T.Pipelined(T.ceildiv(width, step), num_stages=2):
                T.copy(X[bx, k * step], x)
                T.reduce_max(x, top, dim=1, clear=True)
                for i, j in T.Parallel(1, step):
                    x[i, j] = T.exp(x[i, j] - top[i])
                T.reduce_sum(x, part, dim=1, clear=True)
                for i in T.Parallel(1):
                    lse[i] = top[i] + T.log(T.exp(lse[i] - top[i]) + part[i])
            for k in T.serial(T.ceildiv(width, step)):
                T.copy(X[bx, k * step], x)
                for i, j in T.Parallel(1, step):
                    x[i, j] = T.exp(x[i, j] - lse[i])
                T.copy(x, Y[bx, k * step])

    return kernel


def layer_norm(rows, width, block=8):
    @T.prim_func
    def kernel(
        X: T.Tensor((rows, width), "float32"),
        G: T.Tensor((width,), "float32"),
        B: T.Tensor((width,), "float32"),
        Y: T.Tensor((rows, width), "float32"),
    ):
        with T.Kernel(T.ceildiv(rows, block), threads=128) as bx:
            x = T.alloc_fragment((block, width), "float32")
            squares = T.alloc_fragment((block, width), "float32")
            mean = T.alloc_fragment((block,), "float32")
            var = T.alloc_fragment((block,), "float32")
            T.copy(X[bx * block, 0], x)
            T.reduce_sum(x, mean, dim=1)
            for i in T.Parallel(block):
                mean[i] = mean[i] / width
            for i, j in T.Parallel(block, width):
                squares[i, j] = T.pow(x[i, j] - mean[i], 2)
            T.reduce_sum(squares, var, dim=1)
            for i, j in T.Parallel(block, width):
                x[i, j] = (x[i, j] - mean[i]) * T.rsqrt(var[i] / width + 1e-5) * G[j] + B[j]
            T.copy(x, Y[bx * block, 0])

    return kernel


def grouped_attention(heads, groups, length, width, block=32):
    """Flash attention in which several heads of Q share one of K and V."""

    @T.prim_func
    def kernel(
        Q: T.Tensor((heads, length, width), "float32"),
        K: T.Tensor((groups, length, width), "float32"),
        V: T.Tensor((groups, length, width), "float32"),
        Out: T.Tensor((heads, length, width), "float32"),
    ):
        with T.Kernel(length // block, heads, threads=128) as (bx, by):
            q = T.alloc_shared((block, width), "float32")
            k = T.alloc_shared((block, width), "float32")
            v = T.alloc_shared((block, width), "float32")
            s = T.alloc_fragment((block, block), "float32")
            o = T.alloc_fragment((block, width), "float32")
            top = T.alloc_fragment((block,), "float32")
            old = T.alloc_fragment((block,), "float32")
            part = T.alloc_fragment((block,), "float32")
            total = T.alloc_fragment((block,), "float32")
            T.copy(Q[by, bx * block : (bx + 1) * block, :], q)
            T.clear(o)
            T.clear(total)
            T.fill(top, -T.infinity("float32"))
            for n in T.Pipelined(length // block, num_stages=1):
                T.copy(K[by // (heads // groups), n * block : (n + 1) * block, :], k)
                T.gemm(q, k, s, transpose_B=True, clear_accum=True)
                T.copy(top, old)
                T.reduce_max(s, top, dim=1, clear=False)
                for i, j in T.Parallel(block, block):
                    s[i, j] = T.exp(s[i, j] - top[i])
                T.reduce_sum(s, part, dim=1)
                for i in T.Parallel(block):
                    total[i] = total[i] * T.exp(old[i] - top[i]) + part[i]
                for i, j in T.Parallel(block, width):
                    o[i, j] *= T.exp(old[i] - top[i])
                T.copy(V[by // (heads // groups), n * block : (n + 1) * block, :], v)
                T.gemm(s, v, o)
            for i, j in T.Parallel(block, width):
                o[i, j] /= total[i]
            T.copy(o, Out[by, bx * block : (bx + 1) * block, :])

    return kernel


def running_sums(rows, width, reverse):
    @T.prim_func
    def kernel(X: T.Tensor((rows, width), "float32"), Y: T.Tensor((rows, width), "float32")):
        with T.Kernel(rows // 8, threads=128) as bx:
            x = T.alloc_shared((8, width), "float32")
            T.copy(X[bx * 8, 0], x)
            T.cumsum(x, dim=1, reverse=reverse)
            T.copy(x, Y[bx * 8, 0])

    return kernel


def transposed(rows, columns):
    @T.prim_func
    def kernel(X: T.Tensor((rows, columns), "float32"), Y: T.Tensor((columns, rows), "float32")):
        with T.Kernel(columns // 32, rows // 32, threads=128) as (bx, by):
            x = T.alloc_shared((32, 32), "float32")
            y = T.alloc_shared((32, 32), "float32")
            T.copy(X[by * 32, bx * 32], x)
            T.transpose(x, y)
            T.copy(y, Y[bx * 32, by * 32])

    return kernel


def column_sums(rows, width):
    """Atomic: blocks of rows add into one row of the output."""

    @T.prim_func
    def kernel(X: T.Tensor((rows, width), "float32"), Y: T.Tensor((width,), "float32")):
        with T.Kernel(rows // 16, threads=128) as bx:
            x = T.alloc_shared((16, width), "float32")
            total = T.alloc_fragment((width,), "float32")
            T.copy(X[bx * 16, 0], x)
            T.reduce_sum(x, total, dim=0)
            for j in T.Parallel(width):
                T.atomic_add(Y[j], total[j])

    return kernel


def softmax_of(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def layer_norm_of(x, g, b):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + 1e-5) * g + b


def grouped_of(q, k, v):
    k, v = (np.repeat(each, len(q) // len(each), axis=0) for each in (k, v))
    return softmax_of(q @ k.transpose(0, 2, 1)) @ v


CASES = {
    "softmax": (softmax, (10, 48), [normal(10, 48) * 4], softmax_of),
    "online softmax": (online_softmax, (6, 96), [normal(6, 96) * 4], softmax_of),
    "layer norm": (
        layer_norm,
        (20, 64),
        [normal(20, 64) + 3, normal(64, seed=1), normal(64, seed=2)],
        layer_norm_of,
    ),
    "grouped attention": (
        grouped_attention,
        (4, 2, 64, 32),
        [normal(4, 64, 32) / 4, normal(2, 64, 32, seed=1), normal(2, 64, 32, seed=2)],
        grouped_of,
    ),
    "running sums": (running_sums, (16, 40, False), [normal(16, 40)], lambda x: x.cumsum(-1)),
    "running sums from behind": (
        running_sums,
        (16, 40, True),
        [normal(16, 40)],
        lambda x: x[:, ::-1].cumsum(-1)[:, ::-1],
    ),
    "transpose": (transposed, (64, 96), [normal(64, 96)], np.transpose),
}


@pytest.mark.parametrize("name", CASES)
def test_the_interpreter_gives_the_formula(name):
    make, sizes, arrays, formula = CASES[name]
    found = tt.reference(make(*sizes))(*arrays)
    expected = formula(*(array.astype(np.float64) for array in arrays))
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


def test_atomics_add_to_what_was_there():
    x, before = normal(64, 48), normal(48, seed=3)
    found = tt.reference(column_sums(64, 48))(x, before.copy())
    expected = before.astype(np.float64) + x.astype(np.float64).sum(0)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
