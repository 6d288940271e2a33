// Arithmetic of vFloat.
//
// a * b is an operation of its own until something is added to it: TT-metal's functions count on
// `a * b + c` being one SFPMAD, which rounds once.
#pragma once

#include "operand.h"

namespace sfpi {
namespace impl_ {

// What can stand beside an operator of floating point: a vector of it (which one side has to be),
// or a scalar.
template <class T>
struct FloatSide : std::integral_constant<int, std::is_base_of_v<vFloat, T>   ? 2
                                               : std::is_arithmetic_v<T>      ? 1
                                               : std::is_same_v<T, sFloat16b> ? 1
                                                                              : 0> {};
template <class T, class Emit>
struct FloatSide<Pending<T, Emit>> : FloatSide<T> {};
template <>
struct FloatSide<ConstantRegister<vFloat>> : std::integral_constant<int, 2> {};

template <class A, class B>
using Floats = std::enable_if_t<FloatSide<A>::value && FloatSide<B>::value &&
                                FloatSide<A>::value + FloatSide<B>::value >= 3>*;

struct Product {
  Operand a, b;

  sfpi_inline void operator()(Lanes& d, bool over) const {
    if (!over && b.is_short()) {
      d = a.in_register();
      in_place(d, short_word(kMulI, b));
    } else if (!over && a.is_short()) {
      d = b.in_register();
      in_place(d, short_word(kMulI, a));
    } else {
      multiply_add(d, over, a, b, 0.0f);
    }
  }
};

struct Sum {
  Operand a, b;

  sfpi_inline void operator()(Lanes& d, bool over) const {
    if (!over && b.is_short()) {
      d = a.in_register();
      in_place(d, short_word(kAddI, b));
    } else if (!over && a.is_short()) {
      d = b.in_register();
      in_place(d, short_word(kAddI, a));
    } else {
      multiply_add(d, over, a, 1.0f, b);
    }
  }
};

struct ProductSum {
  Operand a, b, c;

  sfpi_inline void operator()(Lanes& d, bool over) const { multiply_add(d, over, a, b, c); }
};

// a - b: b * -1 + a, so that a NaN keeps its sign.
struct Difference {
  Operand a, b;

  sfpi_inline void operator()(Lanes& d, bool over) const { multiply_add(d, over, b, -1.0f, a); }
};

struct Negation {
  Lanes c;

  sfpi_inline void operator()(Lanes& d, bool over) const {
    unary(d, over, c, imm_word(kMov, 0, 1));
  }
};

template <class Emit>
using PendingFloat = Pending<vFloat, Emit>;
using PendingProduct = PendingFloat<Product>;
template <class T>
constexpr bool is_product = std::is_same_v<T, PendingProduct>;

sfpi_inline Operand negated(const Operand& x) {
  if (x.kind == Operand::kScalar) {  // before it is loaded
    return Operand(-x.scalar);
  }
  return Operand(PendingFloat<Negation>{{x.in_register()}});
}

template <class A, class B, Floats<A, B> = nullptr>
sfpi_inline PendingProduct operator*(const A& a, const B& b) {
  return {{Operand(a), Operand(b)}};
}

template <class A, class B, Floats<A, B> = nullptr>
sfpi_inline auto operator+(const A& a, const B& b) {
  if constexpr (is_product<A>) {
    return PendingFloat<ProductSum>{{a.emit.a, a.emit.b, Operand(b)}};
  } else if constexpr (is_product<B>) {
    return PendingFloat<ProductSum>{{b.emit.a, b.emit.b, Operand(a)}};
  } else {
    return PendingFloat<Sum>{{Operand(a), Operand(b)}};
  }
}

template <class A, class B, Floats<A, B> = nullptr>
sfpi_inline auto operator-(const A& a, const B& b) {
  if constexpr (FloatSide<B>::value == 1) {
    return a + -Operand(b).scalar_value();
  } else if constexpr (is_product<A>) {
    return PendingFloat<ProductSum>{{a.emit.a, a.emit.b, negated(Operand(b))}};
  } else if constexpr (is_product<B>) {
    return PendingFloat<ProductSum>{{negated(b.emit.a), b.emit.b, Operand(a)}};
  } else {
    return PendingFloat<Difference>{{Operand(a), Operand(b)}};
  }
}

template <class A, std::enable_if_t<FloatSide<A>::value == 2>* = nullptr>
sfpi_inline PendingFloat<Negation> operator-(const A& a) {
  return {{Operand(a).in_register()}};
}
template <class A, std::enable_if_t<FloatSide<A>::value == 2>* = nullptr>
sfpi_inline A operator+(const A& a) {
  return a;
}

}  // namespace impl_

using impl_::operator*;
using impl_::operator+;
using impl_::operator-;

template <class T>
sfpi_inline vFloat& vFloat::operator+=(const T& b) {
  const impl_::Operand by(b);
  if (by.is_short()) {
    impl_::in_place(changed(), impl_::short_word(impl_::kAddI, by));
    return *this;
  }
  return *this = *this + b;
}
template <class T>
sfpi_inline vFloat& vFloat::operator-=(const T& b) {
  return *this = *this - b;
}
template <class T>
sfpi_inline vFloat& vFloat::operator*=(const T& b) {
  const impl_::Operand by(b);
  if (by.is_short()) {
    impl_::in_place(changed(), impl_::short_word(impl_::kMulI, by));
    return *this;
  }
  return *this = *this * b;
}

}  // namespace sfpi
