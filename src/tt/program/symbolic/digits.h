/*!
 * \file program/symbolic/digits.h
 * \brief What quotients and remainders tell of the number that they were taken of.
 */
#ifndef TILELANG_TT_PROGRAM_SYMBOLIC_DIGITS_H_
#define TILELANG_TT_PROGRAM_SYMBOLIC_DIGITS_H_

#include <vector>

#include "symbols.h"

namespace tilelang_tt {
namespace program {

/*!
 * \brief The sums whose values follow from those of given ones, by their digits.
 *
 * x is told by x // d and x % d, of whatever depth: of x // 12, x // 4 % 3 and x % 4 the last two
 * tell what x // 4 is of the first, and so x. A flat index that is split into a place is one.
 */
std::vector<Affine> ToldByDigits(const std::vector<Affine>& given, Symbols* symbols);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_SYMBOLIC_DIGITS_H_
