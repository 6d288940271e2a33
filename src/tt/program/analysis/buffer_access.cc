/*!
 * \file program/analysis/buffer_access.cc
 * \brief The access of buffers over all launches; see buffer_access.h.
 */
#include "buffer_access.h"

namespace tilelang_tt {
namespace program {

std::vector<Writers> FindBufferAccess(const Program& program, int64_t tile,
                                      const VisitRegion& visit) {
  std::vector<Writers> writers(program.buffers.size(), Writers::kNone);
  for (size_t i = 0; i < program.launches.size(); ++i) {
    const Launch& launch = program.launches[i];
    Symbols symbols(program);
    LaunchAccess touched = FindAccess(program, launch, &symbols);
    for (const TouchedRegion& region : touched.regions) visit(region, i, symbols);
    for (size_t id = 0; id < writers.size(); ++id) {
      if (!program.buffers[id].in_device_memory()) continue;
      Writers of_launch =
          FindWriters(touched, static_cast<int>(id), program, launch, symbols, tile);
      writers[id] = Combine(writers[id], of_launch);
    }
  }
  return writers;
}

}  // namespace program
}  // namespace tilelang_tt
