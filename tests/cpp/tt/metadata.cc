/*!
 * \file metadata.cc
 * \brief Running the passes and reading their results; see metadata.h.
 */
#include "metadata.h"

#include <catch2/catch.hpp>
#include <optional>

namespace tilelang_tt {
namespace testing {

AttrMap Device(int64_t grid_x, int64_t grid_y, int64_t dram_banks, int64_t dram_alignment) {
  return {{"arch", ffi::String("wormhole_b0")},
          {"grid_x", grid_x},
          {"grid_y", grid_y},
          {"dram_banks", dram_banks},
          {"dram_alignment", dram_alignment},
          {"l1_alignment", 16},
          {"source", ffi::String("made up by a test")}};
}

Node Pass(const std::string& name) {
  return ffi::Function::GetGlobalRequired("tl.tt.transform." + name)().cast<Node>();
}

Node BindDevicePass(const AttrMap& device, bool replace) {
  return ffi::Function::GetGlobalRequired("tl.tt.transform.BindTTDevice")(device, replace)
      .cast<Node>();
}

Node Apply(const Node& pass, const Node& func) {
  std::string name = Attrs(func)["global_symbol"].cast<ffi::String>();
  return Lookup(RunPass(pass, Module({func})), name);
}

Node OnDevice(const Node& func, const AttrMap& device) {
  return WithAttr(func, "tt_device", device);
}

AttrMap InferSchedule(const Node& func, const AttrMap& device) {
  return Attrs(Apply(Pass("InferDefaultTTSchedule"), OnDevice(func, device)));
}

AttrMap InferShard(const Node& func, const AttrMap& device) {
  return Attrs(Apply(Pass("InferDefaultTTShard"), OnDevice(func, device)));
}

Node Complete(const Node& func, const AttrMap& device) {
  return Apply(Pass("InferDefaultTTShard"),
               Apply(Pass("InferDefaultTTSchedule"), OnDevice(func, device)));
}

int64_t Int(const AttrMap& map, const std::string& key) { return map.at(key).cast<int64_t>(); }

std::string Text(const AttrMap& map, const std::string& key) {
  return map.at(key).cast<ffi::String>();
}

AttrMap Map(const AttrMap& map, const std::string& key) { return map.at(key).cast<AttrMap>(); }

std::vector<int64_t> Ints(const ffi::Any& list) {
  std::vector<int64_t> values;
  for (const ffi::Any& item : list.cast<ffi::Array<ffi::Any>>()) {
    values.push_back(item.cast<int64_t>());
  }
  return values;
}

std::vector<std::vector<int64_t>> Rows(const ffi::Any& list_of_lists) {
  std::vector<std::vector<int64_t>> rows;
  for (const ffi::Any& row : list_of_lists.cast<ffi::Array<ffi::Any>>()) rows.push_back(Ints(row));
  return rows;
}

ffi::Array<ffi::Any> List(const std::vector<int64_t>& values) {
  return ffi::Array<ffi::Any>(values.begin(), values.end());
}

ffi::Array<ffi::Any> ListOfLists(const std::vector<std::vector<int64_t>>& rows) {
  ffi::Array<ffi::Any> list;
  for (const auto& row : rows) list.push_back(List(row));
  return list;
}

AttrMap With(const AttrMap& map, const std::string& key, const ffi::Any& value) {
  AttrMap changed = map;
  changed.Set(key, value);
  return changed;
}

AttrMap Without(const AttrMap& map, const std::string& key) {
  AttrMap changed = map;
  changed.erase(key);
  return changed;
}

AttrMap Descriptor(const AttrMap& attrs, const std::string& buffer) {
  return Map(Map(attrs, "tt_buffers"), buffer);
}

void CheckThrows(const std::function<void()>& call, const Rejection& expected) {
  std::optional<ffi::Error> error;
  try {
    call();
  } catch (const ffi::Error& thrown) {
    error = thrown;
  }
  REQUIRE(error.has_value());
  std::string kind = error->kind(), message = error->message();
  INFO(kind << ": " << message);
  CHECK(kind == expected.kind);
  for (const std::string& fragment : expected.says) {
    CHECK_THAT(message, Catch::Contains(fragment));
  }
}

void CheckRejects(const Node& pass, const Node& func, const Rejection& expected) {
  Node module = Module({func});
  std::string name = Attrs(func)["global_symbol"].cast<ffi::String>();
  AttrMap attrs_before = Attrs(func);
  CheckThrows([&] { RunPass(pass, module); }, expected);
  CHECK(Attrs(func).same_as(attrs_before));
  CHECK(Lookup(module, name).same_as(func));
}

}  // namespace testing
}  // namespace tilelang_tt
