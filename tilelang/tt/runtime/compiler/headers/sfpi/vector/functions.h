// Functions of one instruction or a few: fields of floats, minima, conversions.
#pragma once

#include "registers.h"

namespace sfpi {

namespace impl_ {
template <class T>
using Vector = std::enable_if_t<is_vector<T>>*;

template <class T>
sfpi_inline Pending<T, Unary> unary_of(const vVal& c, Opcode opcode, unsigned imm, unsigned mode) {
  return {{c.lanes(), imm_word(opcode, imm, mode)}};
}
template <class T>
sfpi_inline T combined_of(const vVal& start, const vVal& c, Opcode opcode, unsigned mode) {
  return combined<T>(start.lanes(), c.lanes(), imm_word(opcode, 0, mode));
}
}  // namespace impl_

// Fields of a float.

enum class ExponentMode { Unbiased, Biased, Debias = Unbiased, NoDebias = Biased };
enum class MantissaMode { FractionOnly, WithUnitBit, ImplicitOne = WithUnitBit };

sfpi_inline auto exexp(vFloat x, ExponentMode mode = ExponentMode::Unbiased) {
  return impl_::unary_of<vInt>(x, impl_::kExExp, 0, mode == ExponentMode::Biased);
}
sfpi_inline auto exexp_nodebias(vFloat x) { return exexp(x, ExponentMode::Biased); }
sfpi_inline auto exman(vFloat x, MantissaMode mode = MantissaMode::FractionOnly) {
  return impl_::unary_of<vMag>(x, impl_::kExMan, 0, mode == MantissaMode::FractionOnly);
}
sfpi_inline vInt exman8(vFloat x) { return vInt(vMag(exman(x, MantissaMode::WithUnitBit))); }
sfpi_inline vInt exman9(vFloat x) { return vInt(vMag(exman(x))); }
template <class T, impl_::Vector<T> = nullptr>
sfpi_inline vUInt exsgn(const T& x) {
  return as<vUInt>(x) >> 31;
}

sfpi_inline auto setexp(vFloat x, int exponent) {
  return impl_::unary_of<vFloat>(x, impl_::kSetExp, exponent, 1);
}
sfpi_inline auto setexp(vFloat x, vInt exponent) {
  return impl_::combined_of<vFloat>(exponent, x, impl_::kSetExp, 0);
}
sfpi_inline auto copyexp(vFloat x, vFloat exponent) {
  return impl_::combined_of<vFloat>(exponent, x, impl_::kSetExp, 2);
}
sfpi_inline auto addexp(vFloat x, int k) { return impl_::unary_of<vFloat>(x, impl_::kDivP2, k, 1); }
sfpi_inline auto setman(vFloat x, unsigned mantissa) {
  return impl_::unary_of<vFloat>(x, impl_::kSetMan, mantissa, 1);
}
sfpi_inline auto setman(vFloat x, int mantissa) { return setman(x, unsigned(mantissa)); }
template <class T, impl_::Vector<T> = nullptr>
sfpi_inline auto setman(vFloat x, const T& mantissa) {
  return impl_::combined_of<vFloat>(mantissa, x, impl_::kSetMan, 0);
}
sfpi_inline auto copyman(vFloat x, vFloat mantissa) {
  return impl_::combined_of<vFloat>(mantissa, x, impl_::kSetMan, 0);
}

// What a sign can be set in: a float, a magnitude with a sign; of an unsigned number that is one.
namespace impl_ {
template <class T>
using Signed = std::conditional_t<std::is_base_of_v<vUInt, T>, vSMag, T>;
}
template <class T, impl_::Vector<T> = nullptr>
sfpi_inline auto setsgn(const T& x, int sign) {
  return impl_::unary_of<impl_::Signed<T>>(x, impl_::kSetSgn, sign, 1);
}
template <class T, class Emit>
sfpi_inline auto setsgn(const impl_::Pending<T, Emit>& x, int sign) {
  return setsgn(T(x), sign);
}
template <class T, class S, impl_::Vector<T> = nullptr, impl_::Vector<S> = nullptr>
sfpi_inline auto copysgn(const T& x, const S& sign) {
  return impl_::combined_of<impl_::Signed<T>>(sign, x, impl_::kSetSgn, 0);
}
template <class T, class Emit, class S>
sfpi_inline auto copysgn(const impl_::Pending<T, Emit>& x, const S& sign) {
  return copysgn(T(x), sign);
}
template <class T, class S, class Emit, impl_::Vector<T> = nullptr>
sfpi_inline auto copysgn(const T& x, const impl_::Pending<S, Emit>& sign) {
  return copysgn(x, S(sign));
}
template <class T, class S, impl_::Vector<T> = nullptr, impl_::Vector<S> = nullptr>
sfpi_inline auto setsgn(const T& x, const S& sign) {
  return copysgn(x, sign);
}
// The sign is the lowest bit of an integer.
template <class T, class S>
sfpi_inline auto setsgn2(const T& x, const S& sign) {
  return copysgn(x, vUInt(as<vUInt>(sign) << 31));
}

sfpi_inline auto abs(vFloat x) { return impl_::unary_of<vFloat>(x, impl_::kAbs, 0, 1); }
sfpi_inline auto abs(vInt x) { return impl_::unary_of<vMag>(x, impl_::kAbs, 0, 0); }
sfpi_inline auto abs(vSMag x) { return impl_::unary_of<vMag>(x, impl_::kSetSgn, 0, 1); }

enum class LZMode { All, IgnoreSign };
template <class T>
sfpi_inline auto lz(const T& x, LZMode mode = LZMode::All) {
  return impl_::unary_of<vMag>(as<vUInt>(x), impl_::kLz, 0, mode == LZMode::IgnoreSign ? 4 : 0);
}

enum class LdexpMode { Correct, Fast };
sfpi_inline vFloat ldexp(vFloat x, int scale, LdexpMode = LdexpMode::Correct) {
  return addexp(x, scale);
}
sfpi_inline vFloat ldexp(vFloat x, vInt scale, LdexpMode mode = LdexpMode::Correct) {
  if (mode == LdexpMode::Fast) {
    return setexp(x, vInt(exexp(x, ExponentMode::Biased) + scale));
  }
  return x * setexp(vFloat(0.0f), vInt(scale + 127));
}

// Shifts to the left by a positive amount. Wormhole has no arithmetic one.
#ifdef ARCH_BLACKHOLE
enum class ShiftMode { Logical, Arithmetic };
#else
enum class ShiftMode { Logical };
#endif
namespace impl_ {
constexpr unsigned mode_of(ShiftMode mode) { return mode == ShiftMode::Logical ? 0 : kArithmetic; }
template <class T, class A>
sfpi_inline auto shift_by(Lanes x, const A& amount, ShiftMode mode) {
  if constexpr (std::is_integral_v<A>) {
    return shifted<T>(x, int(amount), mode_of(mode));
  } else {
    return shifted<T>(x, integer_lanes(amount), mode_of(mode));
  }
}
}  // namespace impl_
template <class A>
sfpi_inline auto shft(const vUInt& x, const A& amount, ShiftMode mode = ShiftMode::Logical) {
  return impl_::shift_by<vUInt>(x.lanes(), amount, mode);
}
template <class A>
sfpi_inline auto shft(const vInt& x, const A& amount, ShiftMode mode) {
  return impl_::shift_by<vInt>(x.lanes(), amount, mode);
}
template <class A>
sfpi_inline auto shft(const vMag& x, const A& amount, ShiftMode mode = ShiftMode::Logical) {
  return impl_::shift_by<vUInt>(x.lanes(), amount, mode);
}

// Kinds of floats.
sfpi_inline auto is_nan(vFloat x) {
  return vInt(exexp(x, ExponentMode::Biased)) >= 255 && vMag(exman(x)) != 0;
}
sfpi_inline auto is_inf(vFloat x) {
  return vInt(exexp(x, ExponentMode::Biased)) >= 255 && vMag(exman(x)) == 0;
}
sfpi_inline auto is_finite(vFloat x) { return vInt(exexp(x, ExponentMode::Biased)) < 255; }
sfpi_inline auto is_zero(vFloat x) { return vUInt(as<vUInt>(x) << 1) == 0; }
sfpi_inline auto is_neg(vFloat x) { return as<vInt>(x) < 0; }
sfpi_inline auto is_pos(vFloat x) { return as<vInt>(x) >= 0; }

// Says that the condition's lanes lie together, for code that could be skipped; nothing is here.
template <class C>
sfpi_inline C nearby(const C& condition) {
  return condition;
}

// Asks SFPI to keep many registers free; the allocator here needs no such word.
struct lreg_pressure {
  sfpi_inline lreg_pressure() {}
  sfpi_inline ~lreg_pressure() {}
};

// Minima and maxima. SFPSWAP orders floats as numbers with a sign: -NaN < -inf < ... < inf < NaN.
template <class T, impl_::Vector<T> = nullptr>
sfpi_inline std::pair<T, T> min_max(const T& a, const T& b) {
  static_assert(std::is_base_of_v<vFloat, T> || std::is_base_of_v<vSMag, T>,
                "SFPSWAP compares floats and magnitudes with a sign");
  impl_::Lanes low = a.lanes(), high = b.lanes();
  impl_::swap_lanes(low, high, 1);
  return {T(impl_::sfpu_t{low}), T(impl_::sfpu_t{high})};
}
sfpi_inline vFloat min(vFloat a, vFloat b) { return min_max(a, b).first; }
sfpi_inline vFloat max(vFloat a, vFloat b) { return min_max(a, b).second; }
sfpi_inline vSMag min(vSMag a, vSMag b) { return min_max(a, b).first; }
sfpi_inline vSMag max(vSMag a, vSMag b) { return min_max(a, b).second; }
sfpi_inline vFloat clamp(vFloat x, vFloat low, vFloat high) { return min(max(x, low), high); }
sfpi_inline vFloat clamp(vFloat x, float low, float high) {
  return min(max(x, vFloat(low)), vFloat(high));
}
sfpi_inline vFloat symmetric_clamp(vFloat x, float bound) { return copysgn(min(abs(x), bound), x); }
template <class T, impl_::Vector<T> = nullptr>
sfpi_inline void swap(T& a, T& b) {
  impl_::Lanes x = a.lanes(), y = b.lanes();
  impl_::swap_lanes(x, y, 0);
  a = T(impl_::sfpu_t{x});
  b = T(impl_::sfpu_t{y});
}
sfpi_inline void vec_min_max(vFloat& a, vFloat& b) {
  const auto ordered = min_max(a, b);
  a = ordered.first;
  b = ordered.second;
}

#ifdef ARCH_BLACKHOLE
enum class RecipMode { All, IfNegative };
sfpi_inline auto approx_recip(vFloat x, RecipMode mode = RecipMode::All) {
  return impl_::unary_of<vFloat>(x, impl_::kARecip, 0, mode == RecipMode::IfNegative);
}
sfpi_inline auto approx_exp(vFloat x) { return impl_::unary_of<vFloat>(x, impl_::kARecip, 0, 2); }

enum class FractionalHalf { Low, High };
template <class A, class B>
sfpi_inline auto fractional_mul(const A& a, const B& b, FractionalHalf half = FractionalHalf::Low) {
  const impl_::Lanes la = as<vUInt>(a).lanes(), lb = as<vUInt>(b).lanes();
  return impl_::pending<vMag>([=](impl_::Lanes& d, bool over) __attribute__((always_inline)) {
    const unsigned bits =
        impl_::word(impl_::kMul24, impl_::kZero << 8 | (half == FractionalHalf::High));
    SFPU_WRITE(d, over, ".ttinsn (%3)|(lreg_%1<<16)|(lreg_%2<<12)|(lreg_%0<<4)", "cf"(la), "cf"(lb),
               "i"(bits));
  });
}
#endif

}  // namespace sfpi
