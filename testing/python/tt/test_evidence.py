"""What the levels notice, each by itself: what they compare is made here, and no device is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

import tilelang.tt as tt
from tilelang.tt import Box, SharedRead
from tilelang.tt.describe import describe_tensor, schedule_tiles
from tilelang.tt.policies import POLICIES
from tilelang.tt.validate.preflight import schedule_fault, schedule_harm, tensor_fault

np = pytest.importorskip("numpy")

from claims_on_paper import walked  # noqa: E402  needs numpy


@pytest.fixture(scope="module")
def spec():
    """A Wormhole whose banks are told on both NoCs, as a kernel reports them."""
    measured = tt.DeviceSpec.preset("n150")
    mirrored = tuple((9 - x, 11 - y) for x, y in measured.dram_cores)
    offsets = tuple(bank % 2 << 30 for bank in range(measured.dram_banks))
    return replace(measured, dram_cores_noc1=mirrored, dram_offsets=offsets)


@pytest.fixture(scope="module")
def claim(spec):
    from tilelang.tt.validate.tensors.claims import Banks, Claim

    return Claim(describe_tensor("X", (96, 448), "float32", spec), 0x40000, Banks.of(spec))


@pytest.fixture(scope="module")
def large(spec):
    """One with 342 rows of pages in each bank, but for the last."""
    from tilelang.tt.validate.tensors.claims import Banks, Claim

    return Claim(describe_tensor("X", (2048, 2048), "bfloat16", spec), 0x40000, Banks.of(spec))


# Tensors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("noc", [0, 1])
@pytest.mark.parametrize("page", [0, 17, 41])
def test_e3_notices_one_address_on_one_noc(claim, noc, page):
    from tilelang.tt.validate.tensors.levels import judge_addresses

    found = np.column_stack([claim.noc_addresses(0), claim.noc_addresses(1)])
    assert judge_addresses(claim, found).proven
    found[page, noc] += 32
    verdict = judge_addresses(claim, found)
    assert verdict.difference.what == f"page {page}"
    assert f"NoC {noc}" in verdict.difference.found


@pytest.mark.parametrize("byte", [0, 15, 16, 2047, 2048, 4095])
@pytest.mark.parametrize("page", [0, 41])
def test_e4_and_e5_notice_one_byte_of_one_page(claim, page, byte):
    from tilelang.tt.validate.tensors.levels import judge_pages_read, judge_pages_written
    from tilelang.tt.validate.tensors.tiles import contents

    bits = contents(claim.buffer.shape, "float32", 3)
    pages = claim.pages(bits)
    assert judge_pages_read(claim, pages, pages).proven
    found = pages.copy()
    found[page, byte] ^= 1
    assert f"page {page} (1 of 42 wrong)" in judge_pages_read(claim, pages, found).difference.what

    assert judge_pages_written(claim, bits, bits).proven
    row, column = _element(page, byte // 4)
    changed = bits.copy()
    changed[row, column] ^= 1
    found = judge_pages_written(claim, bits, changed).difference
    assert f"page {page} (1 of 42 wrong)" in found.what


def _element(page, word):
    """Where in a tensor of 14 tiles a row a word of a page is, face by face."""
    face, within = divmod(word, 256)
    i, j = face // 2 * 16 + within // 16, face % 2 * 16 + within % 16
    return page // 14 * 32 + i, page % 14 * 32 + j


def test_e5_notices_a_page_that_was_not_reached_over_both_nocs():
    from tilelang.tt.validate.evidence import Verdict
    from tilelang.tt.validate.tensors.levels import judge_routes

    read, verdict = np.asarray([0, 0, 1]), Verdict("E5", 3)
    assert judge_routes(verdict, read, 1 - read).proven
    for written in (read, np.zeros(3, int), np.ones(3, int), np.asarray([1, 1, 1])):
        assert not judge_routes(verdict, read, written).proven
    assert judge_routes(verdict, read, read).difference.what == "page 0"


@pytest.mark.needs("ttnn")
def test_in_both_levels_pages_go_over_both_nocs_and_each_over_the_other_one(claim):
    from tilelang.tt.validate.tensors.trials import TURNS, transfer_of

    read, written = (transfer_of(claim, TURNS[level]).places[:, 0] for level in ("E4", "E5"))
    assert set(read) == {0, 1}
    assert (read + written == 1).all()


@pytest.mark.parametrize("field", ["layout", "data_format", "needs_padding", "tile_shape"])
def test_every_figure_that_ttnn_confirms_is_compared(spec, claim, field):
    from tilelang.tt.validate.tensors.levels import judge_allocation

    found = _allocated(claim.buffer)
    assert judge_allocation(claim, found).proven
    wrong = {
        "layout": "l1_interleaved",
        "data_format": "Bfp8_b",
        "needs_padding": True,
        "tile_shape": (16, 32),
    }[field]
    verdict = judge_allocation(
        replace(claim, buffer=replace(claim.buffer, **{field: wrong})), found
    )
    assert verdict.difference.expected == str(wrong)


def _allocated(buffer):
    from tilelang.tt.validate.evidence import Allocation

    accessor = buffer.accessor
    return Allocation(
        accessor.compile_time_args,
        accessor.page_size,
        accessor.aligned_page_size,
        accessor.num_pages,
        accessor.num_banks,
        buffer.padded_shape,
        buffer.needs_padding,
        buffer.tile_shape,
        (buffer.num_tiles_height, buffer.num_tiles_width),
        buffer.data_format,
        accessor.memory,
        buffer.layout,
    )


class _Batch:
    """A batch without a device: where the tensors are, and what may be reached."""

    def __init__(self, spec, claim):
        accessor = claim.buffer.accessor
        rows = -(-accessor.num_pages // accessor.num_banks)
        self.claims, self.spec = [claim], spec
        self.extents = [(claim.base, claim.base + rows * accessor.aligned_page_size)]

    def refusals(self, transfer, index):
        from tilelang.tt.validate.tensors.batch import Batch

        return Batch.refusals(self, transfer, index)


@pytest.mark.needs("ttnn")
@pytest.mark.parametrize("turn", [0, 1])
def test_a_place_is_refused_beside_its_tensor_and_where_no_bank_is(spec, claim, turn):
    from tilelang.tt.validate.tensors.batch import Transfer
    from tilelang.tt.validate.tensors.controls import nocs_of

    batch = _Batch(spec, claim)
    places = claim.places_on(nocs_of(claim, turn))
    assert batch.refusals(Transfer(places, 4096), 0) == {}
    for column, step, why in (
        (3, -4096, "outside of the memory that the tensor was given"),
        (3, 4 * 4096, "outside of the memory that the tensor was given"),
        (3, -(1 << 30), "outside of the memory that the tensor was given"),  # another bank's start
        (3, 1, "not aligned to 32 bytes"),
        (1, 32, "no DRAM bank is there"),
    ):
        moved = places.copy()
        moved[5, column] += step
        assert why in batch.refusals(Transfer(moved, 4096), 0)[5]
    # A page that begins inside and ends outside.
    last = places[-1:].copy()
    last[0, 3] += 2048
    assert "outside of the memory" in batch.refusals(Transfer(last, 4096), 0)[0]


def _entries(claim, turn=0):
    """A row a page, as a kernel is told them: NoC, x, y, address, bytes."""
    from tilelang.tt.validate.tensors.controls import nocs_of

    places = claim.places_on(nocs_of(claim, turn))
    return np.column_stack([places, np.full(len(places), claim.buffer.accessor.page_size)])


def test_pages_are_ordered_so_that_each_part_has_as_many_of_either_noc_and_neighbours_meet(large):
    from tilelang.tt.validate.tensors.runs import by_place

    entries, parts = _entries(large), 4
    order = by_place(entries, parts)
    assert sorted(order) == list(range(len(entries)))
    each = len(entries) // parts
    for part in range(parts):
        nocs = entries[order[part * each : (part + 1) * each], 0]
        assert abs(int((nocs == 0).sum()) - int((nocs == 1).sum())) <= len(entries) // 16
    ordered = entries[order]
    follows = (ordered[1:, :3] == ordered[:-1, :3]).all(axis=1)
    follows &= ordered[1:, 3] == ordered[:-1, 3] + 2048
    assert follows.mean() > 0.8


@pytest.mark.parametrize("slot", [2048, 4096])
def test_runs_move_each_page_to_its_slot_once_and_nothing_else(large, slot):
    from tilelang.tt.validate.tensors.runs import by_place, runs_of

    entries = _entries(large)
    entries = entries[by_place(entries, 1)]
    entries = np.delete(entries, 5, axis=0)  # a hole in a bank
    runs = runs_of(entries, slot)
    moved = {
        (noc, x, y, address + byte): place + byte
        for noc, x, y, address, size, place in runs.tolist()
        for byte in range(0, size, 2048)
    }
    expected = {tuple(row[:4]): number * slot for number, row in enumerate(entries.tolist())}
    assert moved == expected
    assert int(runs[:, 4].sum()) == int(entries[:, 4].sum())
    assert list(runs[:, 0]) == sorted(runs[:, 0])  # NoC 0's first
    # A page that doesn't fill its slot isn't joined with the next one's.
    assert len(runs) < len(entries) / 8 if slot == 2048 else len(runs) == len(entries)


@pytest.mark.parametrize(
    "second",
    [
        (1, 5, 7, 0x2800),  # over the other NoC
        (0, 6, 7, 0x2800),  # in another bank
        (0, 5, 8, 0x2800),
        (0, 5, 7, 0x3000),  # with a page between
        (0, 5, 7, 0x1800),  # before
    ],
)
def test_pages_that_do_not_follow_each_other_in_a_bank_are_moved_one_by_one(second):
    from tilelang.tt.validate.tensors.runs import runs_of

    first = (0, 5, 7, 0x2000)
    runs = runs_of(np.array([[*first, 2048], [*second, 2048]]), 2048)
    assert runs.tolist() == [[*first, 2048, 0], [*second, 2048, 2048]]


def test_pages_whose_slots_do_not_follow_each_other_are_moved_one_by_one():
    from tilelang.tt.validate.tensors.runs import runs_of

    entries = [(0, 5, 7, 0x2000, 2048), (1, 5, 7, 0x8000, 2048), (0, 5, 7, 0x2800, 2048)]
    assert runs_of(np.array(entries), 2048).tolist() == [
        [0, 5, 7, 0x2000, 2048, 0],
        [0, 5, 7, 0x2800, 2048, 4096],
        [1, 5, 7, 0x8000, 2048, 2048],
    ]


def test_a_large_tensor_is_reached_over_either_noc_in_long_stretches_of_each_bank(large, claim):
    from tilelang.tt.validate.tensors.controls import nocs_of, rows_of

    nocs, rows = nocs_of(large, 0), rows_of(large)
    assert abs(len(set(rows[nocs == 0])) - len(set(rows[nocs == 1]))) <= 16
    assert (np.flatnonzero(np.diff(nocs))[0] + 1) // large.buffer.accessor.num_banks == 16
    assert (nocs_of(large, 1) == 1 - nocs).all()
    assert (nocs_of(claim, 0) == rows_of(claim) % 2).all()  # a small one's row by row


@pytest.mark.needs("ttnn")
@pytest.mark.parametrize("level", ["E4", "E5"])
@pytest.mark.parametrize("noc", [0, 1])
def test_a_table_that_is_wrong_on_one_noc_is_tried_on_pages_over_that_noc(spec, claim, level, noc):
    from tilelang.tt.validate.tensors.controls import MUTATIONS, nocs_of
    from tilelang.tt.validate.tensors.trials import TURNS, candidates

    (mutation,) = [m for m in MUTATIONS if m.name == f"two banks swapped on NoC {noc}"]
    wrong = mutation.apply(claim)
    by_noc = candidates(_Batch(spec, claim), 0, mutation, wrong, level)
    assert [bool(pages) for pages in by_noc] == [noc == 0, noc == 1]
    assert set(nocs_of(wrong, TURNS[level])[by_noc[noc]]) == {noc}


@pytest.mark.needs("ttnn")
@pytest.mark.parametrize("level", ["E4", "E5"])
def test_a_wrong_claim_is_tried_on_pages_over_each_noc(spec, claim, level):
    from tilelang.tt.validate.tensors.controls import MUTATIONS, nocs_of
    from tilelang.tt.validate.tensors.trials import TURNS, candidates

    (mutation,) = [m for m in MUTATIONS if m.name == "two banks swapped"]
    wrong = mutation.apply(claim)
    by_noc = candidates(_Batch(spec, claim), 0, mutation, wrong, level)
    for noc in (0, 1):
        assert set(nocs_of(wrong, TURNS[level])[by_noc[noc]]) == {noc}


@pytest.mark.needs("ttnn")
@pytest.mark.parametrize("level", ["E4", "E5"])
def test_what_would_do_harm_has_to_be_refused_and_is_not_tried(spec, claim, level):
    from tilelang.tt.validate.evidence import REJECTED, UNNOTICED
    from tilelang.tt.validate.tensors.controls import MUTATIONS
    from tilelang.tt.validate.tensors.trials import candidates

    batch = _Batch(spec, claim)
    harmful = [mutation for mutation in MUTATIONS if mutation.harms]
    assert len(harmful) == 4
    for mutation in harmful:
        control = candidates(batch, 0, mutation, mutation.apply(claim), level)
        assert control.outcome == REJECTED, mutation.name
    batch.refusals = lambda transfer, index: {}
    for mutation in harmful:
        control = candidates(batch, 0, mutation, mutation.apply(claim), level)
        assert control.outcome == UNNOTICED, mutation.name


# Schedules ----------------------------------------------------------------------------------


def _copied(schedule):
    """What a right device would show of a copy by a schedule, its stamps written out one by one."""
    from tilelang.tt.validate.schedules.stamps import Copied, address_word, scalar_word

    numbers = np.random.default_rng(1)
    content = numbers.integers(0, 2**32, size=(schedule.num_tiles, 32, 32), dtype=np.uint32)
    arrived = np.zeros_like(content)
    width = schedule.core_grid[0]
    for core in (y * width + x for r in schedule.core_ranges for x, y in r.cores()):
        for copied, tile in enumerate(walked(schedule, core)):
            words = [core % width, core // width, tile, copied]
            for arg in schedule.runtime_args:
                own = {**_own(schedule, core), **_extents(schedule)}
                if arg.kind == "buffer_address":
                    words.append(address_word(arg.source))
                elif arg.kind == "scalar":
                    words.append(scalar_word(arg.source))
                else:
                    words.append(own.get(arg.name, arg.value))
            face = np.zeros(256, np.uint32)
            arrived[tile] = content[tile]
            face[:] = arrived[tile, :16, :16].ravel()
            face[: len(words)] = words
            arrived[tile, :16, :16] = face.reshape(16, 16)
    return Copied(content, arrived, schedule.core_grid, schedule.counts)


def _own(schedule, core):
    if not schedule.boxes:
        tiles = schedule.tiles_per_core[core]
        return {"start_id": tiles.start_id, "count": tiles.count}
    box = schedule.boxes[core]
    return {
        **{"first_x": box.x, "first_y": box.y, "first_z": box.z},
        **{"across": box.across, "down": box.down, "deep": box.deep},
    }


def _extents(schedule):
    return dict(zip(("grid_x", "grid_y", "grid_z"), schedule.grid, strict=True))


def _for_controls(spec):
    from tilelang.tt.validate.cases import Case, for_controls

    launches = [
        Case("any", "table", schedule=schedule_tiles([5], spec, policy)) for policy in POLICIES
    ]
    assert [one.name for one in for_controls(launches[:1], spec)] == ["6 blocks, for controls"]
    return {one.schedule.policy: one.schedule for one in for_controls(launches, spec)}


@pytest.fixture
def schedule(spec):
    return _for_controls(spec)["contiguous"]


@pytest.mark.parametrize("policy", ["contiguous", "strided", "rectangular"])
def test_e6_takes_a_right_copy_and_rejects_each_wrong_claim_about_it(spec, policy):
    from tilelang.tt.validate.schedules.controls import CLAIM_MUTATIONS, COPY_MUTATIONS
    from tilelang.tt.validate.schedules.stamps import judge_copy

    schedule = _for_controls(spec)[policy]
    copied = _copied(schedule)
    assert schedule_fault(schedule, spec) is None
    assert judge_copy(schedule, copied, claims_split=policy == "contiguous").proven
    for mutation in CLAIM_MUTATIONS:
        wrong = mutation.apply(schedule)
        assert wrong == schedule or not judge_copy(wrong, copied).proven, mutation.name
    for mutation in COPY_MUTATIONS:
        arrived = mutation.apply(copied.arrived.reshape(schedule.num_tiles, -1))
        assert not judge_copy(schedule, replace(copied, arrived=arrived)).proven, mutation.name


def test_e6_rejects_what_a_device_shows_of_each_wrong_schedule_that_is_run(spec):
    from tilelang.tt.validate.schedules.controls import RUN_MUTATIONS
    from tilelang.tt.validate.schedules.stamps import judge_copy

    of = {}
    for policy, schedule in _for_controls(spec).items():
        right = _copied(schedule)
        for mutation in RUN_MUTATIONS:
            wrong = mutation.apply(schedule)
            if wrong == schedule or schedule_harm(wrong, spec) is not None:
                continue
            shown = _copied(wrong)
            assert not judge_copy(schedule, replace(shown, content=right.content)).proven
            of.setdefault(mutation.name, []).append(policy)
    assert of["another stride"] == ["strided"]
    assert of["a box a column short"] == ["rectangular"]
    every = ["contiguous", "strided", "rectangular"]
    assert [name for name in of if of[name] != every] == ["another stride", "a box a column short"]


@pytest.mark.parametrize("grid", [(1, 1), (1, 2), (2, 1), (4, 3)])
def test_each_mutation_of_a_schedule_has_an_effect_unless_the_device_excuses_it(grid):
    from kernels import device

    from tilelang.tt.validate.schedules.controls import (
        CLAIM_MUTATIONS,
        HARMFUL_MUTATIONS,
        RUN_MUTATIONS,
    )

    spec = device(*grid)
    schedules = _for_controls(spec).values()
    assert [schedule_fault(one, spec) for one in schedules] == [None] * 3
    for mutation in (*RUN_MUTATIONS, *CLAIM_MUTATIONS):
        changed = [one for one in schedules if mutation.apply(one) != one]
        assert changed or mutation.powerless(spec), mutation.name
    for mutation in HARMFUL_MUTATIONS:
        assert all(schedule_harm(mutation.apply(one), spec) for one in schedules), mutation.name


@pytest.mark.parametrize(
    ("word", "about"),
    [(0, "x "), (1, "y "), (2, "tile "), (3, "copied before "), (4, "start_id "), (5, "count "),
     (6, "grid_x "), (9, "kt_tiles "), (10, "A_addr "), (12, "C_addr "), (14, "beta_value ")],
)  # fmt: skip
def test_e6_notices_each_word_of_a_stamp(schedule, word, about):
    from tilelang.tt.validate.schedules.stamps import judge_copy

    copied = _copied(schedule)
    copied.arrived[2, 0, word] += 1
    difference = judge_copy(schedule, copied).difference
    assert difference.what == "tile 2, by its stamp"
    assert difference.expected.startswith(about)


@pytest.mark.parametrize("place", [(1, 0), (15, 15), (16, 0), (0, 16), (31, 31)], ids=str)
def test_e6_notices_one_word_that_was_lost(schedule, place):
    from tilelang.tt.validate.schedules.stamps import judge_copy

    copied = _copied(schedule)
    copied.arrived[(3, *place)] ^= 1
    assert judge_copy(schedule, copied).difference.what == "tile 3 (1 of 6 lost)"


def test_e6_notices_copies_of_a_core_in_another_order(schedule):
    from tilelang.tt.validate.schedules.stamps import judge_copy

    copied = _copied(schedule)
    copied.arrived[[0, 1, 2], 0, 3] = copied.arrived[[2, 1, 0], 0, 3]
    assert "copied before 2" in judge_copy(schedule, copied).difference.found


def test_e6_notices_a_copy_of_a_tile_that_no_core_should_have_made(schedule):
    from tilelang.tt.validate.schedules.stamps import judge_copy

    (core, tiles), *_ = [(c, t) for c, t in enumerate(schedule.tiles_per_core) if t.start_id]
    wrong = _tile_range(core, start_id=0, count=0)(schedule)
    difference = judge_copy(wrong, _copied(schedule)).difference
    assert difference.what == f"tile {tiles.start_id}, by its stamp"


@pytest.mark.parametrize("count", [2, 9])
def test_e6_counts_the_copies_of_each_core_of_a_range(schedule, count):
    from tilelang.tt.validate.schedules.stamps import judge_copy

    first, *rest = schedule.core_ranges
    wrong = replace(schedule, core_ranges=(replace(first, count=count), *rest))
    difference = judge_copy(wrong, _copied(schedule)).difference
    assert (difference.what, difference.found) == ("core (0, 0)", "3")


def test_a_partition_is_that_of_ttnn_where_it_is_claimed_to_be(spec):
    from tilelang.tt.validate.schedules.stamps import judge_copy

    schedule = schedule_tiles([100], spec)
    copied = _copied(schedule)
    assert judge_copy(schedule, copied, claims_split=True).proven
    # The first core's count moves where each other one starts; the last one's moves nothing.
    for split in ((1, *copied.split[1:]), (*copied.split[:-1], copied.split[-1] + 1)):
        other = replace(copied, split=split)
        assert judge_copy(schedule, other).proven
        assert "ttnn.split_work_to_cores" in judge_copy(schedule, other, True).difference.what


def test_each_buffer_address_and_scalar_has_a_word_of_its_own():
    from tilelang.tt.validate.schedules.stamps import address_word, scalar_word

    names = ["A", "B", "C", "alpha", "beta", "", "A_addr"]
    words = [*map(address_word, names), *map(scalar_word, names)]
    assert len(set(words)) == len(words)
    assert all(0 <= word < 2**32 for word in words)


# What is examined before anything runs ------------------------------------------------------


def _accessor(**fields):
    return lambda b: replace(b, accessor=replace(b.accessor, **fields))


def _buffer(**fields):
    return lambda b: replace(b, **fields)


MALFORMED = [
    (_buffer(shape=(96, -1)), "shape[1]", "-1"),
    (_buffer(shape=[96, 448]), "shape", "[96, 448]"),
    (_buffer(dtype="float64"), "dtype", "'float64'"),
    (_buffer(role="out in"), "role", "'out in'"),
    (_buffer(written_by="a block"), "written_by", "'a block'"),
    (_buffer(access=(1,)), "access", "(1,)"),
    (_buffer(name="a\x1b[31m"), "name", r"'a\x1b[31m'"),
    (_buffer(tile_shape=(16, 32)), "tile_shape", "(16, 32)"),
    (_buffer(needs_padding=0), "needs_padding", "0"),
    (_buffer(padded_shape=(96, 449)), "padded_shape", "(96, 449)"),
    (_buffer(padded_shape=(1, 96, 448)), "padded_shape", "(1, 96, 448)"),
    (_buffer(padded_shape=(64, 448)), "padded_shape", "(64, 448)"),
    (_buffer(num_tiles_height=4), "num_tiles_height", "4"),
    (_buffer(num_tiles_width=13), "num_tiles_width", "13"),
    (_accessor(num_pages=43), "num_pages", "43"),
    (_accessor(num_pages=41), "num_pages", "41"),
    (_accessor(num_pages=True), "num_pages", "True"),
    (_accessor(num_banks=0), "num_banks", "0"),
    (_accessor(num_banks=12.0), "num_banks", "12.0"),
    (_accessor(page_size=2048), "page_size", "2048"),
    (_accessor(aligned_page_size=4064), "aligned_page_size", "4064"),
    (_accessor(aligned_page_size=2**31), "size", f"{4 * 2**31} bytes, of 42 pages"),
    (_accessor(memory="sram"), "memory", "'sram'"),
    (_accessor(compile_time_args=(2, 2**32)), "compile_time_args[1]", "4294967296"),
    (_accessor(compile_time_args=(2,) * 2000), "compile_time_args", None),
    (_accessor(num_banks=10**5000), "num_banks", "a int"),
]


@pytest.mark.parametrize(
    ("break_it", "what", "found"), MALFORMED, ids=lambda value: str(value)[:30]
)
def test_a_malformed_descriptor_is_told_by_its_place(spec, claim, break_it, what, found):
    assert tensor_fault(claim.buffer, spec) is None
    fault = tensor_fault(break_it(claim.buffer), spec)
    assert fault.what == what
    assert found is None or fault.found == found
    assert fault.expected


@pytest.mark.parametrize("shape", [(3, 40, 65), (2, 3, 1, 1), (7,), ()], ids=str)
def test_a_batch_that_is_collapsed_is_malformed(spec, shape):
    buffer = describe_tensor("X", shape, "int8", spec)
    assert tensor_fault(buffer, spec) is None
    *batch, height, width = buffer.padded_shape
    collapsed = (int(np.prod(batch, dtype=int)) * height, width)
    if batch:
        fault = tensor_fault(replace(buffer, padded_shape=collapsed), spec)
        assert fault.what == "padded_shape"
        other = tuple(extent + 1 for extent in batch)
        fault = tensor_fault(replace(buffer, padded_shape=(*other, height, width)), spec)
        assert fault.what == "padded_shape"
    assert tensor_fault(None, spec).what == "the tensor"


def _range(number, **fields):
    def break_it(schedule):
        ranges = list(schedule.core_ranges)
        ranges[number] = replace(ranges[number], **fields)
        return replace(schedule, core_ranges=tuple(ranges))

    return break_it


def _tile_range(core, **fields):
    def break_it(schedule):
        tiles = list(schedule.tiles_per_core)
        tiles[core] = replace(tiles[core], **fields)
        return replace(schedule, tiles_per_core=tuple(tiles))

    return break_it


def _arg(named, **fields):
    return lambda s: replace(
        s,
        runtime_args=tuple(
            replace(arg, **fields) if arg.name == named else arg for arg in s.runtime_args
        ),
    )


# The place of each fault, what was found there, and whether running it could do harm.
BAD_SCHEDULES = [
    (_tile_range(1, start_id=5), "tiles_per_core[1]", "5 to 6", True),
    (_tile_range(1, start_id=-1), "tiles_per_core[1].start_id", "-1", True),
    (_tile_range(1, count=2**32), "tiles_per_core[1].count", "4294967296", True),
    (_tile_range(0, count=2), "tile 2", "none", False),
    (_tile_range(0, count=4), "tile 3", "two", False),
    (_range(0, x0=-1), "core_ranges[0].x0", "-1", True),
    (_range(0, x1=8), "core_ranges[0]", "(0, 0) to (8, 0)", True),
    (_range(0, y1=2**31), "core_ranges[0]", "(0, 0) to (0, 2147483648)", True),
    (_range(0, y1=8), "core_ranges[0]", "(0, 0) to (0, 8)", True),
    (_range(1, x0=0), "core_ranges[1]", "core (0, 0) twice", True),
    (_range(0, y1=7, x0=0, x1=0), "core_ranges[0]", "core (0, 2), which has none", True),
    (_range(0, count=2), "core_ranges[0].count", "2", False),
    (_range(0, count=9), "core_ranges[0].count", "9", False),
    (lambda s: replace(s, core_ranges=s.core_ranges[1:]), "core (0, 0)", "none", False),
    (lambda s: replace(s, core_ranges=None), "core_ranges", "None", True),
    (lambda s: replace(s, core_grid=(8, 9)), "core_grid", "(8, 9)", True),
    (lambda s: replace(s, tiles_per_core=s.tiles_per_core[1:]), "tiles_per_core", "63", True),
    (lambda s: replace(s, tiles_per_core=s.tiles_per_core[:1] * 65), "tiles_per_core", "65", True),
    (lambda s: replace(s, num_tiles=7), "num_tiles", "7", False),
    (lambda s: replace(s, num_cores=63), "num_cores", "63", False),
    (lambda s: replace(s, grid=(2, 4, 1)), "num_tiles", "6", False),
    (lambda s: replace(s, grid=(2, 3, 1)), "runtime argument grid_x", "3", False),
    (lambda s: replace(s, order="by z"), "order", "'by z'", True),
    (lambda s: replace(s, policy="rectangular"), "tiles_per_core", "64", True),
    (lambda s: replace(s, stride=2), "stride", "2", True),
    (lambda s: replace(s, stride=True), "stride", "True", True),
    (lambda s: replace(s, boxes=(Box(0, 0, 0, 1, 1, 1),)), "boxes", "1", True),
    (lambda s: replace(s, boxes=[]), "boxes", "[]", True),
    (lambda s: replace(s, shared_reads=(SharedRead("A", "x", 1),)), "shared_reads", "1", True),
    (lambda s: replace(s, reason="a\nb"), "reason", r"'a\nb'", True),
    (
        _arg("kt_tiles", name="block_stride"),
        "runtime argument block_stride",
        "a constant of 5",
        True,
    ),
    (lambda s: replace(s, policy="cyclic"), "policy", "'cyclic'", True),
    (_arg("start_id", dtype="float64"), "runtime_args[0].dtype", "'float64'", True),
    (_arg("grid_y", value=3), "runtime argument grid_y", "3", False),
    (_arg("grid_y", name="rows"), "runtime argument rows: name of a constant", "'rows'", False),
    (_arg("grid_y", name="grid_x"), "runtime_args[3].name", "'grid_x'", True),
    (_arg("B_addr", source="A"), "runtime argument B_addr", "'B_addr'", False),
    (_arg("A_addr", kind="pointer"), "runtime_args[6].kind", "'pointer'", True),
    (_arg("beta_value", dtype="float64"), "runtime_args[10].dtype", "'float64'", True),
    (_arg("kt_tiles", value=0), "runtime argument kt_tiles", "0", False),
    (lambda s: replace(s, runtime_args=s.runtime_args[1:]), "runtime_args", "['count']", True),
    (lambda s: replace(s, runtime_args=s.runtime_args * 40), "runtime_args", "440", True),
]


def _box(core, **fields):
    def break_it(schedule):
        boxes = list(schedule.boxes)
        boxes[core] = replace(boxes[core], **fields)
        return replace(schedule, boxes=tuple(boxes))

    return break_it


def _shares(*read):
    return lambda s: replace(s, shared_reads=(SharedRead(*read),))


# Of 3 x 2 blocks down the columns, two apart, on the cores (0, 0) and (1, 0).
BAD_STRIDED = [
    (lambda s: replace(s, stride=0), "stride", "0", True),
    (lambda s: replace(s, stride=3), "tiles_per_core[0]", "0 to 6", True),
    (lambda s: replace(s, stride=1), "runtime argument block_stride", "a constant of 2", True),
    (_arg("block_stride", value=3), "runtime argument block_stride", "a constant of 3", True),
    (_arg("block_stride", kind="scalar", value=None, source="n", dtype="int32"),
     *("runtime argument block_stride", "a scalar of None", True)),
    (_arg("block_stride", name="kt"), "runtime argument kt: name of a constant", "'kt'", False),
    (_arg("grid_x", value=4), "runtime argument grid_x", "a constant of 4", True),
    (lambda s: replace(s, grid=(6, 2, 1)), "num_tiles", "6", True),
    (_tile_range(0, count=2), "tile 4", "none", False),
    (_tile_range(1, start_id=0), "tile 0", "two", False),
    (_tile_range(1, count=4), "tiles_per_core[1]", "1 to 7", True),
]  # fmt: skip
# Of 3 x 3 blocks on the cores (0, 0) to (1, 1).
BAD_BOXES = [
    (lambda s: replace(s, boxes=s.boxes[1:]), "boxes", "63", True),
    (lambda s: replace(s, boxes=()), "boxes", "0", True),
    (_box(1, across=2), "boxes[1]", "(2, 0, 0) to (3, 1, 0)", True),
    (_box(1, x=-1), "boxes[1].x", "-1", True),
    (_box(1, down=1.0), "boxes[1].down", "1.0", True),
    (_box(1, x=1), "boxes[1]", "blocks of core 0's as well", False),
    (_box(0, across=1), "boxes", "7", False),
    (_box(9, down=2), "boxes[9]", "(2, 2, 0) to (2, 3, 0)", True),
    (_box(1, across=0), "core_ranges[1]", None, True),
    (_shares("A", "z", 0), "shared_reads[0].along", "'z'", True),
    (_shares("A", "x", 2), "shared_reads[0].noc", "2", True),
    (_shares("A", "x", True), "shared_reads[0].noc", "True", True),
    (_shares("a\x1b[1m", "x", 1), "shared_reads[0].buffer", None, True),
    (_arg("first_x", name="start_id"), "runtime_args[0].name", "'start_id'", True),
    (lambda s: replace(s, runtime_args=s.runtime_args[1:]), "runtime_args", None, True),
    (_arg("grid_y", value=4), "runtime argument grid_y", "a constant of 4", True),
    (lambda s: replace(s, order="column"), "order", "'column'", True),
]


@pytest.mark.parametrize(
    ("policy", "break_it", "what", "found", "harms"),
    [
        *(("contiguous", *row) for row in BAD_SCHEDULES),
        *(("strided", *row) for row in BAD_STRIDED),
        *(("rectangular", *row) for row in BAD_BOXES),
    ],
)
def test_a_malformed_schedule_is_told_by_its_place(spec, policy, break_it, what, found, harms):
    schedule = _for_controls(spec)[policy]
    assert schedule_fault(schedule, spec) is None
    wrong = break_it(schedule)
    fault = schedule_fault(wrong, spec)
    assert fault is not None
    assert fault.what == what
    assert found is None or fault.found == found
    assert (schedule_harm(wrong, spec) is not None) == harms


def test_boxes_beside_each_other_may_stand_in_no_rows_and_columns(spec):
    schedule = schedule_tiles([4, 2], spec, "rectangular", cores=[(0, 0, 2, 0)])
    boxes = (Box(2, 0, 0, 2, 2, 1), Box(0, 1, 0, 2, 1, 1), Box(0, 0, 0, 2, 1, 1))
    assert schedule_fault(replace(schedule, boxes=(*boxes, *schedule.boxes[3:])), spec) is None


# Controls that can't vanish -----------------------------------------------------------------


def _evidence(spec, levels, controls):
    from tilelang.tt.runtime.backends.backend import Statement
    from tilelang.tt.validate.cases import Case
    from tilelang.tt.validate.evidence import Verdict
    from tilelang.tt.validate.findings import CaseResult, Evidence

    statement = Statement("none", "none 1.0", spec.arch, "none", True, True, (0, 1), ())
    result = CaseResult(Case("X", "table", buffer=describe_tensor("X", (32, 32), "int8", spec)))
    result.verdicts = {level: Verdict(level, 1) for level in levels}
    result.controls = controls
    now = datetime.now(timezone.utc)
    return Evidence(spec, statement, 0, now, results=[result])


def _all_controls(spec, levels, outcome):
    from tilelang.tt.validate.coverage import required
    from tilelang.tt.validate.evidence import Control

    return [Control(name, level, outcome) for level, name, _ in required(levels, spec, ())]


def test_a_failure_of_the_suite_names_the_case(spec):
    from tilelang.tt.validate import suite
    from tilelang.tt.validate.evidence import UNNOTICED

    evidence = _evidence(spec, ["E1"], _all_controls(spec, ["E1"], UNNOTICED)[:1])
    (control,) = evidence.results[0].controls
    with pytest.raises(AssertionError, match=r"\['X'\]"):
        suite.test_a_wrong_claim_is_rejected(evidence, "E1", control.mutation)


@pytest.mark.parametrize("level", ["E1", "E2", "E3", "E4", "E5", "E6", "E7"])
def test_a_run_is_red_in_which_a_level_rejected_no_control_of_a_mutation(spec, level):
    from tilelang.tt.validate.evidence import NO_EFFECT, REJECTED
    from tilelang.tt.validate.report import to_json, to_junit

    controls = _all_controls(spec, [level], REJECTED)
    assert len(controls) >= 3
    assert _evidence(spec, [level], controls).exit_code() == 0
    for missing in controls:
        left = [one for one in controls if one is not missing]
        red = _evidence(spec, [level], [*left, replace(missing, outcome=NO_EFFECT)])
        assert red.exit_code() == 1
        assert red.objections() == [f"{level}: no control was rejected: {missing.mutation}"]
    document = to_json(red)
    assert document["totals"]["missing"] == 1
    assert "no control was rejected" in to_junit(document)
    assert len(_evidence(spec, [level], []).objections()) == len(controls)


def test_what_strided_and_rectangular_schedules_alone_have_is_asked_of_runs_that_prove_one(spec):
    from tilelang.tt.validate.coverage import required

    of = {policy: {name for _, name, _ in required(["E6"], spec, [policy])} for policy in POLICIES}
    strides, boxes = {"another stride", "a stride one less"}, {
        "a box a column short", "two cores' boxes exchanged",
    }  # fmt: skip
    assert of["strided"] - of["contiguous"] == strides
    assert of["rectangular"] - of["contiguous"] == boxes
    assert of["contiguous"] <= of["strided"] & of["rectangular"]


def test_where_nothing_is_proven_no_control_is_missed(spec):
    assert _evidence(spec, [], []).objections() == []


def test_only_the_devices_own_description_excuses_a_mutation(spec):
    from tilelang.tt.validate.coverage import required

    levels = ("E3", "E4", "E5", "E6", "E7")
    assert [why for _, _, why in required(levels, spec) if why] == []
    alike = replace(
        spec,
        grid_x=1,
        grid_y=1,
        dram_banks=1,
        dram_cores=spec.dram_cores[:1],
        dram_cores_noc1=spec.dram_cores[:1],
        dram_offsets=(0,),
    )
    excused = {name: why for _, name, why in required(levels, alike) if why}
    assert excused == {
        "a bank too few": "the device has one DRAM bank",
        "two banks swapped": "the device has one DRAM bank",
        "two banks swapped on NoC 0": "no other DRAM bank of the device begins where bank 0 does",
        "two banks swapped on NoC 1": "no other DRAM bank of the device begins where bank 0 does",
        "the wrong NoC's table": "both NoCs of the device have the banks at the same coordinates",
        "no bank offsets": "each DRAM bank of the device begins at 0",
        "two cores run as each other": "the device has one core",
        "another stride": "the device has one core",
        "two cores swapped": "the device has one core",
        "two cores' boxes exchanged": "the device has one core",
        "a stride one less": "the device has one core",
        "cores counted down columns": "the device's cores are in one row or column",
        "a partition of one's own as ttnn's": "the device has one core",
        "another core's blocks": "the device has one core",
    }
