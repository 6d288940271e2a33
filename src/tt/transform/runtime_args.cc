/*!
 * \file transform/runtime_args.cc
 * \brief The schema of a kernel's runtime arguments; see runtime_args.h.
 */
#include "runtime_args.h"

#include "../error.h"

namespace tilelang_tt {
namespace {

constexpr int64_t kMaxUint32 = 0xffffffff;
const ffi::String kUint32 = "uint32";

AttrMap PerCore(const char* name, const char* meaning) {
  static const ffi::String kPerCore = "per_core";
  return {{arg::kName, ffi::String(name)},
          {arg::kDtype, kUint32},
          {arg::kKind, kPerCore},
          {arg::kMeaning, ffi::String(meaning)}};
}

AttrMap Constant(const char* name, int64_t value, const char* meaning) {
  static const ffi::String kConstant = "constant";
  return {{arg::kName, ffi::String(name)},
          {arg::kDtype, kUint32},
          {arg::kKind, kConstant},
          {arg::kMeaning, ffi::String(meaning)},
          {arg::kValue, value}};
}

AttrMap Address(const std::string& buffer) {
  static const ffi::String kAddress = "buffer_address";
  return {{arg::kName, ffi::String(buffer + "_addr")},
          {arg::kDtype, kUint32},
          {arg::kKind, kAddress},
          {arg::kMeaning, ffi::String("base address of " + buffer + " in each bank, bytes")},
          {arg::kBuffer, ffi::String(buffer)}};
}

AttrMap Scalar(const std::string& parameter, const std::string& dtype) {
  return {{arg::kName, ffi::String(parameter + "_value")},
          {arg::kDtype, ffi::String(dtype)},
          {arg::kKind, ffi::String("scalar")},
          {arg::kMeaning, ffi::String("the parameter " + parameter)},
          {arg::kParameter, ffi::String(parameter)}};
}

}  // namespace

ffi::Array<ffi::Any> RuntimeArgs(const std::string& place, const std::array<int64_t, 3>& grid,
                                 std::optional<int64_t> kt_tiles, const program::Program& program) {
  ffi::Array<ffi::Any> schema;
  schema.push_back(PerCore("start_id", "id of the core's first block"));
  schema.push_back(PerCore("count", "blocks that the core runs"));
  schema.push_back(Constant("grid_x", grid[0], "extent of T.Kernel along x"));
  schema.push_back(Constant("grid_y", grid[1], "extent of T.Kernel along y"));
  schema.push_back(Constant("grid_z", grid[2], "extent of T.Kernel along z"));
  if (kt_tiles && *kt_tiles <= kMaxUint32) {
    schema.push_back(Constant("kt_tiles", *kt_tiles, "tiles along the matmul's reduction"));
  }
  for (const program::Buffer& buffer : program.buffers) {
    if (!buffer.in_device_memory()) continue;
    schema.push_back(Address(buffer.name));
  }
  for (const program::Variable& scalar : program.variables) {
    if (scalar.kind != program::Variable::Kind::kScalar) continue;
    std::string dtype = program::NameOf(scalar.dtype);
    if (scalar.dtype.bits > 32) {
      TT_UNSUPPORTED() << place << ": parameter " << scalar.name << " is " << dtype
                       << "; expected a scalar of at most 32 bits, the size of a runtime argument";
    }
    schema.push_back(Scalar(scalar.name, dtype));
  }
  return schema;
}

}  // namespace tilelang_tt
