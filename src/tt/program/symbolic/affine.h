/*!
 * \file program/symbolic/affine.h
 * \brief Integers of a tile program as sums: a constant, and symbols times factors.
 */
#ifndef TILELANG_TT_PROGRAM_SYMBOLIC_AFFINE_H_
#define TILELANG_TT_PROGRAM_SYMBOLIC_AFFINE_H_

#include <cstdint>

#include "few.h"

namespace tilelang_tt {
namespace program {

/*! \brief Integers from least to most, both included; beyond kFar in either direction: no bound. */
struct Range {
  static constexpr int64_t kFar = int64_t{1} << 60;
  int64_t least = -kFar, most = kFar;

  bool within(const Range& other) const { return least >= other.least && most <= other.most; }
  bool bounded() const { return least > -kFar && most < kFar; }
};

/*! \brief factor times the value of a symbol (symbols.h says what a symbol is). */
struct Term {
  int symbol;
  int64_t factor;

  bool operator==(const Term& other) const {
    return symbol == other.symbol && factor == other.factor;
  }
};

/*!
 * \brief constant + the sum of the terms, in ascending order of symbols, no factor 0.
 *
 * Factors and constants beyond kMost make a sum that is not exact: it compares with
 * nothing, and has no bounds.
 */
struct Affine {
  static constexpr int64_t kMost = int64_t{1} << 60;

  int64_t constant = 0;
  Few<Term, 3> terms;
  bool exact = true;

  static Affine Of(int64_t constant) { return {constant, {}, true}; }
  static Affine OfSymbol(int symbol) { return {0, {{symbol, 1}}, true}; }

  bool is_constant() const { return exact && terms.empty(); }
  bool operator==(const Affine& other) const {
    return exact && other.exact && constant == other.constant && terms == other.terms;
  }
  bool operator!=(const Affine& other) const { return !(*this == other); }

  int64_t FactorOf(int symbol) const;
  /*! The sum without the term of a symbol. */
  Affine Without(int symbol) const;
};

/*! \brief a + factor * b. */
Affine AddScaled(const Affine& a, const Affine& b, int64_t factor);
inline Affine operator+(const Affine& a, const Affine& b) { return AddScaled(a, b, 1); }
inline Affine operator-(const Affine& a, const Affine& b) { return AddScaled(a, b, -1); }
inline Affine operator*(const Affine& a, int64_t factor) { return AddScaled(Affine(), a, factor); }

/*! \brief Bounds of a sum, of a product with a factor; saturating. */
Range operator+(const Range& a, const Range& b);
Range operator*(const Range& a, int64_t factor);

/*! \brief Rounds toward minus infinity; the divisor is positive. */
int64_t FloorDiv(int64_t value, int64_t divisor);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_SYMBOLIC_AFFINE_H_
