/*!
 * \file test_infer_tt_schedule_errors.cc
 * \brief What InferDefaultTTSchedule and BindTTDevice refuse, and what they say about it.
 */
#include <catch2/catch.hpp>

#include "kernels.h"
#include "metadata.h"

namespace tilelang_tt {
namespace testing {
namespace {

void CheckScheduleRejects(const Node& func, const Rejection& expected) {
  CheckRejects(Pass("InferDefaultTTSchedule"), func, expected);
}

Node OnWormhole(const Node& func) { return OnDevice(func, Device(8, 9)); }

Node Nothing(const std::vector<Expr>&) { return Evaluate(0); }

TEST_CASE("a function without T.Kernel is malformed", "[schedule]") {
  Param x = Tensor("X", {32, 32});
  Node func = PrimFunc("plain", {x}, Store(x, {0, 0}, Zero("float32")));
  CheckScheduleRejects(OnWormhole(func), {"ValueError", {"plain", "no T.Kernel", "expected one"}});
}

TEST_CASE("threads without blocks are no T.Kernel", "[schedule]") {
  Node func = PrimFunc("loops", {}, For(8, [](Expr) { return Evaluate(0); }));
  CheckScheduleRejects(OnWormhole(func), {"ValueError", {"loops", "no T.Kernel", "expected one"}});
}

TEST_CASE("a T.Kernel inside a T.Kernel is unsupported", "[schedule]") {
  KernelForm form = GENERATE(values(kBothForms));
  Node func = PrimFunc("nested", {}, Kernel({2}, form, [&](const std::vector<Expr>&) {
                         return Kernel({3}, form, Nothing);
                       }));
  CheckScheduleRejects(OnWormhole(func),
                       {"NotImplementedError", {"nested", "blockIdx.x twice", "at most once"}});
}

TEST_CASE("an extent has to be a constant of at least 1", "[schedule]") {
  KernelForm form = GENERATE(values(kBothForms));
  Expr n = Var("n");
  struct Case {
    std::vector<Expr> grid;
    Rejection rejection;
  };
  std::vector<Case> table = {
      {{n}, {"NotImplementedError", {"touch", "along x", "symbolic", "expected a value for each"}}},
      {{4, n},
       {"NotImplementedError", {"touch", "along y", "symbolic", "expected a value for each"}}},
      {{4, 4, n + 1},
       {"NotImplementedError", {"along z", "symbolic", "expected a value for each"}}},
      {{0}, {"ValueError", {"touch", "along x is 0", "expected at least 1"}}},
      {{-1}, {"ValueError", {"touch", "along x is -1", "expected at least 1"}}},
      {{4, 0}, {"ValueError", {"touch", "along y is 0", "expected at least 1"}}},
      {{4, 4, -7}, {"ValueError", {"touch", "along z is -7", "expected at least 1"}}},
  };
  for (const Case& entry : table) {
    CheckScheduleRejects(OnWormhole(Touch(entry.grid, form)), entry.rejection);
  }
}

TEST_CASE("more than 2^32 - 1 tiles are unsupported", "[schedule]") {
  std::vector<Expr> grid = GENERATE(values<std::vector<Expr>>(
      {{65536, 65536}, {2147483647, 3}, {2147483647, 2147483647, 2147483647}, {4294967296}}));
  CheckScheduleRejects(OnWormhole(Touch(grid, KernelForm::kThreadExtent)),
                       {"NotImplementedError", {"touch", "T.Kernel(", "4294967295", "Split"}});
}

TEST_CASE("a function without a device is malformed", "[schedule]") {
  CheckScheduleRejects(Touch({4}), {"ValueError", {"touch", "no tt_device", "BindTTDevice"}});
}

TEST_CASE("a device's description that is incomplete or out of range is malformed", "[schedule]") {
  AttrMap good = Device(8, 9);
  ffi::String text("eight");
  struct Case {
    AttrMap device;
    std::vector<std::string> says;
  };
  std::vector<Case> table = {
      {With(good, "grid_x", 0), {"grid_x is 0", "expected 1 to 64"}},
      {With(good, "grid_y", 0), {"grid_y is 0", "expected 1 to 64"}},
      {With(good, "grid_y", -9), {"grid_y is -9", "expected 1 to 64"}},
      {With(good, "grid_x", 65), {"grid_x is 65", "expected 1 to 64"}},
      {With(good, "dram_banks", 0), {"dram_banks is 0", "expected 1 to"}},
      {With(good, "dram_alignment", 0), {"dram_alignment is 0", "expected 1 to"}},
      {With(good, "grid_x", text), {"grid_x is \"eight\"", "expected an integer"}},
      {With(good, "grid_x", 8.0), {"grid_x is 8", "expected an integer"}},
      {With(good, "grid_x", true), {"grid_x is true", "expected an integer"}},
      {With(good, "grid_x", ffi::Any()), {"grid_x", "expected an integer"}},
      {With(good, "arch", 7), {"arch is 7", "expected a string"}},
      {With(good, "source", 7), {"source is 7", "expected a string"}},
      {Without(good, "arch"), {"no arch", "expected it"}},
      {Without(good, "grid_x"), {"no grid_x", "expected it"}},
      {Without(good, "grid_y"), {"no grid_y", "expected it"}},
      {Without(good, "dram_banks"), {"no dram_banks", "expected it"}},
      {Without(good, "dram_alignment"), {"no dram_alignment", "expected it"}},
      {Without(good, "source"), {"no source", "expected it"}},
      {AttrMap(), {"no arch", "expected it"}},
  };
  for (const Case& entry : table) {
    Rejection rejection{"ValueError", entry.says};
    rejection.says.push_back("tt_device");
    CheckThrows([&] { BindDevicePass(entry.device, true); }, rejection);
    rejection.says.push_back("touch");
    CheckScheduleRejects(OnDevice(Touch({4}), entry.device), rejection);
    CheckRejects(BindDevicePass(good, false), OnDevice(Touch({4}), entry.device), rejection);
  }
}

TEST_CASE("an attribute of the wrong type is malformed", "[schedule]") {
  ffi::String text("four");
  struct Case {
    const char* key;
    ffi::Any value;
    std::vector<std::string> says;
  };
  std::vector<Case> table = {
      {"tt_device", ffi::String("n150"), {"\"n150\"", "expected a map"}},
      {"tt_schema_version", text, {"\"four\"", "expected an integer"}},
      {"tt_schedule_policy", 3, {"3", "expected a string"}},
      {"tt_schedule_order", List({1}), {"[1]", "expected a string"}},
      {"tt_layout_type", true, {"true", "expected a string"}},
      {"tt_tile_height", text, {"\"four\"", "expected an integer"}},
      {"tt_tile_width", 32.5, {"32.5", "expected an integer"}},
      {"tt_grid_x", text, {"\"four\"", "expected 4"}},
      {"tt_grid_x", true, {"true", "expected 4"}},
      {"tt_num_tiles", text, {"\"four\"", "expected 4"}},
      {"tt_num_cores", text, {"\"four\"", "expected 72"}},
      {"tt_core_order", 1, {"1", "expected \"y * grid_x + x\""}},
      {"tt_tiles_per_core", text, {"\"four\"", "expected a list"}},
      {"tt_tiles_per_core", List({0, 4}), {"0", "expected a list of lists of 2 integers"}},
      {"tt_tiles_per_core", ListOfLists({{0, 4, 0}}), {"[0, 4, 0]", "2 integers"}},
      {"tt_core_ranges", 4, {"4", "expected a list"}},
      {"tt_core_ranges", ListOfLists({{0, 0, 3, 0}}), {"[0, 0, 3, 0]", "5 integers"}},
      {"tt_runtime_args_schema", text, {"\"four\"", "expected a list"}},
      {"tt_runtime_args_schema", List({1}), {"1", "expected a map"}},
  };
  for (const Case& entry : table) {
    Rejection rejection{"ValueError", entry.says};
    rejection.says.insert(rejection.says.end(), {"touch", entry.key});
    CheckScheduleRejects(WithAttr(OnWormhole(Touch({4})), entry.key, entry.value), rejection);
  }
}

TEST_CASE("an attribute that contradicts T.Kernel or the device is malformed", "[schedule]") {
  struct Case {
    const char* key;
    ffi::Any value;
    std::vector<std::string> says;
  };
  std::vector<Case> table = {
      {"tt_schema_version", 1, {"is 1", "expected 2"}},
      {"tt_grid_x", 5, {"is 5", "expected 4"}},
      {"tt_grid_y", 0, {"is 0", "expected 1"}},
      {"tt_grid_z", 2, {"is 2", "expected 1"}},
      {"tt_num_tiles", 5, {"is 5", "expected 4"}},
      {"tt_num_cores", 64, {"is 64", "expected 4"}},
      {"tt_core_order", ffi::String("x * grid_y + y"), {"x * grid_y + y", "y * grid_x + x"}},
      {"tt_tiles_per_core", ListOfLists({{0, 4}}), {"1 entries", "expected 4", "2x2"}},
      {"tt_tiles_per_core", ListOfLists({{0, 1}, {1, 1}, {2, 1}, {3, 2}}), {"5", "expected 4"}},
      {"tt_tiles_per_core",
       ListOfLists({{0, 2}, {1, 1}, {2, 1}, {3, 0}}),
       {"starts at block 1", "expected 2", "twice"}},
      {"tt_tiles_per_core",
       ListOfLists({{0, 1}, {2, 1}, {3, 1}, {4, 0}}),
       {"starts at block 2", "expected 1", "no core runs it"}},
      {"tt_tiles_per_core",
       ListOfLists({{0, 4}, {4, -1}, {4, 0}, {4, 0}}),
       {"-1 blocks", "expected 0 to 4"}},
      {"tt_core_ranges", ListOfLists({{0, 0, 1, 0, 1}}), {"(0, 1) is in no rectangle", "1 blocks"}},
      {"tt_core_ranges", ListOfLists({{0, 0, 2, 1, 1}}), {"(2, 1)", "inside the grid of 2x2"}},
      {"tt_core_ranges", ListOfLists({{0, 0, 1, 1, 2}}), {"2 blocks", "expected 1"}},
      {"tt_runtime_args_schema", ffi::Array<ffi::Any>(), {"\"start_id\"", "expected it"}},
  };
  for (const Case& entry : table) {
    Rejection rejection{"ValueError", entry.says};
    rejection.says.insert(rejection.says.end(), {"touch", entry.key});
    Node func = OnDevice(Touch({4}), Device(2, 2));
    CheckScheduleRejects(WithAttr(func, entry.key, entry.value), rejection);
  }
}

TEST_CASE("a policy, order, layout or tile without a rule is unsupported", "[schedule]") {
  struct Case {
    const char* key;
    ffi::Any value;
    std::vector<std::string> says;
  };
  std::vector<Case> table = {
      {"tt_schedule_policy", ffi::String("random"), {"\"random\"", "\"contiguous\""}},
      {"tt_schedule_policy", ffi::String("auto"), {"\"auto\"", "infer_metadata chooses"}},
      {"tt_schedule_order", ffi::String("z_order"), {"\"z_order\"", "\"row_major\""}},
      {"tt_layout_type", ffi::String("l1_sharded"), {"\"l1_sharded\"", "\"dram_interleaved\""}},
      {"tt_tile_height", 16, {"16", "32"}},
      {"tt_tile_width", 64, {"64", "32"}},
  };
  for (const Case& entry : table) {
    Rejection rejection{"NotImplementedError", entry.says};
    rejection.says.insert(rejection.says.end(), {"touch", entry.key, "expected"});
    CheckScheduleRejects(WithAttr(OnWormhole(Touch({4})), entry.key, entry.value), rejection);
  }
}

TEST_CASE("parameters have to be tensors and 32-bit numbers with distinct names", "[schedule]") {
  struct Case {
    std::vector<Param> params;
    Rejection rejection;
  };
  std::vector<Case> table = {
      {{Tensor("A", {32}), Tensor("A", {64})},
       {"ValueError", {"f: parameters 0 and 1", "\"A\"", "expected distinct names"}}},
      {{Tensor("A", {32}), Scalar("b"), Scalar("A")},
       {"ValueError", {"f: parameters 0 and 2", "\"A\"", "expected distinct names"}}},
      {{Tensor("A", {32}), Pointer("p")},
       {"NotImplementedError", {"f: parameter p", "bare pointer", "expected a tensor"}}},
      {{Scalar("n", "int64")},
       {"NotImplementedError", {"f: parameter n", "int64", "at most 32 bits"}}},
  };
  for (const Case& entry : table) {
    Node func = PrimFunc("f", entry.params, Kernel({4}, KernelForm::kThreadBinding, Nothing));
    CheckScheduleRejects(OnWormhole(func), entry.rejection);
  }
}

TEST_CASE("a function that is refused keeps the whole module from changing", "[schedule]") {
  Node good = OnWormhole(Touch({4}));
  Node bad = OnWormhole(PrimFunc("bad", {}, Evaluate(0)));
  Node module = Module({good, bad});
  CheckThrows([&] { RunPass(Pass("InferDefaultTTSchedule"), module); }, {"ValueError", {"bad"}});
  CHECK(Lookup(module, "touch").same_as(good));
  CHECK(Lookup(module, "bad").same_as(bad));
}

}  // namespace
}  // namespace testing
}  // namespace tilelang_tt
