/*!
 * \file program/json/json.h
 * \brief A tile program as text, and back: the format of docs/program.md.
 *
 * ToJson writes the canonical text: keys in the order of the document, no white space,
 * what has its default left out, numbers as Python's json writes them. Two programs are
 * equal if their texts are. FromJson reads any JSON of that form, with keys in any order.
 */
#ifndef TILELANG_TT_PROGRAM_JSON_JSON_H_
#define TILELANG_TT_PROGRAM_JSON_JSON_H_

#include <stdexcept>
#include <string>
#include <string_view>

#include "../program.h"
#include "json_value.h"

namespace tilelang_tt {
namespace program {

/*! \brief A text that is no tile program: the place, what was found there and what was expected. */
class MalformedProgram : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/*! \brief The canonical text. */
std::string ToJson(const Program& program);

/*! \brief The canonical text of one expression. */
std::string ToJson(ExprRef expr);

/*!
 * \brief The program of a text. Throws MalformedProgram.
 *
 * Checked is what can be checked without running it: that keys, ids, ranks and dtypes fit,
 * that variables are bound once and used where they are bound, and that steps stand where
 * they may.
 */
Program FromJson(std::string_view text);

/*! \brief The program of a part of a document. */
Program FromJson(const JsonValue& document);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_JSON_JSON_H_
