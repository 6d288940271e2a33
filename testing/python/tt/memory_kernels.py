"""Kernels about where things are: in place, in workspaces, along edges, in vectors and stacks."""

from __future__ import annotations

from tile_builder import Builder, cast, op


def statistics(m, n, bm=64, dtype="float32"):
    """The sum of each row, to a tensor of rank 1, and what a tensor of rank 1 scales them by."""
    b = Builder()
    X, W = b.tensor("X", (m, n), dtype), b.tensor("W", (m,), dtype)
    R, S = b.tensor("R", (m,)), b.tensor("S", (m,))
    x, w, r = b.shared("x", (bm, n), dtype), b.scratch("w", (bm,), dtype), b.scratch("r", (bm,))
    with b.launch(-(-m // bm), "bx") as bx:
        b.copy(X.at(bx * bm, 0).of(bm, n), x)
        b.copy(W.at(bx * bm).of(bm), w)
        b.reduce("sum", x, r, 1)
        b.copy(r, R.at(bx * bm).of(bm))
        with b.map(i=bm) as i:
            b.store(S[bx * bm + i], r[i] * cast("float32", w[i]) + cast("float32", W[bx * bm + i]))
    return b.program()


def in_place(m, n, bm=32, bn=64):
    """X = X * s, and Y = X + 1 of what X was."""
    b = Builder()
    X, Y = b.tensor("X", (m, n)), b.tensor("Y", (m, n))
    x, y = b.scratch("x", (bm, bn)), b.scratch("y", (bm, bn))
    with b.launch((-(-n // bn), -(-m // bm)), "bx", "by") as (bx, by):
        block = X.at(by * bm, bx * bn).of(bm, bn)
        b.copy(block, x)
        with b.map(i=bm, j=bn) as (i, j):
            b.store(y[i, j], x[i, j] + 1.0)
            b.store(x[i, j], x[i, j] * 0.75)
        b.copy(x, block)
        b.copy(y, Y.at(by * bm, bx * bn).of(bm, bn))
    return b.program()


def in_place_by_turns(m, n, bm=32, bn=32):
    """X = exp(X), a block of columns after the other: each turn reads and writes pages of its own."""
    b = Builder()
    X = b.tensor("X", (m, n), "bfloat16")
    x = b.scratch("x", (bm, bn), "bfloat16")
    with b.launch(-(-m // bm), "bx") as bx, b.loop("k", -(-n // bn), stages=2) as k:
        block = X.at(bx * bm, k * bn).of(bm, bn)
        b.copy(block, x)
        with b.map(i=bm, j=bn) as (i, j):
            b.store(x[i, j], cast("bfloat16", op("exp", cast("float32", x[i, j]))))
        b.copy(x, block)
    return b.program()


def add_to(m, n, k, block=64, bk=32):
    """C += A @ B."""
    b = Builder()
    A, B = b.tensor("A", (m, k), "bfloat16"), b.tensor("B", (k, n), "bfloat16")
    C = b.tensor("C", (m, n))
    a, x = b.shared("a", (block, bk), "bfloat16"), b.shared("b", (bk, block), "bfloat16")
    c = b.scratch("c", (block, block))
    with b.launch((-(-n // block), -(-m // block)), "bx", "by") as (bx, by):
        b.copy(C.at(by * block, bx * block).of(block, block), c)
        with b.loop("ko", -(-k // bk), stages=2) as ko:
            b.copy(A.at(by * block, ko * bk).of(block, bk), a)
            b.copy(B.at(ko * bk, bx * block).of(bk, block), x)
            b.gemm(a, x, c)
        b.copy(c, C.at(by * block, bx * block).of(block, block))
    return b.program()


def split_k(m, n, k, splits, block=64, bk=32, workspace=True):
    """Parts of a product to a workspace, and their sum in a launch of its own."""
    b = Builder()
    A, B = b.tensor("A", (m, k), "bfloat16"), b.tensor("B", (k, n), "bfloat16")
    C = b.tensor("C", (m, n), "bfloat16")
    W = b.workspace("W", (splits, m, n))
    a, x = b.shared("a", (block, bk), "bfloat16"), b.shared("b", (bk, block), "bfloat16")
    c, total = b.scratch("c", (block, block)), b.scratch("total", (block, block))
    grid = (-(-n // block), -(-m // block))
    with b.launch((*grid, splits), "bx", "by", "bz") as (bx, by, bz):
        b.fill(c, 0)
        with b.loop("ko", k // splits // bk, stages=2) as ko:
            b.copy(A.at(by * block, bz * (k // splits) + ko * bk).of(block, bk), a)
            b.copy(B.at(bz * (k // splits) + ko * bk, bx * block).of(bk, block), x)
            b.gemm(a, x, c)
        b.copy(c, W.at(bz, by * block, bx * block).of(1, block, block))
    with b.launch(grid, "bx", "by") as (bx, by):
        b.fill(total, 0)
        with b.map(s=(splits, "serial"), i=block, j=block) as (s, i, j):
            b.store(total[i, j], total[i, j] + W[s, by * block + i, bx * block + j])
        b.copy(total, C.at(by * block, bx * block).of(block, block))
    return b.program()


def norm_then_gemm(m, n, k, bm=32, bn=64, bk=32):
    """Rows scaled to their largest element, by way of a workspace to a product."""
    b = Builder()
    X, B = b.tensor("X", (m, k), "bfloat16"), b.tensor("B", (k, n), "bfloat16")
    C = b.tensor("C", (m, n), "bfloat16")
    Y = b.workspace("Y", (m, k), "bfloat16")
    x, top = b.scratch("x", (bm, k)), b.scratch("top", (bm,))
    a, w = b.shared("a", (bm, bk), "bfloat16"), b.shared("b", (bk, bn), "bfloat16")
    c = b.scratch("c", (bm, bn))
    with b.launch(-(-m // bm), "bx") as bx:
        b.copy(X.at(bx * bm, 0).of(bm, k), x)
        b.reduce("absmax", x, top, 1)
        with b.map(i=bm, j=k) as (i, j):
            b.store(x[i, j], x[i, j] / top[i])
        b.copy(x, Y.at(bx * bm, 0).of(bm, k))
    with b.launch((-(-n // bn), -(-m // bm)), "bx", "by") as (bx, by):
        b.fill(c, 0)
        with b.loop("ko", -(-k // bk), stages=2) as ko:
            b.copy(Y.at(by * bm, ko * bk).of(bm, bk), a)
            b.copy(B.at(ko * bk, bx * bn).of(bk, bn), w)
            b.gemm(a, w, c)
        b.copy(c, C.at(by * bm, bx * bn).of(bm, bn))
    return b.program()


def stacks(batch, m, n, bm=32, bn=32):
    """Y = X * 2 + v, all matrices of a batch at once."""
    b = Builder()
    X, V, Y = b.tensor("X", (batch, m, n), "bfloat16"), b.tensor("V", (n,)), b.tensor(
        "Y", (batch, m, n)
    )  # fmt: skip
    x, v = b.shared("x", (batch, bm, bn), "bfloat16"), b.scratch("v", (bn,))
    y = b.scratch("y", (batch, bm, bn))
    with b.launch((-(-n // bn), -(-m // bm)), "bx", "by") as (bx, by):
        b.copy(X.at(0, by * bm, bx * bn).of(batch, bm, bn), x)
        b.copy(V.at(bx * bn).of(bn), v)
        with b.map(z=batch, i=bm, j=bn) as (z, i, j):
            b.store(y[z, i, j], cast("float32", x[z, i, j]) * 2.0 + v[j])
        b.copy(y, Y.at(0, by * bm, bx * bn).of(batch, bm, bn))
    return b.program()


def turned_map(m, n, block=32):
    """Y = exp(X).T, written as a map that loads in the other order."""
    b = Builder()
    X, Y = b.tensor("X", (m, n), "bfloat16"), b.tensor("Y", (n, m), "bfloat16")
    x, y = b.shared("x", (block, block), "bfloat16"), b.scratch("y", (block, block), "bfloat16")
    with b.launch((-(-n // block), -(-m // block)), "bx", "by") as (bx, by):
        b.copy(X.at(by * block, bx * block).of(block, block), x)
        with b.map(i=block, j=block) as (i, j):
            b.store(y[j, i], cast("bfloat16", op("exp", cast("float32", x[i, j]))))
        b.copy(y, Y.at(bx * block, by * block).of(block, block))
    return b.program()


def edges(m, n, k):
    """exp(X) and exp(W), of any extents, multiplied, and the largest and the sum of each row."""
    b = Builder()
    X, W = b.tensor("X", (m, k), "bfloat16"), b.tensor("W", (n, k), "bfloat16")
    C, R, S = b.tensor("C", (m, n)), b.tensor("R", (m, 1)), b.tensor("S", (m,))
    x, w = b.scratch("x", (m, k), "bfloat16"), b.scratch("w", (n, k), "bfloat16")
    c, r, s = b.scratch("c", (m, n)), b.scratch("r", (m,)), b.scratch("s", (m,))
    with b.launch(1):
        b.copy(X, x)
        b.copy(W, w)
        for each, rows in ((x, m), (w, n)):
            with b.map(i=rows, j=k) as (i, j):
                b.store(each[i, j], cast("bfloat16", op("exp", cast("float32", each[i, j])) * -1.0))
        b.gemm(x, w, c, clear=True, transpose_b=True)
        b.reduce("max", x, r, 1)
        b.reduce("sum", x, s, 1)
        b.copy(c, C)
        b.copy(r, R)
        b.copy(s, S)
    return b.program()


def names_of_headers(n=64):
    """Buffers that are called as functions of libm and of TT-metal."""
    b = Builder()
    tensors = [b.tensor(name, (n, n)) for name in ("j1", "j0", "index")]
    y1, tile, wait = (b.scratch(name, (n, n)) for name in ("y1", "exp_tile", "cb_wait_front"))
    with b.launch(1):
        b.copy(tensors[0], y1)
        b.copy(tensors[1], tile)
        with b.map(i=n, j=n) as (i, j):
            b.store(wait[i, j], op("exp", y1[i, j]) + tile[i, j])
        b.copy(wait, tensors[2])
    return b.program()
