/*!
 * \file program/symbolic/affine.cc
 * \brief Sums of symbols times factors; see affine.h.
 */
#include "affine.h"

#include <utility>

namespace tilelang_tt {
namespace program {
namespace {

/*! a + factor * b, if that is small enough to go on computing with. */
bool AddProduct(int64_t a, int64_t factor, int64_t b, int64_t* sum) {
  int64_t product;
  return !__builtin_mul_overflow(factor, b, &product) && !__builtin_add_overflow(a, product, sum) &&
         *sum <= Affine::kMost && *sum >= -Affine::kMost;
}

int64_t Clamp(__int128 value) {
  if (value >= Range::kFar) return Range::kFar;
  if (value <= -Range::kFar) return -Range::kFar;
  return static_cast<int64_t>(value);
}

}  // namespace

int64_t Affine::FactorOf(int symbol) const {
  for (const Term& term : terms) {
    if (term.symbol == symbol) return term.factor;
  }
  return 0;
}

Affine Affine::Without(int symbol) const {
  Affine rest{constant, {}, exact};
  for (const Term& term : terms) {
    if (term.symbol != symbol) rest.terms.push_back(term);
  }
  return rest;
}

Affine AddScaled(const Affine& a, const Affine& b, int64_t factor) {
  Affine sum;
  sum.exact = a.exact && b.exact && AddProduct(a.constant, factor, b.constant, &sum.constant);
  auto i = a.terms.begin(), j = b.terms.begin();
  while (i != a.terms.end() || j != b.terms.end()) {
    bool take_a = j == b.terms.end() || (i != a.terms.end() && i->symbol <= j->symbol);
    bool take_b = i == a.terms.end() || (j != b.terms.end() && j->symbol <= i->symbol);
    int symbol = take_a ? i->symbol : j->symbol;
    int64_t total = 0;
    sum.exact &=
        AddProduct(take_a ? i->factor : 0, take_b ? factor : 0, take_b ? j->factor : 0, &total);
    if (total != 0) sum.terms.push_back({symbol, total});
    if (take_a) ++i;
    if (take_b) ++j;
  }
  return sum;
}

Range operator+(const Range& a, const Range& b) {
  Range sum;
  sum.least = a.least <= -Range::kFar || b.least <= -Range::kFar
                  ? -Range::kFar
                  : Clamp(static_cast<__int128>(a.least) + b.least);
  sum.most = a.most >= Range::kFar || b.most >= Range::kFar
                 ? Range::kFar
                 : Clamp(static_cast<__int128>(a.most) + b.most);
  return sum;
}

Range operator*(const Range& a, int64_t factor) {
  if (factor == 0) return {0, 0};
  Range product{Clamp(static_cast<__int128>(a.least) * factor),
                Clamp(static_cast<__int128>(a.most) * factor)};
  if (factor < 0) std::swap(product.least, product.most);
  return product;
}

int64_t FloorDiv(int64_t value, int64_t divisor) {
  int64_t quotient = value / divisor;
  return quotient * divisor > value ? quotient - 1 : quotient;
}

}  // namespace program
}  // namespace tilelang_tt
