"""Reads that a core does once for several of its blocks: those of which no inner loop changes anything."""

from __future__ import annotations

import re

import pytest
from asked import asked_of
from compared import assert_right, shown
from dram_counts import count
from golden_texts import EVERY
from policies import schedule
from random_arrays import arrays_of
from test_bounds import described
from tile_builder import Builder
from tile_kernels import flash_attention, gemm, norm

from tilelang.tt.bounds import bounds_of
from tilelang.tt.codegen.generate import generate
from tilelang.tt.codegen.ways import Ways
from tilelang.tt.device_spec import DeviceSpec
from tilelang.tt.protocol import faults

pytestmark = pytest.mark.needs("ttnn")

N150 = DeviceSpec.preset("n150")
BOTH = (("A", "x", 1), ("B", "y", 0))


def box(across, down, order="row_major", shared=()):
    corners = (0, 0, across - 1, down - 1)
    return {"policy": "rectangular", "order": order, "cores": [corners], "shared": shared}


def two_ways():
    """One block of W is read alike by all, and one by each row of blocks."""
    b = Builder()
    W, C = (b.tensor(name, (128, 128), "bfloat16") for name in "WC")
    one, other, sum = (b.shared(name, (32, 32), "bfloat16") for name in ("one", "other", "sum"))
    with b.launch((4, 4), "bx", "by") as (bx, by):
        b.copy(W.at(0, 32).of(32, 32), one)
        b.copy(W.at(by * 32, 0).of(32, 32), other)
        with b.map(i=32, j=32) as (i, j):
            b.store(sum[i, j], one[i, j] + other[i, j])
        b.copy(sum, C.at(by * 32, bx * 32).of(32, 32))
    return b.program()


# Program, schedule, and what is read once for the turns along which axes.
KEPT = {
    "A's rows, shared": (gemm(256, 192, 96), box(2, 2, shared=BOTH), {"A": ["x"]}),
    "B's columns, down the columns": (
        gemm(256, 192, 96), box(2, 2, "column_major", BOTH), {"B": ["y"]},
    ),
    "A's rows, a core's own": (gemm(256, 192, 96), box(2, 2), {"A": ["x"]}),
    "boxes of three sizes": (gemm(320, 448, 64), box(3, 2, shared=BOTH), {"A": ["x"]}),
    "ragged": (gemm(300, 170, 80), box(2, 2, shared=BOTH), {"A": ["x"]}),
    "batches": (gemm(64, 128, 64, batch=3), box(1, 1), {"A": ["x"]}),
    "a norm's weights": (norm(256, 128, False), box(2, 1), {"W": ["x"]}),
    "a bias, with the rows": (gemm(256, 192, 96, bias=True), box(1, 2, "column_major"),
                              {"B": ["y"], "bias": ["y"]}),
    "one turn along x": (gemm(256, 128, 96), box(2, 2, shared=BOTH), {"B": ["x", "y"]}),
    "one turn along y": (gemm(128, 256, 96), box(2, 2, shared=BOTH), {"A": ["x"]}),
    "a block a core": (gemm(128, 128, 96), box(2, 2, shared=BOTH), {}),
    "by another policy": (gemm(256, 192, 96), {"cores": [(0, 0, 1, 1)]}, {}),
    "in a loop, where each turn pops": (flash_attention(1, 2, 256, 64, False), box(2, 1), {}),
    "in two ways": (two_ways(), box(1, 1), {}),
    "what is written too": (EVERY["in_place"], box(1, 1), {}),
}  # fmt: skip


def planned(name, spec=N150):
    program, told, _ = KEPT[name]
    made = schedule(program.launches[0].grid, spec, **told)
    return program, made, generate(program, made, spec)


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept_is_chosen_in_the_plan(name):
    _, _, plan = planned(name)
    assert plan.to_json().get("kept_reads", {}) == KEPT[name][2]
    assert faults(*asked_of(plan)) == []


WRONG = {
    # the kernel, what stands there, and what instead
    "read each turn": ("writer", r"if \(turn_x == 0\)", "if (true_)"),
    "never popped": ("compute", r" *cb_pop_front\(A_shared.*\n", ""),
    "popped too early": ("compute", r"if \(turn_x \+ 1 == turns_x\)", "if (turn_x == 0)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_popped_as_it_is_read_is_refused(name):
    texts, *rest = asked_of(planned("boxes of three sizes")[2])
    role, old, new = WRONG[name]
    changed, times = re.subn(old, new, texts[role])
    assert times == 1
    if "true_" in new:
        changed = changed.replace("if (true_)", "if (turn_x + 1 > turn_x)")
    assert faults({**texts, role: changed}, *rest)


@pytest.fixture(scope="module", params=["wormhole_b0", "blackhole"])
def ttsim(request):
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("ttsim", request.param) as session:
        yield session


@pytest.mark.parametrize("name", [name for name, (*_, kept) in KEPT.items() if kept])
def test_numbers_are_right_and_bytes_are_fewer_by_what_is_predicted(ttsim, name):
    program, made, plan = planned(name, ttsim.spec)
    assert_right(shown(ttsim, program, ["mixed"], plan=plan))
    buffers = described(program, ttsim.spec)
    found = bounds_of(program, buffers, made, ttsim.spec)
    assert count((plan,), arrays_of(program), ttsim) == (found.read, found.written)
    each_turn = bounds_of(program, buffers, made, ttsim.spec, ways=Ways())
    assert found.read < each_turn.read
