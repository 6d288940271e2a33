/*!
 * \file schedule/cores.cc
 * \brief The cores that a schedule may use; see cores.h.
 */
#include "cores.h"

#include <sstream>

namespace tilelang_tt {
namespace schedule {
namespace {

std::string Text(const CoreRectangle& r) {
  std::ostringstream text;
  text << "(" << r.x0 << ", " << r.y0 << ")-(" << r.x1 << ", " << r.y1 << ")";
  return text.str();
}

}  // namespace

std::optional<std::string> FindCoresFault(const std::vector<CoreRectangle>& rectangles,
                                          int64_t grid_x, int64_t grid_y) {
  std::ostringstream fault;
  if (rectangles.empty()) return "no core is found; expected at least one rectangle of cores";
  std::vector<bool> seen(grid_x * grid_y, false);
  for (const CoreRectangle& r : rectangles) {
    if (r.x0 < 0 || r.y0 < 0 || r.x0 > r.x1 || r.y0 > r.y1 || r.x1 >= grid_x || r.y1 >= grid_y) {
      fault << "the rectangle " << Text(r) << " is found; expected one inside the grid of "
            << grid_x << "x" << grid_y << ", as [x0, y0, x1, y1] with corners inclusive";
      return fault.str();
    }
    for (int64_t y = r.y0; y <= r.y1; ++y) {
      for (int64_t x = r.x0; x <= r.x1; ++x) {
        if (seen[y * grid_x + x]) {
          fault << "core (" << x << ", " << y << ") is in " << Text(r)
                << " and in a rectangle before it; expected it in one only";
          return fault.str();
        }
        seen[y * grid_x + x] = true;
      }
    }
  }
  return std::nullopt;
}

std::vector<bool> CoresIn(const std::vector<CoreRectangle>& rectangles, int64_t grid_x,
                          int64_t grid_y) {
  std::vector<bool> usable(grid_x * grid_y, false);
  for (const CoreRectangle& r : rectangles) {
    for (int64_t y = r.y0; y <= r.y1; ++y) {
      for (int64_t x = r.x0; x <= r.x1; ++x) usable[y * grid_x + x] = true;
    }
  }
  return usable;
}

}  // namespace schedule
}  // namespace tilelang_tt
