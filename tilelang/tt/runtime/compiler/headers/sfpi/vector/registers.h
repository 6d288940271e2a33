// The registers by name: dst_reg, l_reg and the constant registers.
#pragma once

#include "conditions.h"
#include "modes.h"

namespace sfpi {

// How 32 lanes lie in Dst. Default is the layout that a type has by itself.
enum class DataLayout {
  Default,
  FSrcB,
  F32,
  F16a,
  F16b,
  I32,
  U32,
  U16,
  SM32,
  SM16,
  M32,
  LO16,
  HI16
};

namespace impl_ {

// SFPLOAD's and SFPSTORE's number for a type in a layout. On Blackhole two's complement is stored
// as it is; Wormhole's 12 turns it to a sign and a magnitude on its way, which is what a vInt is
// there unless told otherwise.
template <class T>
constexpr unsigned dst_format(DataLayout layout) {
  const bool is_default = layout == DataLayout::Default;
  if constexpr (std::is_base_of_v<vFloat, T>) {
    return layout == DataLayout::F32                                  ? 3
           : layout == DataLayout::F16a                               ? 1
           : layout == DataLayout::F16b                               ? 2
           : layout == DataLayout::FSrcB || std::is_same_v<T, vFloat> ? 0
           : std::is_same_v<T, vFloat16a>                             ? 1
                                                                      : 2;
  } else if constexpr (std::is_base_of_v<vSMag, T>) {
    return layout == DataLayout::SM16 || (is_default && std::is_base_of_v<vSMag16, T>) ? 8
           : layout == DataLayout::I32                                                 ? 12
                                                                                       : 4;
  } else if constexpr (std::is_same_v<T, vInt>) {
#ifdef ARCH_BLACKHOLE
    return 4;
#else
    return layout == DataLayout::I32 ? 4 : 12;
#endif
  } else {
    return layout == DataLayout::U16 || (is_default && std::is_base_of_v<vUInt16, T>) ? 6
           : layout == DataLayout::LO16                                               ? 9
           : layout == DataLayout::HI16                                               ? 7
                                                                                      : 4;
  }
}

// Layouts that need instructions besides SFPLOAD and SFPSTORE on Blackhole, which no kernel uses.
template <class T, DataLayout layout>
constexpr bool has_layout() {
#ifdef ARCH_BLACKHOLE
  return !(std::is_same_v<T, vInt> && layout == DataLayout::SM32) &&
         !(std::is_base_of_v<vSMag, T> && layout == DataLayout::I32);
#else
  return true;
#endif
}

struct DstRead {
  unsigned at, format, mode;

  sfpi_inline void operator()(Lanes& d, bool over) const { read_dst(d, over, at, format, mode); }
};

// Rows of Dst as a vector: read by conversion to a vector type, written by assignment.
template <DataLayout layout = DataLayout::Default>
class DstRows {
 public:
  sfpi_inline constexpr DstRows(unsigned at, unsigned mode) : at_(at), mode_(mode) {}
  DstRows(const DstRows&) = default;
  DstRows& operator=(const DstRows&) = delete;

  // Another layout, another address mode (-1 keeps it).
  template <DataLayout other = DataLayout::Default>
  sfpi_inline constexpr auto mode(int address_mode = -1) const {
    constexpr DataLayout next = other == DataLayout::Default ? layout : other;
    return DstRows<next>(at_, address_mode < 0 ? mode_ : unsigned(address_mode));
  }

  template <class T, std::enable_if_t<is_vector<T>>* = nullptr>
  sfpi_inline operator T() const {
    static_assert(has_layout<T, layout>(), "a layout that has to be converted in registers");
    Lanes d;
    read_dst(d, false, at_, dst_format<T>(layout), mode_);
    return T(sfpu_t{d});
  }

  template <class T, std::enable_if_t<is_vector<T>>* = nullptr>
  sfpi_inline void operator=(const T& value) const {
    static_assert(has_layout<T, layout>(), "a layout that has to be converted in registers");
    write_dst(value.lanes(), at_, dst_format<T>(layout), mode_);
  }
  template <class T, class Emit>
  sfpi_inline void operator=(const Pending<T, Emit>& value) const {
    *this = T(value);
  }
  template <class T>
  sfpi_inline void operator=(const ConstantRegister<T>& value) const {
    *this = T(value);
  }
  template <class S, std::enable_if_t<std::is_arithmetic_v<S>>* = nullptr>
  sfpi_inline void operator=(S value) const {
    *this = vFloat(float(value));
  }

 private:
  unsigned at_, mode_;
};

template <DataLayout layout>
struct FloatSide<DstRows<layout>> : std::integral_constant<int, 2> {};

class DstFile {
 public:
  sfpi_inline constexpr DstRows<> operator[](int i) const {
    return DstRows<>(unsigned(i * kStride), kNoIncrement);
  }
  // INCRWC: the rows that addresses count from. It has four bits for their number.
  sfpi_inline void operator+=(int n) const {
    constexpr int kMost = 15 / kStride;
    for (; n > kMost; n -= kMost) {
      issue(kIncRwc, kMost * kStride << 14);
    }
    issue(kIncRwc, unsigned(n * kStride) << 14);
  }
  sfpi_inline void operator++() const { *this += 1; }
  sfpi_inline void operator++(int) const { *this += 1; }

 private:
  static constexpr int kStride = SFP_DESTREG_STRIDE;
};

// LREG0 to LREG7 by number, for what other instructions left or expect there.
#define SFPU_EACH_REGISTER(X) \
  X(0, "fs0") X(1, "fs1") X(2, "fa0") X(3, "fa1") X(4, "fa2") X(5, "fa3") X(6, "fa4") X(7, "fa5")

sfpi_inline Lanes read_register(unsigned number) {
#define SFPU_READ(i, name)                            \
  if (number == i) {                                  \
    register float lreg __asm__(name);                \
    __asm__ volatile("# lreg read " #i : "=f"(lreg)); \
    return lreg;                                      \
  }
  SFPU_EACH_REGISTER(SFPU_READ)
#undef SFPU_READ
  return Lanes();
}

sfpi_inline void write_register(unsigned number, Lanes value) {
#define SFPU_PUT(i, name)                            \
  if (number == i) {                                 \
    register float lreg __asm__(name) = value;       \
    __asm__ volatile("# lreg write " #i::"f"(lreg)); \
  }
  SFPU_EACH_REGISTER(SFPU_PUT)
#undef SFPU_PUT
}

class Register {
 public:
  sfpi_inline constexpr explicit Register(unsigned number) : number_(number) {}
  template <class T, std::enable_if_t<is_vector<T>>* = nullptr>
  sfpi_inline operator T() const {
    return T(sfpu_t{read_register(number_)});
  }
  template <class T, std::enable_if_t<is_vector<T>>* = nullptr>
  sfpi_inline void operator=(const T& value) const {
    write_register(number_, value.lanes());
  }
  template <class T, class Emit>
  sfpi_inline void operator=(const Pending<T, Emit>& value) const {
    write_register(number_, value.lanes());
  }
  sfpi_inline void in_use() const { write_register(number_, read_register(number_)); }

 private:
  unsigned number_;
};

}  // namespace impl_

enum class LRegs : std::uint8_t {
  LReg0,
  LReg1,
  LReg2,
  LReg3,
  LReg4,
  LReg5,
  LReg6,
  LReg7,
  LRegCount
};

namespace impl_ {
struct RegisterFile {
  sfpi_inline constexpr Register operator[](LRegs which) const { return Register(unsigned(which)); }
};
}  // namespace impl_

constexpr impl_::DstFile dst_reg;
constexpr impl_::RegisterFile l_reg;

constexpr impl_::ConstantRegister<vFloat> vConst0{9}, vConst1{10}, vConstNeg1{11}, vConst0p8373{8};
constexpr impl_::ConstantRegister<vFloat> vConstFloatPrgm0{12}, vConstFloatPrgm1{13},
    vConstFloatPrgm2{14};
constexpr impl_::ConstantRegister<vInt> vConstIntPrgm0{12}, vConstIntPrgm1{13}, vConstIntPrgm2{14};
// Twice each lane's number.
constexpr impl_::ConstantRegister<vInt> vConstTileId{15};

}  // namespace sfpi
