/*!
 * \file transform/check_metadata.cc
 * \brief Checking metadata by itself; see check_metadata.h.
 */
#include "check_metadata.h"

#include <tvm/ffi/reflection/registry.h>

#include "../error.h"
#include "buffer_descriptor.h"
#include "check_runtime_args.h"
#include "defaults.h"
#include "schedule_attrs.h"
#include "tile_program.h"

namespace tilelang_tt {
namespace {

constexpr const char* kScheduleAdvice = "run InferDefaultTTSchedule first";
constexpr const char* kShardAdvice = "run InferDefaultTTShard first";

void ExpectInt(const Attrs& attrs, const char* key, int64_t expected, const char* why) {
  int64_t found = attrs.RequireInt(key, kScheduleAdvice);
  if (found != expected) attrs.Contradiction(key, found, expected, why);
}

void CheckSchedule(const Attrs& attrs, const device::DeviceSpec& device) {
  std::array<int64_t, 3> grid;
  for (int axis = 0; axis < 3; ++axis) {
    grid[axis] = attrs.RequireInt(attr::kGrid[axis], kScheduleAdvice);
    if (grid[axis] < 1) {
      TT_MALFORMED() << attrs.place() << ": " << attr::kGrid[axis] << " is " << grid[axis]
                     << "; expected at least 1";
    }
  }
  int64_t num_tiles = CountTiles(attrs, grid);
  ExpectInt(attrs, attr::kNumTiles, num_tiles, "that is the product of the grid's extents");
  ExpectInt(attrs, attr::kNumCores, device.num_cores(), "that is the device's compute grid");
  std::string order = attrs.RequireString(attr::kCoreOrder, kScheduleAdvice);
  if (order != kCoreOrderRule) {
    attrs.Contradiction(attr::kCoreOrder, ffi::String(order), ffi::String(kCoreOrderRule),
                        "every per-core list is in that order");
  }
  CheckCoreRanges(attrs, device, CheckTilesPerCore(attrs, device, num_tiles));
  CheckRuntimeArgs(attrs, grid);
}

std::vector<int64_t> DescribedShape(const Attrs& descriptor) {
  std::vector<int64_t> shape = descriptor.RequireInts("tt_shape", kShardAdvice);
  for (int64_t extent : shape) {
    if (extent < 1) {
      TT_MALFORMED() << descriptor.place() << ": tt_shape has " << extent
                     << "; expected integers of at least 1";
    }
  }
  return shape;
}

void CheckBuffers(const Attrs& attrs, const device::DeviceSpec& device) {
  AttrMap buffers = attrs.RequireMap(attr::kBuffers, kShardAdvice);
  for (const auto& [name, value] : buffers) {
    std::string place = BufferPlace(attrs, name);
    auto map = value.as<AttrMap>();
    if (!map) TT_MALFORMED() << place << " is " << Show(value) << "; expected a descriptor";
    Attrs descriptor(place, *map);
    AttrMap expected = DescribeBuffer(attrs, device, name, DescribedShape(descriptor),
                                      descriptor.RequireString("tt_dtype", kShardAdvice));
    for (const auto& [key, expected_value] : expected) {
      auto found = map->Get(key);
      if (!found || !SameValue(*found, expected_value)) {
        descriptor.Contradiction(key.c_str(), found.value_or(ffi::Any()), expected_value,
                                 "the buffer's shape, its dtype and the device say so");
      }
    }
    CheckRole(descriptor);
    for (const auto& [key, found_value] : *map) {
      if (key != kRole && expected.count(key) == 0) {
        TT_MALFORMED() << place << ": found the key \"" << ShowName(key)
                       << "\"; expected none of that name in a descriptor";
      }
    }
  }
  CheckCapacity(attrs, device, buffers);
}

}  // namespace

void CheckMetadata(const Attrs& attrs) {
  for (const auto& entry : attrs.map()) {
    std::string key = entry.first;
    if (key.rfind("tt_", 0) == 0 && !IsContractAttr(key)) {
      TT_MALFORMED() << attrs.place() << ": found the attribute " << ShowName(key)
                     << "; expected none of that name, since tt_ is the metadata contract's";
    }
  }
  CheckDefaults(attrs);
  ReadDims(attrs);  // which checks them
  device::DeviceSpec device = RequireDevice(attrs);
  device::CheckDescription(Attrs(attrs.place() + ": tt_device", *attrs.Map(attr::kDevice)));
  CheckSchedule(attrs, device);
  CheckBuffers(attrs, device);
}

void CheckWithoutFunction(const Attrs& attrs) {
  CheckMetadata(attrs);
  CheckAddresses(attrs, *attrs.Map(attr::kBuffers));
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.check_metadata", [](ffi::String place, AttrMap map) {
    CheckWithoutFunction(Attrs(place, map));
  });
}

}  // namespace tilelang_tt
