/*!
 * \file attrs.cc
 * \brief Reading and writing the tt_ attributes; see attrs.h.
 */
#include "attrs.h"

#include <algorithm>

#include "attr_json.h"
#include "error.h"
#include "ir/node.h"

namespace tilelang_tt {
namespace {

std::vector<std::string> SortedKeys(const AttrMap& map) {
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  std::sort(keys.begin(), keys.end());
  return keys;
}

/*! Values nested deeper are shown as "...". Those of the contract are nested four deep. */
constexpr int kMaxShownDepth = 6;

void ShowInto(const ffi::Any& value, int depth, std::string* out);

/*! Shows entries until the text is as long as one may be. */
template <typename Entries, typename ShowEntry>
void ShowEntries(const Entries& entries, const char* brackets, int depth, std::string* out,
                 ShowEntry show_entry) {
  *out += brackets[0];
  const char* separator = "";
  for (const auto& entry : entries) {
    *out += separator;
    if (depth == kMaxShownDepth || out->size() > kMaxShown) {
      *out += "...";
      break;
    }
    show_entry(entry);
    separator = ", ";
  }
  *out += brackets[1];
}

void ShowInto(const ffi::Any& value, int depth, std::string* out) {
  if (auto truth = ir::ConstBool(value)) {
    *out += *truth ? "true" : "false";
  } else if (auto number = ir::ConstInt(value)) {
    *out += std::to_string(*number);
  } else if (auto text = ir::ConstString(value)) {
    *out += '"' + ShowName(*text) + '"';
  } else if (auto real = value.as<double>()) {
    *out += json::WriteFloat(*real);
  } else if (auto array = value.as<ffi::Array<ffi::Any>>()) {
    ShowEntries(*array, "[]", depth, out,
                [&](const ffi::Any& item) { ShowInto(item, depth + 1, out); });
  } else if (auto map = value.as<AttrMap>()) {
    ShowEntries(SortedKeys(*map), "{}", depth, out, [&](const std::string& key) {
      *out += '"' + ShowName(key) + "\": ";
      ShowInto(map->at(key), depth + 1, out);
    });
  } else if (value == nullptr) {
    *out += "none";
  } else {
    *out += "a value of type " + value.GetTypeKey();
  }
}

}  // namespace

bool IsContractAttr(const ffi::String& name) {
  static const std::vector<ffi::String> kNames = {
      attr::kSchemaVersion, attr::kDevice,     attr::kSchedulePolicy, attr::kScheduleOrder,
      attr::kLayoutType,    attr::kTileHeight, attr::kTileWidth,      attr::kGrid[0],
      attr::kGrid[1],       attr::kGrid[2],    attr::kNumTiles,       attr::kNumCores,
      attr::kTilesPerCore,  attr::kCoreOrder,  attr::kCoreRanges,     attr::kRuntimeArgs,
      attr::kBuffers,       attr::kDims,       attr::kProgram,        attr::kLaunches,
      attr::kCores,         attr::kBlockBoxes, attr::kBlockStride,    attr::kSharedReads,
      attr::kScheduleReason};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string Show(const ffi::Any& value) {
  std::string text;
  ShowInto(value, 0, &text);
  return text;
}

bool SameValue(const ffi::Any& a, const ffi::Any& b) {
  if (a.same_as(b)) return true;
  std::optional<bool> a_bool = ir::ConstBool(a), b_bool = ir::ConstBool(b);
  if (a_bool || b_bool) return a_bool == b_bool;
  if (auto number = ir::ConstInt(a)) return number == ir::ConstInt(b);
  if (auto text = ir::ConstString(a)) return text == ir::ConstString(b);
  if (auto array = a.as<ffi::Array<ffi::Any>>()) {
    auto other = b.as<ffi::Array<ffi::Any>>();
    return other && array->size() == other->size() &&
           std::equal(array->begin(), array->end(), other->begin(), SameValue);
  }
  if (auto map = a.as<AttrMap>()) {
    auto other = b.as<AttrMap>();
    return other && map->size() == other->size() &&
           std::all_of(map->begin(), map->end(), [&](const auto& entry) {
             auto value = other->Get(entry.first);
             return value && SameValue(entry.second, *value);
           });
  }
  return a.same_as(b);
}

Attrs::Attrs(std::string place, AttrMap map)
    : place_(Shorten(std::move(place), kMaxPlace)), map_(std::move(map)) {}

std::optional<int64_t> Attrs::Int(const ffi::String& key) const {
  auto value = map_.Get(key);
  if (!value) return std::nullopt;
  std::optional<int64_t> number = ir::ConstInt(*value);
  if (!number) WrongType(key, *value, "an integer");
  return number;
}

std::optional<std::string> Attrs::String(const ffi::String& key) const {
  auto value = map_.Get(key);
  if (!value) return std::nullopt;
  std::optional<std::string> text = ir::ConstString(*value);
  if (!text) WrongType(key, *value, "a string");
  return text;
}

std::optional<AttrMap> Attrs::Map(const ffi::String& key) const {
  auto value = map_.Get(key);
  if (!value) return std::nullopt;
  auto map = value->as<AttrMap>();
  if (!map) WrongType(key, *value, "a map with strings as keys");
  return *map;
}

std::optional<ffi::Array<ffi::Any>> Attrs::Array(const ffi::String& key) const {
  auto value = map_.Get(key);
  if (!value) return std::nullopt;
  auto array = value->as<ffi::Array<ffi::Any>>();
  if (!array) WrongType(key, *value, "a list");
  return *array;
}

std::optional<std::vector<int64_t>> Attrs::Ints(const ffi::String& key) const {
  auto array = Array(key);
  if (!array) return std::nullopt;
  std::vector<int64_t> numbers;
  numbers.reserve(array->size());
  for (const ffi::Any& item : *array) {
    std::optional<int64_t> number = ir::ConstInt(item);
    if (!number) WrongType(key, *array, "a list of integers");
    numbers.push_back(*number);
  }
  return numbers;
}

std::optional<std::vector<int64_t>> Attrs::IntRows(const ffi::String& key, size_t width) const {
  auto array = Array(key);
  if (!array) return std::nullopt;
  auto wrong = [&](const ffi::Any& item) {
    WrongType(key, item, ("a list of lists of " + std::to_string(width) + " integers").c_str());
  };
  std::vector<int64_t> numbers;
  numbers.reserve(array->size() * width);
  for (const ffi::Any& item : *array) {
    const auto* row = item.as<ffi::ArrayObj>();
    if (row == nullptr || row->size() != width) wrong(item);
    for (const ffi::Any& entry : *row) {
      std::optional<int64_t> number = ir::ConstInt(entry);
      if (!number) wrong(item);
      numbers.push_back(*number);
    }
  }
  return numbers;
}

int64_t Attrs::RequireInt(const ffi::String& key, const char* advice) const {
  if (!Has(key)) Missing(key, advice);
  return *Int(key);
}

std::string Attrs::RequireString(const ffi::String& key, const char* advice) const {
  if (!Has(key)) Missing(key, advice);
  return *String(key);
}

AttrMap Attrs::RequireMap(const ffi::String& key, const char* advice) const {
  if (!Has(key)) Missing(key, advice);
  return *Map(key);
}

ffi::Array<ffi::Any> Attrs::RequireArray(const ffi::String& key, const char* advice) const {
  if (!Has(key)) Missing(key, advice);
  return *Array(key);
}

std::vector<int64_t> Attrs::RequireInts(const ffi::String& key, const char* advice) const {
  if (!Has(key)) Missing(key, advice);
  return *Ints(key);
}

std::vector<int64_t> Attrs::RequireIntRows(const ffi::String& key, size_t width,
                                           const char* advice) const {
  if (!Has(key)) Missing(key, advice);
  return *IntRows(key, width);
}

void Attrs::Infer(const ffi::String& key, const ffi::Any& value) {
  auto found = map_.Get(key);
  if (!found) return Set(key, value);
  if (!SameValue(*found, value)) {
    Contradiction(key, *found, value, "the function and its device say so");
  }
}

void Attrs::Default(const ffi::String& key, const ffi::Any& value) {
  if (!Has(key)) Set(key, value);
}

void Attrs::Contradiction(const ffi::String& key, const ffi::Any& found, const ffi::Any& expected,
                          const std::string& why) const {
  TT_MALFORMED() << place_ << ": " << key << " is " << Show(found) << "; expected "
                 << Show(expected) << ", since " << why;
  throw;
}

void Attrs::Missing(const ffi::String& key, const char* advice) const {
  TT_MALFORMED() << place_ << ": found no " << key << "; " << advice;
  throw;
}

void Attrs::WrongType(const ffi::String& key, const ffi::Any& found, const char* expected) const {
  TT_MALFORMED() << place_ << ": " << key << " is " << Show(found) << "; expected " << expected;
  throw;
}

}  // namespace tilelang_tt
