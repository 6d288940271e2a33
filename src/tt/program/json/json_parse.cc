/*!
 * \file program/json/json_parse.cc
 * \brief A parser of JSON; see json_value.h.
 */
#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "json.h"
#include "json_value.h"

namespace tilelang_tt {
namespace program {
namespace {

/*! Deeper nesting is refused before it can exhaust the stack. */
constexpr int kMostDepth = 4000;

/*! So many keys are compared one by one. */
constexpr size_t kFewKeys = 32;

class Parser {
 public:
  Parser(std::string_view text, const std::string& place)
      : place_(place), begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

  JsonValue Document() {
    JsonValue value;
    Value(0, &value);
    Space();
    if (at_ != end_) Fail("the end of the text");
    return value;
  }

 private:
  [[noreturn]] void Fail(const std::string& expected) const {
    size_t line = std::count(begin_, at_, '\n') + 1;
    const char* line_begin = at_;
    while (line_begin != begin_ && line_begin[-1] != '\n') --line_begin;
    std::string found = at_ == end_ ? "the end of the text" : "'" + std::string(1, *at_) + "'";
    throw MalformedProgram(place_ + (place_.empty() ? "line " : ": line ") + std::to_string(line) +
                           ", column " + std::to_string(at_ - line_begin + 1) + ": found " + found +
                           "; expected " + expected);
  }

  void Space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  /*! Whether the next character is this one, which is then passed. */
  bool Take(char c) {
    Space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void Need(char c) {
    if (!Take(c)) Fail(std::string("'") + c + "'");
  }

  void Value(int depth, JsonValue* value) {
    if (depth > kMostDepth) Fail("at most " + std::to_string(kMostDepth) + " nested values");
    Space();
    if (at_ == end_) Fail("a value");
    switch (*at_) {
      case '{':
        return Map(depth, value);
      case '[':
        return List(depth, value);
      case '"':
        value->kind = JsonValue::Kind::kText;
        value->text = String();
        return;
      case 't':
        Word("true");
        value->kind = JsonValue::Kind::kBool;
        value->boolean = true;
        return;
      case 'f':
        Word("false");
        value->kind = JsonValue::Kind::kBool;
        return;
      case 'n':
        return Word("null");
      default:
        return Number(value);
    }
  }

  void Map(int depth, JsonValue* value) {
    value->kind = JsonValue::Kind::kMap;
    Need('{');
    if (Take('}')) return;
    std::unordered_set<std::string> many;  // the keys of a long map, which are not gone through
    do {
      Space();
      if (at_ == end_ || *at_ != '"') Fail("a key");
      std::string key = String();
      const std::vector<std::string>& keys = value->keys;
      if (keys.size() == kFewKeys) many.insert(keys.begin(), keys.end());
      bool twice = keys.size() < kFewKeys ? std::find(keys.begin(), keys.end(), key) != keys.end()
                                          : !many.insert(key).second;
      if (twice) Fail("\"" + key + "\" only once in an object");
      Need(':');
      value->keys.push_back(std::move(key));
      value->items.emplace_back();
      Value(depth + 1, &value->items.back());
    } while (Take(','));
    Need('}');
  }

  void List(int depth, JsonValue* value) {
    value->kind = JsonValue::Kind::kList;
    Need('[');
    if (Take(']')) return;
    do {
      value->items.emplace_back();
      Value(depth + 1, &value->items.back());
    } while (Take(','));
    Need(']');
  }

  void Word(std::string_view word) {
    if (std::string_view(at_, end_ - at_).substr(0, word.size()) != word) Fail("a value");
    at_ += word.size();
  }

  void Number(JsonValue* value) {
    const char* first = at_;
    if (at_ != end_ && *at_ == '-') ++at_;
    const char* digits = at_;
    Digits();
    if (at_ - digits > 1 && *digits == '0') Fail("a number without leading zeros");
    bool real = false;
    if (at_ != end_ && *at_ == '.') {
      real = true;
      ++at_;
      Digits();
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      real = true;
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      Digits();
    }
    value->kind = real ? JsonValue::Kind::kReal : JsonValue::Kind::kInt;
    auto result = real ? std::from_chars(first, at_, value->real)
                       : std::from_chars(first, at_, value->integer);
    if (uint64_t bits = 0; !real && result.ec == std::errc::result_out_of_range && *first != '-') {
      result = std::from_chars(first, at_, bits);
      value->beyond_int64 = true;
      value->integer = static_cast<int64_t>(bits);
    }
    if (result.ec != std::errc()) {
      at_ = first;
      Fail(real ? "a number within the range of a double" : "an integer of at most 64 bits");
    }
  }

  void Digits() {
    const char* first = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    if (at_ == first) Fail("a value");
  }

  std::string String() {
    std::string text;
    ++at_;
    while (true) {
      if (at_ == end_ || static_cast<unsigned char>(*at_) < 0x20) Fail("the end of a string");
      char c = *at_++;
      if (c == '"') return text;
      if (c != '\\') {
        text.push_back(c);
      } else {
        Escape(&text);
      }
    }
  }

  void Escape(std::string* text) {
    constexpr std::string_view kNames = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
    if (at_ == end_) Fail("an escape");
    if (size_t i = kNames.find(*at_); i != kNames.npos) {
      ++at_;
      return text->push_back(kMeant[i]);
    }
    if (*at_ != 'u') Fail("an escape");
    uint32_t code = Hex();
    if (code >= 0xd800 && code < 0xdc00 && at_ != end_ && *at_ == '\\') {
      ++at_;
      uint32_t low = at_ != end_ && *at_ == 'u' ? Hex() : 0;
      if (low < 0xdc00 || low > 0xdfff) Fail("the second half of a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xd800 && code <= 0xdfff) {
      Fail("a surrogate pair, not a half of one");
    }
    Utf8(code, text);
  }

  /*! Four digits after a 'u'. */
  uint32_t Hex() {
    ++at_;
    uint32_t code = 0;
    if (end_ - at_ < 4) Fail("four hexadecimal digits");
    auto result = std::from_chars(at_, at_ + 4, code, 16);
    if (result.ptr != at_ + 4) Fail("four hexadecimal digits");
    at_ += 4;
    return code;
  }

  static void Utf8(uint32_t code, std::string* text) {
    if (code < 0x80) return text->push_back(static_cast<char>(code));
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    constexpr int kFirst[] = {0, 0xc0, 0xe0, 0xf0};
    text->push_back(static_cast<char>(kFirst[more] | (code >> (6 * more))));
    while (more-- > 0) text->push_back(static_cast<char>(0x80 | ((code >> (6 * more)) & 0x3f)));
  }

  const std::string& place_;
  const char* begin_;
  const char* at_;
  const char* end_;
};

}  // namespace

JsonValue ParseJson(std::string_view text, const std::string& place) {
  return Parser(text, place).Document();
}

}  // namespace program
}  // namespace tilelang_tt
