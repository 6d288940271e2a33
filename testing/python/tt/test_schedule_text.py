"""A schedule in words: what a core has, and what cores read together."""

from __future__ import annotations

from dataclasses import astuple, replace

import pytest
from policies import schedule

from tilelang.tt import schedule_text
from tilelang.tt.device_spec import DeviceSpec

SPEC = replace(DeviceSpec.preset("n150"), grid_x=3, grid_y=4)

# Blocks, policy, order: the rule, what cores 0 and 4 hold, and their cells.
WORDS = [
    ((30, 1, 1), "contiguous", "row_major", "contiguous, row_major",
     ("blocks 0 to 2", "blocks 12 to 14"), ("0-2", "12-14")),
    ((2, 15, 1), "contiguous", "column_major", "contiguous, column_major",
     ("blocks 0, 2, 4", "blocks 24, 26, 28"), ("0..", "24..")),
    ((30, 1, 1), "strided", "row_major",
     "strided, row_major: each 12th block of a core's first",
     ("blocks 0, 12, 24", "blocks 4, 16, 28"), ("0..", "4..")),
    ((999, 1, 1), "strided", "row_major",
     "strided, row_major: each 12th block of a core's first",
     ("blocks 0, 12, 24, 36, 48, 60, 72, 84, ... 996",
      "blocks 4, 16, 28, 40, 52, 64, 76, 88, ... 988"), ("0..", "4..")),
    ((5, 4, 1), "rectangular", "row_major",
     "rectangular, row_major: boxes of up to 2x1x1 blocks",
     ("blocks (0, 0, 0) to (1, 0, 0)", "blocks (2, 1, 0) to (3, 1, 0)"), ("0-1,0", "2-3,1")),
    ((2, 2, 4), "rectangular", "row_major",
     "rectangular, row_major: boxes of up to 1x1x2 blocks",
     ("blocks (0, 0, 0) to (0, 0, 1)", "blocks (1, 1, 0) to (1, 1, 1)"), ("0,0,0-1", "1,1,0-1")),
    ((1, 1, 1), "rectangular", "row_major",
     "rectangular, row_major: boxes of up to 1x1x1 blocks", ("block (0, 0, 0)", "idle"), ("0,0", "")),
]  # fmt: skip


@pytest.mark.parametrize(("grid", "policy", "order", "rule", "held", "cells"), WORDS)
def test_a_schedule_is_told_in_words(grid, policy, order, rule, held, cells):
    plan = schedule(grid, SPEC, policy, order)
    assert schedule_text.rule(plan) == rule
    assert tuple(schedule_text.held(plan, core) for core in (0, 4)) == held
    assert schedule_text.cell(plan, 0) == cells[0]
    if cells[1]:
        assert schedule_text.cell(plan, 4) == cells[1]


# Blocks, cores that may be used, what is shared: how that is said.
SHARED = [
    ((3, 4, 1), None, [("A", "x", 1), ("B", "y", 0)],
     ["A: read by core (0, y) of each row, multicast to the 2 others of its row over NoC 1",
      "B: read by core (x, 0) of each column, multicast to the 3 others of its column over NoC 0"]),
    ((3, 4, 1), [(1, 2, 2, 3)], [("A", "x", 1), ("B", "y", 0)],
     ["A: read by core (1, y) of each row, multicast to the other of its row over NoC 1",
      "B: read by core (x, 2) of each column, multicast to the other of its column over NoC 0"]),
    ((3, 2, 5), None, [("K", "y", 0)],
     ["K: read by the first core of each column of 2, multicast to the other of its column over NoC 0",
     ]),
    ((3, 2, 5), None, [("A", "x", 1), ("W", "yz", 0)],
     ["A: read by core (0, y) of each row, multicast to the 2 others of its row over NoC 1",
      "W: read by core (x, 0) of each column, multicast to the 3 others of its column over NoC 0",
      "of what rows share, each of the 2 layers of rows, whose blocks differ in z, reads all for "
      "itself: its rows and another's are no rectangle to multicast to"]),
    ((3, 4, 1), None, [], [
        "nothing is shared: along a row or a column of cores, blocks' indices decide what each "
        "tensor's reads are, or how often they are done"
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("grid", "cores", "shared", "said"), SHARED)
def test_what_is_shared_is_told_in_words(grid, cores, shared, said):
    plan = schedule(grid, SPEC, "rectangular", cores=cores, shared=shared)
    assert list(schedule_text.shared(plan)) == said


def test_a_schedule_without_boxes_has_nothing_to_share():
    assert list(schedule_text.shared(schedule((3, 4, 1), SPEC, "strided"))) == []


@pytest.mark.parametrize("policy", ["contiguous", "strided", "rectangular"])
def test_a_report_has_what_its_drawing_takes(policy):
    plan = schedule((5, 4, 2), SPEC, policy, "column_major")
    document = {
        "grid": [5, 4, 2], "core_grid": [3, 4], "tiles": 40, "policy": policy,
        "order": "column_major", "stride": plan.stride,
        "boxes": [list(astuple(box)) for box in plan.boxes],
        "tiles_per_core": [[each.start_id, each.count] for each in plan.tiles_per_core],
    }  # fmt: skip
    found = schedule_text.of_report(document)
    for core in range(12):
        assert found.counts[core] == plan.counts[core]
        assert schedule_text.held(found, core) == schedule_text.held(plan, core)
