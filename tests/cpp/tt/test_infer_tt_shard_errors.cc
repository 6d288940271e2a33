/*!
 * \file test_infer_tt_shard_errors.cc
 * \brief What InferDefaultTTShard refuses, and what it says about it.
 */
#include <catch2/catch.hpp>

#include "kernels.h"
#include "metadata.h"

namespace tilelang_tt {
namespace testing {
namespace {

Node Taking(const std::vector<Param>& params) {
  Node body =
      Kernel({1}, KernelForm::kThreadBinding, [](const std::vector<Expr>&) { return Evaluate(0); });
  return OnDevice(PrimFunc("f", params, body), Device(8, 9));
}

void CheckShardRejects(const Node& func, const Rejection& expected) {
  CheckRejects(Pass("InferDefaultTTShard"), func, expected);
}

struct BadTensor {
  Param tensor;
  Rejection rejection;
};

/*! Checks each tensor by itself and as the second of two, and that the message names it. */
void CheckBadTensors(const std::vector<BadTensor>& table) {
  for (const BadTensor& entry : table) {
    Rejection rejection = entry.rejection;
    rejection.says.push_back("f: buffer X");
    CheckShardRejects(Taking({entry.tensor}), rejection);
    CheckShardRejects(Taking({Tensor("good", {32, 32}), entry.tensor}), rejection);
  }
}

TEST_CASE("every symbolic dimension without a value is named, with how to give it one", "[shard]") {
  Expr n = Var("n"), m = Var("m");
  Rejection rejection{"NotImplementedError",
                      {"f", "the dimensions m, n are symbolic", "dims={\"m\": 1024}", "-a m=1024"}};
  CheckShardRejects(Taking({Tensor("X", {n, 32}), Tensor("Y", {2, 3, 32, n * m})}), rejection);
}

TEST_CASE("a dimension has to be at least 1", "[shard]") {
  CheckBadTensors({
      {Tensor("X", {0, 32}), {"ValueError", {"axis 0 is 0", "expected at least 1"}}},
      {Tensor("X", {32, 0}), {"ValueError", {"axis 1 is 0", "expected at least 1"}}},
      {Tensor("X", {-32}), {"ValueError", {"axis 0 is -32", "expected at least 1"}}},
  });
}

TEST_CASE("an element type without a Tenstorrent format is unsupported", "[shard]") {
  std::vector<BadTensor> table;
  for (const char* dtype : {"float64", "int64", "uint64", "int16", "float8_e4m3fn", "float8_e5m2",
                            "int4", "float32x4"}) {
    table.push_back({Tensor("X", {32, 32}, dtype),
                     {"NotImplementedError", {dtype, "no Tenstorrent format", "bfloat16"}}});
  }
  CheckBadTensors(table);
}

TEST_CASE("a refused element type comes with what to take instead", "[shard]") {
  CheckBadTensors({
      {Tensor("X", {32, 32}, "int64"), {"NotImplementedError", {"int64", "Cast it to int32"}}},
      {Tensor("X", {32, 32}, "float8_e4m3fn"),
       {"NotImplementedError", {"no Tenstorrent format on wormhole_b0", "Blackhole alone"}}},
  });
}

TEST_CASE("memory that is not compact, row-major and global is unsupported", "[shard]") {
  Expr n = Var("n");
  auto strided = [](const TensorOptions& options) {
    return Tensor("X", {32, 64}, "float32", options);
  };
  CheckBadTensors({
      {strided({{128, 1}, {}, ""}), {"NotImplementedError", {"axis 0 is 128", "expected 64"}}},
      {strided({{1, 32}, {}, ""}), {"NotImplementedError", {"axis 1 is 32", "expected 1"}}},
      {strided({{}, {16}, ""}), {"NotImplementedError", {"offset", "expected offset 0"}}},
      {strided({{}, {n}, ""}), {"NotImplementedError", {"offset", "expected offset 0"}}},
      {strided({{}, {}, "shared"}), {"NotImplementedError", {"\"shared\"", "\"global\""}}},
  });
}

TEST_CASE("more pages than 32 bits count are unsupported", "[shard]") {
  CheckBadTensors({
      {Tensor("X", {65536, 65536, 32, 32}),
       {"NotImplementedError", {"[65536, 65536, 32, 32]", "at most 4294967295"}}},
      {Tensor("X", {int64_t{1} << 62}), {"NotImplementedError", {"at most 4294967295"}}},
      {Tensor("X", {int64_t{1} << 62, int64_t{1} << 62}),
       {"NotImplementedError", {"at most 4294967295"}}},
  });
}

TEST_CASE("tensors that the banks can not hold, one or all, are unsupported", "[shard]") {
  // Two banks of four tiles of float32.
  AttrMap device = With(Device(8, 9, 2, 32), "dram_bank_size", 4 * 4096);
  auto taking = [&](int64_t x_tiles, int64_t y_tiles) {
    return OnDevice(Taking({Tensor("X", {32, 32 * x_tiles}), Tensor("Y", {32, 32 * y_tiles})}),
                    device);
  };
  CHECK(Descriptor(InferShard(taking(6, 2), device), "X").size() > 0);
  CheckShardRejects(taking(9, 1), {"NotImplementedError",
                                   {"f: buffer X takes 20480 bytes of each DRAM bank",
                                    "at most 16384", "made up by a test"}});
  // A page more than 6 is a row more of a bank, whoever has it.
  for (auto [x, y] : {std::pair<int64_t, int64_t>{7, 2}, {6, 3}}) {
    CheckShardRejects(taking(x, y),
                      {"NotImplementedError",
                       {"f: buffers X, Y take 20480 bytes of each DRAM bank", "at most 16384"}});
  }
  Node unlimited = WithAttr(taking(9, 9), "tt_device", Without(device, "dram_bank_size"));
  CHECK(Descriptor(Attrs(Apply(Pass("InferDefaultTTShard"), unlimited)), "X").size() > 0);
  Node fits = Complete(taking(6, 2), device);
  AttrMap smaller = With(device, "dram_bank_size", 4 * 4096 - 1);
  CheckRejects(Pass("VerifyTTMetadata"), WithAttr(fits, "tt_device", smaller),
               {"NotImplementedError", {"take 16384 bytes", "at most 16383"}});
}

TEST_CASE("parameters have to be tensors and numbers with distinct names", "[shard]") {
  CheckShardRejects(Taking({Tensor("A", {32}), Tensor("A", {32})}),
                    {"ValueError", {"f: parameters 0 and 1", "\"A\"", "distinct names"}});
  CheckShardRejects(Taking({Tensor("A", {32}), Pointer("p")}),
                    {"NotImplementedError", {"f: parameter p", "bare pointer", "a tensor"}});
}

TEST_CASE("a device is needed", "[shard]") {
  CheckShardRejects(WithoutAttr(Taking({Tensor("X", {32})}), "tt_device"),
                    {"ValueError", {"f: found no tt_device", "BindTTDevice"}});
}

TEST_CASE("an unknown layout is unsupported", "[shard]") {
  Node func = Taking({Tensor("X", {32})});
  CheckShardRejects(WithAttr(func, "tt_layout_type", ffi::String("l1_sharded")),
                    {"NotImplementedError",
                     {"f: tt_layout_type", "\"l1_sharded\"", "expected \"dram_interleaved\""}});
  AttrMap descriptor{{"tt_layout", ffi::String("l1_interleaved")}};
  CheckShardRejects(WithAttr(func, "tt_buffers", AttrMap{{"X", descriptor}}),
                    {"NotImplementedError",
                     {"f: buffer X", "tt_layout is \"l1_interleaved\"", "\"dram_interleaved\""}});
}

TEST_CASE("tt_buffers that does not fit the parameters is malformed", "[shard]") {
  struct Case {
    ffi::Any buffers;
    std::vector<std::string> says;
  };
  auto describe = [](const std::string& key, const ffi::Any& value) {
    return ffi::Any(AttrMap{{"X", AttrMap{{key, value}}}});
  };
  AttrMap accessor{{"memory", ffi::String("dram")}};
  std::vector<Case> table = {
      {AttrMap{{"Y", AttrMap()}}, {"\"Y\"", "expected the name of a tensor parameter"}},
      {AttrMap{{"n", AttrMap()}}, {"\"n\"", "expected the name of a tensor parameter"}},
      {AttrMap{{"X", 3}}, {"X is 3", "expected a map"}},
      {3, {"tt_buffers is 3", "expected a map"}},
      {describe("tt_layout", 3), {"buffer X", "tt_layout is 3", "expected a string"}},
      {describe("tt_shape", List({64, 32})), {"buffer X", "tt_shape is [64, 32]", "[32, 64]"}},
      {describe("tt_shape", ffi::String("32x64")), {"buffer X", "\"32x64\"", "[32, 64]"}},
      {describe("tt_dtype", ffi::String("int32")), {"buffer X", "\"int32\"", "\"float32\""}},
      {describe("tt_padded_shape", List({64, 64})), {"buffer X", "[64, 64]", "[32, 64]"}},
      {describe("tt_tile_shape", List({16, 32})), {"buffer X", "[16, 32]", "[32, 32]"}},
      {describe("tt_needs_padding", true), {"buffer X", "tt_needs_padding is true", "false"}},
      {describe("tt_num_tiles_width", 3), {"buffer X", "tt_num_tiles_width is 3", "expected 2"}},
      {describe("tt_data_format", ffi::String("Int32")), {"buffer X", "\"Int32\"", "\"Float32\""}},
      {describe("tt_tensor_accessor_config", accessor), {"buffer X", "tt_tensor_accessor_config"}},
      {describe("tt_role", ffi::String("input")), {"buffer X", "\"input\"", "expected \"in\""}},
      {describe("tt_role", 1), {"buffer X", "tt_role is 1", "expected a string"}},
  };
  Node func = Taking({Tensor("X", {32, 64}), Scalar("n")});
  for (const Case& entry : table) {
    Rejection rejection{"ValueError", entry.says};
    rejection.says.push_back("f: ");
    CheckShardRejects(WithAttr(func, "tt_buffers", entry.buffers), rejection);
  }
}

TEST_CASE("tilelang_out_idx has to name parameters", "[shard]") {
  Node func = Taking({Tensor("X", {32}), Tensor("Y", {32})});
  CheckShardRejects(WithAttr(func, "tilelang_out_idx", List({2})),
                    {"ValueError", {"f: tilelang_out_idx", "2", "expected", "-2 to 1"}});
  CheckShardRejects(WithAttr(func, "tilelang_out_idx", List({0, -3})),
                    {"ValueError", {"f: tilelang_out_idx", "-3", "expected", "-2 to 1"}});
  CheckShardRejects(WithAttr(func, "tilelang_out_idx", ffi::String("X")),
                    {"ValueError", {"f: tilelang_out_idx", "\"X\"", "expected a list"}});
}

}  // namespace
}  // namespace testing
}  // namespace tilelang_tt
