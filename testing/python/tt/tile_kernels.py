"""Kernels as tile programs, as TileLang's examples write them; the tests run and list them."""

from __future__ import annotations

import math

from tile_builder import Builder, bits, cast, number, op, select

from tilelang.tt import program as p

LOG2E = 1.4426950408889634


def ceildiv(a: int, b: int) -> int:
    return -(-a // b)


def gemm(m, n, k, bm=64, bn=64, bk=32, batch=None, ta=False, tb=False, bias=False, act=None,
         dtype="bfloat16", out=None, stages=2, acc="float32", weight=False):  # fmt: skip
    """C[z] = act(op(A[z]) @ op(B[z]) + bias), blocks of bm x bn; batch None: matrices alone.
    ``acc`` is the accumulator's dtype; ``weight``: B is one matrix for the whole batch."""
    b = Builder()
    out = out or dtype
    lead = () if batch is None else (batch,)
    A = b.tensor("A", lead + ((k, m) if ta else (m, k)), dtype)
    B = b.tensor("B", (() if weight else lead) + ((n, k) if tb else (k, n)), dtype)
    V = b.tensor("bias", (1, n), dtype) if bias else None
    C = b.tensor("C", (*lead, m, n), out)
    As = b.shared("A_shared", (bk, bm) if ta else (bm, bk), dtype)
    Bs = b.shared("B_shared", (bn, bk) if tb else (bk, bn), dtype)
    Cl = b.scratch("C_local", (bm, bn), acc)
    Vs = b.shared("bias_shared", (1, bn), dtype) if bias else None
    grid = (ceildiv(n, bn), ceildiv(m, bm), batch or 1)
    with b.launch(grid, "bx", "by", *(["bz"] if batch else [])) as (bx, by, *bz):
        at, one = tuple(bz), (1,) * len(bz)
        if bias:
            b.copy(V.at(0, bx * bn).of(1, bn), Vs)
        b.fill(Cl, 0)
        with b.loop("ko", ceildiv(k, bk), stages=stages) as ko:
            a0, a1 = ((ko * bk, by * bm) if ta else (by * bm, ko * bk)), As.shape
            b0, b1 = ((bx * bn, ko * bk) if tb else (ko * bk, bx * bn)), Bs.shape
            b.copy(A.at(*at, *a0).of(*one, *a1), As)
            of_batch, its_one = ((), ()) if weight else (at, one)
            b.copy(B.at(*of_batch, *b0).of(*its_one, *b1), Bs)
            b.gemm(As, Bs, Cl, transpose_a=ta, transpose_b=tb)
        if bias or act:
            with b.map(i=bm, j=bn) as (i, j):
                x = Cl[i, j] + cast(acc, Vs[0, j]) if bias else Cl[i, j]
                b.store(Cl[i, j], ACTIVATIONS[act](x) if act else x)
        b.copy(Cl, C.at(*at, by * bm, bx * bn).of(*one, bm, bn))
    return b.program()


ACTIVATIONS = {
    "relu": lambda x: op("max", x, 0),
    "gelu": lambda x: x * 0.5 * (op("erf", x * math.sqrt(0.5)) + 1),
    "gelu_tanh": lambda x: x * op("sigmoid", x * 1.5957691216 + x * x * x * 0.0713548163),
    "tanh": lambda x: op("tanh", x),
    "tanh_exp": lambda x: op("sigmoid", x * 2) * 2 - 1,
}


def norm(rows, n, layer, bm=32, eps=1e-5, dtype="bfloat16"):
    """Layer norm (with a shift) or RMS norm of rows of n, as prototypes of it have it."""
    b = Builder()
    X, W = b.tensor("X", (rows, n), dtype), b.tensor("W", (1, n), dtype)
    S = b.tensor("B", (1, n), dtype)
    Out = b.tensor("O", (rows, n), dtype)
    xs, ws, ss = (
        b.shared("X_shared", (bm, n), dtype),
        b.shared("W_shared", (1, n), dtype),
        b.shared("B_shared", (1, n), dtype),
    )
    xf, sq, stat = (
        b.scratch("xf", (bm, n)),
        b.scratch("sq", (bm, n)),
        b.scratch("stat", (bm,)),
    )
    with b.launch(ceildiv(rows, bm), "bx") as bx:
        b.copy(X.at(bx * bm, 0).of(bm, n), xs)
        b.copy(W, ws)
        b.copy(S, ss)
        b.copy(xs, xf)
        if layer:
            b.reduce("sum", xf, stat, 1)
            with b.map(i=bm, j=n) as (i, j):
                b.store(xf[i, j], xf[i, j] - stat[i] * (1 / n))
        with b.map(i=bm, j=n) as (i, j):
            b.store(sq[i, j], xf[i, j] * xf[i, j])
        b.reduce("sum", sq, stat, 1)
        with b.map(i=bm) as i:
            b.store(stat[i], op("rsqrt", stat[i] * (1 / n) + eps))
        with b.map(i=bm, j=n) as (i, j):
            y = xf[i, j] * stat[i] * cast("float32", ws[0, j])
            b.store(xf[i, j], y + cast("float32", ss[0, j]) if layer else y)
        b.copy(xf, Out.at(bx * bm, 0).of(bm, n))
    return b.program()


def softmax(rows, n, bm=32, dtype="bfloat16"):
    """Softmax of rows; the last block may be ragged."""
    b = Builder()
    X, Out = b.tensor("X", (rows, n), dtype), b.tensor("O", (rows, n), dtype)
    x, top, total = b.scratch("x", (bm, n)), b.scratch("top", (bm,)), b.scratch("total", (bm,))
    with b.launch(ceildiv(rows, bm), "bx") as bx:
        b.copy(X.at(bx * bm, 0).of(bm, n), x)
        b.reduce("max", x, top, 1)
        with b.map(i=bm, j=n) as (i, j):
            b.store(x[i, j], op("exp2", (x[i, j] - top[i]) * LOG2E))
        b.reduce("sum", x, total, 1)
        with b.map(i=bm, j=n) as (i, j):
            b.store(x[i, j], x[i, j] / total[i])
        b.copy(x, Out.at(bx * bm, 0).of(bm, n))
    return b.program()


def flash_attention(
    batch, heads, s, d, causal, bm=64, bn=64, dtype="bfloat16", bshd=False, group=1
):
    """Forward, with an online softmax; tensors are (batch, heads, s, d), or BSHD. ``group`` heads
    of Q have one of K and V."""
    b = Builder()

    def tensor(name, heads):
        return b.tensor(name, (batch, s, heads, d) if bshd else (batch, heads, s, d), dtype)

    Q, K, V, Out = (tensor(name, heads // (group if name in "KV" else 1)) for name in "QKVO")
    qs, ks = b.shared("Q_shared", (bm, d), dtype), b.shared("K_shared", (bn, d), dtype)
    vs, os = b.shared("V_shared", (bn, d), dtype), b.shared("O_shared", (bm, d), dtype)
    acc, accc = b.scratch("acc_s", (bm, bn)), b.scratch("acc_s_cast", (bm, bn), dtype)
    acco = b.scratch("acc_o", (bm, d))
    top, before, scale, total, logsum = (
        b.scratch(name, (bm,))
        for name in ("scores_max", "scores_max_prev", "scores_scale", "scores_sum", "logsum")
    )
    c = d**-0.5 * LOG2E
    with b.launch((ceildiv(s, bm), heads, batch), "bx", "by", "bz") as (bx, by, bz):

        def rows(tensor, first, count):
            head = by // group if group > 1 and tensor in (K, V) else by
            if bshd:
                return tensor.at(bz, first, head, 0).of(1, count, 1, d)
            return tensor.at(bz, head, first, 0).of(1, 1, count, d)

        b.copy(rows(Q, bx * bm, bm), qs)
        b.fill(acco, 0)
        b.fill(logsum, 0)
        b.fill(top, -math.inf)
        trips = ((bx + 1) * bm + (bn - 1)) // bn if causal else ceildiv(s, bn)
        with b.loop("ko", trips, stages=1) as ko:
            b.copy(rows(K, ko * bn, bn), ks)
            if causal:
                with b.map(i=bm, j=bn) as (i, j):
                    b.store(
                        acc[i, j],
                        select(bx * bm + i >= ko * bn + j, number(0, "float32"), -math.inf),
                    )
            else:
                b.fill(acc, 0)
            b.gemm(qs, ks, acc, transpose_b=True)
            b.copy(top, before)
            b.reduce("max", acc, top, 1, clear=False)
            with b.map(i=bm) as i:
                b.store(scale[i], op("exp2", before[i] * c - top[i] * c))
            with b.map(i=bm, j=bn) as (i, j):
                b.store(acc[i, j], op("exp2", acc[i, j] * c - top[i] * c))
            b.reduce("sum", acc, total, 1)
            with b.map(i=bm) as i:
                b.store(logsum[i], logsum[i] * scale[i] + total[i])
            b.copy(acc, accc)
            with b.map(i=bm, j=d) as (i, j):
                b.store(acco[i, j], acco[i, j] * scale[i])
            b.copy(rows(V, ko * bn, bn), vs)
            b.gemm(accc, vs, acco)
        with b.map(i=bm, j=d) as (i, j):
            b.store(acco[i, j], acco[i, j] / logsum[i])
        b.copy(acco, os)
        b.copy(os, rows(Out, bx * bm, bm))
    return b.program()


def every_kind():
    """Each kind of buffer, variable, expression and step, and each key that may be absent."""
    b = Builder()
    A, C = b.tensor("A", (64, 64), "bfloat16", pad=math.inf), b.tensor("C", (64, 64), "float32")
    n, on = b.scalar("n"), b.scalar("on", "bool")
    W = b.workspace("work", (4, 64, 64), "int64")
    S, F, G = (
        b.shared("S", (64, 64), "bfloat16"),
        b.scratch("F", (64, 64)),
        b.scratch("F", (64, 64)),
    )
    V, In = b.scratch("V", (64,)), b.scratch("I", (64, 64), "int32", "local")
    x, flag, one = (
        b.var("x"),
        b.var("flag", "bool"),
        b.scratch("barrier", (), "uint64", "shared.barrier"),
    )
    flat, words = b.view("flat", C, (2048,), offset=2048), b.view("words", S, (64, 32), "uint32")
    with b.launch((2, 3, 4), "bx", "by", "bz") as (bx, *_):
        b.fill(F, number(math.nan, "float32"))
        b.copy(A.at(bx * 32, 0).of(64, 64), S)
        b.gemm(S, S, F, clear=n > 0, transpose_a=True, transpose_b=True)
        b.gemm(S, S, F)
        for kind in ("sum", "max", "min", "abssum", "absmax"):
            b.reduce(kind, F, V, 1, clear=kind == "sum", nan=kind == "max")
        for kind in ("bitand", "bitor", "bitxor"):
            b.reduce(kind, In, In.at(0, n).of(64, 1), 1)
        b.scan("sum", F, G, 0, reverse=True)
        b.scan("max", F, G, 1)
        b.transpose(F, G)
        b.atomic("add", C, src=F)
        for kind in ("max", "min"):
            b.atomic(kind, C.at(0, 0).of(1, 1), number(-0.0, "float32"))
        nest = dict(
            i=2, j=(n, "serial", 1), k=(2, "unrolled"), v=(2, "vectorised"), t=(8, "thread")
        )
        with b.map(**nest) as (i, j, k, v, t):
            y = b.let("y", F[i, j] + flat[t])
            b.store(G[i, k], y)
            b.atomic_store("add", C[v, t], y)
            with b.when(on):
                b.store(words[i, j], bits("uint32", y))
            with b.otherwise(), b.loop("r", i, min=1) as r:
                b.store(one[()], cast("uint64", r))
        with b.map():
            b.store(In[0, 0], n)
        assert len(b.bodies) == 1
        with b.loop("p", n, stages=3, order=(0, 1), stage=(1, 0), group=((0,), (1,))) as q:
            b.assign(x, x[0] + q)
            b.step(p.Barrier())
            with b.when(on):
                b.step(p.Continue())
            with b.repeat_while(flag[0] & (x[0] < 3)):
                b.assign(flag, False)
                b.step(p.Break())
            (z,) = b.opaque("tl.mystery", "no plain meaning", (A, F), (S,), ["z"])
            b.assign(x, z + q + bx)
            b.opaque("tl.nothing", "it is empty")
    with b.launch(), b.map(m=8, kind="serial") as m:
        f, g, c, u = F[m, 0], F[m, 1], In[m, 0], cast("uint8", m)
        for key, operation in p.OPERATIONS.items():
            arity = operation.arity
            if key == "select":
                b.store(F[m, 0], select(m < 3, f, g))
            elif key in ("and", "or", "not"):
                args = [m < number(2, "int32"), on, on][:arity]
                b.store(F[m, 0], cast("float32", op(key, *args)))
            else:
                args = [f, g, f] if "float32" in operation.dtypes else [c, c, c]
                b.store(F[m, 0], cast("float32", op(key, *args[:arity])))
        for value in (0.1, 1e-7, 1e16, 1.5e300, 5e-324, -math.inf, math.nan):
            b.store(F[m, 0], cast("float32", number(value, "float64")))
        b.store(In[m, 0], cast("int32", number(2**64 - 1, "uint64")))
        b.store(In[m, 0], cast("int32", u + number(255, "uint8")))
        b.store(W[0, m, cast("int64", m)], -(2**63))
        b.store(In[-1 + m, 0], cast("int32", number(True, "bool")))
    return b.program()
