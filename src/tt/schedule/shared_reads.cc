/*!
 * \file schedule/shared_reads.cc
 * \brief Tensors that cores read together; see shared_reads.h.
 */
#include "shared_reads.h"

#include <algorithm>

namespace tilelang_tt {
namespace schedule {

std::vector<SharedRead> FindSharedReads(const std::vector<Alike>& tensors,
                                        const Placement& placement) {
  std::vector<SharedRead> reads;
  for (size_t tensor = 0; tensor < tensors.size(); ++tensor) {
    int64_t in_row = tensors[tensor].along_x ? placement.columns : 1;
    int64_t in_column = tensors[tensor].along_y ? placement.rows : 1;
    if (in_row < 2 && in_column < 2) continue;
    bool along_x = in_row >= in_column;
    reads.push_back({tensor, along_x, along_x ? 1 : 0});
  }
  bool one_axis = std::all_of(reads.begin(), reads.end(), [&](const SharedRead& read) {
    return read.along_x == reads[0].along_x;
  });
  for (size_t i = 0; one_axis && i < reads.size(); ++i)
    reads[i].noc = static_cast<int>((i + 1) % 2);
  return reads;
}

}  // namespace schedule
}  // namespace tilelang_tt
