// Piecewise linear functions out of tables in registers (SFPLUTFP32, SFPLUT).
//
// The instructions have their registers fixed: the argument in LREG3, slopes in LREG0 to LREG2,
// intercepts in LREG4 to LREG6.
#pragma once

#include "conversions.h"

namespace sfpi {

namespace impl_ {

// 16 bits of a table: a float16 whose largest exponent stands for zero, and that has no
// subnormal numbers (Lut16ToFp32 in the ISA documentation of SFPLUTFP32). Of a constant.
constexpr std::uint32_t table_half(float value) {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, value);
  const std::uint32_t sign = bits >> 31 << 15;
  if (value == 0.0f) {
    return sign | 0x7c00;
  }
  // Rounded to nearest, ties to even, in the 13 bits that go.
  const std::uint32_t rounded = (bits & 0x7fffffff) + 0xfff + (bits >> 13 & 1);
  return sign | ((rounded - (112u << 23)) >> 13 & 0x7fff);
}

// 8 bits of one: a sign, 3 bits of exponent below 2^0, 4 bits of mantissa; all ones are zero.
constexpr std::uint32_t table_byte(float value) {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, value);
  if (value == 0.0f) {
    return 0xff;
  }
  const std::uint32_t rounded = (bits & 0x7fffffff) + 0x3ffff + (bits >> 19 & 1);
  return bits >> 31 << 7 | (127 - (rounded >> 23)) << 4 | (rounded >> 19 & 0xf);
}

}  // namespace impl_

// Two slopes, and two intercepts, of neighbouring pieces.
#define SFPU_TABLE(Type)                                                                 \
  class Type : public impl_::vVal {                                                      \
   public:                                                                               \
    SFPU_VECTOR(Type, vVal)                                                              \
    sfpi_inline explicit Type(impl_::sfpu_t value) : vVal(value) {}                      \
    sfpi_inline Type(float low, float high)                                              \
        : vVal(impl_::sfpu_t{                                                            \
              impl_::loaded(impl_::table_half(high) << 16 | impl_::table_half(low))}) {} \
  };
SFPU_TABLE(vLut16ss)
SFPU_TABLE(vLut16ii)
#undef SFPU_TABLE

// A slope and an intercept of 8 bits each.
class vLut8si : public impl_::vVal {
 public:
  SFPU_VECTOR(vLut8si, vVal)
  sfpi_inline explicit vLut8si(impl_::sfpu_t value) : vVal(value) {}
  sfpi_inline vLut8si(float slope, float intercept)
      : vVal(impl_::sfpu_t{
            impl_::loaded(impl_::table_byte(slope) << 8 | impl_::table_byte(intercept))}) {}
};

enum class LutSign { Retain, Update };

// Pieces end at |x| = 0.5, 1, 1.5, 2 and 3. Retain gives the result the argument's sign.
sfpi_inline vFloat lut(vFloat x, vLut16ss s01, vLut16ii i01, vLut16ss s23, vLut16ii i23,
                       vLut16ss s45, vLut16ii i45, LutSign sign = LutSign::Retain) {
  constexpr unsigned kSixPieces = 2, kRetain = 4;
  register float argument __asm__("fa1") = x.lanes();
  register float l0 __asm__("fs0") = s01.lanes();
  register float l1 __asm__("fs1") = s23.lanes();
  register float l2 __asm__("fa0") = s45.lanes();
  register float l4 __asm__("fa2") = i01.lanes();
  register float l5 __asm__("fa3") = i23.lanes();
  register float l6 __asm__("fa4") = i45.lanes();
  impl_::Lanes d;
  __asm__ volatile(
      ".ttinsn (%8)|(lreg_%0<<4)"
      : "=cf"(d)
      : "f"(argument), "f"(l0), "f"(l1), "f"(l2), "f"(l4), "f"(l5), "f"(l6),
        "i"(impl_::word(impl_::kLutFp32, kSixPieces | (sign == LutSign::Retain ? kRetain : 0))));
  return vFloat(impl_::sfpu_t{d});
}

// Pieces end at |x| = 1 and 2.
sfpi_inline vFloat lut(vFloat x, vLut8si p0, vLut8si p1, vLut8si p2,
                       LutSign sign = LutSign::Retain) {
  constexpr unsigned kRetain = 4;
  register float argument __asm__("fa1") = x.lanes();
  register float l0 __asm__("fs0") = p0.lanes();
  register float l1 __asm__("fs1") = p1.lanes();
  register float l2 __asm__("fa0") = p2.lanes();
  impl_::Lanes d;
  __asm__ volatile(".ttinsn (%5)|(lreg_%0<<20)"
                   : "=cf"(d)
                   : "f"(argument), "f"(l0), "f"(l1), "f"(l2),
                     "i"(impl_::word(impl_::kLut, (sign == LutSign::Retain ? kRetain : 0) << 16)));
  return vFloat(impl_::sfpu_t{d});
}

}  // namespace sfpi
