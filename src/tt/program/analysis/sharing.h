/*!
 * \file program/analysis/sharing.h
 * \brief Which tensors all blocks along an axis of a launch's grid read alike.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_SHARING_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_SHARING_H_

#include <array>
#include <vector>

#include "../program.h"

namespace tilelang_tt {
namespace program {

/*! \brief Of x, y and z, those along which all blocks read a tensor alike. */
using AlikeAlong = std::array<bool, 3>;

/*!
 * \brief For each buffer, the axes along which blocks that differ only in that index read the same
 *   pages of it, as often and in the same order.
 *
 * It is so where no read's place, no bound of a loop around it and no condition around it depends
 * on the index, or on what is loaded or not understood; the launch writes nothing of the buffer;
 * and what it reads are whole pages. What is not sure is false, also for a buffer that is not read
 * or not in device memory.
 * \param tile The side of a tile, which is a page.
 */
std::vector<AlikeAlong> FindAlikeReads(const Program& program, const Launch& launch, int64_t tile);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_SHARING_H_
