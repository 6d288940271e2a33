/*!
 * \file program/analysis/access.h
 * \brief Which elements of device memory the blocks of a launch read and write.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_ACCESS_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_ACCESS_H_

#include <optional>
#include <vector>

#include "../symbolic/box.h"

namespace tilelang_tt {
namespace program {

/*! \brief What each block touches in one way: a box for each turn of the loops. */
struct TouchedRegion {
  Mode mode;
  /*! In the coordinates of a storage, no view. What of it is beyond the storage is not touched. */
  Box box;
  /*! The loops whose variables are in the box or in each other's bounds, or that may have no turn;
   * the outermost first. */
  std::vector<Turns> loops;
  /*! Every block touches all of it. False: it touches no more than that. */
  bool exact;
};

/*! \brief More regions of a buffer than these, read or written, become one more, all of it. */
constexpr size_t kMostRegions = 64;

struct LaunchAccess {
  std::vector<TouchedRegion> regions;
};

/*!
 * \brief What blocks of a launch touch, each region once, in the order of the program.
 *
 * The loops of a map are within the box where their union is one. A view's region is that of its
 * storage where it is sure to be one run of elements. Regions in great number become the whole
 * buffer.
 */
LaunchAccess FindAccess(const Program& program, const Launch& launch, Symbols* symbols);

/*!
 * \brief A box in pages, the last two dimensions in tiles; nothing where it is not of whole tiles.
 * \param tile The side of a tile.
 */
std::optional<std::vector<Interval>> InPages(const Box& box, const Program& program, int64_t tile);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_ACCESS_H_
