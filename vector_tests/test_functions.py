"""Each function of the vector unit against numpy, on all bfloat16 numbers and 2^16 of float32, and
what the bound of a result has of GELU, which is followed further than the others."""

from __future__ import annotations

import numpy as np
import pytest
from vector_errors import FORMATS, Array, errors, inputs, statements, values
from vector_functions import BOUNDS, FUNCTIONS

from tilelang.tt.enclosure import vector
from tilelang.tt.enclosure.interval import Interval

JOB = "vector_jobs:apply"


@pytest.fixture(scope="module")
def arch(tt_device) -> str:
    return "blackhole" if tt_device.spec.arch == "blackhole" else "wormhole"


@pytest.fixture(scope="module")
def results(tt_device, arch) -> dict[tuple[str, str], tuple[list[Array], Array]]:
    """Inputs and results of each function in each format; functions of as many inputs are in one
    kernel, since compiling takes the time."""
    found = {}
    for form in FORMATS:
        for count in (1, 2, 3):
            names = [name for name in FUNCTIONS if FUNCTIONS[name].inputs == count]
            given = [inputs(name, form, arch) for name in names]
            functions = [statements(name, form) for name in names]
            exact = form == "float32" and arch == "blackhole"
            out = tt_device.call(JOB, functions, given, exact, timeout=900)
            found |= {
                (name, form): (arrays, bits)
                for name, arrays, bits in zip(names, given, out, strict=True)
            }
    return found


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_within_its_bound(name: str, form: str, results, arch) -> None:
    arrays, bits = results[name, form]
    column = 2 * list(FORMATS).index(form) + (arch == "blackhole")
    bound = BOUNDS.get(name, (0.0,) * 4)[column]
    found = errors(name, form, arrays, bits)
    assert found.ulps <= bound, f"{found.ulps} ulps at {found.at}"
    assert found.special == []


@pytest.mark.parametrize(
    ("name", "form", "bound"),
    [
        ("gelu", "float32", vector.gelu),
        ("gelu_bfloat16", "float32", vector.gelu_bfloat16),
        ("gelu_bfloat16", "bfloat16", vector.gelu_bfloat16),
    ],
)
def test_what_gelu_gives_is_within_the_bound_of_a_result(name, form, bound, results) -> None:
    """Which follows it from one of its formulas to the next, where the table has one figure."""
    (given,), bits = results[name, form]
    x = values(given)
    finite = np.isfinite(x)
    x, found = x[finite], values(bits)[finite]
    with np.errstate(over="ignore"):
        made = bound(Interval.of(x))
    outside = ~((made.low <= found) & (found <= made.high))
    assert not outside.any(), (x[outside][:4], found[outside][:4])
    if name == "gelu_bfloat16":  # the bound is mostly one number, and else two
        known = (x > -1) & (x < 2.0**127) & np.isfinite(found) & (np.abs(found) > 2.0**-120)
        apart = (made.high[known] - made.low[known]) / np.abs(found[known])
        assert apart.max() <= 2.0**-7
        assert (apart > 0).mean() < 0.1


def test_one_result_that_is_an_ulp_off_is_noticed(results) -> None:
    for form in FORMATS:
        arrays, bits = results["neg", form]
        wrong = bits.copy()
        wrong[300] ^= 1  # of a normal number, by how inputs are made
        assert errors("neg", form, arrays, wrong).ulps == 1.0
