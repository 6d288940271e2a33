/*!
 * \file program/json/json_text.cc
 * \brief Numbers and strings as JSON text; see json_text.h.
 */
#include "json_text.h"

#include <charconv>
#include <cstdlib>

namespace tilelang_tt {
namespace program {
namespace {

/*! The code point that UTF-8 has at a place, and the place after it; U+FFFD for what is none. */
uint32_t TakeCodePoint(std::string_view text, size_t* at) {
  constexpr uint32_t kReplacement = 0xfffd, kLeast[] = {0, 0x80, 0x800, 0x10000};
  auto first = static_cast<unsigned char>(text[(*at)++]);
  if (first < 0x80) return first;
  size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc0 || first > 0xf7 || *at + more > text.size()) return kReplacement;
  uint32_t code = first & (0x3f >> more);
  for (size_t i = 0; i < more; ++i) {
    auto next = static_cast<unsigned char>(text[*at + i]);
    if ((next & 0xc0) != 0x80) return kReplacement;
    code = code << 6 | (next & 0x3f);
  }
  if (code < kLeast[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    return kReplacement;
  }
  *at += more;
  return code;
}

/*! \uXXXX, or two of them. */
void AppendEscaped(uint32_t code, std::string* out) {
  if (code >= 0x10000) {
    AppendEscaped(0xd800 + ((code - 0x10000) >> 10), out);
    code = 0xdc00 + (code & 0x3ff);
  }
  out->append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) {
    out->push_back("0123456789abcdef"[(code >> shift) & 15]);
  }
}

}  // namespace

void AppendInt(int64_t value, std::string* out) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof(digits), value);
  out->append(digits, end.ptr);
}

void AppendReal(double value, std::string* out) {
  // "-1.2345e-07": the fewest digits; the layout is then Python's.
  char text[32];
  char* end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  std::string_view number(text, end - text);
  if (number.front() == '-') {
    out->push_back('-');
    number.remove_prefix(1);
  }
  size_t mark = number.find('e');
  int exponent = 0;
  const char* exponent_begin = number.data() + mark + (number[mark + 1] == '+' ? 2 : 1);
  std::from_chars(exponent_begin, number.data() + number.size(), exponent);
  std::string digits(1, number[0]);
  if (mark > 2) digits.append(number.substr(2, mark - 2));

  if (exponent < -4 || exponent >= 16) {
    out->push_back(digits[0]);
    if (digits.size() > 1) out->append(".").append(digits, 1);
    out->append(exponent < 0 ? "e-" : "e+");
    if (std::abs(exponent) < 10) out->push_back('0');
    AppendInt(std::abs(exponent), out);
  } else if (exponent < 0) {
    out->append("0.").append(-exponent - 1, '0').append(digits);
  } else {
    size_t whole = exponent + 1;
    if (digits.size() < whole) digits.append(whole - digits.size(), '0');
    out->append(digits, 0, whole).append(".");
    out->append(digits.size() > whole ? digits.substr(whole) : "0");
  }
}

void AppendQuoted(std::string_view text, std::string* out) {
  constexpr std::string_view kShort = "\"\\\n\r\t\b\f", kNames = "\"\\nrtbf";
  out->push_back('"');
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if (size_t name = kShort.find(c); name != kShort.npos) {
      out->append("\\").push_back(kNames[name]);
      ++i;
    } else if (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80) {
      out->push_back(c);
      ++i;
    } else {
      AppendEscaped(TakeCodePoint(text, &i), out);
    }
  }
  out->push_back('"');
}

}  // namespace program
}  // namespace tilelang_tt
