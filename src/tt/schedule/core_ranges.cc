/*!
 * \file schedule/core_ranges.cc
 * \brief Covering cores by rectangles; see core_ranges.h.
 */
#include "core_ranges.h"

#include <algorithm>
#include <tuple>

namespace tilelang_tt {
namespace schedule {

std::vector<CoreRange> CoverActiveCores(const std::vector<int64_t>& counts, int64_t grid_x) {
  std::vector<CoreRange> ranges;
  int64_t grid_y = static_cast<int64_t>(counts.size()) / grid_x;
  for (int64_t y = 0; y < grid_y; ++y) {
    for (int64_t x0 = 0, x1; x0 < grid_x; x0 = x1 + 1) {
      int64_t count = counts[y * grid_x + x0];
      for (x1 = x0; x1 + 1 < grid_x && counts[y * grid_x + x1 + 1] == count; ++x1) {
      }
      if (count == 0) continue;
      // A run of equal cores lengthens the rectangle that ends just above it, if their sides agree.
      auto above = std::find_if(ranges.begin(), ranges.end(), [&](const CoreRange& range) {
        return range.x0 == x0 && range.x1 == x1 && range.y1 == y - 1 && range.count == count;
      });
      if (above != ranges.end()) {
        above->y1 = y;
      } else {
        ranges.push_back({x0, y, x1, y, count});
      }
    }
  }
  std::stable_sort(ranges.begin(), ranges.end(), [](const CoreRange& a, const CoreRange& b) {
    return std::make_tuple(-a.count, a.y0, a.x0) < std::make_tuple(-b.count, b.y0, b.x0);
  });
  return ranges;
}

}  // namespace schedule
}  // namespace tilelang_tt
