/*!
 * \file schedule/boxes.cc
 * \brief Boxes of blocks; see boxes.h.
 */
#include "boxes.h"

#include <algorithm>
#include <tuple>

#include "partition.h"

namespace tilelang_tt {
namespace schedule {

Placement PlaceBlocks(const std::vector<bool>& usable, int64_t cores_x,
                      const std::array<int64_t, 3>& grid) {
  int64_t cores_y = static_cast<int64_t>(usable.size()) / cores_x;
  // How many usable cores there are from each one on to the right.
  std::vector<int64_t> run(usable.size(), 0);
  for (int64_t core = static_cast<int64_t>(usable.size()) - 1; core >= 0; --core) {
    bool last = core % cores_x == cores_x - 1;
    run[core] = usable[core] ? 1 + (last ? 0 : run[core + 1]) : 0;
  }
  std::pair<int64_t, int64_t> best{0, 0};  // cores with blocks, width
  int64_t x0 = 0, y0 = 0, height = 0;
  for (int64_t y = 0; y < cores_y; ++y) {
    for (int64_t x = 0; x < cores_x; ++x) {
      int64_t width = cores_x;
      for (int64_t end = y; end < cores_y && run[end * cores_x + x] > 0; ++end) {
        width = std::min(width, run[end * cores_x + x]);  // the widest of this height
        int64_t lines = end - y + 1;
        int64_t busy_lines = std::min(lines, std::min(grid[1], lines) * std::min(grid[2], lines));
        int64_t busy = std::min(width, grid[0]) * busy_lines;
        if (std::pair(busy, width) > best) {
          best = {busy, width};
          std::tie(x0, y0, height) = std::tuple(x, y, lines);
        }
      }
    }
  }
  int64_t rows = std::min(height, grid[1]);
  return {x0, y0, std::min(best.second, grid[0]), rows, std::min(height / rows, grid[2])};
}

std::vector<Box> SplitBoxes(const Placement& placement, const std::array<int64_t, 3>& grid,
                            int64_t cores_x, int64_t num_cores) {
  std::vector<Box> boxes(num_cores);
  for (int64_t row = 0; row < placement.rows * placement.layers; ++row) {
    TileRange y = ShareOf(grid[1], placement.rows, row % placement.rows);
    TileRange z = ShareOf(grid[2], placement.layers, row / placement.rows);
    for (int64_t column = 0; column < placement.columns; ++column) {
      TileRange x = ShareOf(grid[0], placement.columns, column);
      boxes[(placement.y0 + row) * cores_x + placement.x0 + column] = {x.start, y.start, z.start,
                                                                       x.count, y.count, z.count};
    }
  }
  return boxes;
}

}  // namespace schedule
}  // namespace tilelang_tt
