/*!
 * \file attr_json.cc
 * \brief Attributes as JSON text and back; see attr_json.h.
 */
#include "attr_json.h"

#include <tvm/ffi/reflection/registry.h>

#include <cmath>
#include <utility>

#include "error.h"
#include "ir/node.h"
#include "ir/prim_func.h"
#include "program/json/json.h"
#include "program/json/json_text.h"
#include "tile_program.h"

namespace tilelang_tt {
namespace json {
namespace {

std::string_view View(const ffi::String& text) { return {text.data(), text.size()}; }

/*! A place as an error begins with it. */
std::string Prefix(const std::string& place) { return place.empty() ? "" : place + ": "; }

[[noreturn]] void TooDeep(const std::string& place) {
  TT_MALFORMED() << Prefix(place) << "found lists and maps nested more than " << kMaxDepth
                 << " deep; expected "
                 << "at most that";
  throw;
}

void WriteInto(const ffi::Any& value, int depth, std::string* out);

template <typename Entries, typename WriteEntry>
void WriteEntries(const Entries& entries, const char* brackets, int depth, std::string* out,
                  WriteEntry write_entry) {
  if (depth == kMaxDepth) TooDeep("");
  *out += brackets[0];
  const char* separator = "";
  for (const auto& entry : entries) {
    *out += separator;
    write_entry(entry);
    separator = ", ";
  }
  *out += brackets[1];
}

void WriteInto(const ffi::Any& value, int depth, std::string* out) {
  if (auto truth = ir::ConstBool(value)) {
    *out += *truth ? "true" : "false";
  } else if (auto number = ir::ConstInt(value)) {
    *out += std::to_string(*number);
  } else if (auto text = ir::ConstString(value)) {
    program::AppendQuoted(*text, out);
  } else if (auto array = value.as<ffi::Array<ffi::Any>>()) {
    WriteEntries(*array, "[]", depth, out,
                 [&](const ffi::Any& item) { WriteInto(item, depth + 1, out); });
  } else if (auto map = value.as<AttrMap>()) {
    WriteEntries(*map, "{}", depth, out, [&](const auto& entry) {
      program::AppendQuoted(View(entry.first), out);
      *out += ": ";
      WriteInto(entry.second, depth + 1, out);
    });
  } else if (auto real = value.as<double>()) {
    *out += WriteFloat(*real);
  } else if (auto program = value.as<TileProgram>()) {
    *out += View((*program)->json);
  } else if (value == nullptr) {
    *out += "null";
  } else {
    TT_MALFORMED() << "found an attribute of type " << value.GetTypeKey()
                   << "; expected numbers, strings, lists and maps";
  }
}

/*! Levels are counted before the text is parsed, since parsers recurse without a bound. */
void CheckDepth(std::string_view text, const std::string& place) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) TooDeep(place);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

}  // namespace

std::string WriteFloat(double value) {
  // The names that JavaScript and Python's json module have for what JSON lacks.
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::string text;
  program::AppendReal(value, &text);
  return text;
}

std::string Write(const ffi::Any& value) {
  std::string out;
  WriteInto(value, 0, &out);
  return out;
}

program::JsonValue Parse(std::string_view text, const std::string& place) {
  CheckDepth(text, place);
  try {
    return program::ParseJson(text, "");
  } catch (const program::MalformedProgram& error) {
    TT_MALFORMED() << Prefix(place) << "found no whole JSON document (" << error.what() << ")";
    throw;
  }
}

ffi::Any ToAttr(const program::JsonValue& value) {
  using Kind = program::JsonValue::Kind;
  switch (value.kind) {
    case Kind::kNull:
      return nullptr;
    case Kind::kBool:
      return value.boolean;
    case Kind::kInt:
      if (value.beyond_int64) return static_cast<double>(static_cast<uint64_t>(value.integer));
      return value.integer;
    case Kind::kReal:
      return value.real;
    case Kind::kText:
      return ffi::String(value.text);
    case Kind::kList: {
      ffi::Array<ffi::Any> list;
      list.reserve(static_cast<int64_t>(value.items.size()));
      for (const program::JsonValue& item : value.items) list.push_back(ToAttr(item));
      return list;
    }
    case Kind::kMap: {
      AttrMap map;
      for (size_t i = 0; i < value.items.size(); ++i)
        map.Set(value.keys[i], ToAttr(value.items[i]));
      return map;
    }
  }
  return nullptr;
}

/*! The tt_ attributes of a function, as JSON. */
ffi::String FunctionAttributes(const ffi::ObjectRef& func) {
  AttrMap contract;
  for (const auto& [key, value] : ir::FuncAttrs(func)) {
    if (View(key).substr(0, 3) == "tt_") contract.Set(key, value);
  }
  return Write(contract);
}

TVM_FFI_STATIC_INIT_BLOCK() {
  namespace refl = tvm::ffi::reflection;
  refl::GlobalDef()
      .def("tl.tt.write_json", [](const ffi::Any& value) { return ffi::String(Write(value)); })
      .def("tl.tt.function_attributes", FunctionAttributes);
}

}  // namespace json
}  // namespace tilelang_tt
