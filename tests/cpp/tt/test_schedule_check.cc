/*!
 * \file test_schedule_check.cc
 * \brief The checks find a fault exactly where a brute force finds one, on every small schedule.
 */
#include <catch2/catch.hpp>
#include <functional>

#include "schedule/check.h"

namespace tilelang_tt {
namespace schedule {
namespace {

/*! Calls visit for every tuple of `size` integers from low to high. */
void ForEachTuple(size_t size, int64_t low, int64_t high,
                  const std::function<void(const std::vector<int64_t>&)>& visit) {
  std::vector<int64_t> tuple(size, low);
  while (true) {
    visit(tuple);
    size_t i = 0;
    while (i < size && tuple[i] == high) tuple[i++] = low;
    if (i == size) return;
    ++tuple[i];
  }
}

/*! Each tile once, and no core, not even an idle one, starts outside 0 ... num_tiles. */
bool RunsEachTileOnce(const std::vector<TileRange>& ranges, int64_t num_tiles) {
  std::vector<int> runs(num_tiles, 0);
  for (const TileRange& range : ranges) {
    if (range.count < 0 || range.start < 0 || range.start > num_tiles) return false;
    for (int64_t tile = range.start; tile < range.start + range.count; ++tile) {
      if (tile < 0 || tile >= num_tiles) return false;
      ++runs[tile];
    }
  }
  return runs == std::vector<int>(num_tiles, 1);
}

TEST_CASE("a partition has no fault exactly if each tile runs once", "[schedule_check]") {
  int accepted = 0;
  ForEachTuple(6, -1, 4, [&](const std::vector<int64_t>& t) {
    std::vector<TileRange> ranges = {{t[0], t[1]}, {t[2], t[3]}, {t[4], t[5]}};
    bool sound = RunsEachTileOnce(ranges, 3);
    accepted += sound;
    INFO(t[0] << "," << t[1] << " " << t[2] << "," << t[3] << " " << t[4] << "," << t[5]);
    REQUIRE(FindPartitionFault(ranges, 3).has_value() != sound);
  });
  CHECK(accepted > 0);
}

bool CoversEachCoreOnce(const std::vector<CoreRange>& ranges, const std::vector<int64_t>& counts,
                        int64_t grid_x, int64_t grid_y) {
  std::vector<int64_t> painted(counts.size(), 0);
  for (const CoreRange& r : ranges) {
    if (r.x0 > r.x1 || r.y0 > r.y1 || r.count < 1) return false;
    for (int64_t y = r.y0; y <= r.y1; ++y) {
      for (int64_t x = r.x0; x <= r.x1; ++x) {
        if (x < 0 || x >= grid_x || y < 0 || y >= grid_y) return false;
        if (painted[y * grid_x + x] != 0) return false;
        painted[y * grid_x + x] = r.count;
      }
    }
  }
  return painted == counts;
}

void CheckCover(const std::vector<CoreRange>& ranges, const std::vector<int64_t>& counts,
                int64_t grid_x, int64_t grid_y, int* accepted) {
  bool sound = CoversEachCoreOnce(ranges, counts, grid_x, grid_y);
  *accepted += sound;
  bool fault = FindCoreRangeFault(ranges, counts, grid_x, grid_y).has_value();
  if (fault == sound) {
    for (const CoreRange& r : ranges) {
      UNSCOPED_INFO(r.x0 << "," << r.y0 << "-" << r.x1 << "," << r.y1 << ": " << r.count);
    }
    REQUIRE(fault != sound);
  }
}

TEST_CASE("one rectangle has no fault exactly if it covers the active cores", "[schedule_check]") {
  int accepted = 0;
  ForEachTuple(4, 0, 2, [&](const std::vector<int64_t>& counts) {
    ForEachTuple(5, -1, 2, [&](const std::vector<int64_t>& r) {
      CheckCover({{r[0], r[1], r[2], r[3], r[4]}}, counts, 2, 2, &accepted);
    });
  });
  CHECK(accepted > 0);
}

TEST_CASE("two rectangles have no fault exactly if they share out the active cores",
          "[schedule_check]") {
  int accepted = 0;
  ForEachTuple(3, 0, 2, [&](const std::vector<int64_t>& counts) {
    ForEachTuple(6, -1, 3, [&](const std::vector<int64_t>& r) {
      CheckCover({{r[0], 0, r[1], 0, r[2]}, {r[3], 0, r[4], 0, r[5]}}, counts, 3, 1, &accepted);
    });
  });
  CHECK(accepted > 0);
}

}  // namespace
}  // namespace schedule
}  // namespace tilelang_tt
