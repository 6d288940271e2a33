/*!
 * \file test_verify_tt_metadata.cc
 * \brief VerifyTTMetadata accepts what the passes attach, and no single change to it.
 *
 * The good function is a GEMM of 3x2 tiles on 2x2 cores: ranges [0,2] [2,2] [4,1] [5,1],
 * rectangles (0,0)-(1,0) with 2 tiles and (0,1)-(1,1) with 1.
 */
#include <catch2/catch.hpp>

#include "kernels.h"
#include "metadata.h"

namespace tilelang_tt {
namespace testing {
namespace {

const Node& Good() {
  static const Node func = Complete(Gemm(64, 96, 128), Device(2, 2));
  return func;
}

/*! tl.tt.check_metadata: the same check against the program, of a plan, of which there is no code.
 */
void CheckPlan(const AttrMap& attrs) {
  ffi::Function::GetGlobalRequired("tl.tt.check_metadata")(ffi::String("gemm"), attrs);
}

/*! Changes one attribute: the function and its metadata by itself are refused, saying this. */
void CheckRejectsAttr(const std::string& key, const ffi::Any& value,
                      std::vector<std::string> says) {
  says.insert(says.end(), {"gemm: ", "expected"});
  INFO("changed: " << key);
  CheckRejects(Pass("VerifyTTMetadata"), WithAttr(Good(), key, value), {"ValueError", says});
  CheckThrows([&] { CheckPlan(With(Attrs(Good()), key, value)); }, {"ValueError", says});
}

TEST_CASE("a function with inferred metadata stays as it is", "[verify]") {
  KernelForm form = GENERATE(values(kBothForms));
  Node func = Complete(Gemm(64, 96, 100, form, {Scalar("n")}), Device(8, 9));
  Node verified = Apply(Pass("VerifyTTMetadata"), func);
  CHECK(verified.same_as(func));
  CHECK_NOTHROW(CheckPlan(Attrs(func)));
}

TEST_CASE("a function without tensors verifies", "[verify]") {
  Node func = PrimFunc(
      "f", {},
      Kernel({9}, KernelForm::kThreadExtent, [](const std::vector<Expr>&) { return Evaluate(0); }));
  CHECK_NOTHROW(Apply(Pass("VerifyTTMetadata"), Complete(func, Device(2, 2))));
}

/*! The value with each of its numbers as an IntImm node, which TVMScript may write. */
ffi::Any AsNodes(const ffi::Any& value) {
  if (value.type_index() == ffi::TypeIndex::kTVMFFIInt) {
    return IntImm(value.cast<int64_t>(), "int64").node;
  }
  if (auto list = value.as<ffi::Array<ffi::Any>>()) {
    ffi::Array<ffi::Any> nodes;
    for (const ffi::Any& item : *list) nodes.push_back(AsNodes(item));
    return nodes;
  }
  if (auto map = value.as<AttrMap>()) {
    AttrMap nodes;
    for (const auto& [key, item] : *map) nodes.Set(key, AsNodes(item));
    return nodes;
  }
  return value;
}

TEST_CASE("metadata whose numbers are IntImm nodes verifies", "[verify]") {
  Node func = Good();
  for (const auto& [key, value] : Attrs(Good())) func = WithAttr(func, key, AsNodes(value));
  CHECK_NOTHROW(Apply(Pass("VerifyTTMetadata"), func));
}

TEST_CASE("no attribute may be missing", "[verify]") {
  int removed = 0;
  for (const auto& entry : Attrs(Good())) {
    std::string key = entry.first;
    if (key.rfind("tt_", 0) != 0) continue;
    ++removed;
    Rejection rejection{"ValueError", {"gemm", "found no " + key}};
    CheckRejects(Pass("VerifyTTMetadata"), WithoutAttr(Good(), key), rejection);
    CheckThrows([&] { CheckPlan(Without(Attrs(Good()), key)); }, rejection);
  }
  CHECK(removed == 19);
}

TEST_CASE("the launch grid has to be T.Kernel's", "[verify]") {
  CheckRejectsAttr("tt_grid_x", 4, {"tt_num_tiles is 6", "8"});
  CheckRejectsAttr("tt_grid_x", 0, {"tt_grid_x is 0", "at least 1"});
  CheckRejectsAttr("tt_grid_y", -2, {"tt_grid_y is -2", "at least 1"});
  CheckRejectsAttr("tt_grid_z", ffi::String("one"), {"tt_grid_z is \"one\"", "an integer"});
  CheckRejectsAttr("tt_num_tiles", 5, {"tt_num_tiles is 5", "6"});
  CheckRejectsAttr("tt_num_tiles", 7, {"tt_num_tiles is 7", "6"});
}

TEST_CASE("a launch grid that agrees with itself but not with the code is rejected", "[verify]") {
  // The program says 3x2; so does the metadata but for the axes, and nothing else can tell.
  Node swapped = WithAttr(WithAttr(Good(), "tt_grid_x", 2), "tt_grid_y", 3);
  AttrMap other = InferSchedule(Gemm(96, 64, 128), Device(2, 2));
  swapped = WithAttr(swapped, "tt_runtime_args_schema", other.at("tt_runtime_args_schema"));
  Rejection rejection{"ValueError", {"gemm: tt_grid_x is 2", "expected 3", "T.Kernel"}};
  CheckThrows([&] { CheckPlan(Attrs(swapped)); }, rejection);
  CheckRejects(Pass("VerifyTTMetadata"), swapped, rejection);
}

TEST_CASE("every tile has to be run exactly once", "[verify]") {
  struct Case {
    std::vector<std::vector<int64_t>> tiles_per_core;
    std::vector<std::string> says;
  };
  std::vector<Case> table = {
      {{{0, 2}, {2, 2}, {4, 1}, {5, 2}}, {"7 blocks", "6"}},
      {{{0, 2}, {2, 2}, {4, 1}, {5, 0}}, {"5 blocks", "6"}},
      {{{0, 2}, {1, 2}, {4, 1}, {5, 1}}, {"core 1 starts at block 1", "2", "twice"}},
      {{{0, 2}, {3, 2}, {4, 1}, {5, 1}}, {"core 1 starts at block 3", "2", "no core runs it"}},
      {{{1, 2}, {2, 2}, {4, 1}, {5, 1}}, {"core 0 starts at block 1", "0"}},
      {{{0, 2}, {2, 2}, {4, 1}, {6, 1}}, {"core 3 starts at block 6", "5"}},
      {{{0, 2}, {2, 2}, {4, 1}, {4, 1}}, {"starts at block 4", "5", "twice"}},
      {{{0, 2}, {2, 2}, {4, 1}, {5, -1}}, {"core 3 has -1 blocks", "0 to 6"}},
      {{{0, 2}, {2, 2}, {4, 2}}, {"3 entries", "4", "2x2"}},
      {{{0, 2}, {2, 2}, {4, 1}, {5, 1}, {6, 0}}, {"5 entries", "4", "2x2"}},
      {{{0, 2}, {2, 2}, {4, 1}, {5}}, {"[5]", "2 integers"}},
  };
  for (const Case& entry : table) {
    std::vector<std::string> says = entry.says;
    says.push_back("tt_tiles_per_core");
    CheckRejectsAttr("tt_tiles_per_core", ListOfLists(entry.tiles_per_core), says);
  }
}

TEST_CASE("the rectangles have to cover the active cores with their counts", "[verify]") {
  struct Case {
    std::vector<std::vector<int64_t>> core_ranges;
    std::vector<std::string> says;
  };
  std::vector<Case> table = {
      {{{0, 0, 1, 0, 2}}, {"core (0, 1) is in no rectangle", "1 blocks"}},
      {{}, {"core (0, 0) is in no rectangle", "2 blocks"}},
      {{{0, 0, 1, 0, 2}, {0, 1, 0, 1, 1}}, {"core (1, 1) is in no rectangle"}},
      {{{0, 0, 1, 0, 2}, {0, 1, 1, 1, 1}, {0, 1, 1, 1, 1}}, {"core (0, 1)", "one rectangle only"}},
      {{{0, 0, 1, 0, 2}, {0, 1, 2, 1, 1}}, {"(0, 1)-(2, 1)", "inside the grid of 2x2"}},
      {{{0, 0, 1, 0, 2}, {0, 1, 1, 2, 1}}, {"(0, 1)-(1, 2)", "inside the grid of 2x2"}},
      {{{-1, 0, 1, 0, 2}, {0, 1, 1, 1, 1}}, {"(-1, 0)-(1, 0)", "inside the grid of 2x2"}},
      {{{1, 0, 0, 0, 2}, {0, 1, 1, 1, 1}}, {"(1, 0)-(0, 0)", "inside the grid of 2x2"}},
      {{{0, 0, 1, 0, 2}, {0, 1, 1, 1, 2}}, {"core (0, 1) has 2 blocks", "1 by tt_tiles_per_core"}},
      {{{0, 0, 1, 1, 2}}, {"core (0, 1) has 2 blocks", "1 by tt_tiles_per_core"}},
      {{{0, 0, 0, 1, 2}, {1, 0, 1, 1, 1}}, {"core (0, 1) has 2 blocks", "1 by tt_tiles_per_core"}},
  };
  for (const Case& entry : table) {
    std::vector<std::string> says = entry.says;
    says.push_back("tt_core_ranges");
    CheckRejectsAttr("tt_core_ranges", ListOfLists(entry.core_ranges), says);
  }
}

TEST_CASE("the policy, the layout, the tile and the version have to be those there are rules for",
          "[verify]") {
  CheckRejectsAttr("tt_schema_version", 1, {"tt_schema_version is 1", "2"});
  CheckRejectsAttr("tt_core_order", ffi::String("x * grid_y + y"),
                   {"tt_core_order is \"x * grid_y + y\"", "y * grid_x + x"});
  CheckRejectsAttr("tt_num_cores", 5, {"tt_num_cores is 5", "4"});
  for (const char* key : {"tt_schedule_policy", "tt_schedule_order", "tt_layout_type"}) {
    CheckRejects(Pass("VerifyTTMetadata"), WithAttr(Good(), key, ffi::String("mine")),
                 {"NotImplementedError", {"gemm", key, "\"mine\"", "expected"}});
  }
  for (const char* key : {"tt_tile_height", "tt_tile_width"}) {
    CheckRejects(Pass("VerifyTTMetadata"), WithAttr(Good(), key, 16),
                 {"NotImplementedError", {"gemm", key, "16", "expected 32"}});
  }
}

TEST_CASE("metadata of another device is rejected", "[verify]") {
  struct Case {
    AttrMap device;
    const char* names;
  };
  std::vector<Case> table = {
      {Device(2, 3), "tt_num_cores"},
      {Device(1, 4), "tt_core_ranges"},
      {Device(4, 1), "tt_core_ranges"},
      {Device(2, 2, 8), "tt_tensor_accessor_config"},
      {Device(2, 2, 12, 8192), "tt_tensor_accessor_config"},
      {Device(2, 2, 12, 3000), "tt_device: dram_alignment is 3000; expected a power of two"},
      {Device(2, 2, 257), "tt_device: dram_banks is 257; expected 1 to 256"},
      {Device(0, 2), "tt_device: grid_x is 0"},
      {Without(Device(2, 2), "dram_banks"), "tt_device: found no dram_banks"},
  };
  for (const Case& entry : table) CheckRejectsAttr("tt_device", entry.device, {entry.names});
}

/*! The same for one value of A's descriptor; A is 64x128 of float32. */
void CheckRejectsDescriptor(const std::string& key, const ffi::Any& value) {
  AttrMap buffers = Map(Attrs(Good()), "tt_buffers");
  AttrMap changed = With(buffers, "A", With(Map(buffers, "A"), key, value));
  std::vector<std::string> says = {"gemm: buffer A", key, "expected"};
  INFO("changed: " << key);
  CheckRejects(Pass("VerifyTTMetadata"), WithAttr(Good(), "tt_buffers", changed),
               {"ValueError", says});
}

TEST_CASE("a descriptor has to be the one of its buffer on the device", "[verify]") {
  CheckRejectsDescriptor("tt_layout", ffi::String("l1_interleaved"));
  CheckRejectsDescriptor("tt_tile_shape", List({32, 16}));
  CheckRejectsDescriptor("tt_tile_shape", List({32, 32, 32}));
  CheckRejectsDescriptor("tt_needs_padding", true);
  CheckRejectsDescriptor("tt_padded_shape", List({128, 64}));
  CheckRejectsDescriptor("tt_padded_shape", List({64, 160}));
  CheckRejectsDescriptor("tt_padded_shape", ffi::String("64x128"));
  CheckRejectsDescriptor("tt_num_tiles_height", 3);
  CheckRejectsDescriptor("tt_num_tiles_width", 5);
  CheckRejectsDescriptor("tt_data_format", ffi::String("Float16_b"));
  CheckRejectsDescriptor("tt_shape", List({64, 0}));
  CheckRejectsDescriptor("tt_role", ffi::String("input"));
  CheckRejectsDescriptor("tt_role", 1);
}

TEST_CASE("a dtype that is not the buffer's is rejected, also with all that follows from it",
          "[verify]") {
  AttrMap buffers = Map(Attrs(Good()), "tt_buffers");
  auto of_a = [&](const AttrMap& descriptor) {
    return WithAttr(Good(), "tt_buffers", With(buffers, "A", descriptor));
  };
  AttrMap a = Map(buffers, "A");
  CheckRejects(Pass("VerifyTTMetadata"), of_a(With(a, "tt_dtype", ffi::String("int32"))),
               {"ValueError", {"gemm: buffer A", "tt_data_format is \"Float32\"", "\"Int32\""}});
  CheckRejects(Pass("VerifyTTMetadata"), of_a(With(a, "tt_dtype", ffi::String("float64"))),
               {"NotImplementedError", {"gemm: buffer A", "float64", "no Tenstorrent format"}});
  AttrMap as_int32 =
      With(With(a, "tt_dtype", ffi::String("int32")), "tt_data_format", ffi::String("Int32"));
  Rejection rejection{"ValueError", {"gemm: buffer A", "tt_dtype is \"int32\"", "\"float32\""}};
  CheckThrows([&] { CheckPlan(Attrs(of_a(as_int32))); }, rejection);
  CheckRejects(Pass("VerifyTTMetadata"), of_a(as_int32), rejection);
}

TEST_CASE("every value of the accessor's configuration counts", "[verify]") {
  AttrMap accessor = Map(Descriptor(Attrs(Good()), "A"), "tt_tensor_accessor_config");
  auto reject = [&](const std::string& key, const ffi::Any& value) {
    CheckRejectsDescriptor("tt_tensor_accessor_config", With(accessor, key, value));
  };
  reject("memory", ffi::String("l1"));
  reject("page_size", 2048);
  reject("aligned_page_size", 4128);
  reject("num_pages", 7);
  reject("num_pages", 9);
  reject("num_banks", 11);
  reject("num_banks", 13);
  reject("compile_time_args", List({0, 4096}));
  reject("compile_time_args", List({2}));
  reject("compile_time_args", List({2, 4096, 0}));
  for (const auto& entry : accessor) {
    CheckRejectsDescriptor("tt_tensor_accessor_config", Without(accessor, entry.first));
  }
}

TEST_CASE("no value of a descriptor may be missing", "[verify]") {
  AttrMap buffers = Map(Attrs(Good()), "tt_buffers");
  for (const auto& entry : Map(buffers, "A")) {
    AttrMap changed = With(buffers, "A", Without(Map(buffers, "A"), entry.first));
    INFO("removed: " << std::string(entry.first));
    CheckRejects(Pass("VerifyTTMetadata"), WithAttr(Good(), "tt_buffers", changed),
                 {"ValueError", {"gemm: buffer A", entry.first}});
  }
}

TEST_CASE("descriptors that agree with themselves but not with the code are rejected", "[verify]") {
  AttrMap buffers = Map(Attrs(Good()), "tt_buffers");
  AttrMap of_c = Map(buffers, "C");  // 64x96
  Node other_shape = WithAttr(Good(), "tt_buffers", With(buffers, "A", of_c));
  Rejection rejection{"ValueError",
                      {"gemm: buffer A", "tt_shape is [64, 96]", "expected [64, 128]"}};
  CheckThrows([&] { CheckPlan(Attrs(other_shape)); }, rejection);
  CheckRejects(Pass("VerifyTTMetadata"), other_shape, rejection);

  Node missing = WithAttr(Good(), "tt_buffers", Without(buffers, "B"));
  CheckRejects(Pass("VerifyTTMetadata"), missing,
               {"ValueError", {"gemm: buffer B", "tt_buffers", "expected a descriptor"}});

  Node one_more = WithAttr(Good(), "tt_buffers", With(buffers, "D", of_c));
  CheckRejects(Pass("VerifyTTMetadata"), one_more,
               {"ValueError", {"gemm: tt_buffers", "4 entries", "expected 3"}});
}

TEST_CASE("what blocks do to a buffer has to be what the program says", "[verify]") {
  AttrMap buffers = Map(Attrs(Good()), "tt_buffers");
  AttrMap c = Map(buffers, "C");
  CheckRejectsDescriptor("tt_written_by", ffi::String("one block"));  // of A, which is read
  CheckRejectsDescriptor("tt_access", c.at("tt_access"));
  CheckRejectsDescriptor("tt_access", List({}));
  CheckRejectsDescriptor("tt_role", ffi::String("workspace"));
  for (const char* role : {"in", "workspace"}) {
    AttrMap changed = With(buffers, "C", With(c, "tt_role", ffi::String(role)));
    CheckRejectsAttr("tt_buffers", changed, {"buffer C: tt_role is \"" + std::string(role)});
  }
}

TEST_CASE("the program has to be the function's", "[verify]") {
  AttrMap other = Attrs(Complete(Gemm(64, 96, 160), Device(2, 2)));
  Node changed = WithAttr(Good(), "tt_program", other.at("tt_program"));
  CheckRejects(Pass("VerifyTTMetadata"), changed,
               {"ValueError", {"gemm: tt_program", "another body", "infer them again"}});
  CheckRejects(Pass("InferDefaultTTSchedule"), changed, {"ValueError", {"another body"}});
  CheckRejectsAttr("tt_program", 3, {"tt_program is 3", "a tile program"});
}

TEST_CASE("the entries of tt_launches say what the function says", "[verify]") {
  auto entry = Attrs(Good()).at("tt_launches").cast<ffi::Array<ffi::Any>>()[0].cast<AttrMap>();
  auto launches = [](std::vector<ffi::Any> entries) {
    return ffi::Array<ffi::Any>(entries.begin(), entries.end());
  };
  CheckRejectsAttr("tt_launches", launches({}), {"tt_launches has 0 entries", "1, one for each"});
  CheckRejectsAttr("tt_launches", launches({entry, entry}), {"tt_launches has 2 entries"});
  CheckRejectsAttr("tt_launches", launches({3}), {"launch 0 is 3", "a map"});
  CheckRejectsAttr("tt_launches", launches({With(entry, "note", 1)}), {"launch 0", "key \"note\""});
  CheckRejectsAttr("tt_launches", launches({With(entry, "tt_grid_x", 4)}),
                   {"launch 0: tt_grid_x is 4", "expected 3", "function's own"});
  for (const auto& each : entry) {
    CheckRejectsAttr("tt_launches", launches({Without(entry, each.first)}),
                     {"launch 0: found no " + std::string(each.first)});
  }
}

/*! A function of two launches: one of 2x3 blocks that writes X, and one of 5 that writes Y. */
Node TwoLaunches() {
  Param x = Tensor("X", {32, 32}), y = Tensor("Y", {160, 32});
  auto store = [](const Param& to, const Expr& row) {
    return Store(to, {row, 0}, Zero("float32"));
  };
  Node first = Kernel({2, 3}, KernelForm::kThreadBinding,
                      [&](const std::vector<Expr>&) { return store(x, 0); });
  Node second = Kernel({5}, KernelForm::kThreadBinding,
                       [&](const std::vector<Expr>& block) { return store(y, block[0] * 32); });
  return PrimFunc("both", {x, y}, Seq({first, second}));
}

TEST_CASE("several launches have a schedule each, and the function has none", "[verify]") {
  Node func = Complete(TwoLaunches(), Device(2, 2));
  auto entries = Attrs(func).at("tt_launches").cast<ffi::Array<ffi::Any>>();
  REQUIRE(entries.size() == 2);
  CHECK(Int(entries[0].cast<AttrMap>(), "tt_num_tiles") == 6);
  CHECK(Int(entries[1].cast<AttrMap>(), "tt_num_tiles") == 5);
  CHECK(Attrs(func).count("tt_grid_x") == 0);
  CHECK(Text(Descriptor(Attrs(func), "X"), "tt_written_by") == "several blocks");
  CHECK(Text(Descriptor(Attrs(func), "Y"), "tt_written_by") == "one block");
  CHECK_NOTHROW(Apply(Pass("VerifyTTMetadata"), func));
  CheckRejects(Pass("VerifyTTMetadata"), WithAttr(func, "tt_grid_x", 2),
               {"ValueError", {"both: found tt_grid_x", "2 launches", "tt_launches"}});
  ffi::Array<ffi::Any> swapped = {entries[1], entries[0]};
  CheckRejects(Pass("VerifyTTMetadata"), WithAttr(func, "tt_launches", swapped),
               {"ValueError", {"both: launch 0: tt_grid_x is 5", "expected 2"}});
}

TEST_CASE("an author's partition of one launch is kept", "[verify]") {
  ffi::Array<ffi::Any> own = {
      AttrMap(), AttrMap{{"tt_tiles_per_core", ListOfLists({{0, 0}, {0, 5}, {5, 0}, {5, 0}})}}};
  Node func = Complete(WithAttr(TwoLaunches(), "tt_launches", own), Device(2, 2));
  auto entries = Attrs(func).at("tt_launches").cast<ffi::Array<ffi::Any>>();
  CHECK(Rows(entries[1].cast<AttrMap>().at("tt_core_ranges")) ==
        std::vector<std::vector<int64_t>>{{1, 0, 1, 0, 5}});
  CHECK_NOTHROW(Apply(Pass("VerifyTTMetadata"), func));
}

TEST_CASE("core ranges go as far as the grid does, which need not be square", "[verify]") {
  auto [x, y] = GENERATE(table<int64_t, int64_t>({{4, 1}, {1, 4}, {3, 2}}));
  CHECK_NOTHROW(Apply(Pass("VerifyTTMetadata"), Complete(Gemm(64, 96, 128), Device(x, y))));
}

TEST_CASE("host code beside a kernel stays as it is", "[verify]") {
  Param x = Tensor("X", {32, 32});
  Node host = PrimFunc("host", {x}, Evaluate(0));
  Node module = RunPass(Pass("InferDefaultTTSchedule"),
                        Module({OnDevice(Gemm(64, 96, 128), Device(2, 2)), host}));
  CHECK(Lookup(module, "host").same_as(host));
  CheckRejects(Pass("InferDefaultTTSchedule"), OnDevice(host, Device(2, 2)),
               {"ValueError", {"host: found no T.Kernel"}});
  // Where nothing launches, nothing is host code: neither is passed over.
  Node alone = Module({host, PrimFunc("other", {x}, Evaluate(0))});
  CHECK_THROWS_WITH(RunPass(Pass("InferDefaultTTSchedule"), alone), Catch::Contains("tt_device"));
}

TEST_CASE("a runtime argument has a name of its own, a dtype and a kind; constants are the grid's",
          "[verify]") {
  auto arguments = Attrs(Good()).at("tt_runtime_args_schema").cast<ffi::Array<ffi::Any>>();
  auto changed = [&](size_t index, const ffi::Any& value) {
    ffi::Array<ffi::Any> copy = arguments;
    copy.Set(index, value);
    return copy;
  };
  auto entry = [&](size_t index) { return arguments[index].cast<AttrMap>(); };
  const std::string key = "tt_runtime_args_schema";
  CheckRejectsAttr(key, changed(0, 3), {"[0]", "is 3", "a map"});
  CheckRejectsAttr(key, changed(0, With(entry(0), "name", ffi::String("start"))), {"\"start_id\""});
  CheckRejectsAttr(key, changed(1, With(entry(1), "name", ffi::String("start_id"))), {"twice"});
  CheckRejectsAttr(key, changed(2, With(entry(2), "value", 4)), {"[2]", "value is 4", "3"});
  CheckRejectsAttr(key, changed(3, With(entry(3), "value", 3)), {"[3]", "value is 3", "2"});
  for (const char* part : {"name", "dtype", "kind", "value"}) {
    CheckRejectsAttr(key, changed(5, Without(entry(5), part)), {"[5]", part});
  }
  REQUIRE(entry(5).at("name").cast<std::string>() == "kt_tiles");  // 128 elements, 4 tiles
  for (const char* wrong : {"3", "5"}) {
    CheckRejectsAttr(key, changed(5, With(entry(5), "value", std::stoi(wrong))),
                     {"kt_tiles", std::string("value is ") + wrong, "expected 4"});
  }
}

}  // namespace
}  // namespace testing
}  // namespace tilelang_tt
