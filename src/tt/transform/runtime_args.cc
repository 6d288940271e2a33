/*!
 * \file transform/runtime_args.cc
 * \brief The schema of a kernel's runtime arguments; see runtime_args.h.
 */
#include "runtime_args.h"

#include "../error.h"

namespace tilelang_tt {
namespace {

constexpr int64_t kMaxUint32 = 0xffffffff;

AttrMap Argument(const std::string& name, const std::string& kind, const std::string& meaning) {
  AttrMap entry;
  entry.Set("name", ffi::String(name));
  entry.Set("dtype", ffi::String("uint32"));
  entry.Set("kind", ffi::String(kind));
  entry.Set("meaning", ffi::String(meaning));
  return entry;
}

AttrMap Constant(const std::string& name, int64_t value, const std::string& meaning) {
  AttrMap entry = Argument(name, "constant", meaning);
  entry.Set("value", value);
  return entry;
}

}  // namespace

ffi::Array<ffi::Any> RuntimeArgs(const std::string& place, const std::array<int64_t, 3>& grid,
                                 std::optional<int64_t> kt_tiles, const program::Program& program) {
  ffi::Array<ffi::Any> schema;
  schema.push_back(Argument("start_id", "per_core", "id of the core's first block"));
  schema.push_back(Argument("count", "per_core", "blocks that the core runs"));
  schema.push_back(Constant("grid_x", grid[0], "extent of T.Kernel along x"));
  schema.push_back(Constant("grid_y", grid[1], "extent of T.Kernel along y"));
  schema.push_back(Constant("grid_z", grid[2], "extent of T.Kernel along z"));
  if (kt_tiles && *kt_tiles <= kMaxUint32) {
    schema.push_back(Constant("kt_tiles", *kt_tiles, "tiles along the matmul's reduction"));
  }
  for (const program::Buffer& buffer : program.buffers) {
    if (!buffer.in_device_memory()) continue;
    AttrMap entry = Argument(buffer.name + "_addr", "buffer_address",
                             "base address of " + buffer.name + " in each bank, bytes");
    entry.Set("buffer", ffi::String(buffer.name));
    schema.push_back(entry);
  }
  for (const program::Variable& scalar : program.variables) {
    if (scalar.kind != program::Variable::Kind::kScalar) continue;
    std::string dtype = program::NameOf(scalar.dtype);
    if (scalar.dtype.bits > 32) {
      TT_UNSUPPORTED() << place << ": parameter " << scalar.name << " is " << dtype
                       << "; expected a scalar of at most 32 bits, the size of a runtime argument";
    }
    AttrMap entry = Argument(scalar.name + "_value", "scalar", "the parameter " + scalar.name);
    entry.Set("dtype", ffi::String(dtype));
    entry.Set("parameter", ffi::String(scalar.name));
    schema.push_back(entry);
  }
  return schema;
}

}  // namespace tilelang_tt
