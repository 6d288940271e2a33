/*!
 * \file schedule/check_boxes.h
 * \brief What is wrong with the boxes of a schedule, if anything.
 */
#ifndef TILELANG_TT_SCHEDULE_CHECK_BOXES_H_
#define TILELANG_TT_SCHEDULE_CHECK_BOXES_H_

#include <optional>
#include <string>
#include <vector>

#include "boxes.h"

namespace tilelang_tt {
namespace schedule {

/*!
 * \brief Says why the boxes are not those of a rectangle of cores that share the grid, as Placement
 *   says it, each block once; nothing if they are. Their parts need not be equal.
 * \param boxes One a core, entry y * cores_x + x.
 * \param placement What it is, where nothing is wrong.
 */
std::optional<std::string> FindBoxFault(const std::vector<Box>& boxes, int64_t cores_x,
                                        const std::array<int64_t, 3>& grid, Placement* placement);

}  // namespace schedule
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SCHEDULE_CHECK_BOXES_H_
