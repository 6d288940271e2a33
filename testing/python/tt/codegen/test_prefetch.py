"""Loops that read a turn ahead, though each turn pops what it takes: K and V of attention say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from asked import asked_of
from compared import assert_right, shown
from dram_counts import count
from golden_texts import EVERY
from random_arrays import arrays_of
from test_bounds import described
from tile_builder import Builder
from tile_kernels import flash_attention, gemm, softmax

from tilelang.tt.bounds import bounds_of
from tilelang.tt.codegen.arguments import steps
from tilelang.tt.codegen.generate import generate
from tilelang.tt.codegen.plan import For
from tilelang.tt.describe import schedule_program
from tilelang.tt.device_spec import DeviceSpec
from tilelang.tt.protocol import faults

pytestmark = pytest.mark.needs("ttnn")

N150 = DeviceSpec.preset("n150")
PLAIN = flash_attention(1, 2, 256, 64, False)

# Program, the rectangle of cores, and what is shared.
ATTENTIONS = {
    "plain": (PLAIN, (2, 2), {"K", "V"}),
    # Seven turns go around buffers of three blocks, and a core has five blocks or four.
    "many turns": (flash_attention(1, 1, 448, 32, False, 32, 32), (3, 1), {"K", "V"}),
    "causal": (flash_attention(1, 2, 256, 64, True), (2, 2), set()),
    "grouped heads": (flash_attention(1, 4, 128, 64, False, group=2), (2, 2), {"K", "V"}),
    "ragged": (flash_attention(1, 2, 200, 64, False), (2, 2), {"K", "V"}),
}
# What is written too has pages of its own for each turn.
IN_PLACE = EVERY["in_place_by_turns"]


def planned(name, spec=N150):
    program, cores, _ = ATTENTIONS[name]
    (made,) = schedule_program(program, spec, "rectangular", cores=cores)
    return program, made, generate(program, made, spec)


def ahead(plan):
    """By kernel, how many loops read ahead."""
    found = {
        role: sum(isinstance(each, For) and each.ahead for each in steps(body))
        for role, body in plan.kernels.items()
    }
    return {role: many for role, many in found.items() if many}


def blocks(plan, *names):
    return [each.blocks for each in plan.buffers if each.name in names]


@pytest.mark.parametrize("name", ATTENTIONS)
def test_k_and_v_are_read_a_turn_ahead_with_room_for_three(name):
    _, _, plan = planned(name)
    shared = ATTENTIONS[name][2]
    assert {plan.program.buffers[each.tensor].name for each in plan.shares} == shared
    assert ahead(plan) == ({"reader": 1, "writer": 1} if shared else {"reader": 1})
    assert blocks(plan, "K_shared", "V_shared") == [3, 3]
    assert faults(*asked_of(plan)) == []


def test_a_loop_that_l1_has_no_third_turn_for_reads_as_it_comes():
    _, made, plan = planned("plain")
    third = sum(each.bytes // 3 for each in plan.buffers if each.name in ("K_shared", "V_shared"))
    for less, found in ((0, {"reader": 1, "writer": 1}), (1, {"reader": 1}), (third, {})):
        tight = generate(PLAIN, made, replace(N150, l1_bank_size=plan.l1_bytes - less))
        assert ahead(tight) == found
        assert blocks(tight, "K_shared", "V_shared").count(3) == sum(found.values())
        assert tight.l1_bytes <= plan.l1_bytes - less


def computed_operand():
    """C = (2 * A) @ B. B's blocks are kept for all turns, and A's popped in each."""
    b = Builder()
    A, B, C = (b.tensor(name, (128, 128), "bfloat16") for name in "ABC")
    a, twice, x = (b.shared(name, (32, 32), "bfloat16") for name in ("a", "twice", "x"))
    c = b.scratch("c", (32, 32))
    with b.launch((4, 4), "bx", "by") as (bx, by):
        b.fill(c, 0)
        with b.loop("k", 4) as k:
            b.copy(A.at(by * 32, k * 32).of(32, 32), a)
            with b.map(i=32, j=32) as (i, j):
                b.store(twice[i, j], a[i, j] * 2)
            b.copy(B.at(k * 32, bx * 32).of(32, 32), x)
            b.gemm(twice, x, c)
        b.copy(c, C.at(by * 32, bx * 32).of(32, 32))
    return b.program()


NOT_AHEAD = {
    "a computed operand": computed_operand(),
    # The operands of all turns are kept, and read ahead in a way of their own.
    "a GEMM": gemm(256, 128, 96),
    "no loop": softmax(128, 64),
}


@pytest.mark.parametrize("name", NOT_AHEAD)
def test_other_reads_are_left_as_they_are(name):
    program = NOT_AHEAD[name]
    (made,) = schedule_program(program, N150, "rectangular", cores=(1, 1))
    assert ahead(generate(program, made, N150)) == {}


WRONG = {
    # what stands there, what instead, how often, and what is said
    "without minding the buffer's end": (
        "place_after(V_shared, V_shared_tiles)",
        "get_write_ptr(V_shared) + V_shared_tiles * get_tile_size(V_shared)", 1, "beyond its end",
    ),
    "two blocks on": (
        "place_after(V_shared, V_shared_tiles)", "place_after(V_shared, 2 * V_shared_tiles)", 1,
        "side by side",
    ),
    "another place_after": ("place == get_local", "place >= get_local", 1, "isn't one"),
    "one transaction id": ("1 + (ko + 1) % 2", "1", 1, "reads"),
    "the other transaction id": ("1 + ko % 2", "1 + (ko + 1) % 2", 1, "reads"),
    "beyond the last turn": ("ko + 1 < ko_trips", "ko < ko_trips", 1, "reads"),
    "no room asked for": ("2 * V_shared_tiles", "V_shared_tiles", 1, "reserved again"),
    "more room than there is": ("2 * V_shared_tiles", "4 * V_shared_tiles", 1, "which has 12"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_reads_ahead_that_may_go_wrong_are_refused(name):
    texts, *rest = asked_of(planned("plain")[2])
    old, new, times, said = WRONG[name]
    assert texts["reader"].count(old) == times
    found = faults({**texts, "reader": texts["reader"].replace(old, new)}, *rest)
    assert said in "\n".join(map(str, found))


def test_the_first_turn_is_not_read_where_there_may_be_none():
    """How many turns causal attention has depends on the block."""
    texts, *rest = asked_of(planned("causal")[2])
    old, new = "if (0 < floor_div(", "if (0 < 1 + floor_div("
    assert texts["reader"].count(old) == 1
    found = faults({**texts, "reader": texts["reader"].replace(old, new)}, *rest)
    assert "before the loop" in "\n".join(map(str, found))


@pytest.fixture(scope="module", params=["wormhole_b0", "blackhole"])
def ttsim(request):
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("ttsim", request.param) as session:
        yield session


def test_what_is_written_too_is_read_ahead_where_turns_are_apart(ttsim):
    (made,) = schedule_program(IN_PLACE, ttsim.spec, "rectangular", cores=(1, 1))
    plan = generate(IN_PLACE, made, ttsim.spec)
    assert ahead(plan) == {"reader": 1}
    assert_right(shown(ttsim, IN_PLACE, ["mixed"], plan=plan))


@pytest.mark.parametrize("name", ATTENTIONS)
def test_numbers_are_right_and_bytes_those_that_are_predicted(ttsim, name):
    """Of K and V a head's rows once for each turn of the rectangle, where they are shared."""
    program, made, plan = planned(name, ttsim.spec)
    assert_right(shown(ttsim, program, ["mixed"], plan=plan))
    found = bounds_of(program, described(program, ttsim.spec), made, ttsim.spec)
    assert count((plan,), arrays_of(program), ttsim) == (found.read, found.written)
    if name == "plain":
        turns = made.turns[0]
        assert {t: found.tensors[t].read for t in "KV"} == dict.fromkeys(
            "KV", 2 * 256 * 64 * 2 * turns
        )
