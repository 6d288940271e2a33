"""The examples are planned by TileLang's lane, and give numpy's numbers on devices.

What the lanes hand to each other are plans: TileLang's makes them, the one with ttnn runs them.
"""

from __future__ import annotations

import importlib.util
import math

import ml_dtypes
import numpy as np
import pytest

import tilelang.tt as tt
from tilelang.tt.codegen.generate import generate_all

#: Relative to the largest value: what a bfloat16 output and the matrix unit's 11 bits leave.
BOUND = 2.0**-7


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x * math.sqrt(0.5)))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attention(q, k, v):
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    below = np.tril(np.ones(scores.shape[-2:], bool))
    return softmax(np.where(below, scores, -np.inf)) @ v


#: Each example: its arguments (odd ones), a tiny size, and the formula in float64.
EXAMPLES = {
    "gemm_bias_gelu": (
        {"M": 100, "N": 96, "K": 70},
        {"M": 32, "N": 32, "K": 32, "block_M": 32, "block_N": 32},
        lambda a, b, bias: gelu(a @ b + bias),
    ),
    "softmax": ({"M": 50, "N": 100}, {"M": 32, "N": 32}, softmax),
    "rms_norm": (
        {"M": 50, "N": 96},
        {"M": 32, "N": 32},
        lambda x, w: x / np.sqrt((x * x).mean(1, keepdims=True) + 1e-5) * w,
    ),
    "flash_attention": (
        {"batch": 1, "heads": 2, "length": 192},
        {"heads": 1, "length": 32, "dim": 32, "block_M": 32, "block_N": 32},
        attention,
    ),
}
SIZES = ("odd", "tiny")


def arrays(program):
    numbers = np.random.default_rng(7)
    inputs = [each for each in program.parameters()][:-1]
    return [numbers.standard_normal(each.shape).astype(ml_dtypes.bfloat16) for each in inputs]


def error(found, given, formula):
    wanted = formula(*(each.astype(np.float64) for each in given))
    return np.abs(found.astype(np.float64) - wanted).max() / np.abs(wanted).max()


@pytest.mark.needs("tilelang")
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_planned_and_its_kernels_are_made(name, root, request):
    spec = importlib.util.spec_from_file_location(name, root / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    *sizes, formula = EXAMPLES[name]
    for size, arguments in zip(SIZES, sizes, strict=True):
        func = getattr(module, name)(**arguments)
        for preset in ("n150", "p150a"):
            plan = tt.Plan.from_module(tt.infer_metadata(func, preset))
            program, schedules = plan.program(name), plan.schedules(name)
            made = generate_all(program, schedules, plan.device, name)
            assert sum(len(each.cores) for each in made) >= 1
        given = arrays(program)
        assert error(tt.reference(program)(*given), given, formula) <= BOUND
        folder = _exchange()
        if folder is not None:
            plan.save(folder / f"example_{name}_{size}.json")


def _exchange():
    import os
    from pathlib import Path

    folder = os.environ.get("TILELANG_TT_EXCHANGE")
    return Path(folder) if folder else None


@pytest.fixture(scope="module", params=["wormhole_b0", "blackhole"])
def ttsim(request):
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("ttsim", request.param) as session:
        yield session


def run_example(session, exchange, name, size):
    path = exchange / f"example_{name}_{size}.json"
    assert path.exists(), "the lane with tilelang runs first, and writes it"
    program = tt.Plan.load(path).program(name)
    given = arrays(program)
    assert error(tt.run(program, *given, device=session), given, EXAMPLES[name][2]) <= BOUND


@pytest.mark.needs("ttnn")
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_gives_numpys_numbers(ttsim, exchange, name):
    run_example(ttsim, exchange, name, "odd")


@pytest.mark.long
@pytest.mark.needs("wolfpine")
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_tiny_example_gives_them_on_wolfpine_too(exchange, name):
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("wolfpine") as session:
        run_example(session, exchange, name, "tiny")
