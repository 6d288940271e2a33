"""Which blocks each core runs by each policy and order, against a plain model of the rule."""

from __future__ import annotations

import itertools
import random

import pytest
from kernels import device

from tilelang.tt import _ffi_api
from tilelang.tt.describe import schedule_tiles
from tilelang.tt.metadata import Box, CoreRange, plain_value
from tilelang.tt.policies import ORDERS, POLICIES, parse_cores, rectangles

CARD = device(4, 4)
#: Two rectangles with a hole between them: no rectangle has more than six of these cores.
HOLED = [(0, 0, 1, 2), (3, 0, 3, 3), (2, 3, 2, 3)]


def usable(cores, width, height):
    """Whether each core may be used, row by row."""
    inside = [
        (x, y)
        for x0, y0, x1, y1 in cores or [(0, 0, width - 1, height - 1)]
        for x in range(x0, x1 + 1)
        for y in range(y0, y1 + 1)
    ]
    return [(x, y) in inside for y in range(height) for x in range(width)]


def in_order(grid, order):
    """The ids of the blocks of a grid in an order."""
    x, y, z = (range(extent) for extent in grid)
    if order == "row_major":
        places = ((i, j, k) for k in z for j in y for i in x)
    else:
        places = ((i, j, k) for k in z for i in x for j in y)
    return [(k * grid[1] + j) * grid[0] + i for i, j, k in places]


def shares(items, parts):
    """A list cut as evenly as it goes, the first parts one longer."""
    cut = [len(items) // parts + (part < len(items) % parts) for part in range(parts)]
    ends = list(itertools.accumulate(cut))
    return [items[end - length : end] for length, end in zip(cut, ends, strict=True)]


def largest(free, width, height, grid):
    """x0, y0 and the sides of the rectangle of free cores that most cores of have blocks."""
    best = max(
        (min(w, grid[0]) * min(h, grid[1] * grid[2]), w, -y, -x, h)
        for y in range(height)
        for x in range(width)
        for w in range(1, width - x + 1)
        for h in range(1, height - y + 1)
        if all(free[(y + j) * width + x + i] for i in range(w) for j in range(h))
    )
    return -best[3], -best[2], best[1], best[4]


def dealt(policy, order, grid, free, width):
    """The blocks of each core, in order: docs/metadata.md in so many loops."""
    height = len(free) // width
    blocks, of_core = in_order(grid, order), [[] for _ in free]
    taking = [core for core, one in enumerate(free) if one][: len(blocks)]
    if policy == "contiguous":
        for core, part in zip(taking, shares(blocks, len(taking)), strict=True):
            of_core[core] = part
    elif policy == "strided":
        for place, block in enumerate(blocks):
            of_core[taking[place % len(taking)]].append(block)
    else:
        x0, y0, across, down = largest(free, width, height, grid)
        columns = shares(range(grid[0]), min(across, grid[0]))
        rows = shares(range(grid[1]), min(down, grid[1]))
        layers = shares(range(grid[2]), min(down // len(rows), grid[2]))
        for (k, zs), (j, ys), (i, xs) in itertools.product(
            *map(list, map(enumerate, (layers, rows, columns)))
        ):
            core = (y0 + k * len(rows) + j) * width + x0 + i
            of_core[core] = [
                b
                for b in blocks
                if b % grid[0] in xs
                and b // grid[0] % grid[1] in ys
                and b // grid[0] // grid[1] in zs
            ]
    return of_core


def assert_dealt(policy, order, grid, cores, spec):
    schedule = schedule_tiles(grid, spec, policy, order, cores)
    free = usable(cores and rectangles(cores), spec.grid_x, spec.grid_y)
    expected = dealt(policy, order, grid, free, spec.grid_x)
    found = [list(schedule.blocks(core)) for core in range(spec.num_cores)]
    assert found == expected, (policy, order, grid, cores)
    assert schedule.counts == tuple(map(len, expected))
    painted = {
        (x, y): r.count for r in schedule.core_ranges for x, y in r.cores()
    }  # fmt: skip
    width = spec.grid_x
    assert painted == {
        (core % width, core // width): len(blocks) for core, blocks in enumerate(found) if blocks
    }


GRIDS = [
    *[(1, 1, 1), (1, 9, 1), (9, 1, 1), (1, 1, 9), (7, 11, 1), (13, 3, 2), (2, 3, 1), (2, 2, 2)],
    *[(4, 4, 1), (5, 4, 3), (8, 3, 3), (3, 5, 2), (16, 16, 1), (31, 1, 1)],
]
CORES = [None, [(0, 0, 0, 3)], [(0, 0, 3, 0)], [(1, 1, 2, 2)], HOLED, [(3, 3, 3, 3)]]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("policy", POLICIES)
def test_each_core_runs_the_blocks_of_its_policy_in_order(policy, order):
    for grid, cores in itertools.product(GRIDS, CORES):
        assert_dealt(policy, order, grid, cores, CARD)


def test_any_grid_on_any_cores_is_dealt_out_by_the_rule():
    numbers = random.Random(11)
    for _ in range(300):
        spec = device(numbers.randint(1, 7), numbers.randint(1, 6))
        everywhere = [(x, y, x, y) for y in range(spec.grid_y) for x in range(spec.grid_x)]
        some = numbers.sample(everywhere, numbers.randint(1, len(everywhere)))
        grid = tuple(numbers.randint(1, most) for most in (12, 9, 5))
        policy, order = numbers.choice(POLICIES), numbers.choice(ORDERS)
        assert_dealt(policy, order, grid, numbers.choice([None, some]), spec)


def test_no_core_has_many_more_blocks_than_another():
    """Contiguous and strided differ by one; a box by one along each axis."""
    for grid, policy in itertools.product(GRIDS, POLICIES):
        schedule = schedule_tiles(grid, CARD, policy)
        busy = [count for count in schedule.counts if count]
        if policy != "rectangular":
            assert max(busy) - min(busy) <= 1
            continue
        boxes = [box for box in schedule.boxes if box.count]
        for side in ("across", "down", "deep"):
            sides = [getattr(box, side) for box in boxes]
            assert max(sides) - min(sides) <= 1


def test_contiguous_row_major_on_all_cores_is_what_it_was_without_a_word():
    for grid in GRIDS:
        said = _ffi_api.schedule_tiles(
            list(grid),
            CARD.to_attr(),
            {"tt_schedule_policy": "contiguous", "tt_schedule_order": "row_major"},
        )
        unsaid = _ffi_api.schedule_tiles(list(grid), CARD.to_attr(), {})
        assert plain_value(said) == plain_value(unsaid)
        assert not any(
            key in unsaid
            for key in ("tt_block_stride", "tt_block_boxes", "tt_shared_reads", "tt_cores")
        )


ARGUMENTS = {
    "contiguous": ["start_id", "count"],
    "strided": ["start_id", "count", "block_stride"],
    "rectangular": ["first_x", "first_y", "first_z", "across", "down", "deep"],
}


@pytest.mark.parametrize("policy", POLICIES)
def test_the_arguments_of_a_core_are_those_of_its_policy(policy):
    names = [arg.name for arg in schedule_tiles((5, 3, 2), CARD, policy).runtime_args]
    assert names == [*ARGUMENTS[policy], "grid_x", "grid_y", "grid_z"]


WRONG_CORES = [
    ((), ValueError, "expected a grid"),
    ((1, 2, 3), ValueError, "expected a grid"),
    ("4x4", ValueError, "expected a grid"),
    (4, ValueError, "expected a grid"),
    ([(0, 0, 1, "a")], ValueError, "expected a grid"),
    ([(0, 0, 1)], ValueError, "expected a grid"),
    ((5, 4), ValueError, "inside the grid of 4x4"),
    ((0, 4), ValueError, "inside the grid of 4x4"),
    ((3, 3, 2, 3), ValueError, "inside the grid of 4x4"),
    ([(0, 0, 2, 2), (2, 2, 3, 3)], ValueError, "in one only"),
]


@pytest.mark.parametrize(("cores", "kind", "says"), WRONG_CORES)
def test_what_names_no_cores_of_the_device_is_refused(cores, kind, says):
    with pytest.raises(kind, match=says):
        schedule_tiles((4, 4), CARD, "contiguous", cores=cores)


@pytest.mark.parametrize(
    "cores",
    [(2, 1), (0, 0, 1, 0), [(0, 0, 1, 0)], [(1, 0, 1, 0), (0, 0, 0, 0)], CoreRange(0, 0, 1, 0, 1)],
)
def test_cores_are_named_as_a_grid_a_rectangle_or_several(cores):
    assert schedule_tiles((4,), CARD, cores=cores).counts == (2, 2, *[0] * 14)


def test_a_command_line_names_cores():
    assert parse_cores(["4x2", "0,3,3,3"]) == [[0, 0, 3, 1], [0, 3, 3, 3]]
    for wrong in ("4", "4x", "0,0,3", "0,0,3,-1", "axb"):
        with pytest.raises(ValueError, match="expected a grid, as in 4x2"):
            parse_cores([wrong])


def test_other_policies_and_orders_are_refused_by_name():
    for kwargs, says in (
        ({"policy": "round robin"}, "contiguous, strided, rectangular, auto"),
        ({"order": "z order"}, "row_major, column_major"),
        ({"policy": "auto"}, "infer_metadata chooses"),
    ):
        with pytest.raises(NotImplementedError, match=says):
            schedule_tiles((4, 4), CARD, **kwargs)
    with pytest.raises(ValueError, match="policy is 3; expected a string"):
        schedule_tiles((4, 4), CARD, policy=3)


def test_a_box_counts_its_blocks():
    assert Box(1, 2, 3, 4, 5, 6).count == 120
    assert Box(0, 0, 0, 0, 0, 0).count == 0
