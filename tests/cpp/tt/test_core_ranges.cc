/*!
 * \file test_core_ranges.cc
 * \brief CoverActiveCores: rectangles, painted onto the grid, give back each core's count.
 */
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <tuple>

#include "schedule/core_ranges.h"
#include "schedule/partition.h"

namespace tilelang_tt {
namespace schedule {
namespace {

using Rectangle = std::vector<int64_t>;  // x0, y0, x1, y1, count

std::vector<Rectangle> Cover(const std::vector<int64_t>& counts, int64_t grid_x) {
  std::vector<Rectangle> rectangles;
  for (const CoreRange& r : CoverActiveCores(counts, grid_x)) {
    rectangles.push_back({r.x0, r.y0, r.x1, r.y1, r.count});
  }
  return rectangles;
}

std::vector<int64_t> Counts(int64_t num_tiles, int64_t num_cores) {
  std::vector<int64_t> counts;
  for (const TileRange& range : SplitContiguous(num_tiles, std::vector<bool>(num_cores, true))) {
    counts.push_back(range.count);
  }
  return counts;
}

/*! Paints each rectangle's count onto an empty grid; fails where it leaves it or paints twice. */
std::vector<int64_t> Paint(const std::vector<Rectangle>& rectangles, int64_t grid_x,
                           int64_t grid_y) {
  std::vector<int64_t> grid(grid_x * grid_y, 0);
  for (const Rectangle& r : rectangles) {
    for (int64_t y = r[1]; y <= r[3]; ++y) {
      for (int64_t x = r[0]; x <= r[2]; ++x) {
        REQUIRE((x >= 0 && x < grid_x && y >= 0 && y < grid_y));
        REQUIRE(grid[y * grid_x + x] == 0);
        REQUIRE(r[4] > 0);
        grid[y * grid_x + x] = r[4];
      }
    }
  }
  return grid;
}

struct Grid {
  int64_t x, y;
};

TEST_CASE("rectangles cover the active cores exactly, whatever the count of tiles",
          "[core_ranges]") {
  Grid grid = GENERATE(Grid{1, 1}, Grid{8, 7}, Grid{8, 8}, Grid{8, 9}, Grid{7, 10}, Grid{10, 7},
                       Grid{11, 10}, Grid{12, 10}, Grid{13, 10});
  for (int64_t num_tiles = 0; num_tiles <= 500; ++num_tiles) {
    INFO(num_tiles << " tiles on " << grid.x << "x" << grid.y);
    std::vector<int64_t> counts = Counts(num_tiles, grid.x * grid.y);
    REQUIRE(Paint(Cover(counts, grid.x), grid.x, grid.y) == counts);
  }
}

TEST_CASE("a split needs at most three rectangles a count, larger counts first", "[core_ranges]") {
  Grid grid = GENERATE(Grid{1, 9}, Grid{9, 1}, Grid{8, 9}, Grid{13, 10});
  for (int64_t num_tiles = 0; num_tiles <= 500; ++num_tiles) {
    INFO(num_tiles << " tiles on " << grid.x << "x" << grid.y);
    std::map<int64_t, int> rectangles_of;
    int64_t previous = num_tiles;
    for (const Rectangle& r : Cover(Counts(num_tiles, grid.x * grid.y), grid.x)) {
      REQUIRE(r[4] <= previous);
      previous = r[4];
      REQUIRE(++rectangles_of[r[4]] <= 3);
    }
  }
}

TEST_CASE("rectangles cover any counts exactly, contiguous or not, in order", "[core_ranges]") {
  // Larger counts first, and of one count by rows of the upper left corners.
  auto comes_first = [](const Rectangle& a, const Rectangle& b) {
    return std::make_tuple(-a[4], a[1], a[0]) < std::make_tuple(-b[4], b[1], b[0]);
  };
  std::mt19937 random(1);
  for (int trial = 0; trial < 500; ++trial) {
    int64_t grid_x = 1 + random() % 6, grid_y = 1 + random() % 6;
    std::vector<int64_t> counts(grid_x * grid_y);
    for (int64_t& count : counts) count = random() % 3;
    std::vector<Rectangle> rectangles = Cover(counts, grid_x);
    REQUIRE(Paint(rectangles, grid_x, grid_y) == counts);
    REQUIRE(std::is_sorted(rectangles.begin(), rectangles.end(), comes_first));
  }
}

TEST_CASE("100 tiles on 8x9 are the groups of ttnn.split_work_to_cores", "[core_ranges]") {
  // ttnn 0.81.1, row_wise=True: group 1 is (0,0)-(7,2) and (0,3)-(3,3).
  std::vector<Rectangle> expected = {
      {0, 0, 7, 2, 2}, {0, 3, 3, 3, 2}, {4, 3, 7, 3, 1}, {0, 4, 7, 8, 1}};
  CHECK(Cover(Counts(100, 72), 8) == expected);
}

}  // namespace
}  // namespace schedule
}  // namespace tilelang_tt
