/*!
 * \file test_infer_tt_shard.cc
 * \brief InferDefaultTTShard: where each page of each buffer lives.
 */
#include <catch2/catch.hpp>

#include "kernels.h"
#include "metadata.h"

namespace tilelang_tt {
namespace testing {
namespace {

using Shape = std::vector<int64_t>;

std::vector<Expr> Exprs(const Shape& shape) {
  return std::vector<Expr>(shape.begin(), shape.end());
}

Node Taking(const std::vector<Param>& params) {
  return PrimFunc("f", params,
                  Kernel({1}, KernelForm::kThreadBinding,
                         [](const std::vector<Expr>&) { return Evaluate(0); }));
}

/*! The descriptor of a function's only tensor. */
AttrMap DescriptorOf(const Shape& shape, const std::string& dtype = "bfloat16",
                     const AttrMap& device = Device(8, 9)) {
  return Descriptor(InferShard(Taking({Tensor("X", Exprs(shape), dtype)}), device), "X");
}

TEST_CASE("the last two dimensions are padded to the tile, and batches are counted", "[shard]") {
  struct Case {
    Shape shape;
    Shape padded;
    int64_t tiles_height, tiles_width, pages;
    bool needs_padding;
  };
  std::vector<Case> table = {
      // rank 0 and 1: one row
      {{}, {32, 32}, 1, 1, 1, true},
      {{1}, {32, 32}, 1, 1, 1, true},
      {{32}, {32, 32}, 1, 1, 1, true},
      {{100}, {32, 128}, 1, 4, 4, true},
      // rank 2
      {{32, 32}, {32, 32}, 1, 1, 1, false},
      {{1, 1}, {32, 32}, 1, 1, 1, true},
      {{31, 32}, {32, 32}, 1, 1, 1, true},
      {{32, 33}, {32, 64}, 1, 2, 2, true},
      {{100, 70}, {128, 96}, 4, 3, 12, true},
      {{256, 512}, {256, 512}, 8, 16, 128, false},
      // rank 3 and 4: every matrix is padded by itself
      {{3, 32, 64}, {3, 32, 64}, 1, 2, 6, false},
      {{3, 33, 64}, {3, 64, 64}, 2, 2, 12, true},
      {{7, 1, 1}, {7, 32, 32}, 1, 1, 7, true},
      {{2, 3, 64, 32}, {2, 3, 64, 32}, 2, 1, 12, false},
      {{2, 3, 31, 65}, {2, 3, 32, 96}, 1, 3, 18, true},
      {{1, 1, 1, 1}, {1, 1, 32, 32}, 1, 1, 1, true},
      // any rank
      {{2, 1, 3, 33, 64}, {2, 1, 3, 64, 64}, 2, 2, 24, true},
      {{1, 2, 1, 2, 3, 1, 33}, {1, 2, 1, 2, 3, 32, 64}, 1, 2, 24, true},
      {Shape(20, 1), Shape{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 32, 32}, 1, 1, 1,
       true},
      // as many pages as 32 bits count
      {{65535, 65537, 32, 32}, {65535, 65537, 32, 32}, 1, 1, 4294967295, false},
  };
  for (const Case& entry : table) {
    AttrMap descriptor = DescriptorOf(entry.shape);
    CHECK(Ints(descriptor.at("tt_shape")) == entry.shape);
    CHECK(Ints(descriptor.at("tt_padded_shape")) == entry.padded);
    CHECK(Int(descriptor, "tt_num_tiles_height") == entry.tiles_height);
    CHECK(Int(descriptor, "tt_num_tiles_width") == entry.tiles_width);
    CHECK(Int(Map(descriptor, "tt_tensor_accessor_config"), "num_pages") == entry.pages);
    CHECK(descriptor.at("tt_needs_padding").cast<bool>() == entry.needs_padding);
  }
}

TEST_CASE("a descriptor is tiled 32x32 and interleaved in DRAM", "[shard]") {
  AttrMap descriptor = DescriptorOf({100, 70});
  CHECK(Text(descriptor, "tt_layout") == "dram_interleaved");
  CHECK(Ints(descriptor.at("tt_tile_shape")) == Shape{32, 32});
  CHECK(Text(Map(descriptor, "tt_tensor_accessor_config"), "memory") == "dram");
}

TEST_CASE("each element type gives its data format and the bytes of a page", "[shard]") {
  struct Case {
    const char* dtype;
    const char* format;
    int64_t page_size;
    /*! "" where ttnn has a tensor of the dtype itself. */
    const char* carried_as;
    const char* arch = "wormhole_b0";
  };
  // The sizes are ttnn's, of a 32x32 tile.
  Case table =
      GENERATE(Case{"float32", "Float32", 4096, ""}, Case{"bfloat16", "Float16_b", 2048, ""},
               Case{"float16", "Float16", 2048, "uint16"}, Case{"int32", "Int32", 4096, ""},
               Case{"uint32", "UInt32", 4096, ""}, Case{"uint16", "UInt16", 2048, ""},
               Case{"int8", "Int8", 1024, ""}, Case{"uint8", "UInt8", 1024, ""},
               Case{"bool", "UInt8", 1024, "uint8"},
               Case{"float8_e4m3fn", "Fp8_e4m3", 1024, "uint8", "blackhole"});
  AttrMap device = With(Device(8, 9), "arch", ffi::String(table.arch));
  AttrMap descriptor = DescriptorOf({100, 70}, table.dtype, device);
  CHECK(descriptor.count("tt_carried_as") == (table.carried_as[0] == '\0' ? 0 : 1));
  if (table.carried_as[0] != '\0') CHECK(Text(descriptor, "tt_carried_as") == table.carried_as);
  CHECK(Text(descriptor, "tt_dtype") == table.dtype);
  CHECK(Text(descriptor, "tt_data_format") == table.format);
  CHECK(Int(Map(descriptor, "tt_tensor_accessor_config"), "page_size") == table.page_size);
}

TEST_CASE("banks and alignment are the device's", "[shard]") {
  struct Case {
    int64_t banks, alignment;
    const char* dtype;
    int64_t page_size, aligned_page_size;
  };
  // Every tile is a multiple of 32 and 64 bytes; the last alignments show that it is applied.
  Case table = GENERATE(Case{12, 32, "bfloat16", 2048, 2048}, Case{8, 64, "bfloat16", 2048, 2048},
                        Case{7, 64, "float32", 4096, 4096}, Case{7, 32, "uint8", 1024, 1024},
                        Case{12, 2048, "uint8", 1024, 2048}, Case{8, 4096, "bfloat16", 2048, 4096},
                        Case{7, 8192, "float32", 4096, 8192});
  AttrMap accessor =
      Map(DescriptorOf({64, 64}, table.dtype, Device(8, 9, table.banks, table.alignment)),
          "tt_tensor_accessor_config");
  CHECK(Int(accessor, "num_banks") == table.banks);
  CHECK(Int(accessor, "page_size") == table.page_size);
  CHECK(Int(accessor, "aligned_page_size") == table.aligned_page_size);
  // TensorAccessorArgs of an interleaved buffer: the flag IsDram, then the aligned page size.
  CHECK(Ints(accessor.at("compile_time_args")) == Shape{2, table.aligned_page_size});
}

TEST_CASE("every tensor parameter has a descriptor under its name, a scalar has none", "[shard]") {
  AttrMap attrs = InferShard(
      Taking({Tensor("A", {32, 64}), Scalar("n"), Tensor("B", {64}, "uint8")}), Device(8, 9));
  AttrMap buffers = Map(attrs, "tt_buffers");
  CHECK(buffers.size() == 2);
  CHECK(Ints(Map(buffers, "A").at("tt_shape")) == Shape{32, 64});
  CHECK(Text(Map(buffers, "B"), "tt_dtype") == "uint8");
}

TEST_CASE("a function without tensors has no descriptors", "[shard]") {
  CHECK(Map(InferShard(Taking({Scalar("n")}), Device(8, 9)), "tt_buffers").empty());
}

TEST_CASE("compact strides, an offset of 0 and the scope global are what a tensor has anyway",
          "[shard]") {
  TensorOptions options = GENERATE(TensorOptions{{64, 1}, {}, ""},
                                   TensorOptions{{IntImm(64, "int64"), IntImm(1, "int64")}, {}, ""},
                                   TensorOptions{{}, {0}, ""}, TensorOptions{{}, {}, "global"});
  AttrMap attrs = InferShard(Taking({Tensor("X", {32, 64}, "float32", options)}), Device(8, 9));
  CHECK(Ints(Descriptor(attrs, "X").at("tt_padded_shape")) == Shape{32, 64});
}

TEST_CASE("the stride of a dimension of one element does not matter", "[shard]") {
  Param x = Tensor("X", {1, 64}, "float32", {{999, 1}, {}, ""});
  CHECK(Ints(Descriptor(InferShard(Taking({x}), Device(8, 9)), "X").at("tt_shape")) ==
        Shape{1, 64});
}

TEST_CASE("values of a descriptor that the author set are kept, the rest is added", "[shard]") {
  AttrMap mine{{"tt_layout", ffi::String("dram_interleaved")},
               {"tt_num_tiles_width", IntImm(2, "int32").node},
               {"tt_note", ffi::String("mine")}};
  Node func = WithAttr(Taking({Tensor("X", {32, 64})}), "tt_buffers", AttrMap{{"X", mine}});
  AttrMap descriptor = Descriptor(InferShard(func, Device(8, 9)), "X");
  CHECK(Text(descriptor, "tt_note") == "mine");
  CHECK(descriptor.at("tt_num_tiles_width").same_as(mine.at("tt_num_tiles_width")));
  CHECK(Int(descriptor, "tt_num_tiles_height") == 1);
}

TEST_CASE("a boolean that T.bool wrote, an IntImm of type bool, is that boolean", "[shard]") {
  AttrMap mine{{"tt_needs_padding", IntImm(0, "bool").node}};
  Node func = WithAttr(Taking({Tensor("X", {32, 64})}), "tt_buffers", AttrMap{{"X", mine}});
  CHECK_NOTHROW(InferShard(func, Device(8, 9)));
}

TEST_CASE("sharding needs no schedule, and inferring twice changes nothing", "[shard]") {
  Node once = Apply(Pass("InferDefaultTTShard"), OnDevice(Gemm(64, 64, 64), Device(8, 9)));
  CHECK(Attrs(once).count("tt_num_tiles") == 0);
  Node twice = Apply(Pass("InferDefaultTTShard"), once);
  for (const char* buffer : {"A", "B", "C"}) {
    AttrMap before = Descriptor(Attrs(once), buffer), after = Descriptor(Attrs(twice), buffer);
    CHECK(before.size() == after.size());
    for (const auto& [key, value] : before) CHECK(after.at(key).same_as(value));
  }
}

}  // namespace
}  // namespace testing
}  // namespace tilelang_tt
