/*!
 * \file program/analysis/k_extent.cc
 * \brief Counting the tiles that a reduction goes through; see k_extent.h.
 */
#include "k_extent.h"

#include <algorithm>

namespace tilelang_tt {
namespace program {
namespace {

/*! More pieces than this are not gone through one by one. */
constexpr int64_t kMostPieces = 4096;

struct Stride {
  int64_t factor, count;
};

/*! What is inside of the tensor, piece after piece. */
std::optional<KExtent> CountPieces(int64_t begin, int64_t length,
                                   const std::vector<Stride>& strides, int64_t size, int64_t tile) {
  std::vector<int64_t> begins{begin};
  for (const Stride& stride : strides) {
    if (static_cast<int64_t>(begins.size()) > kMostPieces / stride.count) return std::nullopt;
    size_t before = begins.size();
    for (int64_t turn = 1; turn < stride.count; ++turn) {
      for (size_t i = 0; i < before; ++i) begins.push_back(begins[i] + turn * stride.factor);
    }
  }
  KExtent sum{0, 0};
  bool ended_within_tile = false;
  std::sort(begins.begin(), begins.end());
  for (int64_t first : begins) {
    int64_t least = std::max<int64_t>(first, 0), end = std::min(first + length, size);
    if (least >= end) continue;
    if (least % tile != 0 || ended_within_tile) return std::nullopt;
    ended_within_tile = (end - least) % tile != 0;
    sum.elements += end - least;
    sum.tiles += (end - least + tile - 1) / tile;
  }
  return sum;
}

}  // namespace

std::optional<KExtent> SweptExtent(const Affine& begin, int64_t length,
                                   const std::vector<Sweep>& loops, int64_t size, int64_t tile,
                                   const Symbols& symbols) {
  Affine first = begin;
  std::vector<Stride> strides;
  for (const Sweep& loop : loops) {
    int64_t factor = begin.FactorOf(loop.var);
    if (loop.extent < 1 || (factor == 0 && loop.extent > 1)) return std::nullopt;
    int64_t least = factor > 0 ? loop.min : loop.min + loop.extent - 1;
    first = first.Without(loop.var) + Affine::Of(least) * factor;
    if (symbols.Depends(first, loop.var)) return std::nullopt;
    if (loop.extent > 1) strides.push_back({std::abs(factor), loop.extent});
  }
  if (!first.exact) return std::nullopt;
  // Pieces that follow on each other are one; what is left has gaps.
  std::sort(strides.begin(), strides.end(),
            [](const Stride& a, const Stride& b) { return a.factor < b.factor; });
  size_t joined = 0;
  while (joined < strides.size() && strides[joined].factor == length) {
    if (length > Affine::kMost / strides[joined].count) return std::nullopt;
    length *= strides[joined++].count;
  }
  strides.erase(strides.begin(), strides.begin() + joined);
  int64_t span = length;
  for (const Stride& stride : strides) {
    if (stride.factor < span) return std::nullopt;
    if (stride.factor > Affine::kMost / stride.count) return std::nullopt;
    span += stride.factor * (stride.count - 1);
  }
  if (first.is_constant()) return CountPieces(first.constant, length, strides, size, tile);

  // The first element is another one from block to block: the same count if all of it is
  // inside, and in the same places of tiles.
  Range begins = symbols.RangeOf(first);
  bool aligned = first.constant % tile == 0;
  for (const Term& term : first.terms) aligned &= term.factor % tile == 0;
  if (!aligned || begins.least < 0 || begins.most > size - span) return std::nullopt;
  return CountPieces(0, length, strides, span, tile);
}

}  // namespace program
}  // namespace tilelang_tt
