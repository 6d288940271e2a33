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

/*! \brief Whether all blocks along x, all along y read a tensor alike. */
struct Alike {
  bool along_x = false, along_y = false;
};

/*!
 * \brief The cores along x (a row), or those along y (a column of a layer), read a tensor together:
 *   the first of them from DRAM, and the others get it by multicast over a NoC.
 */
struct SharedRead {
  size_t tensor;
  bool along_x;
  int noc;
};

/*!
 * \brief What cores read together, in the order of the tensors.
 *
 * Along each axis at least two cores; of two axes that with more cores, x on a tie. What goes along
 * y takes NoC 0, along x NoC 1. Where all of it goes along one axis it takes the two in turn, NoC 1
 * first: what isn't shared is read over NoC 0, by another processor.
 */
std::vector<SharedRead> FindSharedReads(const std::vector<Alike>& tensors,
                                        const Placement& placement);

}  // namespace schedule
}  // namespace tilelang_tt

#endif  // TILELANG_TT_SCHEDULE_SHARED_READS_H_
