/*!
 * \file transform/verify_tt_metadata.cc
 * \brief tl.tt.transform.VerifyTTMetadata: the metadata is consistent and is this code's.
 *
 * It trusts no attribute: beyond what CheckMetadata asks of the metadata by itself, the
 * launch grid and the buffers are read from the code once more.
 */
#include <tvm/ffi/reflection/registry.h>

#include "../error.h"
#include "../ir/launch_grid.h"
#include "buffer_descriptor.h"
#include "check_metadata.h"
#include "check_runtime_args.h"
#include "params.h"
#include "prim_func_pass.h"

namespace tilelang_tt {
namespace {

void VerifyGrid(const ffi::ObjectRef& func, const Attrs& attrs) {
  std::array<int64_t, 3> grid = ir::LaunchGrid(func);
  for (int axis = 0; axis < 3; ++axis) {
    int64_t found = *attrs.Int(attr::kGrid[axis]);
    if (found != grid[axis]) {
      attrs.Contradiction(attr::kGrid[axis], found, grid[axis], "that is T.Kernel's extent");
    }
  }
}

void VerifyParams(const ffi::ObjectRef& func, const Attrs& attrs) {
  ir::Params params = RequireParams(func);
  AttrMap buffers = *attrs.Map(attr::kBuffers);
  for (const ir::BufferParam& buffer : params.buffers) {
    std::string place = BufferPlace(attrs, buffer.name);
    auto found = buffers.Get(buffer.name);
    if (!found) {
      TT_MALFORMED() << place << " is not in " << attr::kBuffers
                     << "; expected a descriptor of every tensor parameter";
    }
    Attrs descriptor(place, found->cast<AttrMap>());
    ffi::Array<ffi::Any> shape;
    for (int64_t extent : CompactShape(place, buffer)) shape.push_back(extent);
    descriptor.Infer("tt_shape", shape);
    descriptor.Infer("tt_dtype", ffi::DLDataTypeToString(buffer.dtype));
  }
  if (buffers.size() != params.buffers.size()) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kBuffers << " has " << buffers.size()
                   << " entries; expected " << params.buffers.size() << ", one a tensor parameter";
  }
  CheckAddresses(attrs, buffers);
  CheckScalars(attrs, params.scalars);
}

void Verify(const ffi::ObjectRef& func, Attrs* attrs) {
  CheckMetadata(*attrs);
  VerifyGrid(func, *attrs);
  VerifyParams(func, *attrs);
}

}  // namespace

ffi::ObjectRef VerifyTTMetadata() { return MakeAttrPass("tl.tt.VerifyTTMetadata", Verify); }

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.transform.VerifyTTMetadata", VerifyTTMetadata);
}

}  // namespace tilelang_tt
