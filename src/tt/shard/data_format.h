/*!
 * \file shard/data_format.h
 * \brief Tenstorrent's names for element types.
 */
#ifndef TILELANG_TT_SHARD_DATA_FORMAT_H_
#define TILELANG_TT_SHARD_DATA_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>

namespace tilelang_tt {
namespace shard {

struct DataFormat {
  /*! A name of `enum class DataFormat` in TT-metal's tensix_types.h. */
  std::string name;
  /*! Bytes an element. */
  int64_t item_size;
};

/*! \brief The format of "float32", "bfloat16", ..., or nothing where Tenstorrent has none. */
std::optional<DataFormat> DataFormatOf(const std::string& dtype);

/*! \brief The types that have a format, for messages: "float32, bfloat16, ...". */
std::string SupportedDtypes();

}  // namespace shard
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SHARD_DATA_FORMAT_H_
