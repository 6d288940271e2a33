/*!
 * \file test_apply_tt_defaults.cc
 * \brief ApplyTTDefaults and BindTTDevice: what the author left out, and nothing else.
 */
#include <catch2/catch.hpp>

#include "kernels.h"
#include "metadata.h"

namespace tilelang_tt {
namespace testing {
namespace {

TEST_CASE("the defaults are those of the metadata contract", "[defaults]") {
  AttrMap attrs = Attrs(Apply(Pass("ApplyTTDefaults"), Touch({4})));
  CHECK(Int(attrs, "tt_schema_version") == 2);
  CHECK(Text(attrs, "tt_schedule_policy") == "contiguous");
  CHECK(Text(attrs, "tt_schedule_order") == "row_major");
  CHECK(Text(attrs, "tt_layout_type") == "dram_interleaved");
  CHECK(Int(attrs, "tt_tile_height") == 32);
  CHECK(Int(attrs, "tt_tile_width") == 32);
  CHECK(attrs.size() == 7);  // and global_symbol
}

TEST_CASE("what the author set is kept, and a second run changes nothing", "[defaults]") {
  Node func = WithAttr(Touch({4}), "tt_tile_width", IntImm(32, "int32").node);
  Node once = Apply(Pass("ApplyTTDefaults"), func);
  CHECK(Attrs(once).at("tt_tile_width").same_as(Attrs(func).at("tt_tile_width")));
  CHECK(Attrs(Apply(Pass("ApplyTTDefaults"), once)).same_as(Attrs(once)));
}

TEST_CASE("a default that is refused leaves the function as it was", "[defaults]") {
  CheckRejects(Pass("ApplyTTDefaults"),
               WithAttr(Touch({4}), "tt_schedule_policy", ffi::String("auto")),
               {"NotImplementedError",
                {"touch", "\"auto\"", "expected \"contiguous\", \"strided\" or \"rectangular\""}});
  for (const char* other : {"1", "3"}) {
    CheckRejects(
        Pass("ApplyTTDefaults"), WithAttr(Touch({4}), "tt_schema_version", std::stoi(other)),
        {"ValueError", {std::string("touch: tt_schema_version is ") + other, "expected 2"}});
  }
  for (const char* other : {"16", "64"}) {
    CheckRejects(
        Pass("ApplyTTDefaults"), WithAttr(Touch({4}), "tt_tile_width", std::stoi(other)),
        {"NotImplementedError", {std::string("tt_tile_width is ") + other, "expected 32"}});
  }
}

TEST_CASE("a device is bound where there is none, and replaces another only if asked to",
          "[defaults]") {
  auto grid_y = [](const Node& func) { return Int(Map(Attrs(func), "tt_device"), "grid_y"); };
  Node bound = Apply(BindDevicePass(Device(8, 8), false), Touch({4}));
  CHECK(grid_y(bound) == 8);
  CHECK(grid_y(Apply(BindDevicePass(Device(8, 9), false), bound)) == 8);
  CHECK(grid_y(Apply(BindDevicePass(Device(8, 9), true), bound)) == 9);
}

TEST_CASE("the numbers of a device may be IntImm nodes", "[defaults]") {
  AttrMap device = With(Device(8, 9), "grid_y", IntImm(7, "int32").node);
  CHECK(Int(InferSchedule(Touch({4}), device), "tt_num_cores") == 56);
}

}  // namespace
}  // namespace testing
}  // namespace tilelang_tt
