/*!
 * \file transform/schedule_attrs.h
 * \brief A launch's schedule as attributes: setting it, and checking it against grid and device.
 */
#ifndef TILELANG_TT_TRANSFORM_SCHEDULE_ATTRS_H_
#define TILELANG_TT_TRANSFORM_SCHEDULE_ATTRS_H_

#include <array>
#include <vector>

#include "../schedule/boxes.h"
#include "schedule_rule.h"

namespace tilelang_tt {

/*! \brief Tiles of a launch grid; NotImplementedError above 2^32 - 1, the most a uint32 counts. */
int64_t CountTiles(const Attrs& attrs, const std::array<int64_t, 3>& grid);

/*!
 * \brief Sets which blocks each core runs, by the rule's policy, where it is not there.
 *
 * tt_tiles_per_core, or tt_block_boxes; and tt_block_stride. What is there is kept, after
 * CheckBlocks.
 * \return How many blocks each core runs.
 */
std::vector<int64_t> InferBlocks(const ScheduleRule& rule, const std::array<int64_t, 3>& grid,
                                 Attrs* launch);

/*!
 * \brief Checks which blocks each core runs: one entry a core, each block exactly once, none on a
 *   core that may not be used, and nothing of another policy's.
 * \return Blocks a core.
 * \throws ValueError.
 */
std::vector<int64_t> CheckBlocks(const Attrs& launch, const ScheduleRule& rule,
                                 const std::array<int64_t, 3>& grid);

/*!
 * \brief The rectangle of cores that the boxes of a launch are for.
 * \throws ValueError: they are of none, or not each block is in one.
 */
schedule::Placement PlacementOf(const Attrs& launch, const ScheduleRule& rule,
                                const std::array<int64_t, 3>& grid);

/*! \brief Checks tt_core_ranges against the tiles a core. */
void CheckCoreRanges(const Attrs& attrs, const device::DeviceSpec& device,
                     const std::vector<int64_t>& counts);

/*! \brief The value of tt_core_order: how per-core lists are ordered. */
constexpr const char* kCoreOrderRule = "y * grid_x + x";

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_SCHEDULE_ATTRS_H_
