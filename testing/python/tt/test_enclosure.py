"""The bound of a result: what formats, sums and functions make of intervals, without a device."""

from __future__ import annotations

import json

import pytest

np = pytest.importorskip("numpy")
ml_dtypes = pytest.importorskip("ml_dtypes")

from tilelang.tt.enclosure import compare, matrix, narrow, vector  # noqa: E402
from tilelang.tt.enclosure.interval import Interval, cut, rounded  # noqa: E402
from tilelang.tt.enclosure.matrix import LANES, multiply, total  # noqa: E402

NUMBERS = np.random.default_rng(7)


def spread(*shape):
    """Numbers of many sizes and both signs, as float32 has them."""
    values = NUMBERS.standard_normal(shape) * 2.0 ** NUMBERS.integers(-14, 6, shape)
    return values.astype(np.float32).astype(np.float64)


# Formats.


@pytest.mark.parametrize(
    ("format_", "dtype"), [("bfloat16", ml_dtypes.bfloat16), ("float16", np.float16)]
)
def test_an_exact_number_is_rounded_to_one_number(format_, dtype):
    values = spread(4096)
    found = rounded(Interval.of(values), format_)
    assert (np.abs(values) < 2.0**-14).any()  # float16 has them, not normal
    wanted = values.astype(np.float32).astype(dtype).astype(np.float64)
    assert np.array_equal(found.low, wanted)
    assert np.array_equal(found.high, wanted)


def test_which_way_a_number_goes_that_is_halfway_is_left_open():
    found = rounded(Interval.of([1 + 2.0**-8, -1 - 3 * 2.0**-8]), "bfloat16")
    assert found.low.tolist() == [1.0, -1 - 2 * 2.0**-7]
    assert found.high.tolist() == [1 + 2.0**-7, -1 - 2.0**-7]


def test_an_interval_within_the_reach_of_one_number_becomes_that_number():
    found = rounded(Interval(np.array([1.001, 1.0038]), np.array([1.003, 1.0041])), "bfloat16")
    assert (found.high - found.low).tolist() == [0.0, 2.0**-7]


def test_what_is_read_from_l1_loses_bits_toward_zero():
    one = 1 + 2.0**-10 - 2.0**-20
    found = cut(Interval.of([one, -one, 0.0, np.inf]), 10)
    assert found.low.tolist() == found.high.tolist() == [1.0, -1.0, 0.0, np.inf]


def test_what_is_not_normal_may_be_zero():
    found = cut(Interval.of([2.0**-130, -(2.0**-130)]), 10)
    assert found.low.tolist() == [0.0, -(2.0**-130)]
    assert found.high.tolist() == [2.0**-130, 0.0]


# The matrix engine, as the instruction set's documentation has it, one product at a time.


def _parts(x, bits):
    """A significand's parts (with the leading one, bits behind the point) and its power of two."""
    exponent = np.floor(np.log2(np.abs(x)))
    whole = int(abs(x) * 2.0 ** (10 - exponent))
    if bits == 5:  # SrcA: 5 bits and 5 more, of which the last of ten is left out
        return [((whole >> 6) * 2.0**-4, 0), ((whole >> 1 & 31) * 2.0**-4, -5)], exponent
    return [((whole >> 4) * 2.0**-6, 0), ((whole & 15) * 2.0**-3, -7)], exponent


def _of_eight(a, b, one, other):
    """The sum of eight products of one part of each factor, and the largest's power of two."""
    products = []
    for x, y in zip(a, b, strict=True):
        if x * y:
            left, p = _parts(x, 7)
            right, q = _parts(y, 5)
            shift = left[one][1] + right[other][1] + p + q
            products.append((np.sign(x * y), left[one][0] * right[other][0], shift))
    if not products:
        return 0.0, -np.inf
    top = max(shift for _, _, shift in products)
    unit = 2.0 ** (top - 10)
    return sum(s * np.floor(v * 2.0**shift / unit + 0.5) * unit for s, v, shift in products), top


def engine(a, b):
    """The sum of products of one row and one column, in float64 where the engine has float32."""
    return sum(
        _of_eight(a[first:][:LANES], b[first:][:LANES], one, other)[0]
        for first in range(0, len(a), LANES)
        for one in range(2)
        for other in range(2)
    )


def engine_of_16_bits(total, a, b):
    """The same of whole tiles, added to ``total`` in a DST of 16 bits: two sums of eight and DST
    get as many bits as the largest of them has behind 2^-10, and what they add up to is rounded."""
    for tile in range(0, len(a), 32):
        for one in range(2):
            for other in range(2):
                for first in (tile, tile + 16):
                    eights = (slice(first, first + 8), slice(first + 8, first + 16))
                    sums = [_of_eight(a[at], b[at], one, other) for at in eights]
                    sums.append((total, np.floor(np.log2(abs(total))) if total else -np.inf))
                    top = max(power for _, power in sums)
                    if top == -np.inf:
                        continue
                    unit = 2.0 ** (top - 10)
                    total = sum(np.floor(each / unit + 0.5) * unit for each, _ in sums)
                    if total:
                        unit = 2.0 ** (np.floor(np.log2(abs(total))) - 7)
                        total = np.sign(total) * np.floor(abs(total) / unit + 0.5) * unit
    return total


@pytest.mark.parametrize("kind", ["spread", "bfloat16", "positive", "one size"])
def test_a_product_is_within_its_bound(kind):
    """At worst, and for random numbers by what is left of independent roundings; neither is so wide
    that it shows nothing."""
    a, b = (spread(3, 64) for _ in range(2))
    if kind != "spread":
        a, b = (NUMBERS.standard_normal((3, 64)) for _ in range(2))
    if kind == "positive":
        a, b = np.abs(a) + 0.5, np.abs(b) + 0.5
    if kind == "one size":
        a, b = a * 0 + 1.875, b * 0 + 1.75
    a, b = (x.astype(ml_dtypes.bfloat16).astype(np.float64) for x in (a, b))
    made = multiply(Interval.of(a), Interval.of(b.T))
    wanted = np.array([[engine(x, y) for y in b] for x in a])
    error = np.abs(wanted - a @ b.T)
    for independent in (False, True):
        found = made.interval(independent)
        assert (found.low <= wanted).all()
        assert (wanted <= found.high).all()
        if kind in ("bfloat16", "positive"):
            assert error.max() >= found.radius.max() / 10
    if kind == "one size":
        assert made.most.max() == 0


@pytest.mark.parametrize("kind", ["spread", "bfloat16", "positive", "small", "unsure"])
def test_a_sum_of_16_bits_is_within_its_bound(kind):
    """Which is narrow beside what is lost: of a large sum, whole products."""
    a, b = (spread(5, 96) for _ in range(2))
    if kind != "spread":
        a, b = (NUMBERS.standard_normal((5, 96)) for _ in range(2))
    if kind == "positive":
        a, b = np.abs(a) + 0.5, np.abs(b) + 0.5
    if kind == "small":
        a, b = (0.25 + np.abs(np.tanh(x)) / 4 for x in (a, b))
    a, b = (x.astype(ml_dtypes.bfloat16).astype(np.float64) for x in (a, b))
    old = np.full((5, 5), 4096.0 if kind == "small" else 0.0)
    left, right = Interval.of(a), Interval.of(b.T)
    if kind == "unsure":
        left = Interval(np.minimum(a, a * (1 + 2.0**-7)), np.maximum(a, a * (1 + 2.0**-7)))
    found = narrow.multiply(Interval.of(old), left, right)
    wanted = np.array(
        [[engine_of_16_bits(o, x, y) for o, y in zip(olds, b, strict=True)]
         for olds, x in zip(old, a, strict=True)]
    )  # fmt: skip
    assert (found.low <= wanted).all()
    assert (wanted <= found.high).all()
    error = np.abs(wanted - (old + a @ b.T))
    if kind in ("bfloat16", "positive"):
        assert error.max() >= found.radius.max() / 4
    if kind == "small":  # the sum's last place is 32, and what each instruction adds is lost
        assert error.min() > 8
        assert found.radius.max() == 0


@pytest.mark.parametrize("off", [1e-2, 1e-3, 1e-4])
def test_a_sum_of_16_bits_of_a_factor_that_is_not_known_holds_that_of_any_value(off):
    """Also where the upper part of the value is another than that of the middle."""
    numbers = np.random.default_rng(0)
    a, b = numbers.standard_normal((32, 64)), Interval.of(numbers.standard_normal((64, 32)))
    old = Interval.of(np.zeros((32, 32)))
    whole = narrow.multiply(old, Interval(a - off * np.abs(a), a + off * np.abs(a)), b)
    for share in (-1, -0.5, 0, 0.5, 1):
        one = narrow.multiply(old, Interval.of(a + share * off * np.abs(a)), b)
        assert (whole.low <= one.low).all()
        assert (one.high <= whole.high).all()


def test_a_sum_of_16_bits_to_which_nothing_is_added_stays():
    nothing = narrow.multiply(
        Interval.of([[1.0]]), Interval.of(np.zeros((1, 40))), Interval.of(np.ones((40, 1)))
    )
    assert nothing.low.tolist() == nothing.high.tolist() == [[1.0]]


def test_a_product_of_float32_takes_fewer_bits_of_its_second_operand():
    one, more = 1 + 2.0**-10, 1 + 2.0**-9
    for x, y, product in ((one, 1.0, one), (1.0, one, 1.0), (1.0, more, more)):
        assert multiply(Interval.of([[x]]), Interval.of([[y]])).value.low == [[product]]


def test_a_sum_of_numbers_of_like_sizes_is_not_rounded():
    like = total(Interval.of(np.array([[1.0], [1.5], [1.25], [9.0]])))
    assert like.most.max() == 0
    unlike = total(Interval.of(np.array([[1.0], [1.0078125], [1000.0], [0.0]])))
    assert unlike.most.max() > 0


def test_what_is_added_to_infinity_leaves_it():
    old = matrix.begin(Interval.of([[-np.inf, 1.0]]))
    found = old.added(multiply(Interval.of([[2.0]]), Interval.of([[3.0, 3.0]]))).interval(False)
    assert found.low[0, 0] == found.high[0, 0] == -np.inf
    assert found.low[0, 1] <= 7 <= found.high[0, 1]


# The vector unit.

OPERATIONS = {
    "add": (vector.add, np.add),
    "sub": (vector.sub, np.subtract),
    "mul": (vector.mul, np.multiply),
    "div": (vector.div, np.divide),
    "min": (vector.least, np.minimum),
    "max": (vector.greatest, np.maximum),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_on_intervals_has_all_that_it_gives_on_their_numbers(name):
    ours, exact = OPERATIONS[name]
    ends = [np.sort(spread(512, 2), axis=1) for _ in range(2)]
    a, b = (Interval(x[:, 0], x[:, 1]) for x in ends)
    found = ours(a, b)
    for _ in range(20):
        x, y = (i.low + (i.high - i.low) * NUMBERS.random(512) for i in (a, b))
        value = exact(x, y).astype(np.float32).astype(np.float64)
        assert ((found.low <= value) & (value <= found.high)).all()


def test_a_divisor_that_may_be_zero_leaves_no_bound():
    found = vector.div(Interval.of([1.0]), Interval(np.array([-1.0]), np.array([1.0])))
    assert (found.low[0], found.high[0]) == (-np.inf, np.inf)


@pytest.mark.parametrize(
    ("name", "sure", "open_"),
    [("lt", 1, True), ("le", 1, True), ("gt", 0, True), ("ge", 0, True), ("eq", 0, True),
     ("ne", 1, True)],
)  # fmt: skip
def test_a_comparison_of_what_overlaps_is_both(name, sure, open_):
    a = Interval(np.array([0.0, 0.0]), np.array([1.0, 1.0]))
    b = Interval(np.array([2.0, 0.5]), np.array([3.0, 0.5]))
    found = vector.compared(name, a, b)
    assert (found.low[0], found.high[0]) == (sure, sure)
    assert (found.low[1], found.high[1]) == (0, 1) if open_ else (sure, sure)


def test_a_select_by_what_is_not_known_has_both_ways():
    condition = Interval(np.array([0.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0]))
    found = vector.select(condition, Interval.of(5.0), Interval.of(7.0))
    assert found.low.tolist() == [5, 5, 7]
    assert found.high.tolist() == [7, 5, 7]


# Comparing.


def test_an_element_beyond_its_bound_is_wrong_and_one_without_a_bound_is_counted():
    wanted = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    bound = np.array([0.5, 0.0, np.inf, 0.25])
    right = compare(np.array([1.5, 2.0, 77.0, 4.0], np.float32), wanted, bound)
    assert (right.wrong, right.checked, right.elements) == (0, 3, 4)
    assert (right.at, right.used, right.agrees) == ((0,), 1.0, False)
    wrong = compare(np.array([1.5, 2.0000002, 3.0, 4.0], np.float32), wanted, bound)
    assert (wrong.wrong, wrong.at) == (1, (1,))
    half_more = compare(np.array([1.75, 2.0, 3.0, 4.0], np.float32), wanted, bound)
    assert (half_more.wrong, half_more.used) == (1, 1.5)
    unknown = compare(np.array([1.5, 2.0, np.inf, 4.0], np.float32), wanted, bound)
    assert (unknown.wrong, unknown.used) == (0, 1.0)
    nan = compare(np.array([1.0, 2.0, 3.0, np.nan], np.float32), wanted, bound)
    assert (nan.wrong, nan.at) == (1, (3,))


# What the command makes of it.

NOTHING, RIGHT, WRONG = (np.full(2, np.inf), 1.0), (np.full(2, 0.5), 1.25), (np.full(2, 0.5), 2.0)


@pytest.mark.parametrize(
    ("outputs", "code"),
    [
        ([RIGHT], 0),
        ([RIGHT, WRONG], 1),
        ([NOTHING], 3),
        ([RIGHT, NOTHING], 3),
        ([NOTHING, WRONG], 1),
    ],
)
def test_a_run_that_compared_nothing_has_not_agreed(outputs, code):
    from tilelang.tt.cli.running import Run

    compared = {
        f"Y{i}": compare(np.full(2, found), np.ones(2), bound)
        for i, (bound, found) in enumerate(outputs)
    }
    run = Run("kernel", "k.py: kernel", compared)
    assert run.exit_code() == code
    said = {
        0: "kernel agrees with numpy",
        1: "kernel differs from numpy: Y1",
        3: "is not checked: no",
    }
    assert said[code] in run.verdict()
    assert json.loads(json.dumps(run.to_json(), allow_nan=False))["verdict"] == run.verdict()
