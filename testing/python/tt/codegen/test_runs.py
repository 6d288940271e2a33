"""Generated kernels run on simulators, and give the interpreter's numbers.

ttsim runs every kernel of the list, where TILELANG_TT_TTSIM names one; wolfpine, which is slow,
a small one of each kind.
"""

from __future__ import annotations

import kernel_list
import pytest
from asked import asked_of
from compared import assert_right, shown
from tile_builder import Builder, cast

from tilelang.tt import describe
from tilelang.tt.codegen.fuse import FUSIONS
from tilelang.tt.codegen.generate import generate
from tilelang.tt.codegen.launch import launch
from tilelang.tt.protocol import faults
from tilelang.tt.runtime.running import kernel_plans

pytestmark = pytest.mark.needs("wolfpine")

EVERY = {**kernel_list.LIST, **kernel_list.VECTOR}


@pytest.fixture(scope="module", params=["wormhole_b0", "blackhole"])
def ttsim(request):
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("ttsim", request.param) as session:
        yield session


@pytest.fixture(scope="module")
def wolfpine():
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("wolfpine") as session:
        yield session


@pytest.mark.parametrize("name", EVERY)
def test_a_kernel_gives_the_interpreters_numbers_and_its_bound_is_no_wider_than_needed(ttsim, name):
    """Each element is within its bound. Of each output some element uses up a quarter of its own,
    unless nothing is rounded: then it is exact."""
    found = shown(ttsim, EVERY[name])
    assert_right(found)
    for output in {output for output, _ in found}:
        of_it = [each for (name, _), each in found.items() if name == output]
        if any(each.largest_bound for each in of_it):
            assert max(each.used for each in of_it) >= 0.25, output
            # A bound that is too wide in one place would pass by another that is near zero.
            assert max(each.largest_error / (each.largest_bound or 1) for each in of_it) >= 0.1


def test_an_argument_is_a_number_of_each_call_and_compiles_nothing(ttsim):
    program = kernel_list.VECTOR["vector"]
    for scale in (0.75, -3.0, 0.0):
        assert_right(shown(ttsim, program, ["mixed"], numbers={"s": scale}))


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
    assert_right(shown(ttsim, b.program()))


def anew():
    """What each turn of a loop makes anew of its own rows of X, and what is there after the last.

    A is made by a map, B is read, C reduced, D a product, E made in a loop within. F and G are made
    under a condition, F by both ways. The loop of block 0 has no turn, so their first content counts.
    """
    b, side = Builder(), (32, 32)
    X = b.tensor("X", (128, 32), "bfloat16")
    out = {name: b.tensor(name, (128, 32), "bfloat16") for name in "ABDEFG"}
    S = b.tensor("S", (128,))
    x = b.shared("x", side, "bfloat16")
    made = {name: b.scratch(name.lower(), side) for name in "ADEFG"}
    made["B"], c = b.shared("b", side, "bfloat16"), b.scratch("c", (32,))
    with b.launch(4, "bx") as bx:
        for first in (*made.values(), c):
            b.fill(first, 0.5)
        with b.loop("k", bx) as k:
            b.copy(X.at(k * 32, 0).of(*side), x)
            b.copy(X.at(k * 32 + 32, 0).of(*side), made["B"])
            b.reduce("sum", x, c, 1)
            b.gemm(x, x, made["D"], clear=True)
            scaled(b, x, made["A"], 2.0)
            with b.loop("n", k + 1) as n:
                scaled(b, x, made["E"], 6.0)
                with b.when(n > 1):
                    b.copy(X.at(n * 32, 0).of(*side), made["E"])
            with b.when(k > 0):
                scaled(b, x, made["F"], 3.0)
                scaled(b, x, made["G"], 4.0)
            with b.otherwise():
                scaled(b, x, made["F"], 5.0)
        for name, tensor in out.items():
            b.copy(made[name], tensor.at(bx * 32, 0).of(*side))
        b.copy(c, S.at(bx * 32).of(32))
    return b.program()


def scaled(b, x, y, factor):
    with b.map(i=32, j=32) as (i, j):
        b.store(y[i, j], cast("float32", x[i, j]) * factor)


def test_of_what_each_turn_makes_anew_the_last_is_left(ttsim):
    program = anew()
    (plan,) = kernel_plans(program, ttsim.spec)
    assert faults(*asked_of(plan)) == []
    assert_right(shown(ttsim, program, plan=plan))


@pytest.mark.parametrize("without", sorted(FUSIONS))
def test_without_a_fusion_the_numbers_are_the_same(ttsim, without):
    program = kernel_list.LIST["gemm"]
    schedule = describe.schedule_tiles(program.launches[0].grid, ttsim.spec)
    plan = generate(program, schedule, ttsim.spec, fusions=FUSIONS - {without})
    assert_right(shown(ttsim, program, plan=plan))


def test_products_whose_operands_come_in_parts_are_right(ttsim):
    """Where L1 doesn't hold whole panels, each part of the product reads its operands anew."""
    from dataclasses import replace

    program = kernel_list.LIST["gemm"]
    schedule = describe.schedule_tiles(program.launches[0].grid, ttsim.spec)
    little = replace(ttsim.spec, l1_bank_size=36864)
    plan = generate(program, schedule, little)
    assert plan.l1_bytes <= 36864
    assert plan.to_json()["products"][0]["operands"] == "in parts"
    assert_right(shown(ttsim, program, plan=plan))


@pytest.mark.parametrize("name", ["gemm", "gemm_large_blocks"])
def test_a_core_reads_the_operands_of_its_next_block_ahead(ttsim, name):
    from dataclasses import replace

    program = kernel_list.LIST[name]
    one = replace(ttsim.spec, grid_x=1, grid_y=1)
    schedule = describe.schedule_tiles(program.launches[0].grid, one)
    plan = generate(program, schedule, ttsim.spec)
    (whole,) = kernel_plans(program, ttsim.spec)
    assert len(plan.cores) == 1
    assert plan.buffers[0].blocks == 2 * whole.buffers[0].blocks
    assert_right(shown(ttsim, program, plan=plan))


@pytest.mark.parametrize(
    "name",
    [
        "copy_ragged",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("gemm_ragged", "gemm_16_ta")),
    ],
)
def test_wolfpine_gives_them_too(wolfpine, name):
    assert_right(shown(wolfpine, kernel_list.LIST[name], ["positive"]))


def test_a_wrong_kernel_would_be_noticed(ttsim):
    """A bound that lets anything pass shows nothing: blocks exchanged, a turn of a loop less."""
    from dataclasses import replace

    program = kernel_list.LIST["gemm"]
    schedule = describe.schedule_tiles(program.launches[0].grid, ttsim.spec)
    plan = generate(program, schedule, ttsim.spec)
    first, _, *rest = plan.cores
    exchanged = replace(plan, grid=plan.grid[::-1], arguments=_with(plan, "grid_x", 1))
    less = replace(plan, arguments=_with(plan, "ko_trips", 3))
    idle = replace(plan, cores=(first, *rest))
    for wrong in (exchanged, less, idle):
        found = shown(ttsim, program, ["mixed"], plan=wrong, launched=launch)
        assert found["C", "mixed"].wrong


def _with(plan, name, value):
    from dataclasses import replace

    return {
        role: tuple(replace(a, value=value) if a.name == name else a for a in arguments)
        for role, arguments in plan.arguments.items()
    }


def test_a_second_size_compiles_nothing(ttsim):
    """The kernels of two sizes are one: nothing new comes into the cache of kernels."""
    from tile_kernels import gemm

    from tilelang.tt.runtime.root.cache import cache_folder

    assert_right(shown(ttsim, gemm(64, 64, 64), ["mixed"]))
    before = {str(p) for p in cache_folder().rglob("*.elf")}
    assert_right(shown(ttsim, gemm(128, 128, 96), ["mixed"]))
    assert {str(p) for p in cache_folder().rglob("*.elf")} == before
