/*!
 * \file transform/check_plan.cc
 * \brief tl.tt.check_plan: whether a plan's document is complete and agrees with itself.
 *
 * It is the check of a plan, in one pass over its text. schemas/plan.schema.json says for others
 * what each field may be, and no more than this.
 */
#include <tvm/ffi/reflection/registry.h>

#include "../attr_json.h"
#include "../device/device_spec.h"
#include "../error.h"
#include "check_metadata.h"

namespace tilelang_tt {
namespace {

void CheckVersion(const Attrs& attrs) {
  constexpr const char* kKey = "schema_version";
  int64_t version = attrs.RequireInt(kKey, "expected it in every document");
  if (version != kSchemaVersion) {
    attrs.Contradiction(kKey, version, kSchemaVersion, "that is the version that is read here");
  }
}

/*! The device of a plan, as the attribute tt_device. */
AttrMap CheckDevice(const Attrs& plan) {
  Attrs device("device", plan.RequireMap("device", "expected the device that it is for"));
  CheckVersion(device);
  AttrMap description = device.map();
  description.erase("schema_version");
  device::CheckDescription(Attrs("device", description));
  return description;
}

/*! A function's attributes, with the plan's device. */
Attrs FunctionOf(const ffi::String& name, const ffi::Any& value, const AttrMap& device) {
  std::string place = ShowName(name);
  if (place.empty()) {
    TT_MALFORMED() << "the plan: found a function named \"\"; expected at least one character";
  }
  auto attrs = value.as<AttrMap>();
  if (!attrs) TT_MALFORMED() << place << " is " << Show(value) << "; expected a map";
  for (const auto& entry : *attrs) {
    if (entry.first == attr::kDevice || !IsContractAttr(entry.first)) {
      TT_MALFORMED() << place << ": found the attribute " << ShowName(entry.first)
                     << "; expected none of that name in a plan's function";
    }
  }
  Attrs function(place, *attrs);
  function.Set(attr::kDevice, device);
  return function;
}

void CheckPlan(const ffi::String& text) {
  auto document = json::Read(text, "").as<AttrMap>();
  if (!document) TT_MALFORMED() << "found no map; expected the document of a plan";
  Attrs plan("the plan", *document);
  CheckVersion(plan);
  plan.RequireString("generator", "expected it to say what wrote the plan");
  for (const auto& entry : plan.map()) {
    const ffi::String& key = entry.first;
    if (key != "schema_version" && key != "generator" && key != "device" && key != "functions") {
      TT_MALFORMED() << "the plan: found the key \"" << ShowName(key)
                     << "\"; expected none of that name in a plan";
    }
  }
  AttrMap device = CheckDevice(plan);
  AttrMap functions = plan.RequireMap("functions", "expected the metadata of each function");
  if (functions.empty()) {
    TT_MALFORMED() << "the plan: functions is {}; expected at least one function";
  }
  for (const auto& [name, value] : functions) {
    CheckWithoutFunction(FunctionOf(name, value, device));
  }
}

}  // namespace

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.check_plan", CheckPlan);
}

}  // namespace tilelang_tt
