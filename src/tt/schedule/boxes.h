/*!
 * \file schedule/boxes.h
 * \brief Splitting a grid of blocks over a rectangle of cores, one box of blocks a core.
 */
#ifndef TILELANG_TT_SCHEDULE_BOXES_H_
#define TILELANG_TT_SCHEDULE_BOXES_H_

#include <array>
#include <cstdint>
#include <vector>

namespace tilelang_tt {
namespace schedule {

/*! \brief Blocks x ... x + across - 1, y ... y + down - 1, z ... z + deep - 1; all 0 for none. */
struct Box {
  int64_t x = 0, y = 0, z = 0, across = 0, down = 0, deep = 0;

  int64_t count() const { return across * down * deep; }
  bool operator==(const Box& other) const {
    return x == other.x && y == other.y && z == other.z && across == other.across &&
           down == other.down && deep == other.deep;
  }
};

/*!
 * \brief A rectangle of cores that share a grid of blocks: columns along x, rows along y and z.
 *
 * Core (x0 + i, y0 + k * rows + j) has the i-th of `columns` parts of x, the j-th of `rows` parts
 * of y and the k-th of `layers` parts of z. So what only depends on y and z is the same for the
 * cores of a row, what only depends on x and z for the cores of a column within a layer, and what
 * only depends on x for those of a whole column.
 */
struct Placement {
  int64_t x0, y0, columns, rows, layers;
};

/*!
 * \brief The rectangle of usable cores that most cores of can have blocks.
 *
 * That is the largest min(width, blocks along x) * min(height, blocks along y * along z) of all
 * rectangles of usable cores; of several the widest, then the uppermost, then the leftmost.
 * \param usable Whether each core, entry y * cores_x + x, may be used; at least one.
 * \param grid Blocks along x, y and z.
 */
Placement PlaceBlocks(const std::vector<bool>& usable, int64_t cores_x,
                      const std::array<int64_t, 3>& grid);

/*!
 * \brief The box of each core of the device, in core order: each axis split over its cores by
 *   ShareOf.
 * \param num_cores Those of the device, of which `cores_x` are in a row.
 */
std::vector<Box> SplitBoxes(const Placement& placement, const std::array<int64_t, 3>& grid,
                            int64_t cores_x, int64_t num_cores);

}  // namespace schedule
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SCHEDULE_BOXES_H_
