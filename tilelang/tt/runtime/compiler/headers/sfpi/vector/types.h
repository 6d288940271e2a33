// The vector types: 32 lanes of floating point, integers, magnitudes with a sign.
//
//   vFloat           binary32
//     vFloat16a, vFloat16b   what is known to be a float16, a bfloat16
//   vInt, vUInt      two's complement, unsigned
//     vMag             unsigned below 2^31;  vUInt16, vUInt8 below 2^16, 2^8
//   vSMag            a sign bit and 31 bits of magnitude;  vSMag16, vSMag8 of 15, 7 bits
//
// and what one can be made of: a scalar loads it into each lane, as<T>(x) takes the bits as they
// are.
#pragma once

#include "value.h"

namespace sfpi {

// 16 bits of a float16 and a bfloat16, as SFPLOADI takes them: of bits, or of a float cut off.
class sFloat16a {
 public:
  template <class I, std::enable_if_t<std::is_integral_v<I>>* = nullptr>
  sfpi_inline explicit sFloat16a(I bits) : bits_(std::uint32_t(bits) & 0xffff) {}
  sfpi_inline explicit sFloat16a(float) = delete;
  sfpi_inline std::uint32_t get() const { return bits_; }

 private:
  std::uint32_t bits_;
};

class sFloat16b {
 public:
  template <class I, std::enable_if_t<std::is_integral_v<I>>* = nullptr>
  sfpi_inline explicit sFloat16b(I bits) : bits_(std::uint32_t(bits) & 0xffff) {}
  sfpi_inline explicit sFloat16b(float value) : bits_(impl_::bits_of(value) >> 16) {}
  sfpi_inline explicit sFloat16b(double value) : sFloat16b(float(value)) {}
  sfpi_inline std::uint32_t get() const { return bits_; }
  // The float of the same value.
  sfpi_inline float value() const { return __builtin_bit_cast(float, bits_ << 16); }

 private:
  std::uint32_t bits_;
};

using s2vFloat16a = sFloat16a;
using s2vFloat16b = sFloat16b;

class vUInt;
class vInt;

class vFloat : public impl_::vVal {
 public:
  SFPU_VECTOR(vFloat, vVal)
  sfpi_inline vFloat(impl_::sfpu_t value) : vVal(value) {}
  sfpi_inline vFloat(float value) : vVal(impl_::sfpu_t{impl_::loaded(impl_::bits_of(value))}) {}
  sfpi_inline vFloat(sFloat16b value) : vFloat(value.value()) {}
  sfpi_inline vFloat(sFloat16a value) : vVal(half(value)) {}
  sfpi_inline vFloat& operator=(float value) {
    assign([=](impl_::Lanes& d, bool over)
               __attribute__((always_inline)) { impl_::load(d, over, impl_::bits_of(value)); });
    return *this;
  }

  template <class T>
  sfpi_inline vFloat& operator+=(const T& b);
  template <class T>
  sfpi_inline vFloat& operator-=(const T& b);
  template <class T>
  sfpi_inline vFloat& operator*=(const T& b);
  sfpi_inline void operator++() { *this += 1.0f; }
  sfpi_inline void operator++(int) { *this += 1.0f; }
  sfpi_inline void operator--() { *this -= 1.0f; }
  sfpi_inline void operator--(int) { *this -= 1.0f; }

 private:
  static sfpi_inline impl_::sfpu_t half(sFloat16a value) {
    impl_::Lanes d;
    impl_::load_half(d, false, 1, value.get());
    return {d};
  }
};

// The members that change an integer vector in place, which is what SFPIADD, SFPAND, SFPOR, SFPXOR
// and SFPSHFT do to their destination; and increments.
#define SFPU_INTEGER_MEMBERS(Type)                                                              \
  sfpi_inline Type(impl_::sfpu_t value) : vVal(value) {}                                        \
  template <class I, std::enable_if_t<std::is_integral_v<I>>* = nullptr>                        \
  sfpi_inline Type(I value) : vVal(impl_::sfpu_t{impl_::loaded(std::uint32_t(value))}) {}       \
  template <class I, std::enable_if_t<std::is_integral_v<I>>* = nullptr>                        \
  sfpi_inline Type& operator=(I value) {                                                        \
    assign([=](impl_::Lanes& d, bool over)                                                      \
               __attribute__((always_inline)) { impl_::load(d, over, std::uint32_t(value)); }); \
    return *this;                                                                               \
  }                                                                                             \
  sfpi_inline Type& operator+=(Type b) {                                                        \
    combine(b.lanes(), impl_::imm_word(impl_::kIAdd, 0, 4));                                    \
    return *this;                                                                               \
  }                                                                                             \
  sfpi_inline Type& operator-=(Type b);                                                         \
  sfpi_inline Type& operator&=(Type b) {                                                        \
    combine(b.lanes(), impl_::imm_word(impl_::kAnd, 0, 0));                                     \
    return *this;                                                                               \
  }                                                                                             \
  sfpi_inline Type& operator|=(Type b) {                                                        \
    combine(b.lanes(), impl_::imm_word(impl_::kOr, 0, 0));                                      \
    return *this;                                                                               \
  }                                                                                             \
  sfpi_inline Type& operator^=(Type b) {                                                        \
    combine(b.lanes(), impl_::imm_word(impl_::kXor, 0, 0));                                     \
    return *this;                                                                               \
  }                                                                                             \
  template <class A>                                                                            \
  sfpi_inline Type& operator<<=(const A& amount) {                                              \
    return *this = *this << amount;                                                             \
  }                                                                                             \
  template <class A>                                                                            \
  sfpi_inline Type& operator>>=(const A& amount) {                                              \
    return *this = *this >> amount;                                                             \
  }                                                                                             \
  sfpi_inline void operator++() { *this += Type(1); }                                           \
  sfpi_inline void operator++(int) { *this += Type(1); }                                        \
  sfpi_inline void operator--() { *this += Type(-1); }                                          \
  sfpi_inline void operator--(int) { *this += Type(-1); }

class vUInt : public impl_::vVal {
 public:
  SFPU_VECTOR(vUInt, vVal)
  SFPU_INTEGER_MEMBERS(vUInt)
  sfpi_inline explicit vUInt(const vInt& value);
  template <class Emit>
  sfpi_inline explicit vUInt(const impl_::Pending<vInt, Emit>& value) : vVal(value.get()) {}
};

// A type that says more of the same bits.
#define SFPU_NARROW(Type, Base) \
  class Type : public Base {    \
   public:                      \
    SFPU_VECTOR(Type, Base)     \
    sfpi_inline explicit Type(impl_::sfpu_t value) : Base(value) {}
#define SFPU_NARROW_END \
  }                     \
  ;

SFPU_NARROW(vFloat16a, vFloat)
SFPU_NARROW_END SFPU_NARROW(vFloat16b, vFloat) SFPU_NARROW_END

    SFPU_NARROW(vMag, vUInt) template <class I, std::enable_if_t<std::is_integral_v<I>>* = nullptr>
    sfpi_inline explicit vMag(I value) : vUInt(value) {}
sfpi_inline explicit vMag(const vUInt& value) : vUInt(value.get()) {}
SFPU_NARROW_END
SFPU_NARROW(vUInt16, vMag)
SFPU_NARROW_END SFPU_NARROW(vUInt8, vUInt16) SFPU_NARROW_END

    class vInt : public impl_::vVal {
 public:
  SFPU_VECTOR(vInt, vVal)
  SFPU_INTEGER_MEMBERS(vInt)
  sfpi_inline vInt(const vMag& value) : vVal(value.get()) {}
  sfpi_inline explicit vInt(const vUInt& value) : vVal(value.get()) {}
  template <class T, class Emit, std::enable_if_t<std::is_base_of_v<vMag, T>>* = nullptr>
  sfpi_inline vInt(const impl_::Pending<T, Emit>& value) : vVal(value.get()) {}
  template <class Emit>
  sfpi_inline explicit vInt(const impl_::Pending<vUInt, Emit>& value) : vVal(value.get()) {}
};

sfpi_inline vUInt::vUInt(const vInt& value) : vVal(value.get()) {}

class vSMag : public impl_::vVal {
 public:
  SFPU_VECTOR(vSMag, vVal)
  sfpi_inline explicit vSMag(impl_::sfpu_t value) : vVal(value) {}
  template <class I, std::enable_if_t<std::is_integral_v<I>>* = nullptr>
  sfpi_inline explicit vSMag(I value) : vVal(impl_::sfpu_t{impl_::loaded(std::uint32_t(value))}) {}
};
SFPU_NARROW(vSMag16, vSMag)
SFPU_NARROW_END SFPU_NARROW(vSMag8, vSMag16) SFPU_NARROW_END

    // The same bits as another type.
    template <class T, class V, std::enable_if_t<impl_::is_vector<T>>* = nullptr>
    sfpi_inline auto as(const V& value) -> decltype(T(impl_::sfpu_t(value.get()))) {
  return T(impl_::sfpu_t(value.get()));
}
template <class T, class V, class Emit, std::enable_if_t<impl_::is_vector<T>>* = nullptr>
sfpi_inline impl_::Pending<T, Emit> as(const impl_::Pending<V, Emit>& value) {
  return {value.emit};
}
template <class T, class V>
sfpi_inline auto reinterpret(const V& value) {
  return as<T>(value);
}

}  // namespace sfpi
