/*!
 * \file attr_json.h
 * \brief Attributes as JSON text and back, in one go: a walk over nested maps from Python costs
 *   ten times as much.
 */
#ifndef TILELANG_TT_ATTR_JSON_H_
#define TILELANG_TT_ATTR_JSON_H_

#include <tvm/ffi/tvm_ffi.h>

#include <string>

#include "attrs.h"

namespace tilelang_tt {
namespace json {

/*!
 * \brief The deepest nesting of lists and maps in a document. Those of schema version 1 have 6;
 *   the bound keeps every recursion over a document within any thread's stack.
 */
constexpr int kMaxDepth = 64;

/*! \brief A number so that it is read back as the same, and as the float that it is: 8.0, 1e-05. */
std::string WriteFloat(double value);

/*!
 * \brief Attributes as JSON: maps, lists, strings, numbers and booleans, also as TVM's nodes.
 * \throws ValueError: another type, or more than kMaxDepth levels.
 */
std::string Write(const ffi::Any& value);

/*!
 * \brief The value of a JSON text. Maps have strings as keys; an integer beyond 64 bits is a float.
 * \param place What an error begins with; "" for a caller who adds it.
 * \throws ValueError: text that is no JSON, or that has more than kMaxDepth levels.
 */
ffi::Any Read(const ffi::String& text, const std::string& place);

}  // namespace json
}  // namespace tilelang_tt

#endif  // TILELANG_TT_ATTR_JSON_H_
