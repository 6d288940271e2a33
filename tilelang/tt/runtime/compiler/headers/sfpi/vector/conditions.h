// Conditions, and v_if: which lanes are enabled.
//
// A comparison is data until v_if (or v_and) narrows the enabled lanes by it, so that it costs no
// register before. SFPSETCC narrows by one test, and two in a row are their conjunction. "Or" is
// made of it and SFPCOMPC, which turns the lanes round within those that were saved last. That is
// right where nothing was narrowed since; elsewhere such a condition is made a vector of 0 and 1.
#pragma once

#include "floats.h"
#include "integers.h"

namespace sfpi {
namespace impl_ {

enum Relation { kLess, kGreaterEqual, kEqual, kNotEqual, kGreater, kLessEqual };

constexpr Relation opposite(Relation r) {
  return r == kLess           ? kGreaterEqual
         : r == kGreaterEqual ? kLess
         : r == kEqual        ? kNotEqual
         : r == kNotEqual     ? kEqual
         : r == kGreater      ? kLessEqual
                              : kGreater;
}

// SFPSETCC's modes.
constexpr unsigned kIsNegative = 0, kIsNotZero = 2, kIsNotNegative = 4, kIsZero = 6;

sfpi_inline void push() { issue(kPushC, 0); }
sfpi_inline void pop() { issue(kPopC, 0); }
sfpi_inline void complement() { issue(kCompC, 0); }

template <class Condition>
sfpi_inline Lanes as_vector(const Condition& condition);

// A difference compared with zero: as floating point, or as integers (which wrap).
template <class Emit>
struct Comparison {
  Emit difference;
  Relation relation;

  sfpi_inline bool needs_saved_lanes() const { return relation == kLessEqual; }
  sfpi_inline Comparison inverse() const { return {difference, opposite(relation)}; }

  sfpi_inline void narrow(bool just_saved) const {
    if (needs_saved_lanes() && !just_saved) {
      set_condition(as_vector(*this), kIsNotZero);
      return;
    }
    Lanes d;
    difference(d, false);
    switch (relation) {
      case kLess:
        return set_condition(d, kIsNegative);
      case kGreaterEqual:
        return set_condition(d, kIsNotNegative);
      case kEqual:
        return set_condition(d, kIsZero);
      case kNotEqual:
        return set_condition(d, kIsNotZero);
      case kGreater:
      case kLessEqual:
        set_condition(d, kIsNotNegative);
        set_condition(d, kIsNotZero);
        if (relation == kLessEqual) {
          complement();
        }
    }
  }
};

template <class A, class B>
struct Either;

template <class A, class B>
struct Both {
  A a;
  B b;

  sfpi_inline bool needs_saved_lanes() const {
    return a.needs_saved_lanes() || b.needs_saved_lanes();
  }
  sfpi_inline auto inverse() const;
  sfpi_inline void narrow(bool just_saved) const {
    if (b.needs_saved_lanes() && !a.needs_saved_lanes()) {
      b.narrow(just_saved);
      a.narrow(false);
    } else {
      a.narrow(just_saved);
      b.narrow(false);
    }
  }
};

template <class A, class B>
struct Either {
  A a;
  B b;

  sfpi_inline bool needs_saved_lanes() const { return true; }
  sfpi_inline auto inverse() const {
    return Both<decltype(a.inverse()), decltype(b.inverse())>{a.inverse(), b.inverse()};
  }
  sfpi_inline void narrow(bool just_saved) const {
    if (just_saved) {
      inverse().narrow(true);
      complement();
    } else {
      set_condition(as_vector(*this), kIsNotZero);
    }
  }
};

template <class A, class B>
sfpi_inline auto Both<A, B>::inverse() const {
  return Either<decltype(a.inverse()), decltype(b.inverse())>{a.inverse(), b.inverse()};
}

// 1 in the lanes where a condition holds, else 0.
template <class Condition>
sfpi_inline Lanes as_vector(const Condition& condition) {
  Lanes d = loaded(0);
  push();
  condition.narrow(true);
  load(d, true, 1);
  pop();
  return d;
}

struct Value {
  Lanes lanes;

  sfpi_inline void operator()(Lanes& d, bool) const { d = lanes; }
};

template <class T>
struct IsCondition : std::false_type {};
template <class Emit>
struct IsCondition<Comparison<Emit>> : std::true_type {};
template <class A, class B>
struct IsCondition<Both<A, B>> : std::true_type {};
template <class A, class B>
struct IsCondition<Either<A, B>> : std::true_type {};

}  // namespace impl_

// A condition that is kept in a variable.
class vBool {
 public:
  template <class C, std::enable_if_t<impl_::IsCondition<C>::value>* = nullptr>
  sfpi_inline vBool(const C& condition) : lanes_(impl_::as_vector(condition)) {}

  sfpi_inline impl_::Comparison<impl_::Value> condition() const {
    return {{lanes_}, impl_::kNotEqual};
  }

 private:
  impl_::Lanes lanes_;
};

namespace impl_ {

// What v_if takes, as a condition: integers hold where they aren't zero.
template <class T>
sfpi_inline auto condition(const T& x) {
  if constexpr (IsCondition<T>::value) {
    return x;
  } else if constexpr (std::is_same_v<T, vBool>) {
    return x.condition();
  } else {
    static_assert(IntegerSide<T>::is_vector, "v_if takes a condition or an integer vector");
    return Comparison<Value>{{integer_lanes(x)}, kNotEqual};
  }
}

template <class T>
constexpr bool is_conditional = IsCondition<T>::value || std::is_same_v<T, vBool>;
template <class A, class B = A>
using Conditions = std::enable_if_t<(is_conditional<A> && is_conditional<B>)>*;

template <class A, class B, Conditions<A, B> = nullptr>
sfpi_inline auto operator&&(const A& a, const B& b) {
  return Both<decltype(condition(a)), decltype(condition(b))>{condition(a), condition(b)};
}
template <class A, class B, Conditions<A, B> = nullptr>
sfpi_inline auto operator||(const A& a, const B& b) {
  return Either<decltype(condition(a)), decltype(condition(b))>{condition(a), condition(b)};
}
template <class A, Conditions<A> = nullptr>
sfpi_inline auto operator!(const A& a) {
  return condition(a).inverse();
}

// The difference that a comparison is about. One with zero needs none.
struct FloatDifference {
  Operand a, b;

  sfpi_inline void operator()(Lanes& d, bool over) const {
    if (b.kind == Operand::kConstant && b.number == kZero) {
      d = a.in_register();
    } else {
      multiply_add(d, over, b, -1.0f, a);
    }
  }
};

struct IntegerDifference {
  Lanes a, b;

  sfpi_inline void operator()(Lanes& d, bool) const {
    d = combined<vInt>(b, a, kSubtractBits).lanes();
  }
};

struct ScalarDifference {
  Lanes a;
  int k;

  sfpi_inline void operator()(Lanes& d, bool over) const {
    if (__builtin_constant_p(k) && k == 0) {
      d = a;
    } else {
      AddedScalar{a, -k}(d, over);
    }
  }
};

// a - b of unsigned numbers, with the borrow in the sign: ((a ^ b) & b) | (~(a ^ b) & (a - b)).
struct UnsignedDifference {
  Lanes a, b;

  sfpi_inline void operator()(Lanes& d, bool) const {
    const vUInt x{sfpu_t{a}}, y{sfpu_t{b}}, unlike = x ^ y;
    vUInt result = x - y;
    result &= ~unlike;
    result |= unlike & y;
    d = result.lanes();
  }
};

template <class T>
constexpr bool is_unsigned = std::is_base_of_v<vUInt, typename IntegerSide<T>::Type> &&
                             !std::is_base_of_v<vMag, typename IntegerSide<T>::Type>;

template <class A, class B>
sfpi_inline auto integer_comparison(const A& a, const B& b, Relation r) {
  if constexpr (IntegerSide<A>::is_scalar) {
    return integer_comparison(b, a,
                              r == kLess           ? kGreater
                              : r == kGreater      ? kLess
                              : r == kLessEqual    ? kGreaterEqual
                              : r == kGreaterEqual ? kLessEqual
                                                   : r);
  } else if constexpr (IntegerSide<B>::is_scalar) {
    return Comparison<ScalarDifference>{{integer_lanes(a), int(b)}, r};
  } else {
    return Comparison<IntegerDifference>{{integer_lanes(a), integer_lanes(b)}, r};
  }
}

#define SFPU_COMPARE(op, relation)                                            \
  template <class A, class B, Floats<A, B> = nullptr>                         \
  sfpi_inline auto operator op(const A& a, const B& b) {                      \
    return Comparison<FloatDifference>{{Operand(a), Operand(b)}, relation};   \
  }                                                                           \
  template <class A, class B, Integers<A, B> = nullptr>                       \
  sfpi_inline auto operator op(const A& a, const B& b) {                      \
    if constexpr ((is_unsigned<A> || is_unsigned<B>) && relation != kEqual && \
                  relation != kNotEqual) {                                    \
      constexpr bool turn = relation == kGreater || relation == kLessEqual;   \
      const Lanes la = integer_lanes(a), lb = integer_lanes(b);               \
      return Comparison<UnsignedDifference>{                                  \
          {turn ? lb : la, turn ? la : lb},                                   \
          relation == kLess || relation == kGreater ? kLess : kGreaterEqual}; \
    } else {                                                                  \
      return integer_comparison(a, b, relation);                              \
    }                                                                         \
  }
SFPU_COMPARE(<, kLess)
SFPU_COMPARE(>=, kGreaterEqual)
SFPU_COMPARE(==, kEqual)
SFPU_COMPARE(!=, kNotEqual)
SFPU_COMPARE(>, kGreater)
SFPU_COMPARE(<=, kLessEqual)
#undef SFPU_COMPARE

// The lanes of a v_if or v_block, and how often they were saved.
class CC {
 public:
  sfpi_inline CC() {}
  CC(const CC&) = delete;
  CC& operator=(const CC&) = delete;
  sfpi_inline ~CC() {
    for (unsigned i = 0; i < depth_; ++i) {
      pop();
    }
  }

  sfpi_inline void save() {
    push();
    ++depth_;
  }
  template <class T>
  sfpi_inline void begin(const T& x) {
    save();
    condition(x).narrow(true);
  }
  template <class T>
  sfpi_inline void narrow(const T& x) {
    condition(x).narrow(false);
  }
  sfpi_inline void otherwise() { complement(); }

 private:
  unsigned depth_ = 0;
};

}  // namespace impl_

using impl_::operator&&;
using impl_::operator||;
using impl_::operator!;
using impl_::operator<;
using impl_::operator>=;
using impl_::operator==;
using impl_::operator!=;
using impl_::operator>;
using impl_::operator<=;

}  // namespace sfpi

#define v_if(x)              \
  {                          \
    ::sfpi::impl_::CC v_cc_; \
    v_cc_.begin(x);          \
    {
#define v_elseif(x)  \
  }                  \
  v_cc_.otherwise(); \
  v_cc_.begin(x);    \
  {
#define v_else       \
  }                  \
  v_cc_.otherwise(); \
  {
#define v_endif \
  }             \
  }
#define v_block              \
  {                          \
    ::sfpi::impl_::CC v_cc_; \
    v_cc_.save();            \
    {
#define v_and(x) v_cc_.narrow(x)
#define v_endblock \
  }                \
  }
