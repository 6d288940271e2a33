/*!
 * \file schedule/partition.cc
 * \brief Splitting blocks over cores; see partition.h.
 */
#include "partition.h"

#include <algorithm>

namespace tilelang_tt {
namespace schedule {
namespace {

/*! share_of(n) for the n-th usable core, as long as n is below `active`; others are idle. */
template <typename ShareOfRank>
std::vector<TileRange> OverUsable(int64_t num_tiles, const std::vector<bool>& usable,
                                  int64_t active, const ShareOfRank& share_of) {
  std::vector<TileRange> ranges(usable.size(), TileRange{num_tiles, 0});
  int64_t rank = 0;
  for (size_t core = 0; core < usable.size() && rank < active; ++core) {
    if (usable[core]) ranges[core] = share_of(rank++);
  }
  return ranges;
}

}  // namespace

TileRange ShareOf(int64_t items, int64_t shares, int64_t share) {
  int64_t quotient = items / shares, remainder = items % shares;
  return {share * quotient + std::min(share, remainder), quotient + (share < remainder ? 1 : 0)};
}

int64_t StrideOf(int64_t num_tiles, const std::vector<bool>& usable) {
  return std::min<int64_t>(num_tiles, std::count(usable.begin(), usable.end(), true));
}

std::vector<TileRange> SplitContiguous(int64_t num_tiles, const std::vector<bool>& usable) {
  int64_t active = StrideOf(num_tiles, usable);
  return OverUsable(num_tiles, usable, active,
                    [&](int64_t rank) { return ShareOf(num_tiles, active, rank); });
}

std::vector<TileRange> SplitStrided(int64_t num_tiles, const std::vector<bool>& usable) {
  int64_t stride = StrideOf(num_tiles, usable);
  return OverUsable(num_tiles, usable, stride, [&](int64_t rank) {
    return TileRange{rank, ShareOf(num_tiles, stride, rank).count};
  });
}

}  // namespace schedule
}  // namespace tilelang_tt
