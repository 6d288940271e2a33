/*!
 * \file program/json/json_value.cc
 * \brief Access to values of a JSON document, with errors that name the place; see json_value.h.
 */
#include "json_value.h"

#include <algorithm>

#include "json.h"
#include "json_text.h"

namespace tilelang_tt {
namespace program {

void JsonAt::Fail(const std::string& expected) const { Fail(Found(), expected); }

void JsonAt::Fail(const std::string& found, const std::string& expected) const {
  throw MalformedProgram(Place() + ": found " + found + "; expected " + expected);
}

int64_t JsonAt::Int(int64_t least, int64_t most) const {
  bool is_int = value_.kind == JsonValue::Kind::kInt && !value_.beyond_int64;
  if (is_int && value_.integer >= least && value_.integer <= most) {
    return value_.integer;
  }
  bool bounded = least != INT64_MIN || most != INT64_MAX;
  std::string bounds = " of " + std::to_string(least);
  bounds += most == INT64_MAX ? " or more" : " to " + std::to_string(most);
  Fail(most < least ? "none: there is nothing to refer to"
                    : "an integer" + (bounded ? bounds : ""));
}

bool JsonAt::Bool() const {
  if (value_.kind != JsonValue::Kind::kBool) Fail("true or false");
  return value_.boolean;
}

const std::string& JsonAt::Text() const {
  if (value_.kind != JsonValue::Kind::kText) Fail("a string");
  return value_.text;
}

size_t JsonAt::Size() const {
  if (value_.kind != JsonValue::Kind::kList) Fail("a list");
  return value_.items.size();
}

JsonAt JsonAt::operator[](size_t index) const& {
  return JsonAt(value_.items[index], this, {}, index);
}

JsonAt JsonAt::operator[](std::string_view key) const& {
  const JsonValue* value = Find(key);
  if (value == nullptr) {
    if (value_.kind != JsonValue::Kind::kMap) Fail("an object");
    Fail("no \"" + std::string(key) + "\"", "one");
  }
  return JsonAt(*value, this, key, 0);
}

void JsonAt::Only(std::initializer_list<std::string_view> keys) const {
  if (value_.kind != JsonValue::Kind::kMap) Fail("an object");
  for (const std::string& key : value_.keys) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    std::string known;
    for (std::string_view name : keys) known += (known.empty() ? "" : ", ") + std::string(name);
    Fail("the key \"" + key + "\"", "none but " + known);
  }
}

const JsonValue* JsonAt::Find(std::string_view key) const {
  auto it = std::find(value_.keys.begin(), value_.keys.end(), key);
  return it == value_.keys.end() ? nullptr : &value_.items[it - value_.keys.begin()];
}

std::string JsonAt::Place() const {
  if (outer_ == nullptr) return "program";
  std::string outer = outer_->Place();
  if (!key_.empty()) return outer + "." + std::string(key_);
  return outer + "[" + std::to_string(index_) + "]";
}

std::string JsonAt::Found() const {
  switch (value_.kind) {
    case JsonValue::Kind::kNull:
      return "null";
    case JsonValue::Kind::kBool:
      return value_.boolean ? "true" : "false";
    case JsonValue::Kind::kInt:
      if (value_.beyond_int64) return std::to_string(static_cast<uint64_t>(value_.integer));
      return std::to_string(value_.integer);
    case JsonValue::Kind::kReal: {
      std::string text;
      AppendReal(value_.real, &text);
      return text;
    }
    case JsonValue::Kind::kText:
      return "\"" + value_.text + "\"";
    case JsonValue::Kind::kList:
      return "a list of " + std::to_string(value_.items.size());
    case JsonValue::Kind::kMap:
      return value_.keys.empty() ? "an empty object" : "an object with \"" + value_.keys[0] + "\"";
  }
  return "";
}

}  // namespace program
}  // namespace tilelang_tt
