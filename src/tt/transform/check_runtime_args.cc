/*!
 * \file transform/check_runtime_args.cc
 * \brief Checking tt_runtime_args_schema; see check_runtime_args.h.
 */
#include "check_runtime_args.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "../error.h"
#include "../ir/node.h"
#include "runtime_args.h"

namespace tilelang_tt {
namespace {

/*! A word that a kernel gets: a dtype of one lane and at most 32 bits, by its own name. */
bool FitsWord(const std::string& dtype) {
  try {
    DLDataType parsed = ffi::StringToDLDataType(dtype);
    int bits = parsed.bits * parsed.lanes;
    return bits >= 1 && bits <= 32 && ffi::DLDataTypeToString(parsed) == dtype;
  } catch (const ffi::Error&) {
    return false;
  }
}

std::string EntryPlace(const Attrs& attrs, size_t i) {
  return attrs.place() + ": tt_runtime_args_schema[" + std::to_string(i) + "]";
}

/*! One entry of the schema while it is checked. */
struct Entry {
  Attrs attrs;
  std::string name, kind;

  [[noreturn]] void Expected(const ffi::String& key, const std::string& expected) const {
    TT_MALFORMED() << attrs.place() << ": " << key << " is "
                   << Show(attrs.map().Get(key).value_or(ffi::Any())) << "; expected " << expected;
    throw;
  }

  void ExpectName(const std::string& expected) const {
    if (name != expected) {
      Expected(arg::kName, "\"" + ShowName(expected) + "\", by the rule for the kind " + kind);
    }
  }
};

Entry ReadEntry(const std::string& place, const ffi::Any& value) {
  static constexpr const char* kAdvice = "expected it in every runtime argument";
  auto map = value.as<AttrMap>();
  if (!map) TT_MALFORMED() << place << " is " << Show(value) << "; expected a map";
  Entry entry{Attrs(place, *map), "", ""};
  entry.name = entry.attrs.RequireString(arg::kName, kAdvice);
  entry.kind = entry.attrs.RequireString(arg::kKind, kAdvice);
  std::string dtype = entry.attrs.RequireString(arg::kDtype, kAdvice);
  entry.attrs.String(arg::kMeaning);
  if (dtype == "uint32") return entry;
  if (entry.kind != "scalar") entry.Expected(arg::kDtype, "\"uint32\"");
  if (!FitsWord(dtype)) {
    entry.Expected(arg::kDtype, "a scalar's of at most 32 bits, such as \"int32\" or \"float32\"");
  }
  return entry;
}

constexpr const char* kGridNames[3] = {"grid_x", "grid_y", "grid_z"};

/*! What a schema is checked against. */
struct Expectation {
  Policy policy;
  const std::array<int64_t, 3>& grid;
  /*! tt_block_stride of a strided schedule. */
  std::optional<int64_t> stride;
};

/*! "a", "b" or "c". */
std::string Alternatives(const std::vector<const char*>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    text += i == 0 ? "" : i + 1 < names.size() ? ", " : " or ";
    text += std::string("\"") + names[i] + "\"";
  }
  return text;
}

void CheckConstant(const Entry& entry, const Expectation& expected) {
  int64_t value = entry.attrs.RequireInt(arg::kValue, "expected it in a constant");
  for (int axis = 0; axis < 3; ++axis) {
    if (entry.name != kGridNames[axis]) continue;
    if (value == expected.grid[axis]) return;
    entry.attrs.Contradiction(arg::kValue, value, expected.grid[axis],
                              std::string("that is T.Kernel's ") + kGridNames[axis]);
  }
  if (expected.stride && entry.name == "block_stride") {
    if (value == *expected.stride) return;
    entry.attrs.Contradiction(arg::kValue, value, *expected.stride, "that is tt_block_stride");
  }
  if (entry.name != "kt_tiles") {
    std::vector<const char*> names(std::begin(kGridNames), std::end(kGridNames));
    if (expected.stride) names.push_back("block_stride");
    names.push_back("kt_tiles");
    entry.Expected(arg::kName, Alternatives(names) + " of a constant");
  }
  if (value < 1 || value > kMaxUint32) {
    entry.Expected(arg::kValue, "1 to " + std::to_string(kMaxUint32));
  }
}

/*! Checks what the kind asks for; returns the key that only it has, null for none. */
const ffi::String* CheckKind(const Entry& entry, const Expectation& expected) {
  if (entry.kind == "per_core") {
    const std::vector<const char*>& names = PerCoreNames(expected.policy);
    if (std::find(names.begin(), names.end(), entry.name) == names.end()) {
      entry.Expected(arg::kName, Alternatives(names) + " of the kind per_core");
    }
    return nullptr;
  }
  if (entry.kind == "constant") {
    CheckConstant(entry, expected);
    return &arg::kValue;
  }
  if (entry.kind == "buffer_address") {
    entry.ExpectName(entry.attrs.RequireString(arg::kBuffer, "expected it in a buffer_address") +
                     "_addr");
    return &arg::kBuffer;
  }
  if (entry.kind == "scalar") {
    entry.ExpectName(entry.attrs.RequireString(arg::kParameter, "expected it in a scalar") +
                     "_value");
    return &arg::kParameter;
  }
  entry.Expected(arg::kKind, "\"per_core\", \"constant\", \"buffer_address\" or \"scalar\"");
}

void CheckKeys(const Entry& entry, const ffi::String* own_key) {
  for (const auto& [key, value] : entry.attrs.map()) {
    if (key != arg::kName && key != arg::kDtype && key != arg::kKind && key != arg::kMeaning &&
        (own_key == nullptr || key != *own_key)) {
      TT_MALFORMED() << entry.attrs.place() << ": found the key \"" << ShowName(key)
                     << "\"; expected none of that name for the kind \"" << entry.kind << "\"";
    }
  }
}

}  // namespace

void CheckRuntimeArgs(const Attrs& attrs, Policy policy, const std::array<int64_t, 3>& grid) {
  ffi::Array<ffi::Any> schema = attrs.RequireArray(attr::kRuntimeArgs, kScheduleAdvice);
  Expectation expected{policy, grid, attrs.Int(attr::kBlockStride)};
  std::set<std::string> names;
  for (size_t i = 0; i < schema.size(); ++i) {
    Entry entry = ReadEntry(EntryPlace(attrs, i), schema[i]);
    CheckKeys(entry, CheckKind(entry, expected));
    if (!names.insert(entry.name).second) {
      TT_MALFORMED() << entry.attrs.place() << ": the name \"" << ShowName(entry.name)
                     << "\" is found twice; expected it once";
    }
  }
  std::vector<const char*> needed = PerCoreNames(policy);
  needed.insert(needed.end(), std::begin(kGridNames), std::end(kGridNames));
  if (expected.stride) needed.push_back("block_stride");
  for (const char* name : needed) {
    if (names.count(name) == 0) {
      TT_MALFORMED() << attrs.place() << ": " << attr::kRuntimeArgs << " has no \"" << name
                     << "\"; expected it, since a core finds its blocks by it";
    }
  }
}

void CheckAddresses(const Attrs& attrs, const AttrMap& buffers) {
  size_t addressed = 0;
  ffi::Array<ffi::Any> schema = *attrs.Array(attr::kRuntimeArgs);
  for (const ffi::Any& item : schema) {
    AttrMap entry = item.cast<AttrMap>();
    if (auto buffer = entry.Get(arg::kBuffer)) {
      std::string name = *ir::ConstString(*buffer);
      ++addressed;
      if (buffers.count(name) == 0) {
        TT_MALFORMED() << attrs.place() << ": " << attr::kRuntimeArgs << " has an address of \""
                       << ShowName(name) << "\"; expected one for each buffer of "
                       << attr::kBuffers;
      }
    }
    if (auto parameter = entry.Get(arg::kParameter)) {
      std::string name = *ir::ConstString(*parameter);
      if (buffers.count(name) != 0) {
        TT_MALFORMED() << attrs.place() << ": " << attr::kRuntimeArgs << " has the tensor \""
                       << ShowName(name) << "\" as a scalar; expected the name of a scalar "
                       << "parameter";
      }
    }
  }
  if (addressed != buffers.size()) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kRuntimeArgs << " has " << addressed
                   << " buffer addresses; expected " << buffers.size()
                   << ", one for each buffer of " << attr::kBuffers;
  }
}

void CheckScalars(const Attrs& attrs, const program::Program& program) {
  std::map<std::string, std::string> dtypes;
  for (const program::Variable& scalar : program.variables) {
    if (scalar.kind != program::Variable::Kind::kScalar) continue;
    dtypes[scalar.name] = program::NameOf(scalar.dtype);
  }
  size_t passed = 0;
  ffi::Array<ffi::Any> schema = *attrs.Array(attr::kRuntimeArgs);
  for (size_t i = 0; i < schema.size(); ++i) {
    AttrMap map = schema[i].cast<AttrMap>();
    auto parameter = map.Get(arg::kParameter);
    if (!parameter) continue;
    Attrs entry(EntryPlace(attrs, i), map);
    auto found = dtypes.find(*ir::ConstString(*parameter));
    if (found == dtypes.end()) {
      TT_MALFORMED() << entry.place() << ": parameter is " << Show(*parameter)
                     << "; expected the name of a scalar parameter";
    }
    if (*entry.String(arg::kDtype) != found->second) {
      entry.Contradiction(arg::kDtype, map.at(arg::kDtype), ffi::String(found->second),
                          "that is the parameter's");
    }
    ++passed;
  }
  if (passed != dtypes.size()) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kRuntimeArgs << " has " << passed
                   << " scalars; expected " << dtypes.size() << ", one for each scalar parameter";
  }
}

}  // namespace tilelang_tt
