/*!
 * \file program/json/json_value.h
 * \brief A JSON document as values, each of which knows its place.
 */
#ifndef TILELANG_TT_PROGRAM_JSON_JSON_VALUE_H_
#define TILELANG_TT_PROGRAM_JSON_JSON_VALUE_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace tilelang_tt {
namespace program {

struct JsonValue {
  enum class Kind : uint8_t { kNull, kBool, kInt, kReal, kText, kList, kMap };
  Kind kind = Kind::kNull;
  bool boolean = false;
  int64_t integer = 0;
  /*! The integer is beyond int64's, and `integer` has its 64 bits. */
  bool beyond_int64 = false;
  double real = 0;
  std::string text;
  /*! The items of a list, or the values of a map's keys. */
  std::vector<JsonValue> items;
  std::vector<std::string> keys;
};

/*!
 * \brief Reads JSON (RFC 8259, no duplicate keys, integers of 64 bits).
 * \param place What an error begins with, before the line and the column; "" for nothing.
 * \throws MalformedProgram.
 */
JsonValue ParseJson(std::string_view text, const std::string& place = "program");

/*! \brief A value at a place, for reading it and for saying where it is wrong. */
class JsonAt {
 public:
  explicit JsonAt(const JsonValue& root) : value_(root), outer_(nullptr), index_(0) {}

  /*! Throws MalformedProgram: "launches[0].body[3].src: found ...; expected ...". */
  [[noreturn]] void Fail(const std::string& expected) const;
  [[noreturn]] void Fail(const std::string& found, const std::string& expected) const;

  const JsonValue& value() const { return value_; }

  /*! Each throws unless the value is of that kind; an integer within the bounds. */
  int64_t Int(int64_t least, int64_t most) const;
  int64_t Int() const { return Int(INT64_MIN, INT64_MAX); }
  bool Bool() const;
  const std::string& Text() const;
  /*! The length of a list. */
  size_t Size() const;

  /*! Of a named place alone, since the inner one refers to it. */
  JsonAt operator[](size_t index) const&;
  JsonAt operator[](size_t index) const&& = delete;
  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  /*! The value of a key, which must be there. */
  JsonAt operator[](std::string_view key) const&;
  JsonAt operator[](std::string_view key) const&& = delete;
  /*! Throws unless it is a map with no key but these. */
  void Only(std::initializer_list<std::string_view> keys) const;

 private:
  JsonAt(const JsonValue& value, const JsonAt* outer, std::string_view key, size_t index)
      : value_(value), outer_(outer), key_(key), index_(index) {}

  const JsonValue* Find(std::string_view key) const;
  std::string Place() const;
  std::string Found() const;

  const JsonValue& value_;
  /*! The list or map around it, which outlives it: places are made on the stack, going down. */
  const JsonAt* outer_;
  std::string_view key_;
  size_t index_;
};

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_JSON_JSON_VALUE_H_
