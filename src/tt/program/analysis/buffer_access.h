/*!
 * \file program/analysis/buffer_access.h
 * \brief What the blocks of all launches do to each buffer in device memory.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_BUFFER_ACCESS_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_BUFFER_ACCESS_H_

#include <string>
#include <vector>

#include "written_by.h"

namespace tilelang_tt {
namespace program {

struct BufferAccess {
  /*! A JSON list of regions, {"launch": i, ...RegionJson}; "[]" where no block touches it. */
  std::string regions = "[]";
  /*! Who writes each page, and each element. */
  Writers pages = Writers::kNone, elements = Writers::kNone;
};

/*!
 * \brief The access of each buffer, in the order of the program's; none for scratch and views,
 * whose regions are their storage's.
 * \param tile The side of a tile, which is a page.
 */
std::vector<BufferAccess> FindBufferAccess(const Program& program, int64_t tile);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_BUFFER_ACCESS_H_
