/*!
 * \file shard/data_format.cc
 * \brief Tenstorrent's names for element types; see data_format.h.
 */
#include "data_format.h"

#include <utility>
#include <vector>

namespace tilelang_tt {
namespace shard {
namespace {

// enum class DataFormat, tt_metal/hw/inc/internal/tt-1xx/{wormhole,blackhole}/.../tensix_types.h.
// ttnn (0.81.1) has no tensor of float16 and bool. Its FP8_E4M3, which is float8_e4m3fn, is for
// Blackhole and for row-major tensors alone ("Only ROW_MAJOR layout is supported", "not supported
// on arch wormhole_b0"); tiles of its bits are tiles of uint8.
const std::vector<std::pair<std::string, DataFormat>>& Formats() {
  static const std::vector<std::pair<std::string, DataFormat>> kFormats = {
      {"float32", {"Float32", 4, "", ""}},
      {"bfloat16", {"Float16_b", 2, "", ""}},
      {"float16", {"Float16", 2, "uint16", ""}},
      {"int32", {"Int32", 4, "", ""}},
      {"uint32", {"UInt32", 4, "", ""}},
      {"uint16", {"UInt16", 2, "", ""}},
      {"int8", {"Int8", 1, "", ""}},
      {"uint8", {"UInt8", 1, "", ""}},
      {"bool", {"UInt8", 1, "uint8", ""}},
      {"float8_e4m3fn", {"Fp8_e4m3", 1, "uint8", "blackhole"}},
  };
  return kFormats;
}

bool Has(const std::string& arch, const DataFormat& format) {
  return format.arch.empty() || format.arch == arch;
}

struct Instead {
  const char* dtype;
  const char* advice;
};

// Wider first, then narrower; what is said is what keeps the values, or how they may be kept.
constexpr Instead kInstead[] = {
    {"float64", "Cast it to float32"},
    {"int64", "Cast it to int32, which holds indices and counts below 2^31"},
    {"uint64", "Cast it to uint32, which holds values below 2^32"},
    {"int16", "Cast it to int32"},
    {"float8_e4m3fn",
     "Blackhole alone has it. Cast it to bfloat16, which holds all its values, or plan for a "
     "Blackhole"},
    // CUDA's own type behind TileLang's float8_e4m3 is torch's float8_e4m3fn.
    {"float8_e4m3",
     "Declare it float8_e4m3fn, which is what TileLang's code for CUDA makes of it, or cast it to "
     "bfloat16, which holds all its values"},
    {"float8_e5m2", "Cast it to bfloat16, which holds all its values"},
    {"float4_e2m1fn",
     "Cast it to bfloat16, which holds all its values, or pass the bytes, two values each, as "
     "uint8"},
    {"int4", "Cast it to int8, or pass the bytes, two values each, as uint8"},
    {"uint4", "Cast it to uint8, or pass the bytes, two values each, as uint8"},
};

}  // namespace

std::optional<DataFormat> DataFormatOf(const std::string& dtype, const std::string& arch) {
  for (const auto& [name, format] : Formats()) {
    if (name == dtype && Has(arch, format)) return format;
  }
  return std::nullopt;
}

std::string SupportedDtypes(const std::string& arch) {
  std::string names;
  for (const auto& [name, format] : Formats()) {
    if (Has(arch, format)) names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

std::string InsteadOf(const std::string& dtype) {
  for (const Instead& entry : kInstead) {
    if (dtype == entry.dtype) return entry.advice;
  }
  if (dtype.rfind("float8_", 0) == 0) {
    return "Cast it to bfloat16, or pass the elements' bits as uint8";
  }
  if (dtype.rfind("float6_", 0) == 0) return "Cast it to bfloat16, which holds all its values";
  return "Cast it to one of these";
}

}  // namespace shard
}  // namespace tilelang_tt
