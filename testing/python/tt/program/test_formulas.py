"""Whole kernels give their formula's numbers, within what their dtypes and reductions allow.

The formulas are evaluated in float64 and share nothing with the interpreter.
"""

from __future__ import annotations

import math
import time

import ml_dtypes
import numpy as np
import pytest
import tile_kernels as kernels
from tile_builder import Builder, cast, op, select

import tilelang.tt as tt
from tilelang.tt import program as p

ERF = np.vectorize(math.erf)
# The largest relative error of rounding to a dtype.
HALF_STEP = {"bfloat16": 2**-8, "float16": 2**-11, "float32": 2**-24}
ACTIVATIONS = {
    None: lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: 0.5 * x * (1 + ERF(x / math.sqrt(2))),
    # The kernel has the constants of the tanh form, to ten digits.
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "tanh": np.tanh,
    "tanh_exp": np.tanh,
}


def random(seed: int, shape: tuple[int, ...], dtype: str = "bfloat16", scale: float = 1.0):
    values = np.random.default_rng(seed).standard_normal(shape) * scale
    return values.astype(np.float32).astype(numpy(dtype))


def numpy(dtype: str) -> np.dtype:
    return np.dtype(getattr(ml_dtypes, dtype, None) or dtype)


def wide(x) -> np.ndarray:
    return x.astype(np.float64)


def close(found, expected, terms: int, inner: str = "float32", scale=None) -> None:
    """Equal within half a step of the output's dtype, and a float32 rounding for each term."""
    dtype = {"bfloat16": "bfloat16", "float16": "float16"}.get(found.dtype.name, "float32")
    scale = np.abs(expected).max() if scale is None else scale
    bound = HALF_STEP[dtype] * np.abs(expected) + terms * HALF_STEP[inner] * scale
    error = np.abs(wide(found) - expected)
    assert np.all(error <= bound), f"largest excess {np.max(error - bound)} of {scale}"


GEMMS = {
    "plain": dict(m=128, n=128, k=64),
    "float32 out": dict(m=128, n=64, k=96, out="float32"),
    "float16": dict(m=64, n=64, k=64, dtype="float16"),
    "float32": dict(m=64, n=96, k=64, dtype="float32"),
    "bias": dict(m=128, n=128, k=64, bias=True),
    "bias and relu": dict(m=128, n=128, k=64, bias=True, act="relu"),
    "gelu": dict(m=64, n=128, k=64, bias=True, act="gelu"),
    "gelu by tanh": dict(m=64, n=128, k=64, bias=True, act="gelu_tanh"),
    "tanh": dict(m=64, n=64, k=64, act="tanh"),
    "tanh by sigmoid": dict(m=64, n=64, k=64, act="tanh_exp"),
    "batch": dict(m=64, n=128, k=64, batch=3),
    "A transposed": dict(m=128, n=128, k=96, ta=True),
    "B transposed": dict(m=128, n=128, k=96, tb=True),
    "both, ragged": dict(m=100, n=160, k=96, batch=2, ta=True, tb=True),
    "ragged": dict(m=100, n=70, k=50, batch=2, bias=True, act="relu"),
    "blocks of 128": dict(m=160, n=200, k=80, bm=128, bn=128, bk=64),
    "one row": dict(m=1, n=33, k=65),
}


@pytest.mark.parametrize("name", GEMMS)
def test_gemm(name):
    given = dict(batch=None, ta=False, tb=False, bias=False, act=None, dtype="bfloat16")
    given |= GEMMS[name]
    m, n, k, lead = given["m"], given["n"], given["k"], (given["batch"],) * bool(given["batch"])
    A = random(1, lead + ((k, m) if given["ta"] else (m, k)), given["dtype"], 0.5)
    B = random(2, lead + ((n, k) if given["tb"] else (k, n)), given["dtype"], 0.5)
    V = random(3, (1, n), given["dtype"])
    x = wide(A).swapaxes(-1, -2) if given["ta"] else wide(A)
    y = wide(B).swapaxes(-1, -2) if given["tb"] else wide(B)
    product = x @ y + (wide(V) if given["bias"] else 0)
    found = tt.reference(kernels.gemm(**GEMMS[name]))(A, B, *([V] if given["bias"] else []))
    # What is summed is at most this large; the activations' slopes are below 1.2.
    scale = np.abs(x).max() * np.abs(y).max() * k
    close(found, ACTIVATIONS[given["act"]](product), 4, scale=1.2 * (scale + 4))


@pytest.mark.parametrize("rows", [64, 70])
@pytest.mark.parametrize("layer", [True, False])
def test_norm(rows, layer):
    x, w, s = random(1, (rows, 96)), random(2, (1, 96)), random(3, (1, 96))
    y = wide(x) - (wide(x).mean(1, keepdims=True) if layer else 0)
    y = y / np.sqrt((y * y).mean(1, keepdims=True) + 1e-5) * wide(w)
    y = y + (wide(s) if layer else 0)
    found = tt.reference(kernels.norm(rows, 96, layer))(x, w, s)
    close(found, y, 100)


def test_softmax_of_a_ragged_last_block():
    x = random(1, (70, 96), scale=3.0)
    e = np.exp(wide(x) - wide(x).max(1, keepdims=True))
    close(tt.reference(kernels.softmax(70, 96))(x), e / e.sum(1, keepdims=True), 100)


@pytest.mark.parametrize("bshd", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_flash_attention(causal, bshd):
    q, k, v = (random(seed, (1, 2, 128, 64)) for seed in range(3))
    scores = wide(q) @ wide(k).swapaxes(-1, -2) * 64**-0.5
    if causal:
        scores = np.where(np.tril(np.ones((128, 128), bool)), scores, -np.inf)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    expected = e / e.sum(-1, keepdims=True) @ wide(v)
    arrays = [np.ascontiguousarray(x.swapaxes(1, 2)) if bshd else x for x in (q, k, v)]
    found = tt.reference(kernels.flash_attention(1, 2, 128, 64, causal, bshd=bshd))(*arrays)
    found = found.swapaxes(1, 2) if bshd else found
    # The probabilities are rounded to bfloat16 before they are multiplied.
    close(found, expected, 1, "bfloat16", scale=np.abs(wide(v)).max())


def test_a_causal_mask_leaves_out_what_comes_after():
    """What lies after a row changes nothing of it, not even by a NaN."""
    q, k, v = (random(seed, (1, 1, 128, 64)) for seed in range(3))
    run = tt.reference(kernels.flash_attention(1, 1, 128, 64, True, bm=32, bn=32))
    before = run(q, k, v)
    for x in (k, v):
        x[:, :, 96:] = np.nan
    assert np.array_equal(wide(run(q, k, v)[:, :, :96]), wide(before[:, :, :96]))


def test_a_persistent_loop_over_blocks():
    """T.Persistent: 3 blocks go through 4 x 2 tiles, by a loop with divisions and a guard."""
    b = Builder()
    A, C = b.tensor("A", (128, 64)), b.tensor("C", (128, 64))
    s = b.scratch("s", (32, 32))
    with b.launch(3, "bid") as bid, b.loop("w", 3) as w:
        tile = b.let("tile", w * 3 + bid)
        with b.when(tile >= 8):
            b.step(p.Break())
        b.copy(A.at(tile // 2 * 32, tile % 2 * 32).of(32, 32), s)
        with b.map(i=32, j=32) as (i, j):
            b.store(s[i, j], s[i, j] * 2)
        b.copy(s, C.at(tile // 2 * 32, tile % 2 * 32).of(32, 32))
    x = random(1, (128, 64), "float32")
    assert np.array_equal(tt.reference(b.program())(x), x * 2)


def test_a_convolution_through_a_flat_view():
    """An output in NHWC that is written through a view of rows, and a mask at the borders."""
    n, h, w, c, f = 1, 6, 5, 8, 16
    b = Builder()
    X, W = b.tensor("X", (n, h, w, c)), b.tensor("W", (3, 3, c, f))
    Y = b.tensor("Y", (n, h, w, f))
    rows, kernel = b.view("rows", Y, (n * h * w, f)), b.view("kernel", W, (9 * c, f))
    a, acc = b.shared("a", (h * w, 9 * c)), b.scratch("acc", (h * w, f))
    with b.launch(n, "bz") as bz:
        with b.map(i=h * w, j=9 * c) as (i, j):
            y, x = i // w + j // (3 * c) - 1, i % w + j // c % 3 - 1
            inside = (y >= 0) & (y < h) & (x >= 0) & (x < w)
            b.store(a[i, j], select(inside, X[bz, y, x, j % c], op("mul", X[0, 0, 0, 0], 0)))
        b.gemm(a, kernel, acc, clear=True)
        b.copy(acc, rows.at(bz * (h * w), 0).of(h * w, f))
    x, weights = random(1, (n, h, w, c), "float32"), random(2, (3, 3, c, f), "float32")
    padded = np.pad(wide(x), ((0, 0), (1, 1), (1, 1), (0, 0)))
    expected = sum(
        padded[:, dy : dy + h, dx : dx + w] @ wide(weights[dy, dx])
        for dy in range(3)
        for dx in range(3)
    )
    close(tt.reference(b.program())(x, weights), expected, 80)


def test_a_dequantised_gemm_of_words():
    """Four-bit weights, two in a byte: shifts, masks, signs."""
    b = Builder()
    A, Q = b.tensor("A", (32, 64), "float16"), b.tensor("Q", (48, 32), "uint8")
    C = b.tensor("C", (32, 48), "float32")
    s, acc = b.shared("s", (48, 64), "float16"), b.scratch("acc", (32, 48))
    with b.launch():
        with b.map(i=48, j=64) as (i, j):
            word = cast("int32", Q[i, j // 2])
            four = op("bitand", op("shr", word, j % 2 * 4), 15)
            b.store(s[i, j], cast("float16", op("sub", op("bitxor", four, 8), 8)))
        b.gemm(A, s, acc, clear=True, transpose_b=True)
        b.copy(acc, C)
    a = random(1, (32, 64), "float16")
    words = np.random.default_rng(2).integers(0, 256, (48, 32)).astype(np.uint8)
    fours = np.stack([words & 15, words >> 4], -1).reshape(48, 64).astype(np.int64)
    signed = np.where(fours > 7, fours - 16, fours)
    close(tt.reference(b.program())(a, words), wide(a) @ signed.T, 64)


def test_integers_wrap_and_are_exact():
    b = Builder()
    A, B, C = (
        b.tensor(name, (64, 64), dtype)
        for name, dtype in zip("ABC", ("int8", "int8", "int32"), strict=True)
    )
    c = b.scratch("c", (64, 64), "int32")
    with b.launch():
        b.fill(c, 2**31 - 1)
        b.gemm(A, B, c)
        b.copy(c, C)
    r = np.random.default_rng(0)
    x, y = (r.integers(-128, 128, (64, 64)).astype(np.int8) for _ in range(2))
    exact = x.astype(object) @ y.astype(object) + 2**31 - 1
    wrapped = (exact + 2**31) % 2**32 - 2**31
    assert np.array_equal(tt.reference(b.program())(x, y), wrapped.astype(np.int64))


def test_it_is_quick_enough_to_be_an_oracle():
    """In processor time; a gemm of 256 cubed takes 0.1 s on an idle machine, attention 0.3 s."""
    A, B = random(1, (256, 256)), random(2, (256, 256))
    q, k, v = (random(seed, (1, 2, 256, 64)) for seed in range(3))
    for limit, program, args in (
        (1.0, kernels.gemm(256, 256, 256), (A, B)),
        (3.0, kernels.flash_attention(1, 2, 256, 64, True), (q, k, v)),
    ):
        run = tt.reference(program)
        start = time.process_time()
        run(*args)
        assert time.process_time() - start < limit
