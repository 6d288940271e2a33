/*!
 * \file transform/apply_tt_defaults.cc
 * \brief tl.tt.transform.ApplyTTDefaults: the author's annotations, completed by the defaults.
 */
#include <tvm/ffi/reflection/registry.h>

#include "../error.h"
#include "defaults.h"
#include "prim_func_pass.h"

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
  DefaultString(attrs, attr::kSchedulePolicy, "contiguous");
  DefaultString(attrs, attr::kScheduleOrder, "row_major");
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
