/*!
 * \file shard/page_layout.h
 * \brief The pages of a tiled, interleaved buffer.
 *
 * One page is one tile. The last two dimensions are padded up to the tile, a shape
 * of fewer than two dimensions is one row, and every matrix of the leading (batch)
 * dimensions is padded by itself. Pages are numbered row-major over the tiles,
 * matrix after matrix. This is how ttnn lays out TILE_LAYOUT
 * (ttnn.Tensor.padded_shape, buffer_num_pages, buffer_page_size), and the address
 * rule is TT-metal's interleaved_addr_gen.
 */
#ifndef TILELANG_TT_SHARD_PAGE_LAYOUT_H_
#define TILELANG_TT_SHARD_PAGE_LAYOUT_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace tilelang_tt {
namespace shard {

struct PageLayout {
  /*! Elements a dimension; at least two dimensions, the last two multiples of the tile. */
  std::vector<int64_t> padded_shape;
  /*! The padded shape, but for leading ones, differs from the shape. */
  bool needs_padding;
  /*! Tiles down and across one matrix. */
  int64_t tiles_height, tiles_width;
  /*! Pages of the whole buffer, all matrices together. */
  int64_t num_pages;
  /*! Bytes of a page, and bytes from one page of a bank to the next. */
  int64_t page_size, aligned_page_size;
};

/*!
 * \brief The layout of a buffer, or nothing if its pages are more than 2^32 - 1,
 *   which is what TensorAccessor's 32-bit page ids can count.
 *
 * \param shape Elements a dimension, each at least 1; empty for a scalar.
 * \param tile_height, tile_width The tile, in elements.
 * \param item_size Bytes an element.
 * \param alignment Bytes; the device's alignment of the memory the buffer is in.
 */
std::optional<PageLayout> TiledInterleaved(const std::vector<int64_t>& shape, int64_t tile_height,
                                           int64_t tile_width, int64_t item_size,
                                           int64_t alignment);

/*!
 * \brief The bytes that an interleaved buffer takes of each bank, or nothing if they are more
 *   than a limit.
 *
 * ttnn takes as much of every bank as of the first, which has most pages, and the buffers of a
 * device one after the other: they fit if their sum is at most what a bank has.
 */
std::optional<int64_t> BytesOfABank(int64_t num_pages, int64_t aligned_page_size, int64_t num_banks,
                                    int64_t limit);

}  // namespace shard
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SHARD_PAGE_LAYOUT_H_
