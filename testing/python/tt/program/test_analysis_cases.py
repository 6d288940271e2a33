"""What follows from a tile program, case by case: who writes a page, access regions, races, kt_tiles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from analysis_programs import (
    BX,
    BY,
    LOOPS,
    VARIABLES,
    ZERO,
    N,
    add,
    analyse,
    bind_all,
    scaled,
    scratch,
    tensor,
)

from tilelang.tt import _ffi_api
from tilelang.tt.program import Program
from tilelang.tt.program.settle import settle

VI, VJ = LOOPS[:2]


def program(shape, grid, body, views=()) -> dict:
    """Buffer 0 is the tensor, 1 scratch of 64 x 64, 2 another tensor of that shape, then views of 0."""
    launch = {"grid": [*grid, 1, 1][:3], "indices": [0, 1, 2], "body": bind_all(body)}
    flat = [
        {"name": "v", "kind": "view", "of": 0, "offset": 0, "dtype": "float32", "shape": v}
        for v in views
    ]
    buffers = [tensor(shape), scratch([64, 64]), tensor(shape, 1), *flat]
    return {"version": 1, "buffers": buffers, "variables": VARIABLES, "launches": [launch]}


def region(at, shape, buffer=0) -> dict:
    return {"buffer": buffer, "at": at, "shape": shape}


def fill(at, shape, buffer=0) -> dict:
    return {"step": "fill", "dst": region(at, shape, buffer), "value": ZERO}


def loop(var, extent, *body) -> dict:
    return {"step": "loop", "var": var, "extent": extent, "kind": "serial", "body": list(body)}


def stores(loops, *body, kind="parallel") -> dict:
    nest = [{"var": var, "extent": extent, "kind": kind} for var, extent in loops]
    return {"step": "map", "loops": nest, "body": list(body)}


def store(at, value=ZERO, buffer=0) -> dict:
    return {"step": "store", "buffer": buffer, "at": at, "value": value}


def when(condition, *then) -> dict:
    return {"step": "when", "condition": condition, "then": list(then)}


def var(v) -> dict:
    return {"var": v}


def floordiv(a, b) -> dict:
    return {"floordiv": [a, b]}


def floormod(a, b) -> dict:
    return {"floormod": [a, b]}


def square(side: int) -> dict:
    return fill([scaled(BY, side), scaled(BX, side)], [side, side])


IF_N = {"lt": [var(N), 3]}
PERSISTENT = [
    loop(
        VI, 3,
        {"step": "when", "condition": {"lt": [add(var(BX), scaled(VI, 4)), 12]}, "then": [
            fill([{"mul": [{"floordiv": [add(var(BX), scaled(VI, 4)), 3]}, 32]},
                  {"mul": [{"floormod": [add(var(BX), scaled(VI, 4)), 3]}, 32]}], [32, 32])]},
    )
]  # fmt: skip
ELEMENTS = add(scaled(BX, 64), var(VI))

WRITERS = {
    # name: shape, grid, body, by pages, by elements
    "nobody": ([64, 64], [2], [], "none", "none"),
    "beyond the tensor": ([64, 64], [2], [fill([64, 0], [32, 32])], "none", "none"),
    "the only block": ([64, 64], [1], [fill([3, 5], [7, 7])], "one block", "one block"),
    "64 x 64": ([256, 192], [3, 4], [square(64)], "one block", "one block"),
    "16 x 16": ([256, 192], [12, 16], [square(16)], "several blocks", "one block"),
    "48 x 48": ([256, 192], [4, 6], [square(48)], "several blocks", "one block"),
    "everyone all": ([64, 64], [4], [stores([(VI, 64), (VJ, 64)], store([var(VI), var(VJ)]))], "several blocks", "several blocks"),
    "ragged edges": ([100, 100], [2, 2], [square(64)], "one block", "one block"),
    "2^15 x 2^15 blocks": ([2**20, 2**20], [2**15, 2**15], [square(32)], "one block", "one block"),
    "2^15 x 2^15 blocks of 16": ([2**19, 2**19], [2**15, 2**15], [square(16)], "several blocks", "one block"),
    "backwards": ([128, 64], [4], [fill([add(96, scaled(BX, -32)), 0], [32, 64])], "one block", "one block"),
    "two halves": ([128, 64], [2], [fill([scaled(BX, 64), 0], [32, 64]), fill([add(32, scaled(BX, 64)), 0], [32, 64])], "one block", "one block"),
    "a row too many": ([128, 64], [2], [fill([scaled(BX, 64), 0], [65, 64])], "several blocks", "several blocks"),
    "a loop": ([256, 64], [2], [loop(VI, 4, fill([add(scaled(BX, 128), scaled(VI, 32)), 0], [32, 64]))], "one block", "one block"),
    "element by element": ([128, 64], [2], [stores([(VI, 64), (VJ, 64)], store([ELEMENTS, var(VJ)]))], "one block", "one block"),
    "flattened loops": ([128, 64], [2], [stores([(VI, 4096)], store([add(scaled(BX, 64), {"floordiv": [var(VI), 64]}), {"floormod": [var(VI), 64]}]))], "one block", "one block"),
    "two indices in one": ([256, 32], [2, 4], [fill([add(scaled(BX, 32), scaled(BY, 64)), 0], [32, 32])], "one block", "one block"),
    "two indices that meet": ([256, 32], [2, 4], [fill([add(scaled(BX, 32), scaled(BY, 32)), 0], [32, 32])], "several blocks", "several blocks"),
    "rows": ([64], [64], [fill([var(BX)], [1])], "several blocks", "one block"),
    "matrices": ([4, 40, 40], [4], [fill([var(BX), 0, 0], [1, 40, 40])], "one block", "one block"),
    "a condition": ([64, 64], [2], [when(IF_N, fill([0, 0], [32, 32]))], "unknown", "unknown"),
    "a condition, apart": ([64, 64], [2], [when(IF_N, fill([scaled(BX, 32), 0], [32, 32]))], "one block", "one block"),
    "added to": ([64, 64], [2], [{"step": "atomic", "kind": "add", "dst": region([0, 0], [32, 32]), "value": ZERO}], "several blocks", "several blocks"),
    "not understood": ([64, 64], [2], [{"step": "opaque", "op": "x", "reason": "y", "reads": [], "writes": [0]}], "unknown", "unknown"),
    "persistent": ([128, 96], [4], PERSISTENT, "unknown", "unknown"),
    "a factor that wraps around": ([64, 64], [2], [fill([{"mul": [var(N), 32]}, 0], [32, 32])], "unknown", "unknown"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
def test_who_writes_a_page(name):
    shape, grid, body, pages, elements = WRITERS[name]
    found = analyse(program(shape, grid, body))["buffers"][0]
    assert (found["written_by"], found["elements_written_by"]) == (pages, elements)


@pytest.mark.parametrize(
    "name", [name for name in WRITERS if "2^15" not in name and "wraps" not in name]
)
def test_going_through_the_blocks_settles_it(name):
    shape, grid, body, pages, elements = WRITERS[name]
    document = Program.from_json(program(shape, grid, body))
    for tile, by_affine_reasoning in ((32, pages), (1, elements)):
        settled = settle(document, 0, tile, {N: 1}).found
        if name == "persistent":
            assert settled == "one block"
        elif name == "a condition":
            assert settled == "several blocks"
        else:
            assert settled == by_affine_reasoning


def test_what_settling_found_is_named():
    shape, grid, body, *_ = WRITERS["48 x 48"]
    found = settle(Program.from_json(program(shape, grid, body)), 0)
    assert (found.found, found.launch, found.page) == ("several blocks", 0, 1)
    assert found.blocks == ((0, 0, 0), (1, 0, 0))


def test_settling_goes_through_so_many_elements_and_no_more():
    shape, grid, body, *_ = WRITERS["persistent"]
    document = Program.from_json(program(shape, grid, body))
    assert settle(document, 0, most=12 * 1024 + 12).found == "one block"
    found = settle(document, 0, most=12 * 1024 + 11)
    assert (found.found, "12299 elements" in found.reason) == ("unknown", True)


def test_a_condition_on_a_scalar_without_a_value_stays_unknown():
    shape, grid, body, *_ = WRITERS["a condition"]
    assert settle(Program.from_json(program(shape, grid, body)), 0).found == "unknown"


A_TILE = region([0, 0], [32, 32], 1)
REGIONS = {
    # name: body, views, unit, at, shape, loops, exact
    "whole pages": ([square(64)], (), "pages", [scaled(BY, 2), scaled(BX, 2)], [2, 2], None, True),
    "a part of a page": ([square(16)], (), "elements", [scaled(BY, 16), scaled(BX, 16)], [16, 16], None, True),
    "up to the edge": ([fill([0, 0], [100, 100])], (), "pages", [0, 0], [4, 4], None, True),
    "a map is one box": ([stores([(VI, 64), (VJ, 32)], store([add(scaled(BX, 64), var(VI)), var(VJ)]))], (), "pages", [scaled(BX, 2), 0], [2, 1], None, True),
    "a loop stays": ([loop(VI, 3, fill([scaled(VI, 32), 0], [32, 32]))], (), "pages", [var(VI), 0], [1, 1], [{"var": VI, "extent": 3}], True),
    "a loop that doesn't matter goes": ([loop(VI, 3, square(32))], (), "pages", [var(BY), var(BX)], [1, 1], None, True),
    "a loop that may have no turn": ([loop(VI, var(N), square(32))], (), "pages", [var(BY), var(BX)], [1, 1], [{"var": VI, "extent": var(N)}], True),
    "a condition": ([when(IF_N, square(32))], (), "pages", [var(BY), var(BX)], [1, 1], None, False),
    "a place that is loaded": ([fill([{"cast": ["int32", {"load": [2, 0, 0]}]}, 0], [32, 32])], (), "pages", [0, 0], [4, 1], None, False),
    "rows through a flat view": ([fill([scaled(BX, 3200)], [3200], 3)], ([10000],), "pages", [var(BX), 0], [1, 4], None, True),
    "part of a row through a flat view": ([fill([add(scaled(BX, 3200), 32)], [32], 3)], ([10000],), "elements", [scaled(BX, 32), 32], [1, 32], None, True),
    "a run that is no box": ([fill([0], [150], 3)], ([10000],), "pages", [0, 0], [4, 4], None, False),
    "a view of the same shape": ([fill([0, 0], [32, 32], 3)], ([100, 100],), "pages", [0, 0], [1, 1], None, True),
}  # fmt: skip


@pytest.mark.parametrize("name", REGIONS)
def test_what_a_block_writes(name):
    body, views, unit, at, shape, loops, exact = REGIONS[name]
    found = analyse(program([100, 100], [2, 2], body, views))["buffers"][0]["access"]
    (written,) = [each for each in found if each["mode"] == "write"]
    expected = {"launch": 0, "mode": "write", "unit": unit, "at": at, "shape": shape}
    assert written == expected | ({"loops": loops} if loops else {}) | {"exact": exact}


LOAD_I = {"load": [0, var(VI), 0]}
FLAT = add(scaled(BX, 96), var(VI))
BOTH = add(scaled(BX, 96), add(scaled(VI, 12), var(VJ)))
RACES = {
    "each point its own": (stores([(VI, 8), (VJ, 8)], store([var(VI), var(VJ)])), False),
    "an update in place": (stores([(VI, 8)], store([var(VI), 0], LOAD_I)), False),
    "two points, one element": (stores([(VI, 8), (VJ, 8)], store([var(VI), 0])), True),
    "a neighbour is read": (stores([(VI, 8)], store([add(var(VI), 1), 0], LOAD_I)), True),
    "another column is read": (stores([(VI, 8)], store([var(VI), 1], LOAD_I)), False),
    "digits of a place": (stores([(VI, 8), (VJ, 8)], store([add(scaled(VI, 8), var(VJ)), 0])), False),
    "digits that overlap": (stores([(VI, 8), (VJ, 9)], store([add(scaled(VI, 8), var(VJ)), 0])), True),
    "a sum within a point": (stores([(VI, 8)], {**loop(VJ, 4, store([var(VI), 0], LOAD_I))}), False),
    "a run within a point": (stores([(VI, 8)], loop(VJ, 4, store([add(scaled(VI, 4), var(VJ)), 0]))), False),
    "runs that overlap": (stores([(VI, 8)], loop(VJ, 5, store([add(scaled(VI, 4), var(VJ)), 0]))), True),
    "serial loops have an order": (stores([(VI, 8)], store([0, 0], LOAD_I), kind="serial"), False),
    "a scattered store": (stores([(VI, 8)], store([{"cast": ["int32", {"load": [2, var(VI), 0]}]}, 0])), True),
    "two halves": (stores([(VI, 8)], store([var(VI), 0]), store([add(var(VI), 8), 0])), False),
    "a flat index, split": (stores([(VI, 96)], store([floordiv(FLAT, 12), floormod(FLAT, 12)])), False),
    "split by its quotient": (stores([(VI, 96)], store([floordiv(floordiv(FLAT, 4), 3), floormod(FLAT, 12)])), False),
    "a digit too few": (stores([(VI, 96)], store([floordiv(FLAT, 12), floormod(FLAT, 6)])), True),
    "a digit of another": (stores([(VI, 96)], store([floordiv(FLAT, 12), floormod(add(FLAT, 1), 12)])), True),
    "digits of two loops": (stores([(VI, 8), (VJ, 12)], store([floordiv(BOTH, 7), floormod(BOTH, 7)])), False),
    "digits of loops that overlap": (stores([(VI, 8), (VJ, 13)], store([floordiv(BOTH, 7), floormod(BOTH, 7)])), True),
    "digits, and another place": (stores([(VI, 96)], store([floordiv(FLAT, 12), floormod(FLAT, 12)]), store([0, 0])), True),
}  # fmt: skip


@pytest.mark.parametrize("name", RACES)
def test_whether_the_order_of_points_could_be_seen(name):
    step, racy = RACES[name]
    assert analyse(program([100, 100], [2], [step]))["racy"][0] == racy


def test_every_kind_of_step_and_expression_has_the_same_text_in_both_languages():
    text = Path(__file__).with_name("every_kind.json").read_text()
    document = Program.from_json(text)
    assert _ffi_api.canonical_program(text) == document.to_text()


def test_a_text_that_is_no_program_is_a_value_error_with_its_place():
    document = program([64, 64], [1], [{"step": "copy"}])
    with pytest.raises(ValueError, match=r'launches\[0\].body\[0\]: found no "src"; expected one'):
        _ffi_api.analyze_program(json.dumps(document))
