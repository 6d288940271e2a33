/*!
 * \file schedule/core_ranges.h
 * \brief Rectangles of cores that run the same number of tiles.
 */
#ifndef TILELANG_TT_SCHEDULE_CORE_RANGES_H_
#define TILELANG_TT_SCHEDULE_CORE_RANGES_H_

#include <cstdint>
#include <vector>

namespace tilelang_tt {
namespace schedule {

/*! \brief Cores (x0, y0) to (x1, y1), both inclusive, each with `count` tiles. */
struct CoreRange {
  int64_t x0, y0, x1, y1, count;
};

/*!
 * \brief Disjoint rectangles that cover exactly the cores with a count above 0.
 *
 * \param counts Tiles a core; the core at (x, y) is entry y * grid_x + x.
 * \param grid_x Cores a row; divides the number of entries.
 * \return Rectangles of equal count together, larger counts first, each group in
 *   row-major order of its upper left corners: ttnn's core group 1, then group 2.
 */
std::vector<CoreRange> CoverActiveCores(const std::vector<int64_t>& counts, int64_t grid_x);

}  // namespace schedule
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SCHEDULE_CORE_RANGES_H_
