/*!
 * \file schedule/cores.h
 * \brief The cores that a schedule may use.
 */
#ifndef TILELANG_TT_SCHEDULE_CORES_H_
#define TILELANG_TT_SCHEDULE_CORES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tilelang_tt {
namespace schedule {

/*! \brief Cores (x0, y0) to (x1, y1), both inclusive. */
struct CoreRectangle {
  int64_t x0, y0, x1, y1;
};

/*!
 * \brief Says why the rectangles are not disjoint, inside the grid, and at least one; nothing if
 *   they are.
 */
std::optional<std::string> FindCoresFault(const std::vector<CoreRectangle>& rectangles,
                                          int64_t grid_x, int64_t grid_y);

/*! \brief Whether each core, entry y * grid_x + x, is in one of the rectangles. */
std::vector<bool> CoresIn(const std::vector<CoreRectangle>& rectangles, int64_t grid_x,
                          int64_t grid_y);

}  // namespace schedule
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SCHEDULE_CORES_H_
