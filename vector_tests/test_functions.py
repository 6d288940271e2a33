"""Each function of the vector unit against numpy, on all bfloat16 numbers and 2^16 of float32."""

from __future__ import annotations

import pytest
from vector_errors import FORMATS, Array, errors, inputs, statements
from vector_functions import BOUNDS, FUNCTIONS

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


def test_one_result_that_is_an_ulp_off_is_noticed(results) -> None:
    for form in FORMATS:
        arrays, bits = results["neg", form]
        wrong = bits.copy()
        wrong[300] ^= 1  # of a normal number, by how inputs are made
        assert errors("neg", form, arrays, wrong).ulps == 1.0
