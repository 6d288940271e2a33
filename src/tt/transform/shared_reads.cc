/*!
 * \file transform/shared_reads.cc
 * \brief Inferring and checking tt_shared_reads; see shared_reads.h.
 */
#include "shared_reads.h"

#include "../error.h"
#include "../program/analysis/sharing.h"
#include "../schedule/shared_reads.h"

namespace tilelang_tt {

namespace {

const char* Name(schedule::Along along) {
  switch (along) {
    case schedule::Along::kX:
      return "x";
    case schedule::Along::kY:
      return "y";
    default:
      return "yz";
  }
}

}  // namespace

ffi::Array<ffi::Any> SharedReads(const program::Program& program, size_t launch, int64_t tile,
                                 const schedule::Placement& placement) {
  std::vector<schedule::Alike> tensors;
  for (const program::AlikeAlong& axes :
       program::FindAlikeReads(program, program.launches[launch], tile)) {
    tensors.push_back({axes[0], axes[1], axes[2]});
  }
  ffi::Array<ffi::Any> reads;
  for (const schedule::SharedRead& read : schedule::FindSharedReads(tensors, placement)) {
    reads.push_back(AttrMap{{"buffer", ffi::String(program.buffers[read.tensor].name)},
                            {"along", ffi::String(Name(read.along))},
                            {"noc", static_cast<int64_t>(read.noc)}});
  }
  return reads;
}

void CheckSharedReads(const Attrs& launch, const ffi::Array<ffi::Any>& expected) {
  ffi::Array<ffi::Any> found = launch.RequireArray(attr::kSharedReads, kScheduleAdvice);
  // Those that are expected, in their order, some perhaps left out.
  auto next = expected.begin();
  for (const ffi::Any& read : found) {
    while (next != expected.end() && !SameValue(*next, read)) ++next;
    if (next == expected.end()) {
      TT_MALFORMED() << launch.place() << ": " << attr::kSharedReads << " has " << Show(read)
                     << "; expected none but of " << Show(expected)
                     << ", in that order, since no others are read alike by cores of the schedule";
    }
    ++next;
  }
}

}  // namespace tilelang_tt
