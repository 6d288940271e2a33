/*!
 * \file test_schedule_check.cc
 * \brief The checks find a fault exactly where a brute force finds one, on every small schedule.
 */
#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <sstream>
#include <string>

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
bool RunsEachTileOnce(const std::vector<TileRange>& ranges, int64_t num_tiles, int64_t stride = 1) {
  std::vector<int> runs(num_tiles, 0);
  for (const TileRange& range : ranges) {
    if (range.count < 0 || range.start < 0 || range.start > num_tiles) return false;
    for (int64_t n = 0; n < range.count; ++n) {
      int64_t tile = range.start + n * stride;
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

TEST_CASE("a partition in strides has no fault exactly if each tile runs once",
          "[schedule_check]") {
  int64_t stride = GENERATE(1, 2, 3, 4), accepted = 0;
  ForEachTuple(6, 0, 5, [&](const std::vector<int64_t>& t) {
    std::vector<TileRange> ranges = {{t[0], t[1]}, {t[2], t[3]}, {t[4], t[5]}};
    bool sound = RunsEachTileOnce(ranges, 4, stride);
    accepted += sound;
    INFO(t[0] << "," << t[1] << " " << t[2] << "," << t[3] << " " << t[4] << "," << t[5]);
    REQUIRE(FindPartitionFault(ranges, 4, stride).has_value() != sound);
  });
  // Four tiles, each in a class of its own, are too many for three cores.
  CHECK((accepted > 0) == (stride < 4));
}

TEST_CASE("a fault in strides is named by positions", "[schedule_check]") {
  struct Case {
    std::vector<TileRange> ranges;
    std::string says;
  };
  // Seven tiles, three apart: 0 3 6, 1 4 and 2 5.
  std::vector<Case> table = {
      {{{0, 3}, {1, 2}, {3, 2}},
       "core 2 starts at block 3; expected 1, since a block would run "
       "twice"},
      {{{0, 3}, {4, 1}, {2, 2}}, "core 1 starts at block 4; expected 1, since no core runs it"},
      {{{0, 3}, {1, 3}, {2, 2}},
       "core 1 runs 3 blocks, 3 apart, from block 1 on; expected at most "
       "2, since there are 7"},
      {{{0, 2}, {1, 2}, {2, 2}}, "core 1 starts at block 1; expected 6, since no core runs it"},
      {{{0, 3}, {1, 2}, {2, 1}}, "the cores run 6 blocks; expected 7"},
  };
  for (const Case& entry : table) CHECK(FindPartitionFault(entry.ranges, 7, 3) == entry.says);
}

TEST_CASE("a core that may not be used has no blocks", "[schedule_check]") {
  const std::vector<bool> usable = {true, false, true, false};
  CHECK(FindUnusableFault({1, 0, 2, 0}, usable, 2) == std::nullopt);
  CHECK(FindUnusableFault({1, 0, 2, 3}, usable, 2) ==
        "core (1, 1) has 3 blocks; expected none, since it is not among the cores that may be "
        "used");
}

TEST_CASE("a fault of a partition is named with its core, what is found and what is expected",
          "[schedule_check]") {
  struct Case {
    std::vector<TileRange> ranges;
    std::string says;
  };
  constexpr int64_t kMaxInt = std::numeric_limits<int64_t>::max();
  std::vector<Case> table = {
      {{{0, 7}}, "core 0 has 7 blocks; expected 0 to 6"},
      {{{0, 3}, {3, kMaxInt}}, "core 1 has 9223372036854775807 blocks; expected 0 to 6"},
      {{{0, 6}, {0, -1}}, "core 1 has -1 blocks; expected 0 to 6"},
      {{{0, 6}, {7, 0}}, "core 1 starts at block 7; expected 0 to 6"},
      {{{-1, 6}}, "core 0 starts at block -1; expected 0 to 6"},
      {{{0, 3}, {2, 4}}, "core 1 starts at block 2; expected 3, since a block would run twice"},
      {{{4, 2}, {0, 3}}, "core 0 starts at block 4; expected 3, since no core runs it"},
      {{{1, 5}}, "core 0 starts at block 1; expected 0, since no core runs it"},
      {{{0, 2}, {2, 3}}, "the cores run 5 blocks; expected 6"},
      {{{0, 2}, {2, 5}}, "the cores run 7 blocks; expected 6"},
      {{{6, 0}}, "the cores run 0 blocks; expected 6"},
  };
  for (const Case& entry : table) CHECK(FindPartitionFault(entry.ranges, 6) == entry.says);
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

TEST_CASE("a fault of the rectangles is named with its cores, what is found and what is expected",
          "[schedule_check]") {
  struct Case {
    std::vector<CoreRange> ranges;
    std::string says;
  };
  const std::vector<int64_t> counts = {3, 3, 2, 2, 2, 0};  // on 3x2 cores
  std::vector<Case> table = {
      {{{2, 1, 2, 1, 0}}, "the rectangle (2, 1)-(2, 1) has 0 blocks a core; expected at least 1"},
      {{{0, 0, 2, 0, 3}},
       "core (2, 0) has 3 blocks by its rectangle; expected 2 by tt_tiles_per_core"},
      {{{2, 0, 2, 1, 2}},
       "core (2, 1) has 2 blocks by its rectangle; expected 0 by tt_tiles_per_core"},
      {{{0, 0, 1, 0, 3}, {1, 0, 1, 0, 3}},
       "core (1, 0) has 3 blocks by its rectangle; expected it in one rectangle only"},
      {{{0, 0, 1, 0, 3}, {0, 1, 1, 1, 2}},
       "core (2, 0) is in no rectangle; expected one with its 2 blocks"},
      {{{0, 0, 1, 0, 3}, {2, 0, 2, 0, 2}, {1, 1, 1, 1, 2}},
       "core (0, 1) is in no rectangle; expected one with its 2 blocks"},
  };
  for (const Case& entry : table) {
    CHECK(FindCoreRangeFault(entry.ranges, counts, 3, 2) == entry.says);
  }
  for (const CoreRange& r : std::vector<CoreRange>{{-1, 0, 0, 0, 3},
                                                   {0, -1, 0, 0, 3},
                                                   {1, 0, 0, 0, 3},
                                                   {0, 1, 0, 0, 3},
                                                   {0, 0, 3, 0, 3},
                                                   {0, 1, 0, 2, 2}}) {
    std::ostringstream says;
    says << "the rectangle (" << r.x0 << ", " << r.y0 << ")-(" << r.x1 << ", " << r.y1
         << ") is found; expected one inside the grid of 3x2";
    CHECK(FindCoreRangeFault({r}, counts, 3, 2) == says.str());
  }
  CHECK_FALSE(
      FindCoreRangeFault({{0, 0, 1, 0, 3}, {2, 0, 2, 0, 2}, {0, 1, 1, 1, 2}}, counts, 3, 2));
}

}  // namespace
}  // namespace schedule
}  // namespace tilelang_tt
