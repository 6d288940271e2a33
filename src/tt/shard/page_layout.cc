/*!
 * \file shard/page_layout.cc
 * \brief The pages of a tiled, interleaved buffer; see page_layout.h.
 */
#include "page_layout.h"

#include <limits>

namespace tilelang_tt {
namespace shard {
namespace {

int64_t RoundUp(int64_t value, int64_t multiple) {
  return value / multiple * multiple + (value % multiple == 0 ? 0 : multiple);
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
  // Beyond this no count below fits, and RoundUp would overflow.
  constexpr int64_t kMaxPages = std::numeric_limits<uint32_t>::max();
  if (height / tile_height > kMaxPages || width / tile_width > kMaxPages) return std::nullopt;
  int64_t unpadded_height = height, unpadded_width = width;
  height = RoundUp(height, tile_height);
  width = RoundUp(width, tile_width);
  layout.needs_padding = height != unpadded_height || width != unpadded_width;
  layout.tiles_height = height / tile_height;
  layout.tiles_width = width / tile_width;

  layout.num_pages = 1;
  std::vector<int64_t> factors(padded.begin(), padded.end() - 2);
  factors.push_back(layout.tiles_height);
  factors.push_back(layout.tiles_width);
  for (int64_t factor : factors) {
    if (factor > kMaxPages / layout.num_pages) return std::nullopt;
    layout.num_pages *= factor;
  }
  layout.page_size = tile_height * tile_width * item_size;
  layout.aligned_page_size = RoundUp(layout.page_size, alignment);
  return layout;
}

std::optional<int64_t> BytesOfABank(int64_t num_pages, int64_t aligned_page_size, int64_t num_banks,
                                    int64_t limit) {
  int64_t rows = RoundUp(num_pages, num_banks) / num_banks;
  if (rows > limit / aligned_page_size) return std::nullopt;
  return rows * aligned_page_size;
}

}  // namespace shard
}  // namespace tilelang_tt
