/*!
 * \file program/json/json_names.h
 * \brief How enumerations are named in JSON: each list in the order of its enumeration.
 */
#ifndef TILELANG_TT_PROGRAM_JSON_JSON_NAMES_H_
#define TILELANG_TT_PROGRAM_JSON_JSON_NAMES_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace tilelang_tt {
namespace program {

constexpr const char* kLoopKinds[] = {"parallel", "serial", "unrolled", "vectorised", "thread"};
constexpr const char* kReduceKinds[] = {"sum",    "max",    "min",   "abssum",
                                        "absmax", "bitand", "bitor", "bitxor"};
/*! Of an atomic update: as of a reduction, but "add". */
constexpr const char* kAtomicKinds[] = {"add", "max", "min"};
constexpr const char* kScanKinds[] = {"sum", "max"};
constexpr const char* kBufferKinds[] = {"tensor", "workspace", "scratch", "view"};
constexpr const char* kVariableKinds[] = {"scalar", "block", "loop", "let"};

template <typename Enum, size_t n>
const char* NameIn(const char* const (&names)[n], Enum value) {
  return names[static_cast<size_t>(value)];
}

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_JSON_JSON_NAMES_H_
