/*!
 * \file test_partition.cc
 * \brief SplitContiguous against tiles dealt out one by one.
 */
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
    REQUIRE(AreConsecutive(SplitContiguous(num_tiles, num_cores), DealOut(num_tiles, num_cores)));
  }
}

TEST_CASE("as many tiles as a uint32 counts are split without overflow", "[partition]") {
  int64_t num_tiles = GENERATE(int64_t{2147483647}, int64_t{4294967295});
  std::vector<TileRange> ranges = SplitContiguous(num_tiles, 130);
  CHECK(ranges.front().start == 0);
  CHECK(ranges.front().count == num_tiles / 130 + 1);
  CHECK(ranges.back().count == num_tiles / 130);
  CHECK(ranges.back().start + ranges.back().count == num_tiles);
}

}  // namespace
}  // namespace schedule
}  // namespace tilelang_tt
