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
    const Alike& alike = tensors[tensor];
    bool all_layers = alike.along_y && alike.along_z && placement.layers > 1;
    int64_t in_row = alike.along_x ? placement.columns : 1;
    int64_t in_column = alike.along_y ? placement.rows : 1;
    if (all_layers) in_column *= placement.layers;
    if (in_row < 2 && in_column < 2) continue;
    if (in_row >= in_column) {
      reads.push_back({tensor, Along::kX, 1});
    } else {
      reads.push_back({tensor, all_layers ? Along::kYZ : Along::kY, 0});
    }
  }
  // Those along rows have NoC 1, those down columns NoC 0.
  bool one_way = std::all_of(reads.begin(), reads.end(),
                             [&](const SharedRead& read) { return read.noc == reads[0].noc; });
  for (size_t i = 0; one_way && i < reads.size(); ++i) reads[i].noc = static_cast<int>((i + 1) % 2);
  return reads;
}

}  // namespace schedule
}  // namespace tilelang_tt
