/*!
 * \file transform/schedule_attrs.cc
 * \brief Reading and checking the schedule's attributes; see schedule_attrs.h.
 */
#include "schedule_attrs.h"

#include "../error.h"
#include "../schedule/check.h"

namespace tilelang_tt {

device::DeviceSpec RequireDevice(const Attrs& attrs) {
  AttrMap description = attrs.RequireMap(
      attr::kDevice, "expected the device to compile for: run BindTTDevice first, or pass device=");
  return device::ReadDeviceSpec(attrs.place(), description);
}

int64_t CountTiles(const Attrs& attrs, const std::array<int64_t, 3>& grid) {
  constexpr int64_t kMaxTiles = 0xffffffff;
  int64_t tiles = 1;
  for (int64_t extent : grid) {
    if (extent > kMaxTiles / tiles) {
      TT_UNSUPPORTED() << attrs.place() << ": T.Kernel(" << grid[0] << ", " << grid[1] << ", "
                       << grid[2] << ") has more blocks than a uint32 runtime argument can count; "
                       << "expected at most " << kMaxTiles << ". Split the launch";
    }
    tiles *= extent;
  }
  return tiles;
}

std::vector<int64_t> CheckTilesPerCore(const Attrs& attrs, const device::DeviceSpec& device,
                                       int64_t num_tiles) {
  std::vector<int64_t> numbers =
      attrs.RequireIntRows(attr::kTilesPerCore, 2, "run InferDefaultTTSchedule first");
  std::vector<schedule::TileRange> ranges;
  std::vector<int64_t> counts;
  for (size_t i = 0; i < numbers.size(); i += 2) {
    ranges.push_back({numbers[i], numbers[i + 1]});
    counts.push_back(numbers[i + 1]);
  }
  if (static_cast<int64_t>(ranges.size()) != device.num_cores()) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kTilesPerCore << " has " << ranges.size()
                   << " entries; expected " << device.num_cores() << ", one for each core of the "
                   << device.grid_x << "x" << device.grid_y << " grid";
  }
  if (auto fault = schedule::FindPartitionFault(ranges, num_tiles)) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kTilesPerCore << ": " << *fault;
  }
  return counts;
}

void CheckCoreRanges(const Attrs& attrs, const device::DeviceSpec& device,
                     const std::vector<int64_t>& counts) {
  std::vector<int64_t> numbers =
      attrs.RequireIntRows(attr::kCoreRanges, 5, "run InferDefaultTTSchedule first");
  std::vector<schedule::CoreRange> ranges;
  for (size_t i = 0; i < numbers.size(); i += 5) {
    ranges.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4]});
  }
  if (auto fault = schedule::FindCoreRangeFault(ranges, counts, device.grid_x, device.grid_y)) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kCoreRanges << ": " << *fault;
  }
}

}  // namespace tilelang_tt
