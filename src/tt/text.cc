/*!
 * \file text.cc
 * \brief Text of a message; see text.h.
 */
#include "text.h"

#include <cstdint>
#include <cstdio>
#include <utility>

namespace tilelang_tt {
namespace {

bool Continues(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

/*! The code point that a UTF-8 sequence of two to four bytes stands for. */
uint32_t CodePoint(std::string_view sequence) {
  uint32_t point = static_cast<uint8_t>(sequence[0]) & (0xFF >> (sequence.size() + 1));
  for (char c : sequence.substr(1)) point = point << 6 | (static_cast<uint8_t>(c) & 0x3F);
  return point;
}

/*! Control characters, and what is invisible or changes how its neighbours are shown. */
bool IsControl(uint32_t point) {
  static constexpr std::pair<uint32_t, uint32_t> kRanges[] = {
      {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},      {0x61C, 0x61C},
      {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},  {0x2060, 0x206F},
      {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};
  for (auto [first, last] : kRanges) {
    if (point >= first && point <= last) return true;
  }
  return false;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  char escape[12];
  for (size_t i = 0; i < text.size();) {
    uint8_t first = static_cast<uint8_t>(text[i]);
    size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::string_view sequence = text.substr(i, length);
    i += sequence.size();
    uint32_t point = sequence.size() == 1 ? first : CodePoint(sequence);
    // Bytes from 0x80 on that stand alone are no text at all, and are left to who decodes them.
    if (sequence.size() < length || (length == 1 && first >= 0x80) || !IsControl(point)) {
      out += sequence;
    } else {
      std::snprintf(escape, sizeof(escape), point < 0x80 ? "\\x%02x" : "\\u%04x", point);
      out += escape;
    }
  }
  return out;
}

std::string Shorten(std::string text, size_t most) {
  constexpr std::string_view kGap = "...";
  if (text.size() <= most) return text;
  size_t head = (most - kGap.size()) / 2;
  size_t tail = text.size() - (most - kGap.size() - head);
  // No character is cut into halves.
  while (head > 0 && Continues(text[head])) --head;
  while (tail < text.size() && Continues(text[tail])) ++tail;
  text.replace(head, tail - head, kGap);
  return text;
}

std::string ShowName(const std::string& name) {
  // What is cut away is not looked at: a name may be as long as memory allows.
  constexpr size_t kEnds = 2 * kMaxShown;
  if (name.size() <= kEnds) return Shorten(Printable(name), kMaxShown);
  return Shorten(Printable(Shorten(name, kEnds)), kMaxShown);
}

}  // namespace tilelang_tt
