/*!
 * \file program/fold.cc
 * \brief Arithmetic on integer constants; see fold.h.
 */
#include "fold.h"

#include <algorithm>
#include <limits>

namespace tilelang_tt {
namespace program {

std::optional<int64_t> Fold(Op op, int64_t a, int64_t b) {
  int64_t result;
  switch (op) {
    case Op::kAdd:
      return __builtin_add_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case Op::kSub:
      return __builtin_sub_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case Op::kMul:
      return __builtin_mul_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case Op::kMin:
      return std::min(a, b);
    case Op::kMax:
      return std::max(a, b);
    case Op::kEq:
      return a == b;
    case Op::kNe:
      return a != b;
    case Op::kLt:
      return a < b;
    case Op::kLe:
      return a <= b;
    case Op::kGt:
      return a > b;
    case Op::kGe:
      return a >= b;
    case Op::kAnd:
      return a != 0 && b != 0;
    case Op::kOr:
      return a != 0 || b != 0;
    default:
      break;
  }
  if (b == 0 || (a == std::numeric_limits<int64_t>::min() && b == -1)) return std::nullopt;
  int64_t quotient = a / b, rest = a % b;
  bool below = rest != 0 && (rest < 0) != (b < 0);
  switch (op) {
    case Op::kDiv:
      return quotient;
    case Op::kMod:
      return rest;
    case Op::kFloorDiv:
      return quotient - below;
    case Op::kFloorMod:
      return below ? rest + b : rest;
    default:
      return std::nullopt;
  }
}

bool Fits(int64_t value, Dtype dtype) {
  if (dtype.is_bool()) return value == 0 || value == 1;
  if (dtype.bits >= 64) return dtype.code == 0 || value >= 0;
  int64_t range = int64_t{1} << (dtype.code == 0 ? dtype.bits - 1 : dtype.bits);
  return value < range && value >= (dtype.code == 0 ? -range : 0);
}

}  // namespace program
}  // namespace tilelang_tt
