/*!
 * \file schedule/partition.h
 * \brief Splitting tiles over cores.
 */
#ifndef TILELANG_TT_SCHEDULE_PARTITION_H_
#define TILELANG_TT_SCHEDULE_PARTITION_H_

#include <cstdint>
#include <vector>

namespace tilelang_tt {
namespace schedule {

/*! \brief The tiles of one core: ids start, ..., start + count - 1. An idle core has count 0. */
struct TileRange {
  int64_t start;
  int64_t count;
};

/*!
 * \brief Contiguous ranges of tiles, one a core, in core order.
 *
 * The rule is that of ttnn.split_work_to_cores(grid, tiles, row_wise=True): as many
 * cores as there are tiles, at most all; each takes the quotient, the first
 * `remainder` cores one more. An idle core starts where the last tile ends.
 *
 * \param num_tiles Tiles, at least 0.
 * \param num_cores Cores, at least 1.
 */
std::vector<TileRange> SplitContiguous(int64_t num_tiles, int64_t num_cores);

}  // namespace schedule
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SCHEDULE_PARTITION_H_
