// Instructions of the vector unit as assembly that clang's register allocator takes part in.
//
// The unit has eight registers, LREG0 to LREG7, each of 32 lanes of 32 bits. RISC-V's f8 to f15
// stand for them: a vector is a `float` of C++ that lives only in asm statements, under the
// constraint "cf", which is those eight. clang assigns them; ttinsn.h gives the assembler each
// register's number (lreg_fs0 = 0 ...), and an instruction's word is put together from them.
// What the allocator adds by itself is a copy (fmv.s, which ttinsn.h makes SFPMOV on all lanes)
// or a spill, which ../../vectors.py refuses. So what fits runs as written, and the rest never.
//
// Rules that everything in this folder keeps:
// - Each statement is volatile. Lanes may be switched off, so none may move across another.
// - An instruction writes enabled lanes alone. A result in a new register is good in the lanes
//   that were enabled; a variable that has a value is written in place, which keeps the others.
// - A word whose immediate is known only at run time is built in a RISC-V register and stored to
//   the core's instruction buffer, as TT-metal's TT_ macros do.
//
// Words and modes: Tenstorrent's ISA documentation, and the TT_OP_ macros of TT-metal.
#pragma once

#include <cstdint>

#define sfpi_inline __attribute__((always_inline)) inline

extern volatile std::uint32_t __instrn_buffer[];

namespace sfpi::impl_ {

using Lanes = float;

enum Opcode : unsigned {
  kIncRwc = 0x38,
  kLoad = 0x70,
  kLoadI = 0x71,
  kStore = 0x72,
  kLut = 0x73,
  kMulI = 0x74,
  kAddI = 0x75,
  kDivP2 = 0x76,
  kExExp = 0x77,
  kExMan = 0x78,
  kIAdd = 0x79,
  kShift = 0x7a,
  kSetCc = 0x7b,
  kMov = 0x7c,
  kAbs = 0x7d,
  kAnd = 0x7e,
  kOr = 0x7f,
  kNot = 0x80,
  kLz = 0x81,
  kSetExp = 0x82,
  kSetMan = 0x83,
  kMad = 0x84,
  kPushC = 0x87,
  kPopC = 0x88,
  kSetSgn = 0x89,
  kCompC = 0x8b,
  kTransp = 0x8c,
  kXor = 0x8d,
  kStochRnd = 0x8e,
  kCast = 0x90,
  kConfig = 0x91,
  kSwap = 0x92,
  kShift2 = 0x94,
  kLutFp32 = 0x95,
  kGt = 0x97,      // Blackhole
  kMul24 = 0x98,   // Blackhole
  kARecip = 0x99,  // Blackhole
};

// Where SFPLOAD and SFPSTORE have their address mode, and the mode that TT-metal keeps free of
// increments.
#ifdef ARCH_BLACKHOLE
constexpr unsigned kAddressModeShift = 13, kNoIncrement = 7;
#else
constexpr unsigned kAddressModeShift = 14, kNoIncrement = 3;
#endif

constexpr unsigned word(Opcode opcode, unsigned rest) { return unsigned(opcode) << 24 | rest; }

// The word of an instruction with a 12-bit immediate and a mode.
constexpr unsigned imm_word(Opcode opcode, unsigned imm, unsigned mode) {
  return word(opcode, (imm & 0xfff) << 12 | mode);
}

// An instruction that writes the register `d`: into a new one, or over the old value (which then
// keeps its disabled lanes). The text is the same, since a tied input is numbered last.
#define SFPU_WRITE(d, over, text, ...)                 \
  do {                                                 \
    if (over) {                                        \
      __asm__ volatile(text : "+cf"(d) : __VA_ARGS__); \
    } else {                                           \
      __asm__ volatile(text : "=cf"(d) : __VA_ARGS__); \
    }                                                  \
  } while (0)

// The same with a word that is known at run time alone; `field` is where its register goes.
#define SFPU_WRITE_LATE(d, over, field, bits)                                 \
  do {                                                                        \
    unsigned scratch;                                                         \
    if (over) {                                                               \
      __asm__ volatile("li %1,(lreg_%0<<" field ")\nor %1,%1,%2\nsw %1,0(%3)" \
                       : "+cf"(d), "=&r"(scratch)                             \
                       : "r"(bits), "r"(&__instrn_buffer[0]));                \
    } else {                                                                  \
      __asm__ volatile("li %1,(lreg_%0<<" field ")\nor %1,%1,%2\nsw %1,0(%3)" \
                       : "=cf"(d), "=&r"(scratch)                             \
                       : "r"(bits), "r"(&__instrn_buffer[0]));                \
    }                                                                         \
  } while (0)

// No register at all.
sfpi_inline void issue(Opcode opcode, unsigned rest) {
  if (__builtin_constant_p(rest)) {
    __asm__ volatile(".ttinsn %0" ::"i"(word(opcode, rest)));
  } else {
    __instrn_buffer[0] = word(opcode, rest);
  }
}

// d = f(c), d = f(), d = f(d, c), d = f(d): `bits` is imm_word's.
sfpi_inline void unary(Lanes& d, bool over, Lanes c, unsigned bits) {
  if (__builtin_constant_p(bits)) {
    SFPU_WRITE(d, over, ".ttinsn (%2)|(lreg_%1<<8)|(lreg_%0<<4)", "cf"(c), "i"(bits));
  } else {
    unsigned scratch;
    // The source is named too, so SFPU_WRITE_LATE doesn't do.
    if (!over) {
      __asm__ volatile("" : "=cf"(d));
    }
    __asm__ volatile("li %1,(lreg_%2<<8)|(lreg_%0<<4)\nor %1,%1,%3\nsw %1,0(%4)"
                     : "+&cf"(d), "=&r"(scratch)
                     : "cf"(c), "r"(bits), "r"(&__instrn_buffer[0]));
  }
}

sfpi_inline void in_place(Lanes& d, Lanes c, unsigned bits) {
  __asm__ volatile(".ttinsn (%2)|(lreg_%1<<8)|(lreg_%0<<4)" : "+cf"(d) : "cf"(c), "i"(bits));
}

sfpi_inline void in_place(Lanes& d, unsigned bits) {
  if (__builtin_constant_p(bits)) {
    __asm__ volatile(".ttinsn (%1)|(lreg_%0<<4)" : "+cf"(d) : "i"(bits));
  } else {
    SFPU_WRITE_LATE(d, true, "4", bits);
  }
}

// Copies: in the enabled lanes, and of a constant register.
sfpi_inline void copy(Lanes& d, Lanes c) { in_place(d, c, imm_word(kMov, 0, 0)); }

sfpi_inline void copy_constant(Lanes& d, bool over, unsigned k) {
  SFPU_WRITE(d, over, ".ttinsn (%1)|(lreg_%0<<4)", "i"(imm_word(kMov, 0, 0) | k << 8));
}

// SFPLOADI: 16 bits into a register, by a mode.
sfpi_inline void load_half(Lanes& d, bool over, unsigned mode, unsigned half) {
  const unsigned bits = word(kLoadI, mode << 16 | (half & 0xffff));
  if (__builtin_constant_p(bits)) {
    SFPU_WRITE(d, over, ".ttinsn (%1)|(lreg_%0<<20)", "i"(bits));
  } else {
    SFPU_WRITE_LATE(d, over, "20", bits);
  }
}

// 32 bits into each lane.
sfpi_inline void load(Lanes& d, bool over, std::uint32_t bits) {
  constexpr unsigned kFloatB = 0, kUShort = 2, kShort = 4, kUpper = 8, kLower = 10;
  if (__builtin_constant_p(bits) && (bits & 0xffff) == 0) {
    load_half(d, over, kFloatB, bits >> 16);
  } else if (__builtin_constant_p(bits) && bits >> 16 == 0) {
    load_half(d, over, kUShort, bits);
  } else if (__builtin_constant_p(bits) && bits >= 0xffff8000) {
    load_half(d, over, kShort, bits);
  } else {
    load_half(d, over, kLower, bits);
    load_half(d, true, kUpper, bits >> 16);
  }
}

sfpi_inline Lanes loaded(std::uint32_t bits) {
  Lanes d;
  load(d, false, bits);
  return d;
}

sfpi_inline std::uint32_t bits_of(float value) { return __builtin_bit_cast(std::uint32_t, value); }

// Dst to a register and back; `at` in rows, with the address mode's and the format's numbers.
sfpi_inline void read_dst(Lanes& d, bool over, unsigned at, unsigned format, unsigned mode) {
  const unsigned bits = word(kLoad, format << 16 | mode << kAddressModeShift | at);
  if (__builtin_constant_p(bits)) {
    SFPU_WRITE(d, over, ".ttinsn (%1)|(lreg_%0<<20)", "i"(bits));
  } else {
    SFPU_WRITE_LATE(d, over, "20", bits);
  }
}

sfpi_inline void write_dst(Lanes c, unsigned at, unsigned format, unsigned mode) {
  const unsigned bits = word(kStore, format << 16 | mode << kAddressModeShift | at);
  if (__builtin_constant_p(bits)) {
    __asm__ volatile(".ttinsn (%1)|(lreg_%0<<20)" ::"cf"(c), "i"(bits));
  } else {
    unsigned scratch;
    __asm__ volatile("li %0,(lreg_%1<<20)\nor %0,%0,%2\nsw %0,0(%3)"
                     : "=&r"(scratch)
                     : "cf"(c), "r"(bits), "r"(&__instrn_buffer[0]));
  }
}

// VD gets the smaller and VC the larger, or they change places: by mode.
sfpi_inline void swap_lanes(Lanes& d, Lanes& c, unsigned mode) {
  __asm__ volatile(".ttinsn (%2)|(lreg_%1<<8)|(lreg_%0<<4)"
                   : "+cf"(d), "+cf"(c)
                   : "i"(imm_word(kSwap, 0, mode)));
}

// The condition of a lane becomes "c is as the mode says".
sfpi_inline void set_condition(Lanes c, unsigned mode) {
  __asm__ volatile(".ttinsn (%1)|(lreg_%0<<8)" ::"cf"(c), "i"(imm_word(kSetCc, 0, mode)));
}

}  // namespace sfpi::impl_
