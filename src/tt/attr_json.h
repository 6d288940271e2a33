/*!
 * \file attr_json.h
 * \brief Attributes as JSON text and back, in one go: a walk over nested maps from Python costs
 *   ten times as much.
 */
#ifndef TILELANG_TT_ATTR_JSON_H_
#define TILELANG_TT_ATTR_JSON_H_

#include <tvm/ffi/tvm_ffi.h>

#include <string>
#include <string_view>

#include "attrs.h"
#include "program/json/json_value.h"

namespace tilelang_tt {
namespace json {

/*!
 * \brief The deepest nesting of lists and maps in a document. A program's expressions, of which
 * each level is two, are at most 200 deep, its steps at most 64; the bound keeps every recursion
 * over a document within any thread's stack, and within Python's limit.
 */
constexpr int kMaxDepth = 640;

/*! \brief A number so that it is read back as the same, and as the float that it is: 8.0, 1e-05. */
std::string WriteFloat(double value);

/*!
 * \brief Attributes as JSON: maps, lists, strings, numbers and booleans, also as TVM's nodes.
 * \throws ValueError: another type, or more than kMaxDepth levels.
 */
std::string Write(const ffi::Any& value);

/*!
 * \brief A JSON text, parsed.
 * \param place What an error begins with; "" for a caller who adds it.
 * \throws ValueError: text that is no JSON, or that has more than kMaxDepth levels.
 */
program::JsonValue Parse(std::string_view text, const std::string& place);

/*! \brief The same as an attribute. An integer beyond int64 is a float. */
ffi::Any ToAttr(const program::JsonValue& value);

}  // namespace json
}  // namespace tilelang_tt

#endif  // TILELANG_TT_ATTR_JSON_H_
