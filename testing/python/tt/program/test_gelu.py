"""GELU is recognised by what its formula says, however it is written, and nothing else is."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest

from tilelang.tt.enclosure import vector
from tilelang.tt.enclosure.interval import Interval
from tilelang.tt.program import Cast, Const, Expr, Load, Op, Var
from tilelang.tt.program.formulas import gelu_of

X, Y, BOUND = Load(0, (Var(0), Var(1))), Load(1, (Var(0), Var(1))), Var(9)


def c(value: float) -> Const:
    return Const(value, "float32")


def mul(a: Expr, b: Expr) -> Op:
    return Op("mul", (a, b))


def add(a: Expr, b: Expr) -> Op:
    return Op("add", (a, b))


def div(a: Expr, b: Expr) -> Op:
    return Op("div", (a, b))


def erf(a: Expr) -> Op:
    return Op("erf", (a,))


def number(e: Expr) -> float | None:
    return float(e.value) if isinstance(e, Const) else None


def found(e: Expr, lets: dict[int, Expr] | None = None) -> Expr | None:
    return gelu_of(e, number, lets or {})


ROOT = c(math.sqrt(0.5))
SUM = add(c(1.0), erf(mul(X, ROOT)))


@pytest.mark.parametrize(
    "e",
    [
        mul(mul(c(0.5), X), SUM),
        mul(X, mul(SUM, c(0.5))),
        mul(mul(X, SUM), c(0.5)),
        mul(c(0.5), mul(SUM, X)),
        mul(div(X, c(2.0)), add(erf(div(X, c(math.sqrt(2)))), c(1.0))),
        mul(mul(X, c(0.5)), add(c(1.0), erf(mul(c(0.70710678), X)))),
        mul(Cast("float32", mul(c(0.5), X)), Cast("float32", SUM)),
    ],
)
def test_it_is_found_in_whatever_order(e):
    assert found(e) == X


@pytest.mark.parametrize(("other", "is_one"), [(21, True), (22, False)])
def test_two_names_of_a_constant_are_one_number_to_it(other, is_one):
    """The generator has a variable for each place where a constant stands."""
    values = {20: 1.0, 21: 1.0, 22: 1.5}
    x, again = (add(Cast("float32", X), Var(i)) for i in (20, other))
    e = mul(mul(c(0.5), x), add(c(1.0), erf(mul(again, ROOT))))
    made = gelu_of(e, lambda e: values.get(e.id) if isinstance(e, Var) else number(e), {})
    assert (made in (x, again)) == is_one


def test_it_is_found_through_what_was_bound():
    bound = {9: Cast("float32", X)}
    assert found(mul(mul(c(0.5), BOUND), add(c(1.0), erf(mul(BOUND, ROOT)))), bound) == X


@pytest.mark.parametrize(
    "e",
    [
        mul(mul(c(0.6), X), SUM),
        mul(mul(c(0.5), Y), SUM),
        mul(X, SUM),
        mul(mul(c(0.5), X), add(c(1.001), erf(mul(X, ROOT)))),
        mul(mul(c(0.5), X), add(c(1.0), erf(mul(X, c(0.7))))),
        mul(mul(c(0.5), X), add(c(1.0), erf(X))),
        mul(mul(c(0.5), X), Op("sub", (c(1.0), erf(mul(X, ROOT))))),
        mul(mul(c(0.5), X), add(c(1.0), Op("tanh", (mul(X, ROOT),)))),
        mul(mul(mul(c(0.5), X), X), SUM),
        mul(div(c(0.5), X), SUM),
        mul(mul(c(0.5), X), div(SUM, Y)),
    ],
)
def test_what_differs_in_anything_is_none(e):
    assert found(e) is None


@pytest.mark.parametrize("leaf", [X, c(0.5), BOUND])
def test_a_product_that_shares_its_nodes_is_gone_through_no_further_than_the_formula_is_long(leaf):
    e = leaf
    for _ in range(60):  # 2^60 factors
        e = mul(e, e)
    assert found(e, {9: e}) is None
    assert found(mul(mul(c(0.5), X), add(c(1.0), erf(mul(e, ROOT))))) is None


def gelu_from(low, width):
    """Numbers side by side, and exact GELU of each."""
    xs = np.linspace(low, low + width, 20_001)
    return xs, np.array([x * 0.5 * math.erfc(-x * math.sqrt(0.5)) for x in xs])


@pytest.mark.parametrize("low", [-50.0, -6.0, -3.0, -1.0, -0.8, 0.0, 2.0])
@pytest.mark.parametrize("width", [0.0, 0.1, 1.0, 7.0])
def test_an_interval_has_all_that_rounded_gelu_makes_of_it_and_little_more(low, width):
    """The function that rounds is x itself from 2.78125 on, and off by up to 2.4e-5 of x below."""
    made = vector.gelu_bfloat16(Interval(np.array([low]), np.array([low + width])))
    xs, exact = gelu_from(low, width)
    exact = np.where(xs < 2.78125, exact, xs)
    nearest = exact.astype(ml_dtypes.bfloat16).astype(np.float64)
    assert made.low[0] <= nearest.min()
    assert nearest.max() <= made.high[0]
    assert made.high[0] - exact.max() <= 2.0**-8 * abs(exact.max()) + 7e-5
    assert exact.min() - made.low[0] <= 2.0**-8 * abs(exact.min()) + 7e-5


@pytest.mark.parametrize("low", [-50.0, -6.0, -3.0, -1.0, -0.8, 0.0, 2.0])
@pytest.mark.parametrize("width", [0.0, 0.1, 1.0, 7.0])
def test_an_interval_has_all_that_gelu_makes_of_it_and_little_more(low, width):
    made = vector.gelu(Interval(np.array([low]), np.array([low + width])))
    _, exact = gelu_from(low, width)
    assert made.low[0] <= exact.min()
    assert exact.max() <= made.high[0]
    assert made.high[0] - exact.max() <= 1.3e-6 + 8e-7 * abs(exact.max())
    assert exact.min() - made.low[0] <= 1.3e-6 + 8e-7 * abs(exact.min())
