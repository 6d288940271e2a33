"""Which pages each step touches: taken together they are those of the block, and each is its own."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest

import tilelang.tt
from tilelang.tt import _ffi_api
from tilelang.tt.program import (
    Const,
    Copy,
    Launch,
    Load,
    Loop,
    Op,
    Pages,
    PagesOfBlocks,
    Program,
    Region,
    Scratch,
    Tensor,
    Var,
    Variable,
    listing_lines,
)
from tilelang.tt.step_pages import MOST_IDS, step_pages

EXAMPLES = json.loads(
    (Path(tilelang.tt.__file__).parent / "validate" / "results" / "examples.json").read_text()
)


def at_block(touched, grid, block):
    """The ids that a step touches of a tensor, when it is of this block."""
    index, stride = 0, 1
    for axis in touched.axes:
        index, stride = index + stride * block[axis], stride * grid[axis]
    return set(touched.pages[index].ids)


def of_steps(program, launch, block):
    """What all steps of a block touch: ids by buffer and mode."""
    found: dict[tuple[int, str], set[int]] = {}
    told = step_pages(program, launch)
    for touched in (*(each for of in told.steps.values() for each in of), *told.rest):
        ids = at_block(touched, program.launches[launch].grid, block)
        found.setdefault((touched.buffer, touched.mode), set()).update(ids)
    return {key: ids for key, ids in found.items() if ids}


def of_block(program, launch, block):
    """The same by the regions of the whole program, which a plan has in tt_access."""
    found = {}
    grid = program.launches[launch].grid
    number = block[0] + grid[0] * (block[1] + grid[1] * block[2])
    analysed = json.loads(_ffi_api.analyze_program(program.to_text()))["buffers"]
    for buffer, of in enumerate(analysed):
        if of is not None:
            pages = PagesOfBlocks(program, buffer, of["access"], launch)[number]
            found |= {(buffer, mode): set(each.ids) for mode, each in pages.items()}
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_steps_touch_is_what_the_block_touches(name):
    program = Program.from_json(EXAMPLES[name])
    for launch, each in enumerate(program.launches):
        for block in product(*map(range, each.grid)):
            assert of_steps(program, launch, block) == of_block(program, launch, block)


def test_each_step_of_a_gemm_touches_its_own():
    """M=64 N=96 K=128 in blocks of 32: A is 2 x 4 pages, B 4 x 3 and C 2 x 3."""
    name = next(name for name in EXAMPLES if name.startswith("gemm "))
    program = Program.from_json(EXAMPLES[name])
    told = step_pages(program, 0)
    said = {line.place: line.text.strip() for line in listing_lines(program) if line.step}
    grid, block = program.launches[0].grid, (2, 1, 0)
    found = {
        said[place].split(",")[0]: {
            (program.buffers[t.buffer].name, t.mode): at_block(t, grid, block) for t in touched
        }
        for place, touched in told.steps.items()
    }
    assert list(found.values()) == [
        {("A", "read"): {4, 5, 6, 7}},
        {("B", "read"): {2, 5, 8, 11}},
        {("C", "write"): {5}},
    ], found
    assert told.rest == ()


def a_copy_in_a_loop(extent):
    """Each of 2 blocks copies pages 0 to ``extent`` of a row of X, and a constant page out."""
    i, j = Var(0), Var(1)
    side = Const(32)
    return Program(
        (
            Tensor(param=0, name="n", dtype="int32", shape=(64,)),
            Tensor(param=1, name="X", dtype="float32", shape=(64, 32 * (MOST_IDS + 1))),
            Scratch(name="s", scope="shared.dyn", dtype="float32", shape=(32, 32)),
        ),
        (Variable("bx", "block", "int32"), Variable("k", "loop", "int32")),
        (
            Launch(
                (2, 1, 1),
                (0, None, None),
                (
                    Loop(
                        1,
                        extent,
                        "serial",
                        (
                            Copy(
                                Region(1, (times(i, 32), times(j, 32)), (side, side)),
                                Region(2, (Const(0), Const(0)), (side, side)),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    )


def times(a, b):
    return Op("mul", (a, Const(b)))


def test_what_the_bounds_of_loops_read_is_no_steps():
    """The loop's bound is n[bx]: its page is among the rest, and how far X is read isn't known."""
    told = step_pages(a_copy_in_a_loop(Load(0, (Var(0),))), 0)
    (n,) = told.rest
    assert (n.buffer, n.mode, n.pages) == (0, "read", (Pages([0], True),) * 2)
    ((x,),) = told.steps.values()
    assert (x.buffer, x.mode) == (1, "read")


def test_more_pages_than_an_html_page_can_carry_are_not_listed():
    for extent, listed in ((4, True), (MOST_IDS + 1, False)):
        ((x,),) = step_pages(a_copy_in_a_loop(Const(extent)), 0).steps.values()
        assert (x.pages is not None) == listed
