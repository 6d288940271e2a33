/*!
 * \file program/fold.h
 * \brief Arithmetic on integer constants, as docs/program.md defines it.
 */
#ifndef TILELANG_TT_PROGRAM_FOLD_H_
#define TILELANG_TT_PROGRAM_FOLD_H_

#include <cstdint>
#include <optional>

#include "expr.h"

namespace tilelang_tt {
namespace program {

/*! \brief The result of a binary operation; nothing where it overflows, divides by zero, or is no
 *  arithmetic of integers. Comparisons give 0 or 1. */
std::optional<int64_t> Fold(Op op, int64_t a, int64_t b);

/*! \brief Whether a value can be held by an integer dtype or bool. */
bool Fits(int64_t value, Dtype dtype);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_FOLD_H_
