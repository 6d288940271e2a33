/*!
 * \file program/analysis/buffer_access.cc
 * \brief The access of buffers over all launches; see buffer_access.h.
 */
#include "buffer_access.h"

namespace tilelang_tt {
namespace program {

std::vector<BufferAccess> FindBufferAccess(const Program& program, int64_t tile) {
  std::vector<BufferAccess> found(program.buffers.size());
  std::vector<std::string> regions(found.size());
  for (size_t i = 0; i < program.launches.size(); ++i) {
    const Launch& launch = program.launches[i];
    Symbols symbols(program);
    LaunchAccess touched = FindAccess(program, launch, &symbols);
    for (const TouchedRegion& region : touched.regions) {
      std::string& list = regions[region.box.buffer];
      std::string json = RegionJson(region, program, symbols, tile);
      list +=
          (list.empty() ? "" : ",") + ("{\"launch\":" + std::to_string(i) + ",") + json.substr(1);
    }
    for (size_t id = 0; id < found.size(); ++id) {
      if (!program.buffers[id].in_device_memory()) continue;
      int buffer = static_cast<int>(id);
      found[id].pages =
          Combine(found[id].pages, FindWriters(touched, buffer, program, launch, symbols, tile));
      found[id].elements =
          Combine(found[id].elements, FindWriters(touched, buffer, program, launch, symbols, 1));
    }
  }
  for (size_t id = 0; id < found.size(); ++id) found[id].regions = "[" + regions[id] + "]";
  return found;
}

}  // namespace program
}  // namespace tilelang_tt
