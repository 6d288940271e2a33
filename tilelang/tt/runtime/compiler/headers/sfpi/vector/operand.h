// What an instruction of the multiply-add unit takes as a source: a register, one of the constant
// registers LREG8 to LREG14, or a scalar, which is loaded next to the instruction that needs it.
#pragma once

#include "types.h"

namespace sfpi::impl_ {

// LREG8 to LREG10 hold these, and LREG11 -1 from reset on (TT-metal's kernels rely on that).
constexpr unsigned k0p8373 = 8, kZero = 9, kOne = 10, kMinusOne = 11;

// A constant register as a name of the interface, such as vConstFloatPrgm0.
template <class T>
struct ConstantRegister {
  unsigned number;

  sfpi_inline impl_::sfpu_t get() const {
    Lanes d;
    copy_constant(d, false, number);
    return {d};
  }
  sfpi_inline operator T() const { return T(get()); }

  // SFPCONFIG takes its value from LREG0.
  sfpi_inline void operator=(const T& value) const {
    register float lreg0 __asm__("fs0") = value.lanes();
    __asm__ volatile(".ttinsn %1" ::"f"(lreg0), "i"(word(kConfig, number << 4)));
  }
  template <class S, std::enable_if_t<std::is_arithmetic_v<S>>* = nullptr>
  sfpi_inline void operator=(S value) const {
    *this = T(value);
  }
};

struct Operand {
  enum Kind { kRegister, kConstant, kScalar } kind;
  Lanes lanes;
  unsigned number;
  float scalar;

  sfpi_inline Operand(sfpu_t value) : kind(kRegister), lanes(value.v), number(0), scalar(0) {}
  sfpi_inline Operand(const vFloat& value) : Operand(value.get()) {}
  template <class T, class Emit>
  sfpi_inline Operand(const Pending<T, Emit>& value) : Operand(value.get()) {}
  sfpi_inline Operand(ConstantRegister<vFloat> value)
      : kind(kConstant), number(value.number), scalar(0) {}
  template <class S, std::enable_if_t<std::is_arithmetic_v<S>>* = nullptr>
  sfpi_inline Operand(S value) : Operand(float(value), 0) {}
  sfpi_inline Operand(sFloat16b value) : Operand(value.value(), 0) {}

  sfpi_inline bool is_constant() const { return kind == kConstant; }
  // Of an operand that was made of a scalar.
  sfpi_inline float scalar_value() const { return scalar; }

  // A scalar that SFPMULI and SFPADDI can take.
  sfpi_inline bool is_short() const {
    return kind == kScalar && __builtin_constant_p(scalar) && (bits_of(scalar) & 0xffff) == 0;
  }
  sfpi_inline unsigned short_bits() const { return bits_of(scalar) >> 16; }

  sfpi_inline Lanes in_register() const {
    Lanes d;
    if (kind == kRegister) {
      return lanes;
    }
    if (kind == kConstant) {
      copy_constant(d, false, number);
    } else {
      load(d, false, bits_of(scalar));
    }
    return d;
  }

 private:
  sfpi_inline Operand(float value, int) : kind(kScalar), number(0), scalar(value) {
    if (__builtin_constant_p(value)) {
      const std::uint32_t bits = bits_of(value);
      const unsigned found = bits == 0            ? kZero
                             : bits == 0x3f800000 ? kOne
                             : bits == 0xbf800000 ? kMinusOne
                             : bits == 0x3f56594b ? k0p8373
                                                  : 0;
      if (found) {
        kind = kConstant;
        number = found;
      }
    }
  }
};

// d = a * b + c, one instruction.
sfpi_inline void multiply_add(Lanes& d, bool over, Operand a, Operand b, Operand c,
                              unsigned mode = 0) {
  const unsigned mad = word(kMad, mode);
  if (a.is_constant()) {
    std::swap(a, b);
  }
  const Lanes ra = a.in_register();
  if (b.is_constant() && c.is_constant()) {
    SFPU_WRITE(d, over, ".ttinsn (%2)|(lreg_%1<<16)|(lreg_%0<<4)", "cf"(ra),
               "i"(mad | b.number << 12 | c.number << 8));
  } else if (b.is_constant()) {
    const Lanes rc = c.in_register();
    SFPU_WRITE(d, over, ".ttinsn (%3)|(lreg_%1<<16)|(lreg_%2<<8)|(lreg_%0<<4)", "cf"(ra), "cf"(rc),
               "i"(mad | b.number << 12));
  } else if (c.is_constant()) {
    const Lanes rb = b.in_register();
    SFPU_WRITE(d, over, ".ttinsn (%3)|(lreg_%1<<16)|(lreg_%2<<12)|(lreg_%0<<4)", "cf"(ra), "cf"(rb),
               "i"(mad | c.number << 8));
  } else {
    const Lanes rb = b.in_register(), rc = c.in_register();
    SFPU_WRITE(d, over, ".ttinsn (%4)|(lreg_%1<<16)|(lreg_%2<<12)|(lreg_%3<<8)|(lreg_%0<<4)",
               "cf"(ra), "cf"(rb), "cf"(rc), "i"(mad));
  }
}

// d = a * s, d = a + s, with a scalar in the instruction: of its own destination.
sfpi_inline unsigned short_word(Opcode opcode, const Operand& scalar) {
  return word(opcode, scalar.short_bits() << 8);
}

}  // namespace sfpi::impl_
