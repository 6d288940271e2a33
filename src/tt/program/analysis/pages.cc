/*!
 * \file program/analysis/pages.cc
 * \brief Boxes of elements in pages; see access.h.
 */
#include "access.h"

namespace tilelang_tt {
namespace program {
namespace {

/*! The side of a dimension in tiles, if it has whole ones or ends at the edge of the buffer. */
bool InTiles(const Interval& dim, int64_t extent, int64_t tile, Interval* tiles) {
  tiles->begin = Affine::Of(FloorDiv(dim.begin.constant, tile));
  bool aligned = dim.begin.constant % tile == 0;
  for (const Term& term : dim.begin.terms) {
    aligned &= term.factor % tile == 0;
    tiles->begin.terms.push_back({term.symbol, term.factor / tile});
  }
  Affine width = dim.end - dim.begin;
  bool ends = dim.end.is_constant() && dim.end.constant >= extent;
  if (!aligned || !width.is_constant() || (width.constant % tile != 0 && !ends)) return false;
  tiles->end = tiles->begin + Affine::Of((width.constant + tile - 1) / tile);
  return true;
}

}  // namespace

std::optional<std::vector<Interval>> InPages(const Box& box, const Program& program, int64_t tile) {
  const std::vector<int64_t>& shape = program.buffers[box.buffer].shape;
  std::vector<Interval> pages = box.dims;
  // A shape of one dimension is one row of tiles; one of none is one tile.
  for (size_t i = pages.size() < 2 ? 0 : pages.size() - 2; i < pages.size(); ++i) {
    Interval tiles;
    if (!InTiles(pages[i], shape[i], tile, &tiles)) return std::nullopt;
    pages[i] = std::move(tiles);
  }
  return pages;
}

}  // namespace program
}  // namespace tilelang_tt
