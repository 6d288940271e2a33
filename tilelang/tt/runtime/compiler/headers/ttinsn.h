// What SFPI's assembler has and clang's hasn't, included before everything else in code for a
// TRISC.
#pragma once

// The directive `.ttinsn WORD`. A Tensix instruction stands in RISC-V code rotated left by two
// bits, which makes its low bits other than those of a RISC-V instruction.
__asm__(
    ".macro .ttinsn word\n"
    ".4byte (((\\word) << 2) | (((\\word) >> 30) & 3)) & 0xffffffff\n"
    ".endm\n");

// The numbers of the vector registers that f8 to f15 stand for (sfpi/vector/instruction.h).
__asm__(
    ".set lreg_fs0, 0\n.set lreg_fs1, 1\n.set lreg_fa0, 2\n.set lreg_fa1, 3\n"
    ".set lreg_fa2, 4\n.set lreg_fa3, 5\n.set lreg_fa4, 6\n.set lreg_fa5, 7\n");
