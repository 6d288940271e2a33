/*!
 * \file program/analysis/written_by.h
 * \brief Whether two blocks of a launch write one page.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_WRITTEN_BY_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_WRITTEN_BY_H_

#include <vector>

#include "access.h"

namespace tilelang_tt {
namespace program {

enum class Writers : uint8_t { kNone, kOneBlock, kSeveralBlocks, kUnknown };

/*! \brief "none", "one block", "several blocks", "unknown". */
const char* NameOf(Writers writers);

/*!
 * \brief Who writes the cells of a buffer in one launch.
 *
 * A cell is a tile of the last two dimensions (of a shape of one dimension: of its one row), or
 * an element where the tile is 1. kOneBlock: each cell by one block at most. kSeveralBlocks: there
 * is a cell that two blocks write. Either is said only if it is certain, and found from the affine
 * form of the places, whatever the number of blocks is. Atomic updates are writes; what is beyond
 * the buffer is none; what may not happen cannot show that two blocks write a cell.
 */
Writers FindWriters(const LaunchAccess& access, int buffer, const Program& program,
                    const Launch& launch, const Symbols& symbols, int64_t tile);

/*! \brief Of all launches together. Each ends before the next begins, so two blocks of two launches
 * are not at odds. */
Writers Combine(Writers a, Writers b);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_WRITTEN_BY_H_
