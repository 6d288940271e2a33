/*!
 * \file test_partition.cc
 * \brief SplitContiguous and SplitStrided against tiles dealt out one by one.
 */
#include <algorithm>
#include <catch2/catch.hpp>

#include "schedule/partition.h"

namespace tilelang_tt {
namespace schedule {
namespace {

/*! Deals the tiles like cards: core 0 first, round and round. */
std::vector<int64_t> DealOut(int64_t num_tiles, int64_t num_cores) {
  std::vector<int64_t> counts(num_cores, 0);
  for (int64_t tile = 0; tile < num_tiles; ++tile) ++counts[tile % num_cores];
  return counts;
}

/*! Whether the ranges are those counts, one after another, idle cores where the tiles end. */
bool AreConsecutive(const std::vector<TileRange>& ranges, const std::vector<int64_t>& counts) {
  int64_t next = 0;
  for (size_t core = 0; core < ranges.size(); ++core) {
    if (ranges[core].start != next || ranges[core].count != counts[core]) return false;
    next += counts[core];
  }
  return ranges.size() == counts.size();
}

TEST_CASE("every count of tiles is split as if it were dealt out, in ranges", "[partition]") {
  int64_t num_cores = GENERATE(1, 2, 3, 56, 64, 70, 72, 110, 130);
  for (int64_t num_tiles = 0; num_tiles <= 500; ++num_tiles) {
    INFO(num_tiles << " tiles on " << num_cores << " cores");
    REQUIRE(AreConsecutive(SplitContiguous(num_tiles, std::vector<bool>(num_cores, true)),
                           DealOut(num_tiles, num_cores)));
  }
}

TEST_CASE("as many tiles as a uint32 counts are split without overflow", "[partition]") {
  int64_t num_tiles = GENERATE(int64_t{2147483647}, int64_t{4294967295});
  std::vector<TileRange> ranges = SplitContiguous(num_tiles, std::vector<bool>(130, true));
  CHECK(ranges.front().start == 0);
  CHECK(ranges.front().count == num_tiles / 130 + 1);
  CHECK(ranges.back().count == num_tiles / 130);
  CHECK(ranges.back().start + ranges.back().count == num_tiles);
}

TEST_CASE("only the cores that may be used have tiles, as if there were no others", "[partition]") {
  unsigned mask = GENERATE(1u, 2u, 5u, 6u, 13u, 21u, 31u);
  std::vector<bool> usable;
  std::vector<size_t> cores;
  for (size_t core = 0; core < 5; ++core) {
    usable.push_back(mask >> core & 1);
    if (usable[core]) cores.push_back(core);
  }
  const std::vector<bool> alone(cores.size(), true);
  for (int64_t num_tiles = 1; num_tiles <= 17; ++num_tiles) {
    for (auto split : {SplitContiguous, SplitStrided}) {
      std::vector<TileRange> ranges = split(num_tiles, usable), expected = split(num_tiles, alone);
      for (size_t core = 0, rank = 0; core < usable.size(); ++core) {
        INFO("core " << core << " of " << mask << ", " << num_tiles << " tiles");
        TileRange of_core = usable[core] ? expected[rank++] : TileRange{num_tiles, 0};
        REQUIRE(ranges[core].start == of_core.start);
        REQUIRE(ranges[core].count == of_core.count);
      }
    }
  }
}

TEST_CASE("in strides, tiles are dealt out like cards", "[partition]") {
  int64_t num_cores = GENERATE(1, 2, 3, 56, 64, 110);
  const std::vector<bool> usable(num_cores, true);
  for (int64_t num_tiles = 1; num_tiles <= 300; ++num_tiles) {
    int64_t stride = StrideOf(num_tiles, usable);
    REQUIRE(stride == std::min(num_tiles, num_cores));
    std::vector<int64_t> core_of(num_tiles, -1);
    std::vector<TileRange> ranges = SplitStrided(num_tiles, usable);
    for (int64_t core = 0; core < num_cores; ++core) {
      for (int64_t n = 0; n < ranges[core].count; ++n) {
        int64_t tile = ranges[core].start + n * stride;
        REQUIRE((tile < num_tiles && core_of[tile] == -1));
        core_of[tile] = core;
      }
    }
    for (int64_t tile = 0; tile < num_tiles; ++tile) REQUIRE(core_of[tile] == tile % num_cores);
  }
}

}  // namespace
}  // namespace schedule
}  // namespace tilelang_tt
