"""Which core runs which tiles: on every grid, every tile exactly once, as ttnn splits work."""

from __future__ import annotations

import kernels
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tilelang.tt as tt

CORE_GRIDS = [(1, 1), (8, 7), (8, 8), (8, 9), (7, 10), (10, 7), (11, 10), (12, 10), (13, 10)]

# Extents of T.Kernel; primes leave a remainder on every grid, the last is the most x can have.
TILE_GRIDS = [(1, 1), (8, 8), (16, 16), (7, 13), (31, 37), (1, 127), (2**31 - 1, 1)]


def schedule(grid: tuple[int, int], *tiles: int) -> tt.Schedule:
    return tt.schedule_of(
        tt.infer_default_tt_schedule(kernels.launch(*tiles), kernels.device(*grid))
    )


def assert_sound(found: tt.Schedule) -> None:
    """Every tile once, in core order; rectangles are disjoint and say the same."""
    next_tile = 0
    for tiles in found.tiles_per_core:
        if tiles.count:
            assert tiles.start_id == next_tile
            next_tile += tiles.count
    assert next_tile == found.num_tiles
    assert len(found.tiles_per_core) == found.num_cores == found.core_grid[0] * found.core_grid[1]
    by_rectangle = {}
    for r in found.core_ranges:
        for y in range(r.y0, r.y1 + 1):
            for x in range(r.x0, r.x1 + 1):
                assert (x, y) not in by_rectangle
                by_rectangle[x, y] = r.count
    assert by_rectangle == {
        (core % found.core_grid[0], core // found.core_grid[0]): tiles.count
        for core, tiles in enumerate(found.tiles_per_core)
        if tiles.count
    }


@pytest.mark.parametrize("tiles", TILE_GRIDS)
@pytest.mark.parametrize("grid", CORE_GRIDS)
def test_every_tile_runs_exactly_once(grid, tiles):
    assert_sound(schedule(grid, *tiles))


@pytest.mark.parametrize("difference", [-1, 0, 1])
@pytest.mark.parametrize("grid", CORE_GRIDS)
def test_about_as_many_tiles_as_cores(grid, difference):
    cores = grid[0] * grid[1]
    tiles = cores + difference
    if tiles == 0:  # T.Kernel has at least one block
        tiles = 2 * cores
    found = schedule(grid, tiles)
    assert_sound(found)
    assert found.num_active_cores == min(tiles, cores)
    assert max(t.count for t in found.tiles_per_core) == -(-tiles // cores)


@given(
    grid=st.tuples(st.integers(1, 14), st.integers(1, 12)),
    tiles=st.tuples(st.integers(1, 400), st.integers(1, 40), st.integers(1, 5)),
)
@settings(max_examples=60)
def test_any_launch_on_any_grid_is_sound(grid, tiles):
    found = schedule(grid, *tiles)
    assert_sound(found)
    counts = {t.count for t in found.tiles_per_core if t.count}
    assert max(counts) - min(counts) <= 1


@pytest.mark.needs("ttnn")
@pytest.mark.parametrize("grid", CORE_GRIDS)
def test_groups_are_those_of_ttnns_split_work_to_cores(grid):
    import ttnn

    cores = grid[0] * grid[1]
    for tiles in sorted({1, 5, 64, 100, 127, 997, max(cores - 1, 1), cores, cores + 1, 2**31 - 1}):
        used, _, group_1, group_2, count_1, count_2 = ttnn.split_work_to_cores(
            ttnn.CoreCoord(*grid), tiles, row_wise=True
        )
        expected = [
            (r.start.x, r.start.y, r.end.x, r.end.y, count)
            for group, count in ((group_1, count_1), (group_2, count_2))
            for r in group.ranges()
        ]
        found = schedule(grid, tiles)
        assert found.num_active_cores == used
        assert [(r.x0, r.y0, r.x1, r.y1, r.count) for r in found.core_ranges] == expected


def test_both_forms_of_t_kernel_give_the_same_schedule():
    by_loops = tt.infer_default_tt_schedule(kernels.launch_by_loops(5, 7), kernels.device(8, 8))
    assert tt.schedule_of(by_loops) == schedule((8, 8), 5, 7)


def test_all_three_axes_count():
    assert schedule((8, 8), 3, 4, 5).grid == (3, 4, 5)
    assert schedule((8, 8), 3, 4, 5).num_tiles == 60


def test_core_of_tile_follows_the_ranges():
    found = schedule((8, 8), 100)
    assert found.core_of_tile(0) == (0, 0)
    assert found.core_of_tile(1) == (0, 0)
    assert found.core_of_tile(2) == (1, 0)
    assert found.core_of_tile(99) == (7, 7)
    with pytest.raises(IndexError, match="found block 100; expected 0 to 99"):
        found.core_of_tile(100)


def test_a_partition_of_the_authors_own_is_kept():
    # The last core takes everything.
    own = [[0, 0], [0, 0], [0, 0], [0, 6]]
    func = kernels.launch(6).with_attr("tt_tiles_per_core", own)
    found = tt.schedule_of(tt.infer_default_tt_schedule(func, kernels.device(2, 2)))
    assert [t.count for t in found.tiles_per_core] == [0, 0, 0, 6]
    assert found.core_ranges == (tt.CoreRange(1, 1, 1, 1, 6),)


def test_inferring_twice_changes_nothing():
    once = tt.infer_metadata(kernels.launch(100), kernels.device(8, 8))
    assert tt.infer_metadata(once).same_as(once) or tt.schedule_of(
        tt.infer_metadata(once)
    ) == tt.schedule_of(once)
