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

}  // namespace

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
