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
const std::vector<std::pair<std::string, DataFormat>>& Formats() {
  static const std::vector<std::pair<std::string, DataFormat>> kFormats = {
      {"float32", {"Float32", 4}}, {"bfloat16", {"Float16_b", 2}}, {"float16", {"Float16", 2}},
      {"int32", {"Int32", 4}},     {"uint32", {"UInt32", 4}},      {"uint16", {"UInt16", 2}},
      {"int8", {"Int8", 1}},       {"uint8", {"UInt8", 1}},
  };
  return kFormats;
}

}  // namespace

std::optional<DataFormat> DataFormatOf(const std::string& dtype) {
  for (const auto& [name, format] : Formats()) {
    if (name == dtype) return format;
  }
  return std::nullopt;
}

std::string SupportedDtypes() {
  std::string names;
  for (const auto& entry : Formats()) names += (names.empty() ? "" : ", ") + entry.first;
  return names;
}

}  // namespace shard
}  // namespace tilelang_tt
