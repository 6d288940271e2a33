// What can be had of SFPI's sfpi.h without SFPI's compiler: names of instruction modes.
//
// The vector types (vFloat, vInt, v_if, dst_reg, ...) are intrinsics of SFPI's GCC. They are
// left undeclared on purpose: the compiler's driver turns the error into one clear line.
#pragma once

#include <cstdint>

namespace sfpi {

// SFPLOADI: how its 16 bits of immediate become 32 (Tensix instruction set, SFPLOADI's Mod0).
constexpr unsigned SFPLOADI_MOD0_FLOATB = 0;
constexpr unsigned SFPLOADI_MOD0_FLOATA = 1;
constexpr unsigned SFPLOADI_MOD0_USHORT = 2;
constexpr unsigned SFPLOADI_MOD0_SHORT = 4;
constexpr unsigned SFPLOADI_MOD0_UPPER = 8;
constexpr unsigned SFPLOADI_MOD0_LOWER = 10;

}  // namespace sfpi
