/*!
 * \file program/symbolic/digits.cc
 * \brief Putting numbers together from their digits; see digits.h.
 */
#include "digits.h"

#include <algorithm>
#include <optional>

namespace tilelang_tt {
namespace program {
namespace {

/*! of // by, or of % by. */
struct Division {
  Affine of;
  int64_t by;

  bool operator==(const Division& other) const { return of == other.of && by == other.by; }
};

/*! The division that a sum is, if it is one by a constant that rounds toward minus infinity. */
std::optional<Division> DivisionOf(const Affine& sum, bool remainder, Symbols* symbols) {
  if (!sum.exact || sum.constant != 0 || sum.terms.size() != 1 || sum.terms[0].factor != 1 ||
      symbols->is_variable(sum.terms[0].symbol)) {
    return std::nullopt;
  }
  ExprRef term = symbols->TermOf(sum.terms[0].symbol);
  if (term == nullptr) return std::nullopt;
  bool floors = term->op == (remainder ? Op::kFloorMod : Op::kFloorDiv);
  if (!floors && term->op != (remainder ? Op::kMod : Op::kDiv)) return std::nullopt;
  if (!term->dtype.is_integer()) return std::nullopt;
  Affine of = symbols->Of(term->args[0]), by = symbols->Of(term->args[1]);
  if (!of.exact || !by.is_constant() || by.constant < 1) return std::nullopt;
  if (!floors && symbols->RangeOf(of).least < 0) return std::nullopt;
  return Division{of, by.constant};
}

/*!
 * of // by in one form: quotients of quotients are one (x // 4 // 3 is x // 12), and what is a sum
 * is divided by 1. A divisor that overflows is 0, which no other is.
 */
Division QuotientOf(Affine of, int64_t by, Symbols* symbols) {
  while (true) {
    if (std::optional<Division> inner = DivisionOf(of, false, symbols)) {
      if (__builtin_mul_overflow(by, inner->by, &by)) return {of, 0};
      of = inner->of;
      continue;
    }
    Affine rest;
    std::optional<Affine> sum =
        by > 1 && of.exact ? symbols->Quotient(of, by, &rest) : std::nullopt;
    if (!sum) return {of, by};
    of = *std::move(sum);
    by = 1;
  }
}

}  // namespace

std::vector<Affine> ToldByDigits(const std::vector<Affine>& given, Symbols* symbols) {
  std::vector<Affine> told;
  std::vector<Division> quotients, remainders;
  for (const Affine& sum : given) {
    quotients.push_back(QuotientOf(sum, 1, symbols));
    if (auto found = DivisionOf(sum, true, symbols)) remainders.push_back(*std::move(found));
  }
  // Each turn joins one remainder to the quotient that it belongs to.
  for (bool joined = true; joined;) {
    joined = false;
    for (size_t i = 0; i < remainders.size() && !joined; ++i) {
      Division high = QuotientOf(remainders[i].of, remainders[i].by, symbols);
      if (high.by < 1 || std::find(quotients.begin(), quotients.end(), high) == quotients.end()) {
        continue;
      }
      told.push_back(remainders[i].of);
      quotients.push_back(QuotientOf(remainders[i].of, 1, symbols));
      remainders.erase(remainders.begin() + static_cast<std::ptrdiff_t>(i));
      joined = true;
    }
  }
  return told;
}

}  // namespace program
}  // namespace tilelang_tt
