/*!
 * \file transform/apply_tt_defaults.cc
 * \brief tl.tt.transform.ApplyTTDefaults: the author's annotations, completed by the defaults.
 */
#include <tvm/ffi/reflection/registry.h>

#include "../error.h"
#include "defaults.h"
#include "prim_func_pass.h"
#include "schedule_rule.h"

namespace tilelang_tt {
namespace {

void DefaultString(Attrs* attrs, const ffi::String& key, const char* only_value) {
  if (!attrs->Has(key)) return attrs->Set(key, ffi::String(only_value));
  std::string value = *attrs->String(key);
  if (value != only_value) {
    TT_UNSUPPORTED() << attrs->place() << ": " << key << " is \"" << ShowName(value)
                     << "\"; expected \"" << only_value << "\", the only one there is a rule for";
  }
}

/*! Sets the first of the values that there is a rule for, or checks that it is one of them. */
template <size_t N>
void DefaultOneOf(Attrs* attrs, const ffi::String& key, const ffi::String (&values)[N],
                  const std::string& advice) {
  attrs->Default(key, values[0]);
  std::string value = *attrs->String(key);
  std::string expected;
  for (size_t i = 0; i < N; ++i) {
    if (values[i] == value) return;
    expected += (i == 0 ? "\"" : i + 1 < N ? ", \"" : " or \"") + std::string(values[i]) + "\"";
  }
  TT_UNSUPPORTED() << attrs->place() << ": " << key << " is \"" << ShowName(value)
                   << "\"; expected " << expected << advice;
}

void DefaultInt(Attrs* attrs, const ffi::String& key, int64_t only_value) {
  attrs->Default(key, only_value);
  int64_t value = *attrs->Int(key);
  if (value != only_value) {
    TT_UNSUPPORTED() << attrs->place() << ": " << key << " is " << value << "; expected "
                     << only_value << ", the only one there is a rule for";
  }
}

}  // namespace

void ApplyDefaults(Attrs* attrs) {
  attrs->Default(attr::kSchemaVersion, kSchemaVersion);
  int64_t version = *attrs->Int(attr::kSchemaVersion);
  if (version != kSchemaVersion) {
    attrs->Contradiction(attr::kSchemaVersion, version, kSchemaVersion,
                         "this library writes that version");
  }
  DefaultOneOf(attrs, attr::kSchedulePolicy, kPolicies,
               ". \"auto\" is no policy of a pass: tilelang.tt.infer_metadata chooses one");
  DefaultOneOf(attrs, attr::kScheduleOrder, kOrders, ", the orders there is a rule for");
  attrs->String(attr::kScheduleReason);
  DefaultString(attrs, attr::kLayoutType, "dram_interleaved");
  // TILE_HEIGHT and TILE_WIDTH, tt_metal/api/tt-metalium/constants.hpp.
  DefaultInt(attrs, attr::kTileHeight, 32);
  DefaultInt(attrs, attr::kTileWidth, 32);
}

void CheckDefaults(const Attrs& attrs) {
  Attrs completed = attrs;
  ApplyDefaults(&completed);
  if (completed.map().same_as(attrs.map())) return;
  for (const auto& entry : completed.map()) {
    if (!attrs.Has(entry.first)) {
      TT_MALFORMED() << attrs.place() << ": found no " << std::string(entry.first)
                     << "; run apply_tt_defaults first, or infer_metadata for all";
    }
  }
}

ffi::ObjectRef ApplyTTDefaults() {
  return MakeAttrPass("tl.tt.ApplyTTDefaults",
                      [](const ffi::ObjectRef&, Attrs* attrs) { ApplyDefaults(attrs); });
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.transform.ApplyTTDefaults", ApplyTTDefaults);
}

}  // namespace tilelang_tt
