/*!
 * \file text.h
 * \brief Text of a message: one line, printable, and of a bounded length, whatever it tells of.
 */
#ifndef TILELANG_TT_TEXT_H_
#define TILELANG_TT_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace tilelang_tt {

/*! \brief The most bytes that a message shows of one name or value. */
constexpr size_t kMaxShown = 160;

/*! \brief The most bytes of a whole message. */
constexpr size_t kMaxMessage = 1000;

/*! \brief A text whose control characters, and those that hide or reorder others, are escaped. */
std::string Printable(std::string_view text);

/*!
 * \brief A text of at most `most` bytes (at least 16): a longer one has "..." for its middle,
 *   since a message begins with the place and ends with what is expected.
 */
std::string Shorten(std::string text, size_t most);

/*! \brief A name as a message shows it: printable, and at most kMaxShown bytes. */
std::string ShowName(const std::string& name);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TEXT_H_
