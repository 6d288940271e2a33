/*!
 * \file schedule/partition.cc
 * \brief Splitting tiles over cores; see partition.h.
 */
#include "partition.h"

#include <algorithm>

namespace tilelang_tt {
namespace schedule {

std::vector<TileRange> SplitContiguous(int64_t num_tiles, int64_t num_cores) {
  std::vector<TileRange> ranges(num_cores, TileRange{num_tiles, 0});
  int64_t active = std::min(num_tiles, num_cores);
  int64_t start = 0;
  for (int64_t core = 0; core < active; ++core) {
    int64_t count = num_tiles / active + (core < num_tiles % active ? 1 : 0);
    ranges[core] = {start, count};
    start += count;
  }
  return ranges;
}

}  // namespace schedule
}  // namespace tilelang_tt
