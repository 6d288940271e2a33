/*!
 * \file schedule/check.h
 * \brief What is wrong with a schedule, if anything.
 */
#ifndef TILELANG_TT_SCHEDULE_CHECK_H_
#define TILELANG_TT_SCHEDULE_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core_ranges.h"
#include "partition.h"

namespace tilelang_tt {
namespace schedule {

/*!
 * \brief Says, with the value found and the value expected, why the ranges do not run
 *   each of the positions 0 ... num_tiles - 1 exactly once; nothing if they do.
 * \param stride How far apart the blocks of a core are, 1 to num_tiles.
 */
std::optional<std::string> FindPartitionFault(const std::vector<TileRange>& ranges,
                                              int64_t num_tiles, int64_t stride = 1);

/*!
 * \brief Says which core has blocks though it may not be used; nothing if none.
 * \param counts Blocks a core, entry y * grid_x + x.
 */
std::optional<std::string> FindUnusableFault(const std::vector<int64_t>& counts,
                                             const std::vector<bool>& usable, int64_t grid_x);

/*!
 * \brief Says why the rectangles are not disjoint, inside the grid, and a cover of exactly
 *   the cores with a count above 0, each with its count; nothing if they are.
 * \param counts Tiles a core, entry y * grid_x + x.
 */
std::optional<std::string> FindCoreRangeFault(const std::vector<CoreRange>& ranges,
                                              const std::vector<int64_t>& counts, int64_t grid_x,
                                              int64_t grid_y);

}  // namespace schedule
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SCHEDULE_CHECK_H_
