/*!
 * \file transform/access_attrs.cc
 * \brief The access of buffers as attributes; see access_attrs.h.
 */
#include "access_attrs.h"

#include "../attr_json.h"
#include "../program/analysis/buffer_access.h"

namespace tilelang_tt {

std::vector<AttrMap> AccessOf(const program::Program& program, int64_t tile) {
  std::vector<program::BufferAccess> found = program::FindBufferAccess(program, tile);
  std::vector<AttrMap> attrs(found.size());
  for (size_t i = 0; i < found.size(); ++i) {
    if (!program.buffers[i].in_device_memory()) continue;
    attrs[i].Set(kAccess, json::ToAttr(program::ParseJson(found[i].regions)));
    attrs[i].Set(kWrittenBy, ffi::String(program::NameOf(found[i].pages)));
  }
  return attrs;
}

}  // namespace tilelang_tt
