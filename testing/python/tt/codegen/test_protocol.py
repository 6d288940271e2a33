"""What no simulator notices is told from the text: a barrier, a wait or a push that is missing."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import golden_texts
import pytest
from asked import asked_of
from tile_builder import Builder
from tile_kernels import gemm

from tilelang.tt import DeviceSpec, run
from tilelang.tt.codegen.fuse import FUSIONS
from tilelang.tt.codegen.generate import generate
from tilelang.tt.codegen.launch import launch
from tilelang.tt.describe import schedule_program
from tilelang.tt.protocol import Buffer, ProtocolError, faults, needless
from tilelang.tt.runtime import checked
from tilelang.tt.runtime.session.parent import Session

# No TVM has a part in it, so one lane tells.
pytestmark = pytest.mark.needs("ttnn")

EVERY = golden_texts.EVERY

#: The calls that are left out, one at a time. The first five change no number on any simulator.
CALLS = (
    "noc_async_read_barrier", "noc_async_write_barrier", "tile_regs_wait", "cb_wait_front",
    "cb_reserve_back", "noc_async_writes_flushed", "tile_regs_acquire", "tile_regs_commit",
    "tile_regs_release", "cb_push_back", "cb_pop_front", "pack_tile",
    "noc_semaphore_set", "noc_semaphore_wait", "noc_semaphore_wait_min", "noc_semaphore_inc", "noc_semaphore_set_multicast",
    "noc_async_write_multicast", "noc_async_atomic_barrier", "noc_async_read_set_trid",
    "noc_async_read_barrier_with_trid",
)  # fmt: skip
_CALL = re.compile(rf"^ *({'|'.join(CALLS)})(?:<true>)?\([^;]*\);$", re.M)


def asked(name):
    """What the checker is asked for a kernel of the list: sources, buffers, slots, arguments."""
    return asked_of(golden_texts.plan(EVERY[name], name))


@pytest.mark.parametrize("name", EVERY)
def test_every_kernel_of_the_list_keeps_to_the_protocol(name):
    for made in golden_texts.plans(EVERY[name], name):
        assert faults(*asked_of(made)) == []


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_what_a_condition_says_is_known_on_its_way(steps):
    """A turn begins the reads of the one after the next where there is one; of two turns is none."""
    program, spec = gemm(128, 128, 32 * steps), DeviceSpec.preset("n150")
    (schedule,) = schedule_program(program, spec, "rectangular", "row_major", None)
    made = generate(program, schedule, spec)
    texts, *rest = asked_of(made)
    assert faults(texts, *rest) == []
    too_far = {
        role: t.replace("ko + 2 < ko_trips", "ko + 1 < ko_trips") for role, t in texts.items()
    }
    assert too_far != texts
    said = str(faults(too_far, *rest))
    assert ("of 2 * ko_trips reserved" in said) == (steps < 3)


def test_what_is_read_last_is_taken_where_formats_differ():
    """Two tensors, of two formats, that one buffer of the program has one after the other."""
    b = Builder()
    X, Y = b.tensor("X", (64, 64), "float32"), b.tensor("Y", (64, 64), "bfloat16")
    Z, R = b.tensor("Z", (64, 64), "bfloat16"), b.tensor("R", (64,), "float32")
    x, z, r = b.scratch("x", (64, 64)), b.scratch("z", (64, 64)), b.scratch("r", (64,))
    with b.launch(1, "bx"):
        b.copy(X, x)
        b.reduce("sum", x, r, 1)
        b.copy(Y, x)
        b.copy(x, z)
        b.copy(z, Z)
        b.copy(r, R)
    program, spec = b.program(), DeviceSpec.preset("n150")
    (schedule,) = schedule_program(program, spec, "contiguous", "row_major", None)
    assert faults(*asked_of(generate(program, schedule, spec))) == []


def without_each_call(texts, *rest):
    """The calls that there are, and the places of those that may be left out and nothing is said."""
    seen, missed = set(), []
    for role, text in texts.items():
        for found in _CALL.finditer(text):
            seen.add(found[1])
            gap = "\n" * found[0].count("\n")
            without = text[: found.start()] + gap + text[found.end() :]
            if not faults({**texts, role: without}, *rest):
                missed.append((role, text[: found.start()].count("\n") + 1))
    return seen, missed


#: Kernels of a hundred calls and more, of which others have each kind; what cores say to each other is
#: left out call by call in test_talking.py.
LARGE = ("attention_causal", "attention_shared", "gemm_shared", "layer_norm", "edges")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.long] * (n in LARGE)) for n in golden_texts.NAMES]
)
def test_a_golden_kernel_without_one_of_its_calls_is_refused(name):
    """But for a wait for pages that were waited for already, which is named by itself."""
    for made in golden_texts.plans(EVERY[name], name):
        texts, *rest = asked_of(made)
        seen, missed = without_each_call(texts, *rest)
        assert missed == needless(texts, *rest)
        compute = {"cb_wait_front", "cb_reserve_back", "tile_regs_wait", "pack_tile"}
        assert seen >= {"noc_async_write_barrier"} | (compute if "compute" in texts else set())
        assert seen & {"noc_async_read_barrier", "noc_async_read_barrier_with_trid"}


def prefixes(m, n):
    """Y's matrix k is the product of A's first k + 1 panels with B's: each turn writes."""
    b = Builder()
    A, B = b.tensor("A", (m, n), "bfloat16"), b.tensor("B", (n, 32), "bfloat16")
    Y = b.tensor("Y", (n // 32, m, 32))
    a, x = b.shared("a", (32, 32), "bfloat16"), b.shared("b", (32, 32), "bfloat16")
    y = b.scratch("y", (32, 32))
    with b.launch((m // 32,), "bx") as bx:
        b.fill(y, 0)
        with b.loop("k", n // 32, stages=2) as k:
            b.copy(A.at(bx * 32, k * 32).of(32, 32), a)
            b.copy(B.at(k * 32, 0).of(32, 32), x)
            b.gemm(a, x, y)
            b.copy(y, Y.at(k, bx * 32, 0).of(1, 32, 32))
    return b.program()


def test_a_loop_that_sends_to_other_cores_may_write_in_each_turn():
    program, spec = prefixes(128, 128), DeviceSpec.preset("n150")
    (schedule,) = schedule_program(program, spec, "rectangular", cores=(2, 1))
    assert {each.buffer for each in schedule.shared_reads} == {"B"}
    texts, *rest = asked_of(generate(program, schedule, spec))
    assert faults(texts, *rest) == []
    seen, missed = without_each_call(texts, *rest)
    assert missed == needless(texts, *rest)
    assert seen >= {"noc_semaphore_wait", "cb_wait_front", "cb_pop_front", "cb_push_back"}


def diagonal(n):
    """Y's block bx is the sum of X's blocks to the diagonal, whose own is taken twice."""
    b = Builder()
    X, Y = b.tensor("X", (n, n)), b.tensor("Y", (n, 32))
    x, y = b.shared("x", (32, 32)), b.scratch("y", (32, 32))
    with b.launch((n // 32,), "bx") as bx:
        b.fill(y, 0)
        with b.loop("k", bx + 1) as k:
            b.copy(X.at(bx * 32, k * 32).of(32, 32), x)
            with b.when(k.eq(bx)), b.map(i=32, j=32) as (i, j):
                b.store(x[i, j], x[i, j] * 2.0)
            with b.map(i=32, j=32) as (i, j):
                b.store(y[i, j], y[i, j] + x[i, j])
        b.copy(y, Y.at(bx * 32, 0).of(32, 32))
    return b.program()


@pytest.mark.parametrize(
    "call", ["cb_wait_front", "cb_reserve_back", "cb_push_back", "cb_pop_front"]
)
def test_what_one_turn_does_alone_is_told_of_loops_as_long_as_the_block_says(call):
    texts, *rest = asked_of(golden_texts.plan(diagonal(128), "diagonal"))
    assert faults(texts, *rest) == []
    before, way = texts["compute"].split("if (k == ", 1)
    without = before + "if (k == " + re.sub(rf"{call}\([^;]*;", "", way, count=1)
    assert faults({**texts, "compute": without}, *rest)


def triangle(n):
    """Y's block bx is the sum of bx products: none in the first."""
    b = Builder()
    X, W, Y = (b.tensor(name, (n, n), "bfloat16") for name in "XWY")
    x, w = (b.shared(name, (32, 32), "bfloat16") for name in "xw")
    y = b.scratch("y", (32, 32))
    with b.launch((n // 32,), "bx") as bx:
        b.copy(X.at(bx * 32, 0).of(32, 32), x)
        b.fill(y, 0)
        with b.loop("k", bx, stages=1) as k:
            b.copy(W.at(k * 32, 0).of(32, 32), w)
            b.gemm(x, w, y)
        b.copy(y, Y.at(bx * 32, 0).of(32, 32))
    return b.program()


@pytest.mark.parametrize("fusions", [FUSIONS, FUSIONS - {"accumulate"}], ids=["fused", "plain"])
def test_a_loop_of_no_turn_leaves_nothing_popped_that_was_not_waited_for(fusions):
    assert faults(*asked_of(golden_texts.plan(triangle(128), "triangle", fusions))) == []


# Three small kernels by hand, so that each rule is seen to refuse by itself.

READER = """
constexpr uint32_t a = 0;
constexpr uint32_t a_tiles = 2;

void kernel_main() {
    const uint32_t first_block = get_arg_val<uint32_t>(0);
    const uint32_t block_count = get_arg_val<uint32_t>(1);
    const uint32_t X_address = get_common_arg_val<uint32_t>(0);
    const int32_t trips = get_common_arg_val<int32_t>(1);
    const auto X = TensorAccessor(TensorAccessorArgs<0>(), X_address);
    for (uint32_t block = first_block; block < first_block + block_count; ++block) {
        for (int32_t k = 0; k < trips; ++k) {
            cb_reserve_back(a, a_tiles);
            uint32_t address = get_write_ptr(a);
            for (uint32_t tile = 0; tile < a_tiles; ++tile) {
                noc_async_read_page(block + tile, X, address);
                address += get_tile_size(a);
            }
            noc_async_read_barrier();
            cb_push_back(a, a_tiles);
        }
    }
}
"""

COMPUTE = """
constexpr uint32_t a = 0;
constexpr uint32_t a_tiles = 2;
constexpr uint32_t c = 1;

void kernel_main() {
    const uint32_t first_block = get_arg_val<uint32_t>(0);
    const uint32_t block_count = get_arg_val<uint32_t>(1);
    const int32_t trips = get_common_arg_val<int32_t>(0);
    for (uint32_t block = first_block; block < first_block + block_count; ++block) {
        for (int32_t k = 0; k < trips; ++k) {
            cb_wait_front(a, a_tiles);
            cb_reserve_back(c, 1);
            tile_regs_acquire();
            copy_init(a);
            copy_tile(a, 0, 0);
            copy_tile(a, 1, 1);
            add_binary_tile_init();
            add_binary_tile(0, 1, 0);
            tile_regs_commit();
            tile_regs_wait();
            pack_tile<true>(0, c, 0);
            tile_regs_release();
            cb_pop_front(a, a_tiles);
            cb_push_back(c, 1);
        }
    }
}
"""

WRITER = """
constexpr uint32_t c = 1;

void kernel_main() {
    const uint32_t first_block = get_arg_val<uint32_t>(0);
    const uint32_t block_count = get_arg_val<uint32_t>(1);
    const uint32_t Y_address = get_common_arg_val<uint32_t>(0);
    const int32_t trips = get_common_arg_val<int32_t>(1);
    const auto Y = TensorAccessor(TensorAccessorArgs<0>(), Y_address);
    for (uint32_t block = first_block; block < first_block + block_count; ++block) {
        for (int32_t k = 0; k < trips; ++k) {
            cb_wait_front(c, 1);
            noc_async_write_page(block, Y, get_read_ptr(c));
            noc_async_writes_flushed();
            cb_pop_front(c, 1);
        }
    }
    noc_async_write_barrier();
}
"""

TEXTS = {"reader": READER, "compute": COMPUTE, "writer": WRITER}
BUFFERS = (Buffer(0, 4, 2048, "a"), Buffer(1, 2, 4096, "c"))
ARGUMENTS = {
    "reader": {"X_address": None, "trips": 3},
    "compute": {"trips": 3},
    "writer": {"Y_address": None, "trips": 3},
}


def _found(texts=TEXTS, buffers=BUFFERS, slots=4, arguments=ARGUMENTS):
    return "\n".join(map(str, faults(texts, buffers, slots, arguments)))


def test_kernels_by_hand_that_keep_to_the_protocol_have_no_fault():
    assert _found() == ""


WRONG = {
    # kernel, what stands there, what stands there instead, and what is said
    "the barrier after the push": (
        "reader", "noc_async_read_barrier();\n            cb_push_back(a, a_tiles);",
        "cb_push_back(a, a_tiles);\n            noc_async_read_barrier();", "no noc_async_read_barrier",
    ),
    "a barrier on one way only": (
        "reader", "noc_async_read_barrier();",
        "if (block < 3) {\n noc_async_read_barrier();\n }", "no noc_async_read_barrier",
    ),
    "a page left out": ("reader", "tile < a_tiles", "tile < 1", "page 1 of a is pushed"),
    "a page too many": ("reader", "tile < a_tiles", "tile < 3", "page 2 of a is used, of 2"),
    "half a page on": (
        "reader", "address += get_tile_size(a);", "address += 2040;", "modulo 64",
    ),
    "an address from before a push": (
        "reader", "cb_push_back(a, a_tiles);",
        "cb_push_back(a, a_tiles);\n cb_reserve_back(a, a_tiles);\n"
        " noc_async_read_page(block, X, address);", "taken before pages were handed on",
    ),
    "a turn more": ("reader", "k < trips", "k < trips + 1", "reader pushes"),
    "a turn less": ("compute", "k < trips", "k < trips - 1", "a:"),
    "a push on one way only": (
        "reader", "cb_push_back(a, a_tiles);", "if (k < 2) {\n cb_push_back(a, a_tiles);\n }",
        "pages are reserved after one way",
    ),
    "another way of skipping": (
        "writer", "for (int32_t k = 0; k < trips; ++k) {",
        "for (int32_t k = 0; k < trips; ++k) { if (k < 2) {", "c: compute pushes",
    ),
    "sizes that don't divide": (
        "compute", "cb_reserve_back(c, 1)", "cb_reserve_back(c, 3)", "c, which has 2",
    ),
    "the wait for DST before the commit": (
        "compute", "tile_regs_commit();\n            tile_regs_wait();",
        "tile_regs_wait();\n            tile_regs_commit();", "tile_regs_wait where DST is acquired",
    ),
    "math after the commit": (
        "compute", "add_binary_tile(0, 1, 0);\n            tile_regs_commit();",
        "tile_regs_commit();\n            add_binary_tile(0, 1, 0);", "DST is committed",
    ),
    "a slot that isn't there": ("compute", "copy_tile(a, 1, 1)", "copy_tile(a, 1, 4)", "which has 4"),
    "a slot of nothing": ("compute", "add_binary_tile(0, 1, 0)", "add_binary_tile(0, 2, 0)", "slot 2"),
    "a slot packed that nothing was put in": (
        "compute", "pack_tile<true>(0, c, 0)", "pack_tile<true>(3, c, 0)", "slot 3 of DST is packed",
    ),
    "a tile beyond the wait": ("compute", "copy_tile(a, 1, 1)", "copy_tile(a, 2, 1)", "tile 2 of a"),
    "a tile beyond the reserve": ("compute", "(0, c, 0)", "(0, c, 1)", "tile 1 of c is packed"),
    "the pop before the read": (
        "compute", "cb_reserve_back(c, 1);", "cb_pop_front(a, a_tiles);\n cb_reserve_back(c, 1);",
        "tile 0 of a is read, of 0 waited for",
    ),
    "the pop before the flush": (
        "writer", "noc_async_writes_flushed();\n            cb_pop_front(c, 1);",
        "cb_pop_front(c, 1);\n            noc_async_writes_flushed();", "no noc_async_writes_flushed",
    ),
    "a buffer that nobody has": ("writer", "c = 1", "c = 7", "expected one of the plan's"),
    "another kernel's call": ("reader", "noc_async_read_barrier();", "tile_regs_acquire();", "reader kernel"),
    "an argument in another's place": (
        "writer", "get_common_arg_val<int32_t>(1)", "get_common_arg_val<int32_t>(0)",
        "the host gives Y_address",
    ),
    "a call that is new": (
        "reader", "noc_async_read_barrier();", "noc_async_read_one_packet(1);",
        "noc_async_read_one_packet",
    ),
    "an address that grows in turns of unknown number": (
        "reader", "tile < a_tiles", "tile < trips", "found address changed",
    ),
    "an address that grows on one way": (
        "reader", "address += get_tile_size(a);",
        "if (block < 3) {\n address += get_tile_size(a);\n }", "found address changed",
    ),
    "a semaphore": ("writer", "noc_async_writes_flushed();", "noc_semaphore_set(c, 1);", "no semaphore"),
    "a while loop": ("reader", "noc_async_read_barrier();", "while (true) { }", "while"),
    "a sign that isn't read": ("reader", "k < trips", "k < (trips ^ 1)", "'^ 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_kernel_that_breaks_a_rule_is_refused_with_the_kernel_and_the_line(name):
    role, old, new, said = WRONG[name]
    text = TEXTS[role]
    assert text.count(old) >= 1
    changed = text.replace(old, new, 1)
    if changed.count("{") != changed.count("}"):
        changed = changed.replace("cb_pop_front(c, 1);", "cb_pop_front(c, 1); }")
    found = _found({**TEXTS, role: changed})
    assert said in found
    assert re.search(rf"^(reader|compute|writer)\.cpp:\d+: .*{re.escape(said)}", found, re.M)


def test_dst_has_8_slots_of_16_bits_and_4_of_32():
    wide = COMPUTE.replace("copy_tile(a, 1, 1)", "copy_tile(a, 1, 7)").replace(
        "(0, 1, 0)", "(0, 7, 0)"
    )
    assert _found({**TEXTS, "compute": wide}, slots=8) == ""
    assert "slot 7 of DST, which has 4" in _found({**TEXTS, "compute": wide}, slots=4)


def test_pages_that_a_block_would_go_over_the_end_of_are_refused():
    assert "don't divide" in _found(buffers=(Buffer(0, 5, 2048, "a"), BUFFERS[1]))
    assert "modulo 64" in _found(buffers=(Buffer(0, 4, 1088 // 2, "a"), BUFFERS[1]))
    assert "modulo 64" in _found(buffers=(BUFFERS[0], Buffer(1, 2, 1088 // 2, "c")))


def test_a_bound_with_two_values_is_refused():
    other = {**ARGUMENTS, "writer": {"Y_address": None, "trips": 4}}
    assert "trips is 4; it is 3 elsewhere" in _found(arguments=other)


def test_a_page_is_kept_to_the_end_if_it_was_pushed_once():
    """As the ones of a reduction are: pushed before the first block, and popped never."""
    once = {
        "reader": READER.replace("    for (uint32_t block", """    cb_reserve_back(2, 1);
    volatile tt_l1_ptr uint32_t* words = reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_write_ptr(2));
    for (uint32_t word = 0; word < 512; ++word) {
        words[word] = 1;
    }
    cb_push_back(2, 1);
    for (uint32_t block""", 1),
        "compute": COMPUTE.replace("    for (uint32_t block", "    cb_wait_front(2, 1);\n    for (uint32_t block", 1),
        "writer": WRITER,
    }  # fmt: skip
    buffers = (*BUFFERS, Buffer(2, 1, 2048, "ones"))
    assert _found(once, buffers) == ""
    again = once["reader"].replace(
        "cb_push_back(2, 1);", "cb_push_back(2, 1); cb_reserve_back(2, 1);"
    )
    assert "reserved, never pushed" in _found({**once, "reader": again}, buffers)
    beyond = {**once, "reader": once["reader"].replace("word < 512", "word < 513")}
    assert "page 1 of ones is used, of 1" in _found(beyond, (*BUFFERS, Buffer(2, 2, 2048, "ones")))


def test_a_page_is_not_stored_to_before_the_writes_of_it_have_left():
    """Bytes of a write are read when they leave, so what is stored before may leave in their place."""
    store = """            volatile tt_l1_ptr uint32_t* words = reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_read_ptr(c));
            for (uint32_t word = 0; word < 8; ++word) {
                words[word] = 1;
            }
"""
    flush = "            noc_async_writes_flushed();\n"
    before, after = (WRITER.replace(flush, text, 1) for text in (store + flush, flush + store))
    assert "c is stored to while writes may not have left" in _found({**TEXTS, "writer": before})
    assert "stored to" not in _found({**TEXTS, "writer": after})


class Unreached(Session):
    """A session with a device that nothing may get to."""

    spec = DeviceSpec.preset("n150")
    backend = SimpleNamespace(name="ttsim")

    def __init__(self):
        pass

    def call(self, *args, **named):
        raise AssertionError("it was run")


def _without_barrier(plan):
    whole = launch(plan)
    kernels = tuple(
        replace(each, source=each.source.replace("noc_async_read_barrier();", ""))
        for each in whole.kernels
    )
    return replace(whole, kernels=kernels)


def test_nothing_runs_that_breaks_the_protocol(monkeypatch):
    monkeypatch.setattr(checked, "launch", _without_barrier)
    with pytest.raises(ProtocolError) as raised:
        run(EVERY["gemm"], None, None, device=Unreached())
    assert "no noc_async_read_barrier between" in str(raised.value)
    assert {each.kernel for each in raised.value.faults} == {"reader"}


def test_what_keeps_to_the_protocol_gets_to_the_device():
    with pytest.raises(AssertionError, match="it was run"):
        run(EVERY["gemm"], None, None, device=Unreached())


def test_what_one_way_alone_waits_for_may_be_waited_for_again_after_it():
    from golden_texts import plan
    from tile_builder import Builder

    from tilelang.tt.runtime.checked import checked_launch

    b = Builder()
    X, Y, Z = (b.tensor(name, (64, 32)) for name in "XYZ")
    x, y, z = (b.scratch(name, (32, 32)) for name in "xyz")
    with b.launch(2, "bx") as bx:
        b.copy(X.at(bx * 32, 0).of(32, 32), x)
        with b.when(bx.eq(0)):
            b.copy(x, y)
        with b.otherwise():
            b.fill(y, 0.5)
        with b.map(i=32, j=32) as (i, j):
            b.store(z[i, j], x[i, j] + y[i, j])
        b.copy(y, Y.at(bx * 32, 0).of(32, 32))
        b.copy(z, Z.at(bx * 32, 0).of(32, 32))
    checked_launch(plan(b.program(), "kernel"))  # or ProtocolError
