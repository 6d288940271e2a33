"""What the cores of a rectangular schedule read together, against the pages that blocks read."""

from __future__ import annotations

import itertools
import json

import kernel_list
import pytest
from kernel_list import masked, persistent_gemm, two_products
from kernels import device
from memory_kernels import add_to, in_place, norm_then_gemm, split_k
from tile_builder import Builder
from tile_kernels import flash_attention, gemm, norm, softmax

from tilelang.tt import _ffi_api
from tilelang.tt.describe import schedule_program
from tilelang.tt.program import Break, PagesOfBlocks

CARD = device(4, 4)
#: Two rectangles with a hole between them: no rectangle has more than six of these cores.
HOLED = [(0, 0, 1, 2), (3, 0, 3, 3), (2, 3, 2, 3)]

# Which tensors are read together: of a program, on so many cores.
ATTENTION = {"batch": 2, "heads": 4, "s": 256, "d": 64}


def by_a_condition(on_x: bool):
    """B is read under a condition on the index along x, or along y; A always."""
    b = Builder()
    A, B, C = (b.tensor(name, (128, 128), "bfloat16") for name in "ABC")
    a, x = b.shared("a", (32, 32), "bfloat16"), b.shared("x", (32, 32), "bfloat16")
    with b.launch((4, 4), "bx", "by") as (bx, by):
        b.copy(A.at(by * 32, 0).of(32, 32), a)
        with b.when((bx if on_x else by) > 0):
            b.copy(B.at(0, 0).of(32, 32), x)
        b.copy(a, C.at(by * 32, bx * 32).of(32, 32))
    return b.program()


def part_of_a_page():
    """A's reads don't depend on the block, but are of half a page."""
    b = Builder()
    A, C = b.tensor("A", (128, 128), "bfloat16"), b.tensor("C", (128, 128), "bfloat16")
    a = b.shared("a", (16, 32), "bfloat16")
    with b.launch((4, 4), "bx", "by") as (bx, by):
        b.copy(A.at(0, 0).of(16, 32), a)
        b.copy(a, C.at(by * 32, bx * 32).of(16, 32))
    return b.program()


def by_a_loaded_index():
    """A's rows are those that an index tensor names, which all blocks read alike."""
    b = Builder()
    rows, A, C = (
        b.tensor("rows", (32, 32), "int32"),
        b.tensor("A", (128, 128), "bfloat16"),
        b.tensor("C", (128, 128), "bfloat16"),
    )  # fmt: skip
    a = b.shared("a", (32, 32), "bfloat16")
    with b.launch((4, 4), "bx", "by") as (bx, by):
        b.copy(A.at(rows[0, 0] * 32, 0).of(32, 32), a)
        b.copy(a, C.at(by * 32, bx * 32).of(32, 32))
    return b.program()


def left_early():
    """A loop that one block may leave before another does."""
    b = Builder()
    A, C = b.tensor("A", (128, 128), "bfloat16"), b.tensor("C", (128, 128), "bfloat16")
    a = b.shared("a", (32, 32), "bfloat16")
    with b.launch((4, 4), "bx", "by") as (bx, by):
        with b.loop("k", 4) as k:
            b.copy(A.at(k * 32, 0).of(32, 32), a)
            with b.when(k > bx):
                b.step(Break())
        b.copy(a, C.at(by * 32, bx * 32).of(32, 32))
    return b.program()


def by_a_let(of_x: bool):
    """A's rows are by a term of what was named before: of the index along x, or along y."""
    b = Builder()
    A, C = b.tensor("A", (128, 128), "bfloat16"), b.tensor("C", (128, 128), "bfloat16")
    a = b.shared("a", (32, 32), "bfloat16")
    with b.launch((4, 4), "bx", "by") as (bx, by):
        next_ = b.let("next", (bx if of_x else by) + 1)
        b.copy(A.at(next_ // 2 * 32, 0).of(32, 32), a)
        b.copy(a, C.at(by * 32, bx * 32).of(32, 32))
    return b.program()


def written_alike():
    """All blocks of a row read the same of A, and write it."""
    b = Builder()
    A, a = b.tensor("A", (128, 128), "bfloat16"), b.shared("a", (32, 32), "bfloat16")
    with b.launch((4, 4), "bx", "by") as (_, by):
        b.copy(A.at(by * 32, 0).of(32, 32), a)
        b.copy(a, A.at(by * 32, 0).of(32, 32))
    return b.program()


A_X, B_Y = ("A", "x", 1), ("B", "y", 0)
SHARED = [
    ("gemm", gemm(256, 256, 128), None, [A_X, B_Y]),
    ("gemm of A.T and B.T", gemm(256, 256, 128, ta=True, tb=True), None, [A_X, B_Y]),
    ("ragged gemm", gemm(100, 160, 50), None, [A_X, B_Y]),
    ("batched gemm", gemm(256, 256, 128, batch=3), None, [A_X, B_Y]),
    ("batched gemm with one weight", gemm(256, 256, 128, batch=3, weight=True), None, [A_X, B_Y]),
    # On 4 x 4 cores two layers of two rows.
    ("batched gemm of two rows with one weight", gemm(128, 256, 64, batch=3, weight=True), None,
     [A_X, ("B", "yz", 0)]),
    ("batched gemm of two rows", gemm(128, 256, 64, batch=3), None, [A_X, B_Y]),
    # Four layers of one row.
    ("batched gemm of one row with one weight", gemm(64, 256, 64, batch=5, weight=True), None,
     [A_X, ("B", "yz", 0)]),
    ("one block a batch with one weight", gemm(64, 64, 64, batch=5, weight=True), None,
     [("B", "yz", 1)]),
    ("gemm with a bias", gemm(256, 256, 64, bias=True), None, [A_X, B_Y, ("bias", "y", 0)]),
    ("two products of A", two_products(256, 256, 64), None, [A_X, B_Y, ("E", "y", 0)]),
    ("gemm in one column: B and not A", gemm(256, 256, 64), [(0, 0, 0, 3)], [("B", "y", 1)]),
    ("gemm in one row: A and not B", gemm(256, 256, 64), [(0, 0, 3, 0)], [("A", "x", 1)]),
    ("gemm on one core", gemm(256, 256, 64), [(2, 2, 2, 2)], []),
    ("gemm of one block", gemm(64, 64, 64), None, []),
    ("gemm of one row of blocks", gemm(64, 256, 64), None, [("A", "x", 1)]),
    ("gemm of one column of blocks", gemm(256, 64, 64), None, [("B", "y", 1)]),
    ("gemm around a hole", gemm(256, 256, 64), HOLED, [A_X, B_Y]),
    ("gemm on a diagonal", gemm(256, 256, 64), [(i, i, i, i) for i in range(4)], []),
    ("attention", flash_attention(**ATTENTION, causal=False), None, [("K", "x", 1), ("V", "x", 0)]),
    ("attention of grouped heads", flash_attention(**ATTENTION, causal=False, group=2), None,
     [("K", "x", 1), ("V", "x", 0)]),
    # The last of a block's turns depends on its place along x.
    ("causal attention", flash_attention(**ATTENTION, causal=True), None, []),
    # A head is an element of the page, not a page.
    ("attention by head of a page", flash_attention(**ATTENTION, causal=False, bshd=True), None, []),
    ("layer norm", norm(256, 128, True), None, [("W", "x", 1), ("B", "x", 0)]),
    ("softmax", softmax(256, 128), None, []),
    ("masked", masked(256, 256), None, []),
    ("a persistent gemm with a rest", persistent_gemm(160, 128, 64), None, []),
    ("a persistent gemm of whole rows", persistent_gemm(160, 192, 64), None, [("A", "x", 1)]),
    ("a tensor read and written", in_place(256, 256), None, []),
    ("a tensor that all blocks of a row read and write", written_alike(), None, []),
    ("a let of the index along x", by_a_let(True), None, [("A", "y", 1)]),
    ("a let of the index along y", by_a_let(False), None, [("A", "x", 1)]),
    ("a product added to C", add_to(256, 256, 64), None, [A_X, B_Y]),
    ("B under a condition on x", by_a_condition(True), None, [("A", "x", 1), ("B", "y", 0)]),
    ("B under a condition on y", by_a_condition(False), None, [("A", "x", 1), ("B", "x", 0)]),
    ("half a page", part_of_a_page(), None, []),
    ("an index that is loaded", by_a_loaded_index(), None, []),
    ("a loop that is left early", left_early(), None, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("program", "cores", "expected"), [row[1:] for row in SHARED], ids=[row[0] for row in SHARED]
)
def test_cores_read_together_what_their_blocks_read_alike(program, cores, expected):
    (schedule,) = schedule_program(program, CARD, "rectangular", cores=cores)
    assert [(r.buffer, r.along, r.noc) for r in schedule.shared_reads] == expected


@pytest.mark.parametrize("policy", ["contiguous", "strided"])
def test_only_rectangles_of_cores_read_together(policy):
    assert schedule_program(gemm(256, 256, 64), CARD, policy)[0].shared_reads == ()


def test_each_launch_shares_what_it_reads_and_does_not_write():
    for program in (split_k(256, 256, 128, 2), norm_then_gemm(128, 256, 96)):
        schedules = schedule_program(program, CARD, "rectangular")
        assert len(schedules) == len(program.launches) == 2
        for launch, schedule in enumerate(schedules):
            written = {
                program.buffers[place].name
                for place, buffer in enumerate(accesses(program))
                if any(a["mode"] != "read" and a["launch"] == launch for a in buffer or ())
            }
            assert not written & {read.buffer for read in schedule.shared_reads}


def accesses(program):
    """What blocks do to each buffer, as the plan's tt_access says it; None of scratch."""
    found = json.loads(_ffi_api.analyze_program(program.to_text()))["buffers"]
    return [buffer and buffer["access"] for buffer in found]


PROGRAMS = {**kernel_list.LIST, **kernel_list.VECTOR, **{row[0]: row[1] for row in SHARED}}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_shared_is_the_same_pages_at_each_turn(name):
    """Goes through the blocks: cores in lockstep ask for the same pages of it at the same time."""
    program = PROGRAMS[name]
    regions = accesses(program)
    for launch, schedule in enumerate(schedule_program(program, CARD, "rectangular")):
        for read in schedule.shared_reads:
            place = next(i for i, b in enumerate(program.buffers) if b.name == read.buffer)
            pages = PagesOfBlocks(program, place, regions[place], launch)
            groups: dict = {}
            for core, box in enumerate(schedule.boxes):
                if box.count:
                    alike = {"x": (box.y, box.z), "y": (box.x, box.z), "yz": box.x}[read.along]
                    groups.setdefault(alike, []).append((core, box))
            assert any(len(group) > 1 for group in groups.values())
            for group in groups.values():
                turns = [
                    [pages[block].get("read") for block in in_lockstep(schedule, box)]
                    for _, box in group
                ]
                assert all(each == turns[0] for each in turns)
                assert all(turn is not None and turn.ids for turn in turns[0])
                line = {core // 4 if read.along == "x" else core % 4 for core, _ in group}
                assert len(line) == 1


def in_lockstep(schedule, box):
    """A core's blocks, each axis as long as the longest of any core: it repeats its last."""
    across, down, deep = (
        max(getattr(each, side) for each in schedule.boxes) for side in ("across", "down", "deep")
    )
    for k, j, i in itertools.product(range(deep), range(down), range(across)):
        x, y, z = (
            box.x + min(i, box.across - 1),
            box.y + min(j, box.down - 1),
            box.z + min(k, box.deep - 1),
        )
        yield (z * schedule.grid[1] + y) * schedule.grid[0] + x
