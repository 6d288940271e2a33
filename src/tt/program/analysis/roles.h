/*!
 * \file program/analysis/roles.h
 * \brief Which buffers in device memory a kernel reads as they were, and which it writes.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_ROLES_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_ROLES_H_

#include <vector>

#include "../program.h"

namespace tilelang_tt {
namespace program {

struct BufferUse {
  /*! What it held before the kernel may be read. */
  bool read = false;
  bool written = false;
};

/*!
 * \brief The use of each buffer, over all launches in order. A view counts as its storage.
 *
 * A read doesn't count if all of it was surely written before: by the same block, or by
 * the blocks of an earlier launch, which have all finished. A write is sure if every
 * execution that comes to the read has done it. Not sure is what stands under a condition
 * (unless both branches write it, or the condition is that of a loop's first turn), in a
 * while loop, or in a loop that may have no turn or that something may leave. An atomic
 * update reads. An opaque step reads and writes what it names, and is sure to write
 * nothing. Err, and it is on the side of a read.
 */
std::vector<BufferUse> FindRoles(const Program& program);

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_ROLES_H_
