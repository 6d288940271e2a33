"""Generated kernels run on simulators, and give the interpreter's numbers.

ttsim runs every kernel of the list, where TILELANG_TT_TTSIM names one; wolfpine, which is slow,
a small one of each kind.
"""

from __future__ import annotations

import kernel_list
import ml_dtypes
import numpy as np
import pytest
from tile_builder import Builder

from tilelang.tt import describe, reference
from tilelang.tt.codegen import FUSIONS, generate, launch
from tilelang.tt.program import Tensor, reads, steps_of, writes
from tilelang.tt.runtime.running import kernel_plans, run

pytestmark = pytest.mark.needs("wolfpine")

JOB = "tilelang.tt.runtime.launching:run_kernels"

#: Relative to the largest value. A copy is exact. The matrix unit rounds its sums to 11 bits or so
#: whatever it adds them up in; float32 operands lose 13 of their bits; the packer rounds to the
#: output's dtype, whose last bit is the rest.
EXACT, FLOAT32, BFLOAT16 = 0.0, 2.0**-9, 2.0**-7

#: Functions of the vector unit are right to a few steps of bfloat16, and stand one after another.
FUNCTIONS = {"bfloat16": 2.0**-6, "float32": 2.0**-8}

SCALARS = {"vector": {"s": 0.75}}

_COPIES = {name for name in kernel_list.LIST if name.startswith("copy")} | {"transpose"}


def bound_of(name: str, dtype: str) -> float:
    if name in _COPIES or name == "transpose_ragged":
        return EXACT
    return {"bfloat16": BFLOAT16}.get(dtype, FLOAT32)


def arrays_of(program, seed=0):
    """Random numbers for each tensor; the outputs hold what must not be seen afterwards."""
    numbers = np.random.default_rng(seed)
    read = {id for _, step in steps_of(program) for id in reads(step)}
    names = {program.buffers[program.storage(id)].name for id in read}
    out, written = {}, set(_outputs(program)) - names
    for tensor in program.parameters():
        if not isinstance(tensor, Tensor):
            continue
        dtype = ml_dtypes.bfloat16 if tensor.dtype == "bfloat16" else tensor.dtype
        values = numbers.standard_normal(tensor.shape)
        out[tensor.name] = (values * 0 + 77 if tensor.name in written else values).astype(dtype)
    return out


def _outputs(program):
    ids = {id for _, step in steps_of(program) for id in writes(step)}
    return [b.name for id, b in enumerate(program.buffers) if id in ids and isinstance(b, Tensor)]


def errors(session, program, scalars=None, seed=0, plan=None):
    """The largest difference of each output, relative to its largest value; also its dtype."""
    scalars = scalars or {}
    plans = (plan,) if plan else kernel_plans(program, session.spec)
    arrays = arrays_of(program, seed)
    expected = reference(program)(**arrays, **scalars)
    expected = expected if isinstance(expected, tuple) else (expected,)
    found = session.call(JOB, tuple(map(launch, plans)), arrays, scalars, timeout=300)
    out = {}
    for name, want in zip(_outputs(program), expected, strict=True):
        have = found[name]
        assert have.dtype == want.dtype
        difference = np.abs(have.astype(np.float64) - want.astype(np.float64))
        assert np.isfinite(difference).all(), f"{name}: not a number"
        out[name] = (difference.max() / np.abs(want.astype(np.float64)).max(), want.dtype.name)
    return out


@pytest.fixture(scope="module", params=["wormhole_b0", "blackhole"])
def ttsim(request):
    from tilelang.tt.runtime.devices import open_device

    with open_device("ttsim", request.param) as session:
        yield session


@pytest.fixture(scope="module")
def wolfpine():
    from tilelang.tt.runtime.devices import open_device

    with open_device("wolfpine") as session:
        yield session


@pytest.mark.parametrize("name", kernel_list.LIST)
def test_a_kernel_gives_the_interpreters_numbers(ttsim, name):
    for tensor, (error, dtype) in errors(ttsim, kernel_list.LIST[name]).items():
        assert error <= bound_of(name, dtype), tensor


@pytest.mark.parametrize("name", kernel_list.VECTOR)
def test_a_kernel_of_the_vector_unit_gives_them_too(ttsim, name):
    found = errors(ttsim, kernel_list.VECTOR[name], SCALARS.get(name))
    for tensor, (error, dtype) in found.items():
        assert error <= FUNCTIONS[dtype], tensor


def test_an_argument_is_a_number_of_each_call_and_compiles_nothing(ttsim):
    program = kernel_list.VECTOR["vector"]
    for scale in (0.75, -3.0, 0.0):
        arrays = arrays_of(program)
        (have,) = (run(program, arrays["X"], s=scale, device=ttsim),)
        want = reference(program)(arrays["X"], s=scale)
        assert np.abs(have - want).max() <= FLOAT32 * max(np.abs(want).max(), 1)


def test_operands_of_two_formats_are_brought_to_one(ttsim):
    """Some devices read both operands of the matrix unit in the format of one."""
    b = Builder()
    A, B = b.tensor("A", (64, 64), "bfloat16"), b.tensor("B", (64, 64), "float32")
    C = b.tensor("C", (64, 64), "float32")
    x, y, c = b.shared("x", (64, 64), "bfloat16"), b.shared("y", (64, 64)), b.scratch("c", (64, 64))
    with b.launch(1, "bx"):
        b.copy(A, x)
        b.copy(B, y)
        b.gemm(x, y, c, clear=True)
        b.copy(c, C)
    assert errors(ttsim, b.program())["C"][0] <= FLOAT32


@pytest.mark.parametrize("without", sorted(FUSIONS))
def test_without_a_fusion_the_numbers_are_the_same(ttsim, without):
    program = kernel_list.LIST["gemm"]
    schedule = describe.schedule_tiles(program.launches[0].grid, ttsim.spec)
    plan = generate(program, schedule, ttsim.spec, fusions=FUSIONS - {without})
    assert errors(ttsim, program, plan=plan)["C"][0] <= BFLOAT16


def test_products_whose_operands_come_in_parts_are_right(ttsim):
    """Where L1 doesn't hold whole panels, each part of the product reads its operands anew."""
    from dataclasses import replace

    program = kernel_list.LIST["gemm"]
    schedule = describe.schedule_tiles(program.launches[0].grid, ttsim.spec)
    little = replace(ttsim.spec, l1_bank_size=36864)
    plan = generate(program, schedule, little)
    assert plan.l1_bytes <= 36864
    assert plan.to_json()["products"][0]["operands"] == "in parts"
    assert errors(ttsim, program, plan=plan)["C"][0] <= BFLOAT16


@pytest.mark.parametrize(
    "name", ["copy_ragged", pytest.param("gemm_ragged", marks=pytest.mark.long)]
)
def test_wolfpine_gives_them_too(wolfpine, name):
    for tensor, (error, dtype) in errors(wolfpine, kernel_list.LIST[name]).items():
        assert error <= bound_of(name, dtype), tensor


def test_a_wrong_kernel_would_be_noticed(ttsim):
    """A bound that lets anything pass shows nothing: blocks exchanged, a turn of a loop less."""
    from dataclasses import replace

    program = kernel_list.LIST["gemm"]
    schedule = describe.schedule_tiles(program.launches[0].grid, ttsim.spec)
    plan = generate(program, schedule, ttsim.spec)
    (x0, y0, *one), (_x1, _y1, *_other), *rest = plan.cores
    exchanged = replace(plan, grid=plan.grid[::-1], arguments=_with(plan, "grid_x", 1))
    less = replace(plan, arguments=_with(plan, "ko_trips", 3))
    idle = replace(plan, cores=((x0, y0, *one), *rest))
    for wrong in (exchanged, less, idle):
        found = errors(ttsim, program, plan=wrong)
        assert found["C"][0] > bound_of("gemm", found["C"][1])


def _with(plan, name, value):
    from dataclasses import replace

    return {
        role: tuple(replace(a, value=value) if a.name == name else a for a in arguments)
        for role, arguments in plan.arguments.items()
    }


def test_a_second_size_compiles_nothing(ttsim):
    """The kernels of two sizes are one: nothing new comes into the cache of kernels."""
    from tile_kernels import gemm

    from tilelang.tt.runtime.cache import cache_folder

    assert errors(ttsim, gemm(64, 64, 64))["C"][0] <= BFLOAT16

    before = {str(p) for p in cache_folder().rglob("*.elf")}
    assert errors(ttsim, gemm(128, 128, 96))["C"][0] <= BFLOAT16
    assert {str(p) for p in cache_folder().rglob("*.elf")} == before
