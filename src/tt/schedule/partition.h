/*!
 * \file schedule/partition.h
 * \brief Splitting blocks over cores, one range of positions a core.
 *
 * A position is a block's place in the schedule's order; in row-major order it is the block's id.
 */
#ifndef TILELANG_TT_SCHEDULE_PARTITION_H_
#define TILELANG_TT_SCHEDULE_PARTITION_H_

#include <cstdint>
#include <vector>

namespace tilelang_tt {
namespace schedule {

/*!
 * \brief The blocks of one core: at positions start, start + stride, ..., `count` of them. The
 *   stride is the schedule's. An idle core has count 0.
 */
struct TileRange {
  int64_t start;
  int64_t count;
};

/*!
 * \brief A share of a whole: the items start, ..., start + count - 1.
 *
 * The rule is that of ttnn.split_work_to_cores: each share is the quotient, and those of the first
 * `remainder` one more.
 * \param share Which one, below `shares`, which is at least 1.
 */
TileRange ShareOf(int64_t items, int64_t shares, int64_t share);

/*!
 * \brief Contiguous ranges of positions, one a core, in core order.
 *
 * As ttnn.split_work_to_cores(cores, blocks, row_wise=True): as many of the usable cores as there
 * are blocks, at most all, have a share each. An idle core starts where the last block ends.
 *
 * \param num_tiles Blocks, at least 0.
 * \param usable Whether each core may be used; at least one.
 */
std::vector<TileRange> SplitContiguous(int64_t num_tiles, const std::vector<bool>& usable);

/*! \brief How far apart the blocks of a core are that takes turns with the others. */
int64_t StrideOf(int64_t num_tiles, const std::vector<bool>& usable);

/*! \brief Ranges of positions StrideOf apart: the n-th usable core starts at position n. */
std::vector<TileRange> SplitStrided(int64_t num_tiles, const std::vector<bool>& usable);

}  // namespace schedule
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SCHEDULE_PARTITION_H_
