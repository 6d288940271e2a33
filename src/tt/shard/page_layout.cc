/*!
 * \file shard/page_layout.cc
 * \brief The pages of a tiled, interleaved buffer; see page_layout.h.
 */
#include "page_layout.h"

#include <limits>

namespace tilelang_tt {
namespace shard {
namespace {

int64_t CeilDiv(int64_t value, int64_t divisor) {
  return value / divisor + (value % divisor == 0 ? 0 : 1);
}

}  // namespace

std::optional<PageLayout> TiledInterleaved(const std::vector<int64_t>& shape, int64_t tile_height,
                                           int64_t tile_width, int64_t item_size,
                                           int64_t alignment) {
  PageLayout layout;
  std::vector<int64_t>& padded = layout.padded_shape;
  padded = shape;
  while (padded.size() < 2) padded.insert(padded.begin(), 1);
  int64_t& height = padded[padded.size() - 2];
  int64_t& width = padded[padded.size() - 1];
  layout.tiles_height = CeilDiv(height, tile_height);
  layout.tiles_width = CeilDiv(width, tile_width);

  constexpr int64_t kMaxPages = std::numeric_limits<uint32_t>::max();
  layout.num_pages = 1;
  std::vector<int64_t> factors(padded.begin(), padded.end() - 2);
  factors.push_back(layout.tiles_height);
  factors.push_back(layout.tiles_width);
  for (int64_t factor : factors) {
    if (factor > kMaxPages / layout.num_pages) return std::nullopt;
    layout.num_pages *= factor;
  }

  // With at most 2^32 - 1 tiles down and across, no extent overflows.
  int64_t padded_height = layout.tiles_height * tile_height;
  int64_t padded_width = layout.tiles_width * tile_width;
  layout.needs_padding = height != padded_height || width != padded_width;
  height = padded_height;
  width = padded_width;
  layout.page_size = tile_height * tile_width * item_size;
  layout.aligned_page_size = CeilDiv(layout.page_size, alignment) * alignment;
  return layout;
}

std::optional<int64_t> BytesOfABank(int64_t num_pages, int64_t aligned_page_size, int64_t num_banks,
                                    int64_t limit) {
  int64_t rows = CeilDiv(num_pages, num_banks);
  if (rows > limit / aligned_page_size) return std::nullopt;
  return rows * aligned_page_size;
}

}  // namespace shard
}  // namespace tilelang_tt
