"""The kernels that are generated, run and compared: constructs x dtypes x raggedness.

Each is a tile program as TileLang's users write it; ``LIST`` has them by name. ``VECTOR`` are those
that compute on the vector unit, beside the matrix unit and plain copies.
"""

from __future__ import annotations

import math

import memory_kernels as memory
from tile_builder import Builder, cast, number, op, select
from tile_kernels import ACTIVATIONS, ceildiv, flash_attention, gemm, norm, softmax


def copy(m, n, bm=64, bn=64, dtype="bfloat16", batch=()):
    """Y = X, a block at a time."""
    b = Builder()
    X, Y = b.tensor("X", (*batch, m, n), dtype), b.tensor("Y", (*batch, m, n), dtype)
    block = b.shared("block_shared", (bm, bn), dtype)
    names = ["bx", "by", "bz"][: 3 if batch else 2]
    with b.launch((ceildiv(n, bn), ceildiv(m, bm), math.prod(batch)), *names) as (bx, by, *bz):
        lead = () if not batch else (bz[0],) if len(batch) == 1 else (
            bz[0] // batch[1], bz[0] % batch[1]
        )  # fmt: skip
        at = (*lead, by * bm, bx * bn)
        shape = (1,) * len(lead) + (bm, bn)
        b.copy(X.at(*at).of(*shape), block)
        b.copy(block, Y.at(*at).of(*shape))
    return b.program()


def transpose(m, n, block=64, dtype="bfloat16"):
    """Y = X.T."""
    b = Builder()
    X, Y = b.tensor("X", (m, n), dtype), b.tensor("Y", (n, m), dtype)
    x, y = b.shared("x", (block, block), dtype), b.shared("y", (block, block), dtype)
    with b.launch((ceildiv(n, block), ceildiv(m, block)), "bx", "by") as (bx, by):
        b.copy(X.at(by * block, bx * block).of(block, block), x)
        b.transpose(x, y)
        b.copy(y, Y.at(bx * block, by * block).of(block, block))
    return b.program()


def two_products(m, n, k, bm=64, bn=64, bk=32):
    """Two accumulators in one loop, both written: C = A @ B, D = A @ E."""
    b = Builder()
    A, B, E = b.tensor("A", (m, k), "bfloat16"), b.tensor("B", (k, n), "bfloat16"), b.tensor(
        "E", (k, n), "bfloat16"
    )  # fmt: skip
    C, D = b.tensor("C", (m, n), "float32"), b.tensor("D", (m, n), "bfloat16")
    a, x, y = (
        b.shared(f"{s}_shared", d, "bfloat16")
        for s, d in (("A", (bm, bk)), ("B", (bk, bn)), ("E", (bk, bn)))
    )
    c, d = b.scratch("c", (bm, bn)), b.scratch("d", (bm, bn))
    with b.launch((ceildiv(n, bn), ceildiv(m, bm)), "bx", "by") as (bx, by):
        b.fill(c, 0)
        b.fill(d, 0)
        with b.loop("k", ceildiv(k, bk), stages=2) as ko:
            b.copy(A.at(by * bm, ko * bk).of(bm, bk), a)
            b.copy(B.at(ko * bk, bx * bn).of(bk, bn), x)
            b.copy(E.at(ko * bk, bx * bn).of(bk, bn), y)
            b.gemm(a, x, c)
            b.gemm(a, y, d)
        b.copy(c, C.at(by * bm, bx * bn).of(bm, bn))
        b.copy(d, D.at(by * bm, bx * bn).of(bm, bn))
    return b.program()


def products_of_16_bits(m, n, k, block=32):
    """D = ((A @ B) as it is) @ E + A, each sum in bfloat16: a product of what was summed up, and
    one that is added to what was there."""
    b = Builder()
    A, B, E = b.tensor("A", (m, k), "bfloat16"), b.tensor("B", (k, n), "bfloat16"), b.tensor(
        "E", (n, k), "bfloat16"
    )  # fmt: skip
    D = b.tensor("D", (m, k), "bfloat16")
    a, x, e = (
        b.shared(name, shape, "bfloat16")
        for name, shape in (("a", (block, k)), ("x", (k, n)), ("e", (n, k)))
    )
    c, d = b.scratch("c", (block, n), "bfloat16"), b.scratch("d", (block, k), "bfloat16")
    with b.launch(ceildiv(m, block), "bx") as bx:
        b.copy(A.at(bx * block, 0).of(block, k), a)
        b.copy(B, x)
        b.copy(E, e)
        b.gemm(a, x, c, clear=True)
        b.copy(a, d)
        b.gemm(c, e, d)
        b.copy(d, D.at(bx * block, 0).of(block, k))
    return b.program()


def persistent_gemm(m, n, k, cores=3, block=64, bk=32):
    """Each of a few blocks goes through every cores-th tile of the product."""
    b = Builder()
    A, B, C = b.tensor("A", (m, k), "bfloat16"), b.tensor("B", (k, n), "bfloat16"), b.tensor(
        "C", (m, n), "bfloat16"
    )  # fmt: skip
    a, x = (
        b.shared("A_shared", (block, bk), "bfloat16"),
        b.shared("B_shared", (bk, block), "bfloat16"),
    )
    c = b.scratch("C_local", (block, block))
    across, down = ceildiv(n, block), ceildiv(m, block)
    with b.launch(cores, "b") as core, b.loop("w", ceildiv(across * down, cores)) as w:
        tile = w * cores + core
        bx, by = tile % across, tile // across
        with b.when(tile < across * down):
            b.fill(c, 0)
            with b.loop("k", ceildiv(k, bk), stages=2) as ko:
                b.copy(A.at(by * block, ko * bk).of(block, bk), a)
                b.copy(B.at(ko * bk, bx * block).of(bk, block), x)
                b.gemm(a, x, c)
            b.copy(c, C.at(by * block, bx * block).of(block, block))
    return b.program()


def elementwise(m, n, value, dtype="float32", bm=32, bn=64, inputs=2, direct=True):
    """C = value(A, B) element by element: from device memory, or by way of buffers."""
    b = Builder()
    tensors = [b.tensor(name, (m, n), dtype) for name in "ABD"[:inputs]]
    C = b.tensor("C", (m, n), dtype)
    blocks = [] if direct else [b.shared(f"{t}_shared", (bm, bn), dtype) for t in "ABD"[:inputs]]
    out = None if direct else b.scratch("C_local", (bm, bn), dtype)
    with b.launch((ceildiv(n, bn), ceildiv(m, bm)), "bx", "by") as (bx, by):
        for tensor, block in zip(tensors, blocks, strict=False):
            b.copy(tensor.at(by * bm, bx * bn).of(bm, bn), block)
        with b.map(i=bm, j=bn) as (i, j):
            if direct:
                b.store(C[by * bm + i, bx * bn + j],
                        value(*(t[by * bm + i, bx * bn + j] for t in tensors)))  # fmt: skip
            else:
                b.store(out[i, j], value(*(t[i, j] for t in blocks)))
        if not direct:
            b.copy(out, C.at(by * bm, bx * bn).of(bm, bn))
    return b.program()


def copied_gelu(m, n):
    """C = 3 gelu(X - W) by way of scratch in float32, which a copy to one of bfloat16 rounds."""
    b = Builder()
    X, W, C = (b.tensor(name, (m, n), "float32") for name in "XWC")
    x, w, y = b.shared("x", (32, n)), b.shared("w", (32, n)), b.scratch("y", (32, n))
    z = b.shared("z", (32, n), "bfloat16")
    with b.launch(ceildiv(m, 32), "bx") as bx:
        b.copy(X.at(bx * 32, 0).of(32, n), x)
        b.copy(W.at(bx * 32, 0).of(32, n), w)
        with b.map(i=32, j=n) as (i, j):
            b.store(y[i, j], ACTIVATIONS["gelu"](x[i, j] - w[i, j]))
        b.copy(y, z)
        with b.map(i=32, j=n) as (i, j):
            b.store(C[bx * 32 + i, j], cast("float32", z[i, j]) * 3.0)
    return b.program()


def vector(n, dtype="float32", block=128):
    """Y = X * s, rank 1, with a scalar parameter."""
    b = Builder()
    X, Y, s = b.tensor("X", (n,), dtype), b.tensor("Y", (n,), dtype), b.scalar("s", "float32")
    with b.launch(ceildiv(n, block), "bx") as bx, b.map(i=block) as i:
        b.store(Y[bx * block + i], cast(dtype, cast("float32", X[bx * block + i]) * s))
    return b.program()


def reduction(m, n, kind, axis=1, dtype="bfloat16", bm=32):
    """R = reduce(X), along rows to (m, 1) or along columns of one block to (1, n)."""
    b = Builder()
    X = b.tensor("X", (m, n), dtype)
    R = b.tensor("R", (m, 1) if axis == 1 else (1, n), "float32")
    x = b.shared("x", (bm if axis == 1 else m, n), dtype)
    r = b.scratch("r", (bm,) if axis == 1 else (n,))
    with b.launch(ceildiv(m, bm) if axis == 1 else 1, "bx") as bx:
        rows = bm if axis == 1 else m
        b.copy(X.at(bx * rows, 0).of(rows, n), x)
        b.reduce(kind, x, r, axis)
        b.copy(r, R.at(bx * bm, 0).of(bm, 1) if axis == 1 else R)
    return b.program()


def running_max(m, n, bm=32, bn=32):
    """The largest of each row, over blocks of columns: a reduction that keeps what it had."""
    b = Builder()
    X, R = b.tensor("X", (m, n), "bfloat16"), b.tensor("R", (m, 1), "float32")
    x, r = b.shared("x", (bm, bn), "bfloat16"), b.scratch("r", (bm,))
    with b.launch(ceildiv(m, bm), "bx") as bx:
        b.fill(r, -math.inf)
        with b.loop("k", ceildiv(n, bn), stages=2) as k:
            b.copy(X.at(bx * bm, k * bn).of(bm, bn), x)
            b.reduce("max", x, r, 1, clear=False)
        b.copy(r, R.at(bx * bm, 0).of(bm, 1))
    return b.program()


def masked(m, n, block=64):
    """Y = X below the diagonal, else -1."""
    b = Builder()
    X, Y = b.tensor("X", (m, n), "bfloat16"), b.tensor("Y", (m, n), "float32")
    x, y = b.shared("x", (block, block), "bfloat16"), b.scratch("y", (block, block))
    with b.launch((ceildiv(n, block), ceildiv(m, block)), "bx", "by") as (bx, by):
        b.copy(X.at(by * block, bx * block).of(block, block), x)
        with b.map(i=block, j=block) as (i, j):
            below = by * block + i >= bx * block + j
            b.store(y[i, j], select(below, cast("float32", x[i, j]), number(-1.0, "float32")))
        b.copy(y, Y.at(by * block, bx * block).of(block, block))
    return b.program()


def conditional(m, n, block=32):
    """Y = X in even block rows, else X @ X' of another tensor's block: two ways to one output."""
    b = Builder()
    X, W, Y = b.tensor("X", (m, n), "bfloat16"), b.tensor("W", (n, n), "bfloat16"), b.tensor(
        "Y", (m, n), "bfloat16"
    )  # fmt: skip
    x, w = b.shared("x", (block, block), "bfloat16"), b.shared("w", (block, block), "bfloat16")
    y = b.scratch("y", (block, block))
    with b.launch((ceildiv(n, block), ceildiv(m, block)), "bx", "by") as (bx, by):
        b.copy(X.at(by * block, bx * block).of(block, block), x)
        with b.when((by % 2).eq(0)):
            b.copy(x, Y.at(by * block, bx * block).of(block, block))
        with b.otherwise():
            b.copy(W.at(bx * block, bx * block).of(block, block), w)
            b.gemm(x, w, y, clear=True)
            b.copy(y, Y.at(by * block, bx * block).of(block, block))
    return b.program()


def swiglu(m, n, k, bm=32, bn=32, bk=32):
    """Y = silu(X @ G) * (X @ U): two accumulators in one loop."""
    b = Builder()
    X, G, U = (b.tensor(s, d, "bfloat16") for s, d in (("X", (m, k)), ("G", (k, n)), ("U", (k, n))))
    Y = b.tensor("Y", (m, n), "bfloat16")
    x, g, u = (
        b.shared(f"{s}_shared", d, "bfloat16")
        for s, d in (("X", (bm, bk)), ("G", (bk, bn)), ("U", (bk, bn)))
    )
    gate, up = b.scratch("gate", (bm, bn)), b.scratch("up", (bm, bn))
    with b.launch((ceildiv(n, bn), ceildiv(m, bm)), "bx", "by") as (bx, by):
        b.fill(gate, 0)
        b.fill(up, 0)
        with b.loop("ko", ceildiv(k, bk), stages=2) as ko:
            b.copy(X.at(by * bm, ko * bk).of(bm, bk), x)
            b.copy(G.at(ko * bk, bx * bn).of(bk, bn), g)
            b.copy(U.at(ko * bk, bx * bn).of(bk, bn), u)
            b.gemm(x, g, gate)
            b.gemm(x, u, up)
        with b.map(i=bm, j=bn) as (i, j):
            b.store(gate[i, j], gate[i, j] * op("sigmoid", gate[i, j]) * up[i, j])
        b.copy(gate, Y.at(by * bm, bx * bn).of(bm, bn))
    return b.program()


LIST = {
    "copy": copy(128, 192),
    "copy_ragged": copy(100, 70, dtype="float32"),
    "copy_rank3": copy(64, 96, batch=(3,)),
    "copy_rank4": copy(64, 64, dtype="float32", batch=(2, 2)),
    "copy_float16": copy(64, 96, dtype="float16"),
    "copy_large_blocks": copy(150, 64, bm=96, bn=64, batch=(2,)),
    "transpose": transpose(128, 64),
    "transpose_ragged": transpose(96, 80),
    "gemm": gemm(128, 192, 128),
    "gemm_float32_out": gemm(128, 128, 128, out="float32"),
    "gemm_float32": gemm(64, 128, 96, dtype="float32"),
    "gemm_float16": gemm(64, 64, 96, dtype="float16"),
    "gemm_ragged": gemm(100, 70, 80),
    "gemm_ragged_deep": gemm(100, 160, 50, bk=64),
    "gemm_ta": gemm(128, 128, 96, ta=True),
    "gemm_tb": gemm(128, 96, 128, tb=True),
    "gemm_ta_tb_batch": gemm(100, 96, 96, batch=2, ta=True, tb=True),
    "gemm_batch": gemm(64, 64, 64, batch=3, out="float32"),
    "gemm_large_blocks": gemm(150, 128, 128, bm=128, bn=64, bk=64),
    "gemm_16": gemm(128, 192, 128, acc="bfloat16"),
    "gemm_16_tb_ragged": gemm(100, 128, 96, bm=128, bn=128, tb=True, acc="bfloat16"),
    "gemm_16_ta": gemm(64, 64, 96, ta=True, acc="bfloat16"),
    "products_16": products_of_16_bits(64, 96, 64),
    "two_products": two_products(64, 128, 96),
    "persistent_gemm": persistent_gemm(160, 192, 64),
    "conditional": conditional(128, 64),
}
"""Kernels of copies and products."""

VECTOR = {
    "add": elementwise(64, 128, lambda a, c: a + c),
    "add_bfloat16_ragged": elementwise(50, 100, lambda a, c: a + c, dtype="bfloat16"),
    "map_deep": elementwise(
        64, 64, lambda a, c, d: (a - c) * (d + a) + op("max", a * c, d - c), inputs=3, direct=False
    ),
    "exp_sqrt": elementwise(64, 64, lambda a: op("sqrt", op("exp", a * 0.5) + 1.0), inputs=1),
    "erf": elementwise(64, 64, lambda a: op("erf", a) * 0.5 + 0.5, inputs=1),
    "divide": elementwise(
        64, 64, lambda a, c: a / (op("abs", c) + 1.0) - 2.0 / (op("abs", a) + 1.0)
    ),
    "compare": elementwise(64, 64, lambda a, c: select(a > c, a - c, op("min", a, 0.25))),
    "vector": vector(300),
    "gemm_bias_relu": gemm(128, 128, 64, bias=True, act="relu"),
    "gemm_16_relu": gemm(128, 128, 64, bm=128, bn=64, act="relu", acc="bfloat16"),
    "gemm_16_bias": gemm(64, 128, 64, bias=True, acc="bfloat16"),
    "gemm_gelu": gemm(64, 128, 64, act="gelu_tanh"),
    "gemm_bias_gelu": gemm(64, 128, 64, bias=True, act="gelu"),
    "gelu_float32": elementwise(64, 64, ACTIVATIONS["gelu"], inputs=1),
    "gelu_copied": copied_gelu(64, 96),
    "gemm_bias_large_blocks": gemm(100, 128, 64, bm=128, bn=64, bias=True, act="relu"),
    "gemm_tanh": gemm(64, 64, 64, act="tanh"),
    "softmax": softmax(64, 128),
    "softmax_ragged_rows": softmax(50, 96),
    "layer_norm": norm(64, 128, True),
    "rms_norm": norm(96, 64, False),
    "row_sum": reduction(64, 96, "sum"),
    "row_max": reduction(64, 96, "max", dtype="float32"),
    "row_min": reduction(64, 64, "min"),
    "row_absmax": reduction(64, 64, "absmax"),
    "column_sum": reduction(64, 96, "sum", axis=0),
    "running_max": running_max(64, 128),
    "masked": masked(128, 128),
    "swiglu": swiglu(64, 64, 64),
    "attention": flash_attention(1, 2, 128, 64, False),
    "attention_causal": flash_attention(1, 1, 128, 64, True),
    "softmax_ragged": softmax(50, 100),
    "statistics": memory.statistics(128, 96),
    "statistics_bfloat16": memory.statistics(100, 64, dtype="bfloat16"),
    "in_place": memory.in_place(64, 100),
    "in_place_by_turns": memory.in_place_by_turns(64, 96),
    "add_to": memory.add_to(100, 128, 96),
    "split_k": memory.split_k(64, 128, 128, 2),
    "norm_then_gemm": memory.norm_then_gemm(64, 100, 96),
    "stacks": memory.stacks(3, 64, 96),
    "turned_map": memory.turned_map(64, 96),
    "edges": memory.edges(50, 40, 70),
    "names_of_headers": memory.names_of_headers(),
}
"""Kernels of the vector unit."""
