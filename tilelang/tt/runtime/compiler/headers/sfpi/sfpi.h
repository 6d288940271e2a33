// SFPI's C++ for the vector unit, for clang: what TT-metal's kernels write (vFloat, v_if, dst_reg,
// ...) with the names that SFPI's public interface has, and none of its code. vector/instruction.h
// says how it comes to instructions.
//
// For simulators: the pauses that silicon wants between some instructions are not kept.
#pragma once

#include "vector/modes.h"
#include "vector/tables.h"

// The intrinsics of SFPI's compiler that TT-metal's kernels call by name and that are here.
namespace sfpi::impl_ {

struct FusedSum {
  Lanes a, b, c;
  unsigned mode;

  sfpi_inline void operator()(Lanes& d, bool over) const {
    multiply_add(d, over, sfpu_t{a}, sfpu_t{b}, sfpu_t{c}, mode);
  }
};
// a * b + c as one instruction.
sfpi_inline PendingFloat<FusedSum> fused_sum(sfpu_t a, sfpu_t b, sfpu_t c, unsigned mode) {
  return {{a.v, b.v, c.v, mode}};
}

#ifdef ARCH_BLACKHOLE
// a > b in SFPSWAP's order; mode 8 makes it all ones or 0.
sfpi_inline sfpu_t greater(sfpu_t a, sfpu_t b, unsigned mode) {
  return combined<vInt>(a.v, b.v, imm_word(kGt, 0, mode)).get();
}
#endif

}  // namespace sfpi::impl_
#define __builtin_rvtt_sfpmad ::sfpi::impl_::fused_sum
#ifdef ARCH_BLACKHOLE
#define __builtin_rvtt_sfpgt ::sfpi::impl_::greater
#endif
