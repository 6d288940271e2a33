/*!
 * \file transform/runtime_args.cc
 * \brief The schema of a kernel's runtime arguments; see runtime_args.h.
 */
#include "runtime_args.h"

#include "../error.h"

namespace tilelang_tt {
namespace {

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

const std::vector<const char*>& PerCoreNames(Policy policy) {
  static const std::vector<const char*> kRange = {"start_id", "count"};
  static const std::vector<const char*> kBox = {"first_x", "first_y", "first_z",
                                                "across",  "down",    "deep"};
  return policy == Policy::kRectangular ? kBox : kRange;
}

ffi::Array<ffi::Any> RuntimeArgs(const Attrs& launch, const ScheduleRule& rule,
                                 const std::array<int64_t, 3>& grid,
                                 std::optional<int64_t> kt_tiles, const program::Program& program) {
  ffi::Array<ffi::Any> schema;
  if (rule.policy == Policy::kRectangular) {
    schema.push_back(PerCore("first_x", "index along x of the core's first blocks"));
    schema.push_back(PerCore("first_y", "index along y of the core's first blocks"));
    schema.push_back(PerCore("first_z", "index along z of the core's first blocks"));
    schema.push_back(PerCore("across", "blocks of the core along x"));
    schema.push_back(PerCore("down", "blocks of the core along y"));
    schema.push_back(PerCore("deep", "blocks of the core along z"));
  } else {
    schema.push_back(PerCore("start_id", rule.order == kOrders[0]
                                             ? "id of the core's first block"
                                             : "position of the core's first block, y fastest"));
    schema.push_back(PerCore("count", "blocks that the core runs"));
  }
  if (rule.policy == Policy::kStrided) {
    schema.push_back(Constant("block_stride", *launch.Int(attr::kBlockStride),
                              "from one block of a core to its next"));
  }
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
      TT_UNSUPPORTED() << launch.place() << ": parameter " << scalar.name << " is " << dtype
                       << "; expected a scalar of at most 32 bits, the size of a runtime argument";
    }
    schema.push_back(Scalar(scalar.name, dtype));
  }
  return schema;
}

}  // namespace tilelang_tt
