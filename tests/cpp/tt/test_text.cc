/*!
 * \file test_text.cc
 * \brief Text of a message is printable and bounded, and no character of it is cut into halves.
 */
#include <catch2/catch.hpp>

#include "text.h"

namespace tilelang_tt {
namespace {

TEST_CASE("what a person can read stays, and what hides or moves other text is escaped", "[text]") {
  struct Case {
    std::string text, shown;
  };
  Case table = GENERATE(Case{"", ""}, Case{"gemm: A", "gemm: A"}, Case{"\x1b[31m", "\\x1b[31m"},
                        Case{"a\nb\tc", "a\\x0ab\\x09c"}, Case{"\x7f", "\\x7f"},
                        Case{std::string("\0", 1), "\\x00"}, Case{"\u00e9\u4e2d", "\u00e9\u4e2d"},
                        Case{"\xc2\x85", "\\u0085"}, Case{"\u202e", "\\u202e"},
                        Case{"\u2028", "\\u2028"}, Case{"\ufeff", "\\ufeff"},
                        Case{"\U0001f600", "\U0001f600"}, Case{"\U000e0041", "\\ue0041"},
                        // No UTF-8: bytes alone, and sequences that end too soon.
                        Case{"\xff", "\xff"}, Case{"\x80", "\x80"}, Case{"\xe2\x80", "\xe2\x80"});
  CHECK(Printable(table.text) == table.shown);
}

TEST_CASE("a long text keeps its two ends, and its characters whole", "[text]") {
  CHECK(Shorten("0123456789abcdef", 16) == "0123456789abcdef");
  CHECK(Shorten("0123456789abcdefg", 16) == "012345...abcdefg");
  for (size_t ascii = 0; ascii < 4; ++ascii) {
    std::string text(ascii, 'x');
    for (int i = 0; i < 100; ++i) text += "\u4e2d";
    std::string shortened = Shorten(text, 32);
    CHECK(shortened.size() <= 32);
    CHECK(shortened.size() >= 27);
    size_t gap = shortened.find("...");
    CHECK((gap - ascii) % 3 == 0);
    CHECK((shortened.size() - gap) % 3 == 0);
  }
}

TEST_CASE("a name is as short as a message can show", "[text]") {
  CHECK(ShowName("A") == "A");
  CHECK(ShowName(std::string(1 << 20, 'x')).size() == kMaxShown);
  CHECK(ShowName(std::string(1 << 20, '\n')).size() <= kMaxShown);
}

}  // namespace
}  // namespace tilelang_tt
