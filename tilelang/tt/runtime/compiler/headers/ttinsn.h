// The assembler directive `.ttinsn WORD`, included before everything else in code for a TRISC.
// SFPI's assembler has it; here it is a macro. A Tensix instruction stands in RISC-V code
// rotated left by two bits, which makes its low bits other than those of a RISC-V instruction.
#pragma once

__asm__(
    ".macro .ttinsn word\n"
    ".4byte (((\\word) << 2) | (((\\word) >> 30) & 3)) & 0xffffffff\n"
    ".endm\n");
