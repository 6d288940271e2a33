"""The judgements of E1 to E5, without a device: each has to see each thing that it is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

np = pytest.importorskip("numpy")

from claims_on_paper import (  # noqa: E402  needs numpy
    CORES,
    addresses_of,
    allocation_of,
    bits_of,
    claim_of,
)

from tilelang.tt.validate.tensors import levels  # noqa: E402
from tilelang.tt.validate.tensors.controls import (  # noqa: E402
    MUTATIONS,
    has_effect,
)

CLAIM = claim_of()
PAGES = CLAIM.buffer.accessor.num_pages


def test_what_agrees_is_proven_on_each_level():
    bits = bits_of(CLAIM)
    pages = CLAIM.pages(bits)
    assert pages.shape == (PAGES, 4096)
    verdicts = [
        levels.judge_arguments(CLAIM, allocation_of(CLAIM)),
        levels.judge_allocation(CLAIM, allocation_of(CLAIM)),
        levels.judge_addresses(CLAIM, addresses_of(PAGES, 4096)),
        levels.judge_pages_read(CLAIM, pages, pages),
        levels.judge_pages_written(CLAIM, bits, bits),
    ]
    assert [(v.level, v.proven, v.checked) for v in verdicts] == [
        *(("E1", True, 2), ("E2", True, 11), ("E3", True, 2 * PAGES)),
        *(("E4", True, PAGES), ("E5", True, PAGES)),
    ]


@pytest.mark.parametrize("words", [(2,), (2, 4096, 0), (0, 4096), (3, 4096), (2, 2048), ()])
def test_e1_sees_each_word(words):
    found = replace(allocation_of(CLAIM), compile_time_args=words)
    verdict = levels.judge_arguments(CLAIM, found)
    assert verdict.difference.found == str(list(words))
    assert not verdict.proven


@pytest.mark.parametrize(
    ("figure", "value", "what"),
    [
        ("memory", "l1", "memory"),
        ("layout", "l1_interleaved", "layout"),
        ("page_size", 2048, "page size"),
        ("aligned_page_size", 8192, "aligned page size"),
        ("num_pages", PAGES + 1, "number of pages"),
        ("num_banks", 5, "number of banks"),
        ("padded_shape", (96, 128), "padded shape"),
        ("needs_padding", False, "padding"),
        ("tile_shape", (16, 32), "tile shape"),
        ("tiles", (3, 4), "tiles down and across"),
        ("tiles", (4, 4), "tiles down and across"),
        ("tiles", (5, 3), "tiles down and across"),
        ("data_format", "Int32", "data format"),
    ],
)
def test_e2_sees_each_figure(figure, value, what):
    verdict = levels.judge_allocation(CLAIM, replace(allocation_of(CLAIM), **{figure: value}))
    assert verdict.difference.what == what
    assert verdict.difference.found == str(value)


@pytest.mark.parametrize(
    ("dtype", "held", "proven"),
    [
        ("float16", "float16 in UInt16", True),
        ("float16", "UInt16", False),
        ("int8", "Int8", True),
        ("int8", "int8 in UInt8", False),
        ("bool", "bool in UInt8", True),
        ("bool", "bool in UInt16", False),
        ("bfloat16", "Float16_b", True),
        ("bfloat16", "Float32", False),
    ],
)
def test_e2_knows_what_travels_in_what(dtype, held, proven):
    claim = claim_of(dtype=dtype)
    found = replace(allocation_of(claim), data_format=held)
    assert levels.judge_allocation(claim, found).proven == proven


def test_e3_sees_each_page_on_each_noc_and_each_part_of_its_address():
    for page in range(PAGES):
        for noc in (0, 1):
            for bit in (0, 5, 30, 35, 36, 41, 42, 47):
                found = addresses_of(PAGES, 4096)
                found[page, noc] ^= 1 << bit
                difference = levels.judge_addresses(CLAIM, found).difference
                assert difference.what == f"page {page}"
                assert difference.expected.startswith(f"NoC {noc} {CORES[noc][page % 4]}")


@pytest.mark.parametrize("pages", [0, PAGES - 1, PAGES + 1])
def test_e3_counts_pages(pages):
    verdict = levels.judge_addresses(CLAIM, addresses_of(pages, 4096))
    assert verdict.difference.what == "number of pages"
    assert verdict.difference.found == str(pages)


def test_e3_of_no_banks_is_a_verdict():
    none = replace(CLAIM.buffer, accessor=replace(CLAIM.buffer.accessor, num_banks=0))
    verdict = levels.judge_addresses(replace(CLAIM, buffer=none), addresses_of(PAGES, 4096))
    assert verdict.difference.what == "banks"


def test_e4_says_whose_bytes_are_there_and_counts_them():
    pages = CLAIM.pages(bits_of(CLAIM))
    verdict = levels.judge_pages_read(CLAIM, pages, pages[[0, 2, 1]], [0, 1, 2])
    assert verdict.difference.what == "page 1 (2 of 3 wrong)"
    assert verdict.difference.found == "page 2 there"
    assert levels.judge_pages_read(CLAIM, pages, pages[:, :16]).difference.what == "bytes"
    assert levels.judge_pages_read(CLAIM, pages, pages[:-1]).difference.what == "bytes"


@pytest.mark.needs("ttnn")
@pytest.mark.parametrize("shape", [(32, 32), (100, 70), (3, 200, 40)])
def test_e4_and_e5_reach_each_page_where_it_is_over_one_noc_and_over_the_other(shape):
    from tilelang.tt.validate.tensors.trials import TURNS, transfer_of

    claim = claim_of(shape)
    read, written = (transfer_of(claim, TURNS[level]).places for level in ("E4", "E5"))
    assert (read[:, 0] + written[:, 0] == 1).all()
    expected = addresses_of(claim.buffer.accessor.num_pages, 4096)
    for places in (read, written):
        for page, (noc, x, y, address) in enumerate(places.tolist()):
            assert y << 42 | x << 36 | address == expected[page, noc]
    if len(read) > 4:  # more than a row of the banks
        assert {0, 1} == set(read[:, 0]) == set(written[:, 0])


@pytest.mark.parametrize("shape", [(32, 32), (100, 70), (64, 64), (3, 200, 40)])
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_has_an_effect_exactly_where_the_level_rejects_it(mutation, shape):
    claim = claim_of(shape)
    wrong = mutation.apply(claim)
    judges = {
        "E1": lambda: levels.judge_arguments(wrong, allocation_of(claim)),
        "E2": lambda: levels.judge_allocation(wrong, allocation_of(claim)),
        "E3": lambda: levels.judge_addresses(
            wrong, addresses_of(claim.buffer.accessor.num_pages, 4096)
        ),
    }
    for level, judge in judges.items():
        if level in mutation.levels:
            assert has_effect(level, claim, wrong) != judge().proven, level
