// Arithmetic of the integer vectors. SFPIADD, SFPAND, SFPOR, SFPXOR and SFPSHFT change their own
// destination, so each begins with a copy of one operand, which the allocator leaves out where
// that operand isn't needed any more.
#pragma once

#include "operand.h"

namespace sfpi {
namespace impl_ {

// The vector type of an operand, or void for a scalar.
template <class T>
struct IntegerSide {
  static constexpr bool is_vector =
      std::is_base_of_v<vInt, T> || std::is_base_of_v<vUInt, T> || std::is_base_of_v<vSMag, T>;
  static constexpr bool is_scalar = std::is_integral_v<T>;
  using Type = std::conditional_t<is_vector, T, void>;
};
template <class T, class Emit>
struct IntegerSide<Pending<T, Emit>> : IntegerSide<T> {};
template <class T>
struct IntegerSide<ConstantRegister<T>> : IntegerSide<T> {};

template <class A, class B>
constexpr bool integers = (IntegerSide<A>::is_vector || IntegerSide<A>::is_scalar) &&
                          (IntegerSide<B>::is_vector || IntegerSide<B>::is_scalar) &&
                          (IntegerSide<A>::is_vector || IntegerSide<B>::is_vector);
template <class A, class B>
using Integers = std::enable_if_t<integers<A, B>>*;

// Types of results: signed with a magnitude or a scalar stays signed, with an unsigned vector it
// is unsigned; bits of magnitudes are magnitudes.
template <class Base, class T>
constexpr bool is_a = std::is_base_of_v<Base, T>;
template <class A, class B>
using AddedType =
    std::conditional_t<(is_a<vInt, A> && (is_a<vInt, B> || is_a<vMag, B> || std::is_void_v<B>)) ||
                           (is_a<vInt, B> && (is_a<vMag, A> || std::is_void_v<A>)),
                       vInt, vUInt>;
template <class A, class B>
using BitsType =
    std::conditional_t<(is_a<vInt, A> && (is_a<vInt, B> || std::is_void_v<B>)) ||
                           (is_a<vInt, B> && std::is_void_v<A>),
                       vInt,
                       std::conditional_t<(is_a<vMag, A> && (is_a<vMag, B> || std::is_void_v<B>)) ||
                                              (is_a<vMag, B> && std::is_void_v<A>),
                                          vMag, vUInt>>;

template <class T>
sfpi_inline Lanes integer_lanes(const T& value) {
  if constexpr (std::is_integral_v<T>) {
    return loaded(std::uint32_t(value));
  } else {
    return value.get().v;
  }
}

// f(start, c) and f(start), where the instruction writes over its `start`.
template <class T>
sfpi_inline T combined(Lanes start, Lanes c, unsigned bits) {
  in_place(start, c, bits);
  return T(sfpu_t{start});
}
template <class T>
sfpi_inline T changed(Lanes start, unsigned bits) {
  in_place(start, bits);
  return T(sfpu_t{start});
}

// d = f(c)
struct Unary {
  Lanes c;
  unsigned bits;

  sfpi_inline void operator()(Lanes& d, bool over) const { unary(d, over, c, bits); }
};

constexpr unsigned kAddBits = imm_word(kIAdd, 0, 4), kSubtractBits = imm_word(kIAdd, 0, 2 | 4);

// c + k, in the instruction if k has 12 bits.
struct AddedScalar {
  Lanes c;
  int k;

  sfpi_inline void operator()(Lanes& d, bool over) const {
    if (__builtin_constant_p(k) && k >= -2048 && k < 2048) {
      unary(d, over, c, imm_word(kIAdd, k, 1 | 4));
    } else {
      const Lanes sum = combined<vInt>(loaded(std::uint32_t(k)), c, kAddBits).lanes();
      if (over) {
        copy(d, sum);
      } else {
        d = sum;
      }
    }
  }
};

template <class A, class B, Integers<A, B> = nullptr>
sfpi_inline auto operator+(const A& a, const B& b) {
  using T = AddedType<typename IntegerSide<A>::Type, typename IntegerSide<B>::Type>;
  if constexpr (IntegerSide<B>::is_scalar) {
    return Pending<T, AddedScalar>{{integer_lanes(a), int(b)}};
  } else if constexpr (IntegerSide<A>::is_scalar) {
    return Pending<T, AddedScalar>{{integer_lanes(b), int(a)}};
  } else {
    return combined<T>(integer_lanes(a), integer_lanes(b), kAddBits);
  }
}

template <class A, class B, Integers<A, B> = nullptr>
sfpi_inline auto operator-(const A& a, const B& b) {
  using T = AddedType<typename IntegerSide<A>::Type, typename IntegerSide<B>::Type>;
  if constexpr (IntegerSide<B>::is_scalar) {
    return Pending<T, AddedScalar>{{integer_lanes(a), -int(b)}};
  } else {
    const Lanes from = integer_lanes(a);
    return combined<T>(integer_lanes(b), from, kSubtractBits);
  }
}

#define SFPU_BITS(op, opcode)                                                         \
  template <class A, class B, Integers<A, B> = nullptr>                               \
  sfpi_inline auto operator op(const A& a, const B& b) {                              \
    using T = BitsType<typename IntegerSide<A>::Type, typename IntegerSide<B>::Type>; \
    const Lanes c = integer_lanes(a);                                                 \
    return combined<T>(integer_lanes(b), c, imm_word(opcode, 0, 0));                  \
  }
SFPU_BITS(&, kAnd)
SFPU_BITS(|, kOr)
SFPU_BITS(^, kXor)
#undef SFPU_BITS

template <class T>
using IntegerVector = std::enable_if_t<IntegerSide<T>::is_vector>*;

template <class A, IntegerVector<A> = nullptr>
sfpi_inline auto operator~(const A& a) {
  using T = std::conditional_t<is_a<vInt, typename IntegerSide<A>::Type>, vInt, vUInt>;
  return Pending<T, Unary>{{integer_lanes(a), imm_word(kNot, 0, 0)}};
}
template <class A, IntegerVector<A> = nullptr>
sfpi_inline auto operator-(const A& a) {
  using T = std::conditional_t<is_a<vInt, typename IntegerSide<A>::Type>, vInt, vUInt>;
  return changed<T>(integer_lanes(a), kSubtractBits | kZero << 8);
}

// Shifts: to the left by a positive amount. Blackhole's shift of a vInt to the right is
// arithmetic; Wormhole has none, and so no such operator.
#ifdef ARCH_BLACKHOLE
constexpr unsigned kArithmetic = 2;
#else
constexpr unsigned kArithmetic = 0;
#endif

template <class T>
sfpi_inline T shifted(Lanes a, int amount, unsigned mode) {
  return changed<T>(a, imm_word(kShift, unsigned(amount), 1 | mode));
}
template <class T>
sfpi_inline T shifted(Lanes a, Lanes amount, unsigned mode) {
  return combined<T>(a, amount, imm_word(kShift, 0, mode));
}

template <class A>
using ShiftedType = std::conditional_t<is_a<vInt, typename IntegerSide<A>::Type>, vInt, vUInt>;
template <class A>
constexpr unsigned shift_mode = std::is_same_v<ShiftedType<A>, vInt> ? kArithmetic : 0;

template <class A, class B, IntegerVector<A> = nullptr>
sfpi_inline auto operator<<(const A& a, const B& amount) {
  using T = ShiftedType<A>;
  if constexpr (std::is_integral_v<B>) {
    return shifted<T>(integer_lanes(a), int(amount), shift_mode<A>);
  } else {
    return shifted<T>(integer_lanes(a), integer_lanes(amount), shift_mode<A>);
  }
}
template <class A, class B, IntegerVector<A> = nullptr>
sfpi_inline auto operator>>(const A& a, const B& amount) {
  using V = typename IntegerSide<A>::Type;
  using T = std::conditional_t<is_a<vMag, V>, vMag, ShiftedType<A>>;
  static_assert(!is_a<vInt, V> || kArithmetic, "Wormhole's vInt has no shift to the right");
  if constexpr (std::is_integral_v<B>) {
    return shifted<T>(integer_lanes(a), -int(amount), shift_mode<A>);
  } else {
    return shifted<T>(integer_lanes(a), (-amount).get().v, shift_mode<A>);
  }
}

}  // namespace impl_

using impl_::operator&;
using impl_::operator|;
using impl_::operator^;
using impl_::operator~;
using impl_::operator<<;
using impl_::operator>>;
using impl_::operator+;
using impl_::operator-;

sfpi_inline vInt& vInt::operator-=(vInt b) { return *this = *this - b; }
sfpi_inline vUInt& vUInt::operator-=(vUInt b) { return *this = *this - b; }

}  // namespace sfpi
