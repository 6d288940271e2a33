/*!
 * \file program/json/json_text.h
 * \brief Pieces of JSON text, spelled as Python's json module spells them.
 */
#ifndef TILELANG_TT_PROGRAM_JSON_JSON_TEXT_H_
#define TILELANG_TT_PROGRAM_JSON_JSON_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace tilelang_tt {
namespace program {

void AppendInt(int64_t value, std::string* out);

/*! \brief A finite double as repr() has it: the fewest digits that read back as it, "1.0", "1e+16".
 */
void AppendReal(double value, std::string* out);

/*! \brief A string of UTF-8 in quotes; what is not ASCII is escaped as \uXXXX. */
void AppendQuoted(std::string_view text, std::string* out);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_JSON_JSON_TEXT_H_
