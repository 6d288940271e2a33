/*!
 * \file transform/verify_tt_metadata.cc
 * \brief tl.tt.transform.VerifyTTMetadata: the metadata is consistent and is this code's.
 *
 * It trusts no attribute: beyond what CheckMetadata asks of the metadata by itself, what
 * the kernel's program says of grid, tensors and reduction is compared once more.
 */
#include <tvm/ffi/reflection/registry.h>

#include "../error.h"
#include "../program/analysis/reduction.h"
#include "buffer_descriptor.h"
#include "check_metadata.h"
#include "check_runtime_args.h"
#include "prim_func_pass.h"
#include "tile_program.h"

namespace tilelang_tt {
namespace {

void VerifyGrid(const program::Launch& launch, const Attrs& attrs) {
  for (int axis = 0; axis < 3; ++axis) {
    int64_t found = *attrs.Int(attr::kGrid[axis]);
    if (found != launch.grid[axis]) {
      attrs.Contradiction(attr::kGrid[axis], found, launch.grid[axis], "that is T.Kernel's extent");
    }
  }
}

void VerifyParams(const program::Program& program, const Attrs& attrs) {
  AttrMap buffers = *attrs.Map(attr::kBuffers);
  size_t tensors = 0;
  for (const program::Buffer& buffer : program.buffers) {
    if (buffer.kind != program::Buffer::Kind::kTensor) continue;
    ++tensors;
    std::string place = BufferPlace(attrs, buffer.name);
    auto found = buffers.Get(buffer.name);
    if (!found) {
      TT_MALFORMED() << place << " is not in " << attr::kBuffers
                     << "; expected a descriptor of every tensor parameter";
    }
    Attrs descriptor(place, found->cast<AttrMap>());
    ffi::Array<ffi::Any> shape;
    for (int64_t extent : buffer.shape) shape.push_back(extent);
    descriptor.Infer("tt_shape", shape);
    descriptor.Infer("tt_dtype", ffi::String(program::NameOf(buffer.dtype)));
  }
  if (buffers.size() != tensors) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kBuffers << " has " << buffers.size()
                   << " entries; expected " << tensors << ", one a tensor parameter";
  }
  CheckAddresses(attrs, buffers);
  CheckScalars(attrs, program);
}

/*! kt_tiles, where it is there, is what the program says: one number, and that. */
void VerifyReduction(const TileProgram& found, const Attrs& attrs) {
  ffi::Array<ffi::Any> schema = *attrs.Array(attr::kRuntimeArgs);
  for (const ffi::Any& item : schema) {
    Attrs arg(attrs.place() + ": " + attr::kRuntimeArgs + ": kt_tiles", item.cast<AttrMap>());
    if (arg.String("name") != "kt_tiles") continue;
    std::optional<int64_t> expected =
        program::FindReductionTiles(*found.program, found.launch(), *attrs.Int(attr::kTileWidth));
    if (!expected) {
      TT_MALFORMED() << arg.place() << " is " << Show(arg.map().at("value"))
                     << "; expected none, since the kernel says no single length of a reduction";
    }
    if (arg.Int("value") != *expected) {
      arg.Contradiction("value", arg.map().at("value"), *expected,
                        "so many tiles the kernel reduces along");
    }
  }
}

void Verify(const ffi::ObjectRef& func, Attrs* attrs) {
  CheckMetadata(*attrs);
  TileProgram found = RequireProgram(func, *attrs);
  VerifyGrid(found.launch(), *attrs);
  VerifyParams(*found.program, *attrs);
  VerifyReduction(found, *attrs);
}

}  // namespace

ffi::ObjectRef VerifyTTMetadata() { return MakeAttrPass("tl.tt.VerifyTTMetadata", Verify); }

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.transform.VerifyTTMetadata", VerifyTTMetadata);
}

}  // namespace tilelang_tt
