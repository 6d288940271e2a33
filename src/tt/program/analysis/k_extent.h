/*!
 * \file program/analysis/k_extent.h
 * \brief The part of a tensor's dimension that loops go through, in tiles.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_K_EXTENT_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_K_EXTENT_H_

#include <optional>
#include <vector>

#include "../symbolic/symbols.h"

namespace tilelang_tt {
namespace program {

/*! \brief A loop with constant bounds. */
struct Sweep {
  int var;
  int64_t min, extent;
};

struct KExtent {
  int64_t elements, tiles;

  bool operator==(const KExtent& other) const {
    return elements == other.elements && tiles == other.tiles;
  }
};

/*!
 * \brief How many elements, and tiles, of a dimension are gone through by pieces of `length`
 * elements from `begin`, one for each turn of the loops.
 *
 * \param begin The first element of a piece: loops' variables, and others, for each value of which
 *   the answer has to be the same.
 * \param size The extent of the tensor; what is beyond is not counted.
 *
 * Nothing if it is not one number, if a loop doesn't move the piece, if pieces overlap, or
 * if they begin within a tile of which another piece, or none, has the rest.
 */
std::optional<KExtent> SweptExtent(const Affine& begin, int64_t length,
                                   const std::vector<Sweep>& loops, int64_t size, int64_t tile,
                                   const Symbols& symbols);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_K_EXTENT_H_
