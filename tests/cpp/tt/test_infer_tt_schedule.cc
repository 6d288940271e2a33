/*!
 * \file test_infer_tt_schedule.cc
 * \brief InferDefaultTTSchedule: which core runs which blocks, and the runtime arguments it gets.
 */
#include <catch2/catch.hpp>
#include <set>

#include "kernels.h"
#include "metadata.h"

namespace tilelang_tt {
namespace testing {
namespace {

struct Grid {
  int64_t x, y;
};

using Extents = std::vector<int64_t>;

/*! The compute grids of real chips, whole and harvested, and the smallest one. */
const std::vector<Grid> kDeviceGrids = {{1, 1},  {8, 7},   {8, 8},   {8, 9},  {7, 10},
                                        {10, 7}, {11, 10}, {12, 10}, {13, 10}};

/*! T.Kernel's extents that are worth a try on any device; some depend on its cores. */
std::vector<Extents> TileGrids(int64_t num_cores) {
  std::vector<Extents> grids = {
      {1},       {1, 1},      {8, 8},          {16, 16},     {2},
      {7, 11},   {127},       {31, 37},        {2, 3, 5},    {1, 1, 9},
      {4, 1, 4}, {num_cores}, {num_cores + 1}, {2147483647}, {65535, 65537}};
  if (num_cores > 1) grids.push_back({num_cores - 1});
  return grids;
}

std::vector<Expr> Exprs(const Extents& extents) {
  return std::vector<Expr>(extents.begin(), extents.end());
}

int64_t Product(const Extents& extents) {
  int64_t product = 1;
  for (int64_t extent : extents) product *= extent;
  return product;
}

/*! Calls check(attributes, device grid, T.Kernel's extents) for every pair of the two tables. */
template <typename Check>
void ForEachSchedule(Check check) {
  for (const Grid& grid : kDeviceGrids) {
    for (const Extents& extents : TileGrids(grid.x * grid.y)) {
      INFO(Product(extents) << " tiles on " << grid.x << "x" << grid.y << " cores");
      check(InferSchedule(Touch(Exprs(extents)), Device(grid.x, grid.y)), grid, extents);
    }
  }
}

TEST_CASE("both forms of T.Kernel give its extents, 1 where one is left out", "[schedule]") {
  KernelForm form = GENERATE(values(kBothForms));
  struct Case {
    Extents extents;
    Extents grid;
  };
  Case table = GENERATE(Case{{5}, {5, 1, 1}}, Case{{5, 3}, {5, 3, 1}}, Case{{5, 3, 2}, {5, 3, 2}},
                        Case{{1, 1, 7}, {1, 1, 7}}, Case{{2147483647}, {2147483647, 1, 1}});
  AttrMap attrs = InferSchedule(Touch(Exprs(table.extents), form), Device(8, 9));
  CHECK(Int(attrs, "tt_grid_x") == table.grid[0]);
  CHECK(Int(attrs, "tt_grid_y") == table.grid[1]);
  CHECK(Int(attrs, "tt_grid_z") == table.grid[2]);
  CHECK(Int(attrs, "tt_num_tiles") == Product(table.extents));
}

TEST_CASE("both forms of T.Kernel give the same schedule", "[schedule]") {
  AttrMap binding = InferSchedule(Touch({10, 10}, KernelForm::kThreadBinding), Device(8, 9));
  AttrMap extent = InferSchedule(Touch({10, 10}, KernelForm::kThreadExtent), Device(8, 9));
  for (const char* key : {"tt_tiles_per_core", "tt_core_ranges"}) {
    CHECK(Rows(binding.at(key)) == Rows(extent.at(key)));
  }
}

TEST_CASE("the extents may be constants of any integer type", "[schedule]") {
  std::string dtype = GENERATE("int32", "int64", "uint32");
  AttrMap attrs = InferSchedule(Touch({IntImm(6, dtype)}, KernelForm::kThreadExtent), Device(8, 9));
  CHECK(Int(attrs, "tt_num_tiles") == 6);
}

TEST_CASE("every tile is run exactly once, by cores one after another", "[schedule]") {
  ForEachSchedule([](const AttrMap& attrs, Grid grid, const Extents& extents) {
    std::vector<std::vector<int64_t>> ranges = Rows(attrs.at("tt_tiles_per_core"));
    REQUIRE(static_cast<int64_t>(ranges.size()) == grid.x * grid.y);
    int64_t next = 0;
    for (const auto& range : ranges) {
      REQUIRE(range[0] == next);
      REQUIRE(range[1] >= 0);
      next += range[1];
    }
    REQUIRE(next == Product(extents));
    REQUIRE(Int(attrs, "tt_num_tiles") == next);
  });
}

TEST_CASE("each core runs the quotient, the first remainder cores one tile more", "[schedule]") {
  ForEachSchedule([](const AttrMap& attrs, Grid grid, const Extents& extents) {
    int64_t num_cores = grid.x * grid.y;
    int64_t quotient = Product(extents) / num_cores, remainder = Product(extents) % num_cores;
    std::vector<std::vector<int64_t>> ranges = Rows(attrs.at("tt_tiles_per_core"));
    for (int64_t core = 0; core < num_cores; ++core) {
      REQUIRE(ranges[core][1] == quotient + (core < remainder ? 1 : 0));
    }
  });
}

TEST_CASE(
    "rectangles of cores are disjoint, inside the grid, and cover the active cores with "
    "their counts",
    "[schedule]") {
  ForEachSchedule([](const AttrMap& attrs, Grid grid, const Extents&) {
    std::vector<int64_t> painted(grid.x * grid.y, 0);
    for (const auto& r : Rows(attrs.at("tt_core_ranges"))) {
      REQUIRE((0 <= r[0] && r[0] <= r[2] && r[2] < grid.x));
      REQUIRE((0 <= r[1] && r[1] <= r[3] && r[3] < grid.y));
      REQUIRE(r[4] > 0);
      for (int64_t y = r[1]; y <= r[3]; ++y) {
        for (int64_t x = r[0]; x <= r[2]; ++x) {
          REQUIRE(painted[y * grid.x + x] == 0);
          painted[y * grid.x + x] = r[4];
        }
      }
    }
    std::vector<std::vector<int64_t>> ranges = Rows(attrs.at("tt_tiles_per_core"));
    for (size_t core = 0; core < painted.size(); ++core) REQUIRE(painted[core] == ranges[core][1]);
  });
}

TEST_CASE("rectangles are grouped by count, larger counts first", "[schedule]") {
  ForEachSchedule([](const AttrMap& attrs, Grid, const Extents& extents) {
    int64_t previous = Product(extents);
    std::set<int64_t> counts;
    for (const auto& r : Rows(attrs.at("tt_core_ranges"))) {
      REQUIRE(r[4] <= previous);
      previous = r[4];
      counts.insert(r[4]);
    }
    REQUIRE(counts.size() <= 2);
  });
}

TEST_CASE("the schedule of 100 tiles on 8x9 cores is the one of ttnn", "[schedule]") {
  // ttnn.split_work_to_cores(8x9, 100, row_wise=True): (0,0)-(7,2) and (0,3)-(3,3) take one more.
  AttrMap attrs = InferSchedule(Touch({10, 10}), Device(8, 9));
  CHECK(Int(attrs, "tt_num_cores") == 72);
  CHECK(Text(attrs, "tt_core_order") == "y * grid_x + x");
  CHECK(Rows(attrs.at("tt_core_ranges")) ==
        std::vector<std::vector<int64_t>>{
            {0, 0, 7, 2, 2}, {0, 3, 3, 3, 2}, {4, 3, 7, 3, 1}, {0, 4, 7, 8, 1}});
  std::vector<std::vector<int64_t>> ranges = Rows(attrs.at("tt_tiles_per_core"));
  CHECK(ranges[0] == std::vector<int64_t>{0, 2});
  CHECK(ranges[27] == std::vector<int64_t>{54, 2});
  CHECK(ranges[28] == std::vector<int64_t>{56, 1});
  CHECK(ranges[71] == std::vector<int64_t>{99, 1});
}

TEST_CASE("a core without tiles has the count 0 and is in no rectangle", "[schedule]") {
  AttrMap attrs = InferSchedule(Touch({3}), Device(8, 9));
  CHECK(Rows(attrs.at("tt_tiles_per_core"))[3] == std::vector<int64_t>{3, 0});
  CHECK(Rows(attrs.at("tt_core_ranges")) == std::vector<std::vector<int64_t>>{{0, 0, 2, 0, 1}});
}

/*! "name:kind" of each runtime argument, with "=value" for a constant. */
std::vector<std::string> RuntimeArgs(const AttrMap& attrs) {
  std::vector<std::string> arguments;
  for (const ffi::Any& item : attrs.at("tt_runtime_args_schema").cast<ffi::Array<ffi::Any>>()) {
    AttrMap entry = item.cast<AttrMap>();
    std::string text = Text(entry, "name") + ":" + Text(entry, "kind");
    if (entry.count("value")) text += "=" + std::to_string(Int(entry, "value"));
    arguments.push_back(text);
  }
  return arguments;
}

TEST_CASE("a GEMM's runtime arguments are its tiles, grid, K tiles, addresses and scalars",
          "[schedule]") {
  KernelForm form = GENERATE(values(kBothForms));
  Node gemm = Gemm(64, 96, 128, form, {Scalar("alpha", "float32")});
  CHECK(RuntimeArgs(InferSchedule(gemm, Device(8, 9))) ==
        std::vector<std::string>{"start_id:per_core", "count:per_core", "grid_x:constant=3",
                                 "grid_y:constant=2", "grid_z:constant=1", "kt_tiles:constant=4",
                                 "A_addr:buffer_address", "B_addr:buffer_address",
                                 "C_addr:buffer_address", "alpha_value:scalar"});
}

TEST_CASE("K is counted in tiles, a partial one included", "[schedule]") {
  struct Case {
    int64_t k;
    const char* argument;
  };
  Case table = GENERATE(Case{1, "kt_tiles:constant=1"}, Case{32, "kt_tiles:constant=1"},
                        Case{33, "kt_tiles:constant=2"}, Case{4096, "kt_tiles:constant=128"});
  CHECK(RuntimeArgs(InferSchedule(Gemm(32, 32, table.k), Device(8, 9)))[5] == table.argument);
}

TEST_CASE("K of the tile operator gemm is what its operands' tensors have of it", "[schedule]") {
  Param a = Tensor("A", {32, 300}), b = Tensor("B", {300, 32}), c = Tensor("C", {32, 32});
  auto region = [](const Param& tensor, int mask, const Expr& row, const Expr& column, int rows,
                   int columns) {
    return CallOp("tl.region", {Load(tensor, {row, column}), mask, rows, columns});
  };
  // T.gemm(a, b, c, transpose_A, transpose_B, M, N, K, policy, clear_accum, mbar, row, column)
  auto gemm = [&](const Expr& k, bool clears) {
    return Evaluate(CallOp("tl.tileop.gemm",
                           {region(a, 1, 0, k, 32, 64), region(b, 1, k, 0, 64, 32),
                            region(c, clears ? 2 : 3, 0, 0, 32, 32), IntImm(0, "bool"),
                            IntImm(0, "bool"), 32, 32, 64, 0, IntImm(clears, "bool"), 0, 0, 0}));
  };
  Node fill = Evaluate(CallOp("tl.tileop.fill", {region(c, 2, 0, 0, 32, 32), Zero("float32")}));
  auto kt_tiles = [&](const Node& body) {
    Node func = PrimFunc(
        "f", {a, b, c},
        Kernel({2}, KernelForm::kThreadBinding, [&](const std::vector<Expr>&) { return body; }));
    return RuntimeArgs(InferSchedule(func, Device(8, 9)))[5];
  };
  const std::string none = "A_addr:buffer_address";
  CHECK(kt_tiles(gemm(0, true)) == "kt_tiles:constant=2");
  CHECK(kt_tiles(Seq({fill, gemm(64, false)})) == "kt_tiles:constant=2");
  // Five steps of 64 reach beyond the tensors, whose 300 elements are 10 tiles.
  Node steps = For(5, [&](Expr k) { return gemm(k * 64, false); });
  CHECK(kt_tiles(Seq({fill, steps})) == "kt_tiles:constant=10");
  CHECK(kt_tiles(For(3, [&](Expr) { return Seq({fill, steps}); })) == "kt_tiles:constant=10");
  // The same elements five times, and elements that are added to what was there before.
  CHECK(kt_tiles(Seq({fill, For(5, [&](Expr) { return gemm(0, false); })})) == none);
  CHECK(kt_tiles(steps) == none);
}

TEST_CASE("a kernel that multiplies no matrices has no kt_tiles", "[schedule]") {
  CHECK(RuntimeArgs(InferSchedule(Touch({2}), Device(8, 9))) ==
        std::vector<std::string>{"start_id:per_core", "count:per_core", "grid_x:constant=2",
                                 "grid_y:constant=1", "grid_z:constant=1",
                                 "X_addr:buffer_address"});
}

TEST_CASE("a partition of the author's own is kept, and the rectangles follow it", "[schedule]") {
  // The last core first, and the first core idle.
  auto tiles_per_core = ListOfLists({{5, 0}, {3, 2}, {2, 1}, {0, 2}});
  AttrMap attrs =
      InferSchedule(WithAttr(Touch({5}), "tt_tiles_per_core", tiles_per_core), Device(2, 2));
  CHECK(attrs.at("tt_tiles_per_core").same_as(tiles_per_core));
  CHECK(Rows(attrs.at("tt_core_ranges")) ==
        std::vector<std::vector<int64_t>>{{1, 0, 1, 1, 2}, {0, 1, 0, 1, 1}});
}

TEST_CASE("rectangles of the author's own are kept, if they cover the active cores", "[schedule]") {
  auto core_ranges = ListOfLists({{1, 0, 1, 0, 1}, {0, 0, 0, 0, 1}});
  AttrMap attrs = InferSchedule(WithAttr(Touch({2}), "tt_core_ranges", core_ranges), Device(8, 9));
  CHECK(attrs.at("tt_core_ranges").same_as(core_ranges));
}

TEST_CASE("attributes that agree are kept, also as IntImm nodes", "[schedule]") {
  Node func = Touch({6});
  func = WithAttr(func, "tt_num_tiles", IntImm(6, "int64").node);
  func = WithAttr(func, "tt_schedule_policy", ffi::String("contiguous"));
  func = WithAttr(func, "tt_author", ffi::String("someone"));
  AttrMap attrs = InferSchedule(func, Device(2, 3));
  CHECK(attrs.at("tt_num_tiles").same_as(Attrs(func).at("tt_num_tiles")));
  CHECK(Text(attrs, "tt_author") == "someone");
}

TEST_CASE("inferring twice changes nothing", "[schedule]") {
  Node once = Apply(Pass("InferDefaultTTSchedule"), OnDevice(Gemm(64, 64, 64), Device(8, 9)));
  Node twice = Apply(Pass("InferDefaultTTSchedule"), once);
  CHECK(Attrs(twice).same_as(Attrs(once)));
}

TEST_CASE("every function of a module gets a schedule of its own", "[schedule]") {
  Node small = OnDevice(Touch({3}), Device(8, 9)), large = OnDevice(Gemm(64, 64, 32), Device(2, 2));
  Node module = RunPass(Pass("InferDefaultTTSchedule"), Module({small, large}));
  CHECK(Int(Attrs(Lookup(module, "touch")), "tt_num_tiles") == 3);
  CHECK(Int(Attrs(Lookup(module, "gemm")), "tt_num_tiles") == 4);
  CHECK(Int(Attrs(Lookup(module, "touch")), "tt_num_cores") == 72);
  CHECK(Int(Attrs(Lookup(module, "gemm")), "tt_num_cores") == 4);
}

TEST_CASE("the function passed in is left as it was", "[schedule]") {
  Node func = OnDevice(Touch({3}), Device(8, 9));
  AttrMap before = Attrs(func);
  Apply(Pass("InferDefaultTTSchedule"), func);
  CHECK(Attrs(func).same_as(before));
}

}  // namespace
}  // namespace testing
}  // namespace tilelang_tt
