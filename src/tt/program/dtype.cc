/*!
 * \file program/dtype.cc
 * \brief Names of dtypes; see dtype.h.
 */
#include "dtype.h"

namespace tilelang_tt {
namespace program {
namespace {

struct Named {
  const char* name;
  Dtype dtype;
};

// Names and codes as in dlpack/dlpack.h and tvm-ffi's DLDataTypeToString.
constexpr Named kDtypes[] = {
    {"int8", {0, 8}},
    {"int16", {0, 16}},
    {"int32", {0, 32}},
    {"int64", {0, 64}},
    {"uint8", {1, 8}},
    {"uint16", {1, 16}},
    {"uint32", {1, 32}},
    {"uint64", {1, 64}},
    {"float16", {2, 16}},
    {"float32", {2, 32}},
    {"float64", {2, 64}},
    {"bfloat16", {4, 16}},
    {"bool", {6, 8}},
    {"float8_e3m4", {7, 8}},
    {"float8_e4m3", {8, 8}},
    {"float8_e4m3b11fnuz", {9, 8}},
    {"float8_e4m3fn", {10, 8}},
    {"float8_e4m3fnuz", {11, 8}},
    {"float8_e5m2", {12, 8}},
    {"float8_e5m2fnuz", {13, 8}},
    {"float8_e8m0fnu", {14, 8}},
    {"float6_e2m3fn", {15, 6}},
    {"float6_e3m2fn", {16, 6}},
    {"float4_e2m1fn", {17, 4}},
    {"int4", {0, 4}},
    {"uint4", {1, 4}},
    {"handle", {3, 64}},
};

/*! What a float holds: significant bits, and the exponents of its least and largest power of two.
 */
struct Format {
  Dtype dtype;
  int digits, low, high;
};

constexpr Format kFormats[] = {
    {{2, 16}, 11, -24, 15},     {{4, 16}, 8, -133, 127}, {{2, 32}, 24, -149, 127},
    {{2, 64}, 53, -1074, 1023}, {{7, 8}, 5, -6, 3},      {{8, 8}, 4, -9, 7},
    {{9, 8}, 4, -13, 4},        {{10, 8}, 4, -9, 8},     {{11, 8}, 4, -10, 7},
    {{12, 8}, 3, -16, 15},      {{13, 8}, 3, -17, 15},   {{14, 8}, 1, -127, 127},
    {{15, 6}, 4, -3, 2},        {{16, 6}, 3, -4, 4},     {{17, 4}, 2, -1, 2},
};

/*! An integer has the bits of its magnitude, and a bool one. */
Format FormatOf(Dtype dtype) {
  for (const Format& format : kFormats) {
    if (format.dtype == dtype) return format;
  }
  return {dtype, dtype.is_bool() ? 1 : dtype.bits - (dtype.code == 0 ? 1 : 0), 0, 0};
}

}  // namespace

bool Widens(Dtype from, Dtype to) {
  if (from == to) return true;
  if (to.is_bool() || (from.is_float() && !to.is_float())) return false;
  Format a = FormatOf(from), b = FormatOf(to);
  if (a.digits > b.digits) return false;
  if (from.is_float()) return a.low >= b.low && a.high <= b.high;
  if (to.is_float()) return a.digits <= b.high;
  return from.code != 0 || to.code == 0;
}

std::string NameOf(Dtype dtype) {
  for (const Named& entry : kDtypes) {
    if (entry.dtype == dtype) return entry.name;
  }
  return "";
}

std::optional<Dtype> DtypeOfName(std::string_view name) {
  for (const Named& entry : kDtypes) {
    if (name == entry.name) return entry.dtype;
  }
  return std::nullopt;
}

}  // namespace program
}  // namespace tilelang_tt
