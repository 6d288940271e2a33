/*!
 * \file program/analysis/access_json.cc
 * \brief Regions as text; see access.h.
 */
#include "../json/json.h"
#include "access.h"

namespace tilelang_tt {
namespace program {
namespace {

std::string List(const std::vector<std::string>& items) {
  std::string all;
  for (const std::string& item : items) all += (all.empty() ? "" : ",") + item;
  return "[" + all + "]";
}

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

std::string AffineJson(const Affine& sum, const Symbols& symbols) {
  std::string text;
  auto add = [&text](const std::string& term) {
    text = text.empty() ? term : "{\"add\":[" + text + "," + term + "]}";
  };
  for (const Term& term : sum.terms) {
    std::string symbol = symbols.is_variable(term.symbol)
                             ? "{\"var\":" + std::to_string(term.symbol) + "}"
                             : ToJson(symbols.TermOf(term.symbol));
    add(term.factor == 1 ? symbol
                         : "{\"mul\":[" + symbol + "," + std::to_string(term.factor) + "]}");
  }
  if (sum.constant != 0 || text.empty()) add(std::to_string(sum.constant));
  return text;
}

std::string RegionJson(const TouchedRegion& region, const Program& program, const Symbols& symbols,
                       int64_t tile) {
  const std::vector<int64_t>& shape = program.buffers[region.box.buffer].shape;
  std::vector<Interval> dims = region.box.dims;
  bool in_tiles = tile > 0;
  // A shape of one dimension is one row of tiles; one of none is one tile.
  for (size_t i = dims.size() < 2 ? 0 : dims.size() - 2; in_tiles && i < dims.size(); ++i) {
    Interval tiles;
    in_tiles = InTiles(region.box.dims[i], shape[i], tile, &tiles);
    dims[i] = tiles;
  }
  if (!in_tiles) dims = region.box.dims;
  std::vector<std::string> at, extents, loops;
  for (const Interval& dim : dims) {
    at.push_back(AffineJson(dim.begin, symbols));
    extents.push_back(AffineJson(dim.end - dim.begin, symbols));
  }
  for (const Turns& loop : region.loops) {
    std::string min = loop.min == Affine() ? "" : ",\"min\":" + AffineJson(loop.min, symbols);
    loops.push_back("{\"var\":" + std::to_string(loop.variable) + min +
                    ",\"extent\":" + AffineJson(loop.extent, symbols) + "}");
  }
  constexpr const char* kModes[] = {"read", "write", "update"};
  return std::string("{\"mode\":\"") + kModes[static_cast<int>(region.mode)] + "\",\"unit\":\"" +
         (in_tiles ? "pages" : "elements") + "\",\"at\":" + List(at) +
         ",\"shape\":" + List(extents) + (loops.empty() ? "" : ",\"loops\":" + List(loops)) +
         ",\"exact\":" + (region.exact ? "true" : "false") + "}";
}

}  // namespace program
}  // namespace tilelang_tt
