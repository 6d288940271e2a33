/*!
 * \file consequences.cc
 * \brief What follows from a program; see consequences.h.
 */
#include "consequences.h"

#include <utility>

#include "attr_json.h"
#include "program/analysis/buffer_access.h"
#include "program/analysis/reduction.h"
#include "program/analysis/region_out.h"
#include "program/json/json.h"

namespace tilelang_tt {

namespace {

/*! Makes attributes (region_out.h). */
struct AttrOut {
  using Value = ffi::Any;

  ffi::Any Int(int64_t value) const { return value; }
  ffi::Any Bool(bool value) const { return value; }
  ffi::Any Text(const char* text) const { return ffi::String(text); }
  ffi::Any List(const std::vector<ffi::Any>& items) const { return ffi::Array<ffi::Any>(items); }
  ffi::Any Map(std::vector<std::pair<const char*, ffi::Any>> entries) const {
    std::vector<std::pair<ffi::String, ffi::Any>> named;
    named.reserve(entries.size());
    for (auto& [key, value] : entries) named.emplace_back(key, std::move(value));
    return AttrMap(named.begin(), named.end());
  }
  ffi::Any Expr(program::ExprRef expr) const {
    return json::ToAttr(program::ParseJson(program::ToJson(expr)));
  }
};

}  // namespace

Consequences ConsequencesOf(const program::Program& program, int64_t tile) {
  std::vector<ffi::Array<ffi::Any>> regions(program.buffers.size());
  std::vector<program::Writers> writers = program::FindBufferAccess(
      program, tile,
      [&](const program::TouchedRegion& region, size_t launch, const program::Symbols& symbols) {
        regions[region.box.buffer].push_back(
            program::RegionOut<AttrOut>(symbols).Region(region, launch, program, tile));
      });
  Consequences found;
  for (size_t i = 0; i < writers.size(); ++i) {
    AttrMap attrs;
    if (program.buffers[i].in_device_memory()) {
      attrs =
          AttrMap{{kAccess, regions[i]}, {kWrittenBy, ffi::String(program::NameOf(writers[i]))}};
    }
    found.access.push_back(std::move(attrs));
  }
  for (const program::Launch& launch : program.launches) {
    found.reduction_tiles.push_back(program::FindReductionTiles(program, launch, tile));
  }
  return found;
}

}  // namespace tilelang_tt
