/*!
 * \file consequences.h
 * \brief What follows from a program, as the attributes say it.
 */
#ifndef TILELANG_TT_CONSEQUENCES_H_
#define TILELANG_TT_CONSEQUENCES_H_

#include <optional>
#include <vector>

#include "attrs.h"
#include "program/program.h"

namespace tilelang_tt {

// What blocks do to a buffer, as entries of its descriptor.
inline const ffi::String kAccess = "tt_access";
inline const ffi::String kWrittenBy = "tt_written_by";

struct Consequences {
  /*! kAccess and kWrittenBy of each buffer that is in device memory; of others nothing. */
  std::vector<AttrMap> access;
  /*! Of each launch, the tiles along its matmul's reduction, where it says one number. */
  std::vector<std::optional<int64_t>> reduction_tiles;
};

/*! \param tile The side of a tile, which is a page. */
Consequences ConsequencesOf(const program::Program& program, int64_t tile);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_CONSEQUENCES_H_
