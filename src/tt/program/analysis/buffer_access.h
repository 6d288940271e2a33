/*!
 * \file program/analysis/buffer_access.h
 * \brief What the blocks of all launches do to each buffer in device memory.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_BUFFER_ACCESS_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_BUFFER_ACCESS_H_

#include <functional>
#include <vector>

#include "written_by.h"

namespace tilelang_tt {
namespace program {

using VisitRegion =
    std::function<void(const TouchedRegion& region, size_t launch, const Symbols& symbols)>;

/*!
 * \brief Visits each region that blocks touch, launch by launch, and tells who writes each page.
 * \param tile The side of a tile, which is a page; 1: who writes each element.
 * \return For each buffer; kNone for scratch and views, whose regions are their storage's.
 */
std::vector<Writers> FindBufferAccess(const Program& program, int64_t tile,
                                      const VisitRegion& visit);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_BUFFER_ACCESS_H_
