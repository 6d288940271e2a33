/*!
 * \file schedule/shared_reads.h
 * \brief Which tensors the cores of a rectangle read together.
 */
#ifndef TILELANG_TT_SCHEDULE_SHARED_READS_H_
#define TILELANG_TT_SCHEDULE_SHARED_READS_H_

#include <cstddef>
#include <vector>

#include "boxes.h"

namespace tilelang_tt {
namespace schedule {

/*! \brief Whether all blocks along x, all along y, all along z read a tensor alike. */
struct Alike {
  bool along_x = false, along_y = false, along_z = false;
};

/*!
 * \brief Cores that stand side by side: a row, those of a column in one layer, or a whole column,
 *   whose blocks differ in y and in z.
 */
enum class Along { kX, kY, kYZ };

/*!
 * \brief Such cores read a tensor together: the first of them from DRAM, and the others get it by
 *   multicast over a NoC.
 */
struct SharedRead {
  size_t tensor;
  Along along;
  int noc;
};

/*!
 * \brief What cores read together, in the order of the tensors.
 *
 * At least two cores; of a row and a column that with more, the row on a tie. A column is that of
 * all layers where blocks read alike along z too. What goes down a column takes NoC 0, along a row
 * NoC 1. Where all of it goes one way it takes the two in turn, NoC 1 first: what isn't shared is
 * read over NoC 0, by another processor.
 */
std::vector<SharedRead> FindSharedReads(const std::vector<Alike>& tensors,
                                        const Placement& placement);

}  // namespace schedule
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SCHEDULE_SHARED_READS_H_
