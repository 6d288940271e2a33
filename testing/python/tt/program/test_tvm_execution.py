"""The interpreter against TVM's own execution on this machine's CPU, which shares no code with it."""

from __future__ import annotations

import itertools
import re
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from tvm_on_cpu import Kernel, on_both, ulps
from tvm_random import BLOCKS, INPUT, PARAMS, N, kernels

pytestmark = pytest.mark.needs("apache-tvm")  # tilelang's TVM has no code generator for a CPU


def dtype_of(name: str) -> np.dtype:
    return np.dtype(getattr(ml_dtypes, name, None) or name)


def elementwise(values: list[str], *columns: np.ndarray, out: str) -> list[tuple[str, Any, Any]]:
    """Expressions of A_, B_, ..., each for every row of the columns: (it, by TVM, by the interpreter)."""
    n = len(columns[0])
    names = "ABC"[: len(columns)]
    params = [
        f'{name}: T.Buffer(({n},), "{column.dtype.name}")'
        for name, column in zip(names, columns, strict=True)
    ]
    params.append(f'O: T.Buffer(({len(values)}, {n}), "{out}")')
    lines = [f"    O[{row}, i] = {value}" for row, value in enumerate(values)]
    body = re.sub(r"\b([ABC])_", r"\1[i]", "\n".join([f"for i in range({n}):", *lines]))
    kernel = Kernel(", ".join(params), body)
    ((by_tvm, ours),) = on_both(kernel, *columns, np.zeros((len(values), n), dtype_of(out)))
    return [*zip(values, by_tvm, ours, strict=True)]


def differing(found: list[tuple[str, Any, Any]]) -> list[str]:
    """The expressions whose values are not the same numbers."""
    return [
        value
        for value, by_tvm, ours in found
        if not np.array_equal(by_tvm.astype(np.float64), ours.astype(np.float64), equal_nan=True)
    ]


def floats(dtype: str) -> np.ndarray:
    """Numbers of several sizes, halves and whole ones, zeros, infinities and NaN."""
    rng = np.random.default_rng(5)
    drawn = [rng.standard_normal(200) * scale for scale in (1e-3, 1, 20)]
    edges = [0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e4, np.inf, -np.inf, np.nan]
    return np.concatenate([*drawn, edges]).astype(dtype_of(dtype))


# Units in the last place between TVM's code and a result that is rounded once; libm's functions are within one of
# float32, and TVM computes rsqrt as 1 / sqrt and sigmoid as 1 / (1 + exp(-x)).
ULPS = {
    **dict.fromkeys(["abs", "floor", "ceil", "trunc", "round", "nearbyint", "sqrt"], 0),
    **dict.fromkeys(["exp", "exp2", "log", "log2", "log10", "log1p", "rsqrt", "sin", "cos"], 1),
    **dict.fromkeys(["sinh", "cosh", "asin", "acos", "atan", "asinh", "acosh", "erf"], 1),
    **dict.fromkeys(["tan", "sigmoid"], 2),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_of_one_float(dtype):
    found = elementwise([f"T.{name}(A_)" for name in ULPS], floats(dtype), out=dtype)
    apart = {name: ulps(*pair, dtype).max() for name, (_, *pair) in zip(ULPS, found, strict=True)}
    assert {name: most for name, most in apart.items() if most > ULPS[name]} == {}


@pytest.mark.parametrize(
    ("name", "dtype", "error"),
    [
        # (exp(2x) - 1) / (exp(2x) + 1), and 0.5 * log((1 + x) / (1 - x)): what cancels is lost near 0.
        ("tanh", "float32", lambda x, unit: 4 * unit),
        ("tanh", "float64", lambda x, unit: 4 * unit),
        ("atanh", "float32", lambda x, unit: 4 * unit),
        ("atanh", "float64", lambda x, unit: 4 * unit),
        # exp(x * log(10)), with ten digits of the logarithm: the exponent's error is the result's.
        ("exp10", "float32", lambda x, unit: (4 + 4 * np.abs(x)) * unit * 10.0**x),
        ("exp10", "float64", lambda x, unit: (4 * unit + 1e-10 * np.abs(x)) * 10.0**x),
    ],
)
def test_functions_that_tvm_computes_by_a_formula_that_loses_digits(name, dtype, error):
    x = floats(dtype)
    x = x[np.abs(x) < (1 if name == "atanh" else 30)]
    ((_, by_tvm, ours),) = elementwise([f"T.{name}(A_)"], x, out=dtype)
    wide = x.astype(np.float64)
    allowed = error(wide, np.finfo(dtype).eps)
    assert (np.abs(by_tvm.astype(np.float64) - ours.astype(np.float64)) <= allowed).all()


def test_classes_of_floats():
    values = ["T.isnan(A_)", "T.isinf(A_)", "T.isfinite(A_)"]
    assert differing(elementwise(values, floats("float32"), out="bool")) == []


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_of_two_floats(dtype):
    a = floats(dtype)
    b = np.random.default_rng(1).permutation(a)
    exact = [*(f"A_ {sign} B_" for sign in "+-*/"), "T.copysign(A_, B_)"]
    assert differing(elementwise(exact, a, b, out=dtype)) == []
    for _, by_tvm, ours in elementwise(
        ["T.pow(A_, B_)", "T.hypot(A_, B_)", "T.atan2(A_, B_)"], a, b, out=dtype
    ):
        assert ulps(by_tvm, ours, dtype).max() <= 1


def test_of_two_floats_one_that_is_nan_gives_the_other_where_tvms_cpu_code_takes_the_second():
    """A tile program's min and max are those of TileLang's own code, fminf and fmaxf."""
    a = np.array([np.nan, 1, np.nan, 2, 3], "float32")
    b = np.array([1, np.nan, np.nan, 3, 2], "float32")
    found = elementwise(["T.min(A_, B_)", "T.max(A_, B_)"], a, b, out="float32")
    for known, (_, by_tvm, ours) in zip((np.fmin, np.fmax), found, strict=True):
        assert np.array_equal(ours, known(a, b), equal_nan=True)
        assert np.array_equal(by_tvm[[0, 3, 4]], ours[[0, 3, 4]])
        assert np.isnan(by_tvm[1])


INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64"]


def integers(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of edges of a dtype, and of small numbers."""
    info = np.iinfo(dtype)
    edges = {info.min, info.min + 1, info.max - 1, info.max, -7, -1, 0, 1, 2, 7, 100}
    inside = [each for each in sorted(edges) if info.min <= each <= info.max]
    pairs = np.array([*itertools.product(inside, inside)], dtype=object)
    return pairs[:, 0].astype(dtype), pairs[:, 1].astype(dtype)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_wrap(dtype):
    values = [f"A_ {sign} B_" for sign in "+-*&|^"]
    assert differing(elementwise(values, *integers(dtype), out=dtype)) == []


@pytest.mark.parametrize("dtype", INTEGERS)
def test_divisions_of_negatives(dtype):
    a, b = integers(dtype)
    # By 0, and of the least integer by -1, there is no result.
    defined = (b != 0) & ~((a == np.iinfo(dtype).min) & (b.astype(object) == -1))
    names = ["truncdiv", "truncmod", "floordiv", "floormod", "min", "max"]
    values = [f"T.{name}(A_, B_)" for name in names]
    assert differing(elementwise(values, a[defined], b[defined], out=dtype)) == []


@pytest.mark.parametrize("dtype", INTEGERS)
def test_shifts(dtype):
    a, b = integers(dtype)
    inside = (b >= 0) & (b < np.iinfo(dtype).bits)
    values = ["T.shift_left(A_, B_)", "T.shift_right(A_, B_)"]
    assert differing(elementwise(values, a[inside], b[inside], out=dtype)) == []


@pytest.mark.parametrize("dtype", ["int8", "uint32", "float32", "float64"])
def test_comparisons(dtype):
    if dtype.startswith("float"):
        columns = floats(dtype), np.random.default_rng(2).permutation(floats(dtype))
    else:
        columns = integers(dtype)
    signs = ["==", "<", "<=", ">", ">="]
    assert differing(elementwise([f"A_ {sign} B_" for sign in signs], *columns, out="bool")) == []
    ((_, by_tvm, ours),) = elementwise(["A_ != B_"], *columns, out="bool")
    # A NaN is unequal to all, as IEEE, C and CUDA have it; TVM's LLVM compares 'ordered and unequal'.
    numbers = ~np.isnan(columns[0].astype(float)) & ~np.isnan(columns[1].astype(float))
    assert np.array_equal(by_tvm[numbers], ours[numbers])
    assert ours[~numbers].all()


CASTS = [
    *itertools.permutations(["int8", "uint8", "int16", "int32", "uint32", "int64", "bool"], 2),
    *itertools.product(["int8", "uint8", "int32", "int64", "bool"], ["float32", "float64"]),
    *itertools.product(["float32", "float64"], ["int8", "int32", "int64", "bool"]),
    *itertools.permutations(["float16", "float32", "float64"], 2),
    *[("float32", "bfloat16"), ("bfloat16", "float32"), ("bfloat16", "int32")],
]


@pytest.mark.parametrize(("source", "target"), CASTS)
def test_casts(source, target):
    if source == "bool":
        x = np.array([False, True])
    elif dtype_of(source).kind in "iu":
        x = integers(source)[0]
    else:
        x = floats(source)
        # What an integer can't hold has no value that LLVM defines.
        if target != "bool" and dtype_of(target).kind in "iu":
            least = 0 if target.startswith("u") else -100
            x = x[np.isfinite(x.astype(np.float32)) & (x >= least) & (x <= 100)]
        if (
            target == "bfloat16"
        ):  # TVM's own rounding adds to the bits, which of a NaN makes another
            x = x[~np.isnan(x)]
    assert differing(elementwise([f'T.cast(A_, "{target}")'], x, out=target)) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            "for i in range(8):\n    O[i] = T.if_then_else(i < 7, A[i + 1], 0)",
            "the branch that is not taken is not evaluated",
        ),
        (
            "n = T.alloc_buffer((1,), 'int32', scope='local')\n"
            "n[0] = 0\n"
            "while n[0] < A[0] and n[0] < 8:\n    O[n[0]] = n[0] * 2\n    n[0] = n[0] + 1",
            "a while ends by what its body stores",
        ),
        (
            "for i in range(8):\n    O[i] = 0\n"
            "for i in range(8):\n    for k in range(i, 8):\n        O[k] = O[k] + A[i] * (k - i)",
            "a loop's bounds come from the one around it",
        ),
        (
            "for i in range(8):\n    O[i] = A[i]\n"
            "for i in range(1, 8):\n    O[i] = O[i] + O[i - 1]",
            "an iteration reads what the one before stored",
        ),
        (
            "for i in range(8):\n    x: T.int32 = A[i] - 3\n    y: T.int32 = x * x\n"
            "    if y > 9 or x == 0:\n        O[i] = y\n    else:\n        O[i] = x",
            "lets and conditions",
        ),
        (
            "for i in range(8):\n    O[7 - i] = A[T.floormod(A[i], 8)]",
            "a gather, and a store from the end",
        ),
    ],
)
def test_statements(body, why):
    params = 'A: T.Buffer((8,), "int32"), O: T.Buffer((8,), "int32")'
    a = np.array([5, -3, 8, 0, 3, 7, -11, 2], "int32")
    ((by_tvm, ours),) = on_both(Kernel(params, body), a, np.full(8, -1, "int32"))
    assert np.array_equal(by_tvm, ours), why


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(kernels())
def test_kernels_at_random(kernel):
    rng = np.random.default_rng(3)
    given_to_it = [
        rng.uniform(-64, 64, (BLOCKS, N)).astype("float32"),
        rng.uniform(-8, 8, N).astype("float32"),
        rng.integers(-INPUT, INPUT, (BLOCKS, N)).astype("int32"),
        rng.integers(-INPUT, INPUT, N).astype("int32"),
    ]
    outputs = [np.zeros((BLOCKS, N), "float32"), np.zeros((BLOCKS, N), "int32")]
    for by_tvm, ours in on_both(kernel, *given_to_it, *outputs):
        assert np.array_equal(by_tvm, ours, equal_nan=True)


def test_the_generated_kernels_are_what_is_compared():
    """Loops, conditions, scratch, gathers, narrow floats and lets do occur."""
    drawn = settings(phases=[Phase.generate], max_examples=300, database=None, deadline=None)
    for word in ("for v", "if ", "sums[", "T.floormod(", "T.Select(", "float16", ": T.int32"):
        assert word in find(kernels(), lambda k, word=word: word in k.body, settings=drawn).body
    assert PARAMS.count("T.Buffer") == 6
