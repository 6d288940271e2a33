/*!
 * \file test_page_layout.cc
 * \brief TiledInterleaved against counting tiles one by one, and its limits.
 */
#include <catch2/catch.hpp>
#include <limits>
#include <set>

#include "shard/data_format.h"
#include "shard/page_layout.h"

namespace tilelang_tt {
namespace shard {
namespace {

using Shape = std::vector<int64_t>;

/*! The smallest multiple of a number that is at least the value, found by trying. */
int64_t Padded(int64_t value, int64_t multiple) {
  while (value % multiple != 0) ++value;
  return value;
}

struct Tile {
  int64_t height, width;
};

/*! Pages, counted as the distinct tiles that the padded tensor's elements fall into. */
int64_t CountPages(const Shape& padded, const Tile& tile) {
  std::set<Shape> tiles;
  int64_t height = padded[padded.size() - 2], width = padded[padded.size() - 1], matrices = 1;
  for (size_t i = 0; i + 2 < padded.size(); ++i) matrices *= padded[i];
  for (int64_t m = 0; m < matrices; ++m) {
    for (int64_t row = 0; row < height; ++row) {
      for (int64_t column = 0; column < width; ++column) {
        tiles.insert({m, row / tile.height, column / tile.width});
      }
    }
  }
  return tiles.size();
}

TEST_CASE("pages are the tiles of each padded matrix", "[page_layout]") {
  // The passes ask for 32x32 alone. A tile that is no square shows which side is which.
  Tile tile = GENERATE(Tile{32, 32}, Tile{16, 32}, Tile{32, 16});
  Shape shape = GENERATE(values<Shape>({{},
                                        {1},
                                        {32},
                                        {33},
                                        {1, 1},
                                        {32, 32},
                                        {31, 33},
                                        {100, 70},
                                        {64, 1},
                                        {3, 32, 32},
                                        {3, 1, 65},
                                        {2, 3, 31, 65},
                                        {1, 1, 1, 1},
                                        {5, 1, 32, 64}}));
  std::optional<PageLayout> layout = TiledInterleaved(shape, tile.height, tile.width, 2, 32);
  REQUIRE(layout);

  Shape matrix = shape;
  while (matrix.size() < 2) matrix.insert(matrix.begin(), 1);
  Shape padded = matrix;
  padded[padded.size() - 2] = Padded(matrix[matrix.size() - 2], tile.height);
  padded[padded.size() - 1] = Padded(matrix[matrix.size() - 1], tile.width);
  CHECK(layout->padded_shape == padded);
  CHECK(layout->needs_padding == (padded != matrix));
  CHECK(layout->tiles_height * tile.height == padded[padded.size() - 2]);
  CHECK(layout->tiles_width * tile.width == padded[padded.size() - 1]);
  CHECK(layout->num_pages == CountPages(padded, tile));
  CHECK(layout->page_size == tile.height * tile.width * 2);
}

TEST_CASE("a page is a tile's bytes, and starts at a multiple of the alignment", "[page_layout]") {
  int64_t item_size = GENERATE(1, 2, 4);
  int64_t alignment = GENERATE(16, 32, 48, 64, 1000, 4096);
  std::optional<PageLayout> layout = TiledInterleaved({64, 64}, 32, 32, item_size, alignment);
  REQUIRE(layout);
  CHECK(layout->page_size == 32 * 32 * item_size);
  CHECK(layout->aligned_page_size == Padded(layout->page_size, alignment));
}

TEST_CASE("the largest buffer has 2^32 - 1 pages", "[page_layout]") {
  constexpr int64_t kMaxPages = 4294967295, kMaxInt = std::numeric_limits<int64_t>::max();
  for (const Shape& shape : {Shape{kMaxPages * 32, 32}, Shape{1, kMaxPages * 32},
                             Shape{kMaxPages, 1, 1}, Shape{65535, 65537, 32, 32}}) {
    std::optional<PageLayout> layout = TiledInterleaved(shape, 32, 32, 4, 32);
    REQUIRE(layout);
    CHECK(layout->num_pages == kMaxPages);
  }
  for (const Shape& shape :
       {Shape{kMaxPages * 32 + 1, 32}, Shape{1, kMaxPages * 32 + 1}, Shape{kMaxPages + 1, 1, 1},
        Shape{65536, 65536, 32, 32}, Shape{kMaxInt}, Shape{kMaxInt, 1}, Shape{kMaxInt, kMaxInt},
        Shape{kMaxInt, kMaxInt, 1, 1}, Shape{2, kMaxPages * 32, 32}}) {
    CHECK_FALSE(TiledInterleaved(shape, 32, 32, 4, 32));
  }
}

TEST_CASE("a bank holds a page in so many, the first one most", "[page_layout]") {
  constexpr int64_t kMaxInt = std::numeric_limits<int64_t>::max();
  CHECK(BytesOfABank(1, 2048, 12, kMaxInt) == 2048);
  CHECK(BytesOfABank(12, 2048, 12, kMaxInt) == 2048);
  CHECK(BytesOfABank(13, 2048, 12, kMaxInt) == 4096);
  CHECK(BytesOfABank(13, 2048, 12, 4096) == 4096);
  CHECK_FALSE(BytesOfABank(13, 2048, 12, 4095));
  CHECK(BytesOfABank(4294967295, 4096, 1, kMaxInt) == 4294967295 * 4096);
  CHECK_FALSE(BytesOfABank(4294967295, int64_t{1} << 32, 1, kMaxInt));
}

struct Format {
  const char* dtype;
  const char* name;
  int64_t item_size;
  const char* carrier;
};

TEST_CASE("nine element types have a Tenstorrent format on every architecture", "[page_layout]") {
  Format expected =
      GENERATE(Format{"float32", "Float32", 4, ""}, Format{"bfloat16", "Float16_b", 2, ""},
               Format{"float16", "Float16", 2, "uint16"}, Format{"int32", "Int32", 4, ""},
               Format{"uint32", "UInt32", 4, ""}, Format{"uint16", "UInt16", 2, ""},
               Format{"int8", "Int8", 1, ""}, Format{"uint8", "UInt8", 1, ""},
               Format{"bool", "UInt8", 1, "uint8"});
  for (const char* arch : {"wormhole_b0", "blackhole", "another"}) {
    std::optional<DataFormat> format = DataFormatOf(expected.dtype, arch);
    REQUIRE(format);
    CHECK(format->name == expected.name);
    CHECK(format->item_size == expected.item_size);
    CHECK(format->carrier == expected.carrier);
  }
}

TEST_CASE("float8_e4m3fn is Blackhole's alone", "[page_layout]") {
  std::optional<DataFormat> format = DataFormatOf("float8_e4m3fn", "blackhole");
  REQUIRE(format);
  CHECK(format->name == "Fp8_e4m3");
  CHECK(format->item_size == 1);
  CHECK(format->carrier == "uint8");
  CHECK_FALSE(DataFormatOf("float8_e4m3fn", "wormhole_b0"));
  CHECK(InsteadOf("float8_e4m3fn").find("Blackhole alone") != std::string::npos);
}

TEST_CASE("the types that have a format are listed for messages", "[page_layout]") {
  std::string everywhere = "float32, bfloat16, float16, int32, uint32, uint16, int8, uint8, bool";
  CHECK(SupportedDtypes("wormhole_b0") == everywhere);
  CHECK(SupportedDtypes("blackhole") == everywhere + ", float8_e4m3fn");
}

TEST_CASE("other element types have none, and a message says what to do instead", "[page_layout]") {
  auto [dtype, instead] = GENERATE(table<const char*, const char*>({
      {"float64", "to float32"},
      {"int64", "to int32"},
      {"uint64", "to uint32"},
      {"int16", "to int32"},
      {"float8_e4m3", "to bfloat16"},
      {"float8_e5m2", "to bfloat16"},
      {"float8_e8m0fnu", "bits as uint8"},
      {"float6_e2m3fn", "to bfloat16"},
      {"float4_e2m1fn", "bytes, two values each, as uint8"},
      {"int4", "to int8"},
      {"uint4", "to uint8"},
      {"float32x4", "to one of these"},
      {"handle", "to one of these"},
      {"", "to one of these"},
  }));
  for (const char* arch : {"wormhole_b0", "blackhole"}) CHECK_FALSE(DataFormatOf(dtype, arch));
  CHECK_THAT(InsteadOf(dtype), Catch::Matchers::Contains(instead));
}

}  // namespace
}  // namespace shard
}  // namespace tilelang_tt
