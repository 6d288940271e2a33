"""Each operation on each class of dtype, against Python's own numbers."""

from __future__ import annotations

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from tile_builder import Builder, bits, cast, lift, op, select

import tilelang.tt as tt
from tilelang.tt import program as p


def numpy(dtype: str) -> np.dtype:
    return np.dtype(getattr(ml_dtypes, dtype, None) or dtype)


def evaluate(make, *columns, dtypes, kind="parallel"):
    """make(x, y, ...) for each row of the columns, which are tensors of the dtypes."""
    b = Builder()
    n = len(columns[0])
    tensors = [b.tensor(f"x{i}", (n,), dtype) for i, dtype in enumerate(dtypes)]
    with b.launch(), b.map(kind, i=n) as i:
        value = lift(make(*(t[i] for t in tensors)))
        out = b.tensor("out", (n,), value.dtype)
        b.store(out[i], value)
    arrays = [np.array([*c], numpy(d)) for c, d in zip(columns, dtypes, strict=True)]
    return tt.reference(b.program())(*arrays)


def wrapped(value: int, dtype: str) -> int:
    known = p.DTYPES[dtype]
    value %= 1 << known.bits
    return value - (1 << known.bits) if value > known.largest else value


def truncated(a, b):
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


INTEGERS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": truncated,
    "mod": lambda a, b: a - truncated(a, b) * b,
    "floordiv": lambda a, b: a // b,
    "floormod": lambda a, b: a % b,
    "min": min,
    "max": max,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "bitand": lambda a, b: a & b,
    "bitor": lambda a, b: a | b,
    "bitxor": lambda a, b: a ^ b,
    "bitnot": lambda a: ~a,
    "abs": abs,
    "shl": lambda a, b: a << b,
    "shr": lambda a, b: a >> b,
}


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8", "uint32", "uint64"])
@pytest.mark.parametrize("key", INTEGERS)
def test_integers_are_pythons_and_wrap(key, dtype):
    known = p.DTYPES[dtype]
    values = [0, 1, 2, 3, 7, 100, known.largest, known.largest - 1, known.least, known.least // 2]
    values += [-1, -2, -3, -7, -100] if known.kind == "int" else []
    pairs = [(a, b) for a in values for b in values]
    if key in ("shl", "shr"):
        pairs = [(a, b) for a in values for b in range(known.bits)]
    if key in ("div", "mod", "floordiv", "floormod"):
        pairs = [(a, b) for a, b in pairs if b]
    one = p.OPERATIONS[key].arity == 1
    make = (lambda x, y: op(key, x)) if one else (lambda x, y: op(key, x, y))
    expected = [INTEGERS[key](a) if one else INTEGERS[key](a, b) for a, b in pairs]
    found = evaluate(make, *zip(*pairs, strict=True), dtypes=(dtype, dtype))
    if p.OPERATIONS[key].result != "bool":
        expected = [wrapped(value, dtype) for value in expected]
    assert found.tolist() == expected


def guarded(function):
    """NaN where Python raises, infinities where it overflows."""

    def run(*args):
        try:
            return function(*args)
        except OverflowError:
            return math.inf
        except (ValueError, ZeroDivisionError):
            return math.nan

    return run


FLOATS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "mod": math.fmod,
    "floordiv": lambda a, b: math.floor(a / b),
    "floormod": lambda a, b: a - math.floor(a / b) * b,
    "min": min,
    "max": max,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "exp": math.exp,
    "exp2": lambda a: 2.0**a,
    "exp10": lambda a: 10.0**a,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "log1p": math.log1p,
    "sqrt": math.sqrt,
    "rsqrt": lambda a: 1 / math.sqrt(a),
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "tanh": math.tanh,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "asinh": math.asinh,
    "acosh": math.acosh,
    "atanh": lambda a: math.atanh(a) if abs(a) != 1 else math.copysign(math.inf, a),
    "sigmoid": lambda a: 1 / (1 + math.exp(-a)),
    "erf": math.erf,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "round": lambda a: math.copysign(math.floor(abs(a) + 0.5), a),
    "nearbyint": round,
    "isnan": math.isnan,
    "isinf": math.isinf,
    "isfinite": math.isfinite,
    "pow": lambda a, b: math.pow(a, b),
    "atan2": math.atan2,
    "fmod": math.fmod,
    "copysign": math.copysign,
    "hypot": math.hypot,
    "fma": lambda a, b, c: float(Fraction(a) * Fraction(b) + Fraction(c)),
}
VALUES = [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 5.0, -0.25, -0.5, -1.5, -2.5, -3.0, -7.0]


def test_the_tables_have_every_operation():
    assert {*INTEGERS, *FLOATS, "and", "or", "not", "select"} == {*p.OPERATIONS}


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "float8_e5m2"])
@pytest.mark.parametrize("key", FLOATS)
def test_floats_are_pythons_rounded_once(key, dtype):
    rows = [(a, VALUES[-i], VALUES[i // 2]) for i, a in enumerate(VALUES)]
    arity = p.OPERATIONS[key].arity
    expected = np.array([guarded(FLOATS[key])(*row[:arity]) for row in rows])
    found = evaluate(
        lambda *args: op(key, *args[:arity]), *zip(*rows, strict=True), dtypes=(dtype,) * 3
    )
    if p.OPERATIONS[key].result == "bool":
        assert found.tolist() == expected.astype(bool).tolist()
        return
    # These values are exact in every dtype here, and so is what is asked of float64.
    digits = p.DTYPES[dtype].digits
    with np.errstate(invalid="ignore"):
        error = np.abs(found.astype(np.float64) - expected)
    exact = key in [
        "add",
        "sub",
        "mul",
        "div",
        "mod",
        "min",
        "max",
        "sqrt",
        "abs",
        "floor",
        "ceil",
        "trunc",
        "round",
        "nearbyint",
    ]
    slack = 1 if exact or dtype != "float64" else 4
    finite = np.isfinite(expected) & np.isfinite(found.astype(np.float64))
    assert np.array_equal(np.isnan(found.astype(np.float64)), np.isnan(expected))
    bound = slack * 2.0**-digits * np.abs(expected) + (1e-300 if dtype == "float64" else 2.0**-17)
    assert np.all(error[finite] <= bound[finite])
    if exact and dtype != "float8_e5m2":
        want = expected.astype(np.float32).astype(numpy(dtype)) if digits < 24 else expected
        assert np.array_equal(found, want.astype(numpy(dtype)), equal_nan=True)


def test_min_and_max_pass_over_nan():
    a, b = [math.nan, 1.0, math.nan], [2.0, math.nan, math.nan]
    for dtype in ("float32", "bfloat16"):
        for key, expected in (("min", [2.0, 1.0]), ("max", [2.0, 1.0])):
            found = evaluate(lambda x, y, key=key: op(key, x, y), a, b, dtypes=(dtype, dtype))
            assert found[:2].tolist() == expected
            assert math.isnan(found[2])


def test_bfloat16_is_rounded_at_each_node():
    """1 + 2^-8 is 1 in bfloat16 (to even), so that adding it twice adds nothing."""
    found = evaluate(lambda x, y: x + y + y, [1.0], [2.0**-8], dtypes=("bfloat16", "bfloat16"))
    assert found.tolist() == [1.0]
    found = evaluate(
        lambda x, y: cast("bfloat16", cast("float32", x) + cast("float32", y) + cast("float32", y)),
        [1.0],
        [2.0**-8],
        dtypes=("bfloat16", "bfloat16"),
    )
    assert found.tolist() == [1.0 + 2.0**-7]


def nearest(value: float, dtype: str) -> float:
    """The nearest value of a float's dtype, to even, by fractions."""
    known = p.DTYPES[dtype]
    if value == 0:
        return value
    exponent = max(math.frexp(value)[1] - known.digits, known.low)
    steps = Fraction(value) / Fraction(2) ** exponent
    return float(round(steps) * Fraction(2) ** exponent)


@pytest.mark.parametrize(
    "dtype", ["bfloat16", "float16", "float8_e4m3fn", "float8_e5m2", "float32"]
)
@pytest.mark.parametrize("source", ["float64", "float32", "int32"])
def test_a_cast_rounds_once(dtype, source):
    """Values just beside the middle of two neighbours, which two roundings get wrong."""
    digits = p.DTYPES[dtype].digits
    if source == "int32":
        top = min(30, p.DTYPES[dtype].high)
        middles = [2**top + 2 ** (top - digits)] if top >= digits else []
        values = [m + d for m in middles for d in (-1, 0, 1)] + [0, 1, -3, 5]
    else:
        near = 2.0 ** -(30 if source == "float64" else 22)
        middles = [1 + 2.0**-digits, 1.5 + 2.0**-digits, -(1 + 3 * 2.0**-digits)]
        values = [m * (1 + s * near) for m in middles for s in (-1, 0, 1)] + [0.0, 1e-3, 3.3]
    given = np.array(values).astype(source)
    found = evaluate(lambda x: cast(dtype, x), given, dtypes=(source,))
    assert found.astype(np.float64).tolist() == [nearest(float(v), dtype) for v in given]


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (2.9, "float32", "int32", 2),
        (-2.9, "float32", "int32", -2),
        (-2.5, "bfloat16", "int8", -2),
        (300, "int32", "uint8", 44),
        (-1, "int8", "uint32", 2**32 - 1),
        (200, "uint8", "int8", -56),
        (0.5, "float16", "bool", True),
        (0, "int32", "bool", False),
        (True, "bool", "float32", 1.0),
        (-1, "int32", "int64", -1),
        (448.0, "float32", "float8_e4m3fn", 448.0),
    ],
)
def test_casts_are_numpys(value, source, target, expected):
    found = evaluate(lambda x: cast(target, x), [value], dtypes=(source,))
    assert found.dtype == numpy(target)
    assert found[0] == expected


def test_bits_are_kept():
    values = [1.0, -2.5, math.inf, 3e-39]
    words = np.array(values, np.float32).view(np.int32)
    found = evaluate(lambda x: bits("int32", x), values, dtypes=("float32",))
    assert found.tolist() == words.tolist()
    half = evaluate(lambda x: bits("uint16", x), [1.0, -1.0], dtypes=("bfloat16",))
    assert half.tolist() == [0x3F80, 0xBF80]


def test_a_constant_is_rounded_to_its_dtype_once():
    middle = 1 + 2.0**-8 + 2.0**-40
    b = Builder()
    out = b.tensor("out", (1,), "bfloat16")
    with b.launch(), b.map():
        b.store(out[0], middle)
    assert tt.reference(b.program())().astype(np.float64).tolist() == [nearest(middle, "bfloat16")]


@pytest.mark.parametrize("kind", ["parallel", "serial"])
def test_what_is_not_taken_is_not_evaluated(kind):
    """Loads out of bounds and divisions by 0, in an operand that does not count."""
    b = Builder()
    X, out = b.tensor("X", (8,), "int32"), b.tensor("out", (8, 4), "int32")
    s = b.shared("s", (8,), "int32")
    with b.launch():
        b.copy(X, s)
        with b.map(kind, i=8) as i:
            b.store(out[i, 0], select(i < 7, s[i + 1], -1))
            b.store(out[i, 1], cast("int32", (i > 0) & (s[i - 1] > 3)))
            b.store(out[i, 2], cast("int32", (i.eq(7)) | (s[i + 1] > 3)))
            b.store(out[i, 3], select(i > 0, op("div", s[i], i), -1))
    x = np.arange(8, dtype=np.int32)
    found = tt.reference(b.program())(x)
    assert found[:, 0].tolist() == [*range(1, 8), -1]
    assert found[:, 1].tolist() == [0, 0, 0, 0, 0, 1, 1, 1]
    assert found[:, 2].tolist() == [0, 0, 0, 1, 1, 1, 1, 1]
    assert found[:, 3].tolist() == [-1, *[1] * 7]
