/*!
 * \file shard/data_format.h
 * \brief Tenstorrent's names for element types, and what ttnn's tensors hold of them.
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
  /*! The dtype of the ttnn tensor that carries the elements' bits, where ttnn has no tiled tensor
   *  of the dtype itself; else "". */
  std::string carrier;
  /*! The one architecture that has the format; "" for one that all have. */
  std::string arch;
};

/*! \brief The format of "float32", "bfloat16", ... on an architecture, or nothing where it has
 *  none. */
std::optional<DataFormat> DataFormatOf(const std::string& dtype, const std::string& arch);

/*! \brief The types that have a format on an architecture, for messages: "float32, bfloat16, ...".
 */
std::string SupportedDtypes(const std::string& arch);

/*! \brief What to do with a type that DataFormatOf has no format of: a sentence for messages. */
std::string InsteadOf(const std::string& dtype);

}  // namespace shard
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SHARD_DATA_FORMAT_H_
