/*!
 * \file program/dtype.h
 * \brief The dtype of one element: a code and a number of bits, as DLPack has them, by name.
 */
#ifndef TILELANG_TT_PROGRAM_DTYPE_H_
#define TILELANG_TT_PROGRAM_DTYPE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tilelang_tt {
namespace program {

/*! \brief A scalar dtype. Vectors of several lanes do not occur in a tile program. */
struct Dtype {
  /*! DLDataTypeCode (dlpack/dlpack.h). */
  uint8_t code;
  uint8_t bits;

  bool operator==(const Dtype& other) const { return code == other.code && bits == other.bits; }
  bool operator!=(const Dtype& other) const { return !(*this == other); }

  /*! Signed or unsigned; bool is neither. */
  bool is_integer() const { return code <= 1; }
  bool is_bool() const { return code == 6; }
  /*! Of any format: float32, bfloat16, float8_e4m3fn. */
  bool is_float() const { return !is_integer() && !is_bool() && code != 3; }
};

constexpr Dtype kInt32{0, 32};
constexpr Dtype kInt64{0, 64};
constexpr Dtype kBool{6, 8};
constexpr Dtype kFloat32{2, 32};

/*! \brief Whether every finite value of one is a value of the other. */
bool Widens(Dtype from, Dtype to);

/*! \brief "int32", "bfloat16", "float8_e4m3fn", "bool"; "" for one that has no name here. */
std::string NameOf(Dtype dtype);

/*! \brief The dtype of a name; nothing for a name that is none. */
std::optional<Dtype> DtypeOfName(std::string_view name);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_DTYPE_H_
