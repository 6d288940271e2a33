/*!
 * \file transform/check_plan.cc
 * \brief tl.tt.check_plan: whether a plan's document is complete and agrees with itself.
 *
 * It is the check of a plan, in one pass over its text. schemas/plan.schema.json says for others
 * what each field may be, and no more than this.
 */
#include <tvm/ffi/reflection/registry.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "../attr_json.h"
#include "../device/device_spec.h"
#include "../error.h"
#include "../program/json/json.h"
#include "../tile_program.h"
#include "check_metadata.h"

namespace tilelang_tt {
namespace {

using program::JsonValue;

constexpr int64_t kWithoutProgram = 1;

int64_t ReadVersion(const Attrs& attrs) {
  constexpr const char* kKey = "schema_version";
  int64_t version = attrs.RequireInt(kKey, "expected it in every document");
  if (version != kSchemaVersion && version != kWithoutProgram) {
    attrs.Contradiction(kKey, version, kSchemaVersion,
                        "that is the version that is written here; 1 is read as well");
  }
  return version;
}

/*! The device of a plan, as the attribute tt_device. */
AttrMap CheckDevice(const Attrs& plan) {
  Attrs device("device", plan.RequireMap("device", "expected the device that it is for"));
  constexpr const char* kKey = "schema_version";
  int64_t version = device.RequireInt(kKey, "expected it in every document");
  if (version != device::kSchemaVersion) {
    device.Contradiction(kKey, version, device::kSchemaVersion,
                         "that is the version that is read here");
  }
  AttrMap description = device.map();
  description.erase("schema_version");
  device::CheckDescription(Attrs("device", description));
  return description;
}

void ExpectKeys(const Attrs& attrs, const std::vector<const char*>& known) {
  for (const auto& entry : attrs.map()) {
    const ffi::String& key = entry.first;
    if (std::any_of(known.begin(), known.end(), [&](const char* each) { return key == each; })) {
      continue;
    }
    TT_MALFORMED() << attrs.place() << ": found the key \"" << ShowName(key)
                   << "\"; expected none of that name";
  }
}

/*! Where the plan's functions come from, for people; digests are Python's to compare. */
void CheckProvenance(const Attrs& plan, const ffi::Map<ffi::String, ffi::String>& functions) {
  Attrs provenance("provenance",
                   plan.RequireMap("provenance", "expected it to say what was planned"));
  ExpectKeys(provenance, {"versions", "kernel_file", "functions"});
  provenance.String("kernel_file");
  AttrMap versions = provenance.RequireMap("versions", "expected those of what made the plan");
  for (const auto& [name, version] : versions) {
    if (!version.as<ffi::String>()) {
      TT_MALFORMED() << "provenance: the version of " << ShowName(name) << " is " << Show(version)
                     << "; expected a string";
    }
  }
  AttrMap origins = provenance.RequireMap("functions", "expected an entry for each function");
  for (const auto& entry : functions) {
    if (origins.count(entry.first) == 0) {
      TT_MALFORMED() << "provenance: found no " << ShowName(entry.first)
                     << "; expected an entry for each function";
    }
  }
  for (const auto& [name, value] : origins) {
    std::string place = "provenance: " + ShowName(name);
    if (functions.count(name) == 0) {
      TT_MALFORMED() << place << ": found no such function; expected one of the plan's";
    }
    auto map = value.as<AttrMap>();
    if (!map) TT_MALFORMED() << place << " is " << Show(value) << "; expected a map";
    Attrs origin(place, *map);
    ExpectKeys(origin, {"digest", "function", "arguments"});
    origin.RequireString("digest", "expected the SHA-256 of tt_program's canonical text");
    origin.String("function");
    origin.Map("arguments");
  }
}

/*! Takes a function's program out of its attributes, so that it is read as what it is. */
std::optional<JsonValue> TakeProgram(JsonValue* function) {
  if (function->kind != JsonValue::Kind::kMap) return std::nullopt;
  for (size_t i = 0; i < function->keys.size(); ++i) {
    if (function->keys[i] != attr::kProgram) continue;
    JsonValue program = std::move(function->items[i]);
    function->keys.erase(function->keys.begin() + i);
    function->items.erase(function->items.begin() + i);
    return program;
  }
  return std::nullopt;
}

TileProgram ReadProgram(const std::string& place, const JsonValue& document) {
  try {
    return TileProgram::Of(program::FromJson(document));
  } catch (const program::MalformedProgram& error) {
    TT_MALFORMED() << place << ": " << attr::kProgram << ": " << error.what();
    throw;
  }
}

/*! A function's attributes, with the plan's device, and its program where it has one. */
Attrs FunctionOf(const std::string& name, JsonValue* value, const AttrMap& device) {
  std::string place = ShowName(name);
  if (place.empty()) {
    TT_MALFORMED() << "the plan: found a function named \"\"; expected at least one character";
  }
  std::optional<JsonValue> program = TakeProgram(value);
  ffi::Any rest = json::ToAttr(*value);
  auto attrs = rest.as<AttrMap>();
  if (!attrs) TT_MALFORMED() << place << " is " << Show(rest) << "; expected a map";
  for (const auto& entry : *attrs) {
    if (entry.first == attr::kDevice || !IsContractAttr(entry.first)) {
      TT_MALFORMED() << place << ": found the attribute " << ShowName(entry.first)
                     << "; expected none of that name in a plan's function";
    }
  }
  Attrs function(place, *attrs);
  function.Set(attr::kDevice, device);
  if (program) function.Set(attr::kProgram, ReadProgram(place, *program));
  return function;
}

/*! Checks a function; returns its program's canonical text, "" where it has none. */
ffi::String CheckFunction(Attrs function, int64_t version) {
  if (version == kWithoutProgram) {
    int64_t found = function.RequireInt(attr::kSchemaVersion, "expected the plan's, 1");
    if (found != kWithoutProgram) {
      function.Contradiction(attr::kSchemaVersion, found, kWithoutProgram, "that is the plan's");
    }
    function.Set(attr::kSchemaVersion, kSchemaVersion);  // what follows is the same in both
    CheckMetadataWithoutProgram(function);
    return "";
  }
  if (!function.Has(attr::kProgram)) {
    TT_MALFORMED() << function.place() << ": found no " << attr::kProgram
                   << "; expected what the function's blocks do";
  }
  TileProgram program = function.map().at(attr::kProgram).cast<TileProgram>();
  CheckMetadata(function, program);
  return program->json;
}

/*! Returns the canonical text of each function's program, by name. */
ffi::Map<ffi::String, ffi::String> CheckPlan(const ffi::String& text) {
  JsonValue document = json::Parse({text.data(), text.size()}, "");
  JsonValue functions;
  for (size_t i = 0; i < document.keys.size(); ++i) {
    if (document.keys[i] == "functions") std::swap(functions, document.items[i]);
  }
  auto map = json::ToAttr(document).as<AttrMap>();
  if (!map) TT_MALFORMED() << "found no map; expected the document of a plan";
  Attrs plan("the plan", *map);
  int64_t version = ReadVersion(plan);
  plan.RequireString("generator", "expected it to say what wrote the plan");
  std::vector<const char*> keys = {"schema_version", "generator", "device", "functions"};
  if (version != kWithoutProgram) keys.push_back("provenance");
  ExpectKeys(plan, keys);
  AttrMap device = CheckDevice(plan);
  if (!plan.Has("functions"))
    plan.RequireMap("functions", "expected the metadata of each function");
  if (functions.kind != JsonValue::Kind::kMap) {
    plan.Set("functions", json::ToAttr(functions));
    plan.Map("functions");
  }
  if (functions.items.empty()) {
    TT_MALFORMED() << "the plan: functions is {}; expected at least one function";
  }
  ffi::Map<ffi::String, ffi::String> programs;
  for (size_t i = 0; i < functions.items.size(); ++i) {
    const std::string& name = functions.keys[i];
    programs.Set(name, CheckFunction(FunctionOf(name, &functions.items[i], device), version));
  }
  if (version != kWithoutProgram) CheckProvenance(plan, programs);
  return programs;
}

}  // namespace

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.check_plan", CheckPlan);
}

}  // namespace tilelang_tt
