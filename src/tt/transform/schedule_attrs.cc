/*!
 * \file transform/schedule_attrs.cc
 * \brief Reading and checking the schedule's attributes; see schedule_attrs.h.
 */
#include "schedule_attrs.h"

#include "../error.h"
#include "../schedule/check.h"
#include "../schedule/check_boxes.h"
#include "../schedule/partition.h"

namespace tilelang_tt {

int64_t CountTiles(const Attrs& attrs, const std::array<int64_t, 3>& grid) {
  int64_t tiles = 1;
  for (int64_t extent : grid) {
    if (extent > kMaxUint32 / tiles) {
      TT_UNSUPPORTED() << attrs.place() << ": T.Kernel(" << grid[0] << ", " << grid[1] << ", "
                       << grid[2] << ") has more blocks than a uint32 runtime argument can count; "
                       << "expected at most " << kMaxUint32 << ". Split the launch";
    }
    tiles *= extent;
  }
  return tiles;
}

std::vector<int64_t> InferBlocks(const ScheduleRule& rule, const std::array<int64_t, 3>& grid,
                                 Attrs* launch) {
  CheckPolicyKeys(*launch, rule.policy);
  int64_t num_tiles = CountTiles(*launch, grid);
  ffi::Array<ffi::Any> rows;
  rows.reserve(rule.device.num_cores());
  std::vector<int64_t> counts;
  counts.reserve(rule.device.num_cores());
  if (rule.policy == Policy::kRectangular) {
    if (launch->Has(attr::kBlockBoxes)) return CheckBlocks(*launch, rule, grid);
    schedule::Placement placement = schedule::PlaceBlocks(rule.usable, rule.device.grid_x, grid);
    for (const schedule::Box& box :
         schedule::SplitBoxes(placement, grid, rule.device.grid_x, rule.device.num_cores())) {
      rows.push_back(ffi::Array<ffi::Any>{box.x, box.y, box.z, box.across, box.down, box.deep});
      counts.push_back(box.count());
    }
    launch->Set(attr::kBlockBoxes, rows);
    return counts;
  }
  bool strided = rule.policy == Policy::kStrided;
  if (strided) launch->Infer(attr::kBlockStride, schedule::StrideOf(num_tiles, rule.usable));
  if (launch->Has(attr::kTilesPerCore)) return CheckBlocks(*launch, rule, grid);
  for (const schedule::TileRange& range : strided
                                              ? schedule::SplitStrided(num_tiles, rule.usable)
                                              : schedule::SplitContiguous(num_tiles, rule.usable)) {
    rows.push_back(ffi::Array<ffi::Any>{range.start, range.count});
    counts.push_back(range.count);
  }
  launch->Set(attr::kTilesPerCore, rows);
  return counts;
}

namespace {

/*! A list of `width` integers for each core, one after the other. */
std::vector<int64_t> RequireRowPerCore(const Attrs& launch, const ffi::String& key, size_t width,
                                       const device::DeviceSpec& device) {
  std::vector<int64_t> numbers = launch.RequireIntRows(key, width, kScheduleAdvice);
  if (static_cast<int64_t>(numbers.size() / width) != device.num_cores()) {
    TT_MALFORMED() << launch.place() << ": " << key << " has " << numbers.size() / width
                   << " entries; expected " << device.num_cores() << ", one for each core of the "
                   << device.grid_x << "x" << device.grid_y << " grid";
  }
  return numbers;
}

std::vector<int64_t> CheckTilesPerCore(const Attrs& launch, const ScheduleRule& rule,
                                       int64_t num_tiles) {
  int64_t stride = 1;
  if (rule.policy == Policy::kStrided) {
    int64_t found = launch.RequireInt(attr::kBlockStride, kScheduleAdvice);
    stride = schedule::StrideOf(num_tiles, rule.usable);
    if (found != stride) {
      launch.Contradiction(attr::kBlockStride, found, stride,
                           "so many cores may be used, or there are so many blocks");
    }
  }
  std::vector<int64_t> numbers = RequireRowPerCore(launch, attr::kTilesPerCore, 2, rule.device);
  std::vector<schedule::TileRange> ranges;
  std::vector<int64_t> counts;
  for (size_t i = 0; i < numbers.size(); i += 2) {
    ranges.push_back({numbers[i], numbers[i + 1]});
    counts.push_back(numbers[i + 1]);
  }
  if (auto fault = schedule::FindPartitionFault(ranges, num_tiles, stride)) {
    TT_MALFORMED() << launch.place() << ": " << attr::kTilesPerCore << ": " << *fault;
  }
  return counts;
}

std::vector<schedule::Box> ReadBoxes(const Attrs& launch, const device::DeviceSpec& device) {
  std::vector<int64_t> numbers = RequireRowPerCore(launch, attr::kBlockBoxes, 6, device);
  std::vector<schedule::Box> boxes;
  for (size_t i = 0; i < numbers.size(); i += 6) {
    const int64_t* row = numbers.data() + i;
    boxes.push_back({row[0], row[1], row[2], row[3], row[4], row[5]});
  }
  return boxes;
}

schedule::Placement CheckBoxes(const Attrs& launch, const std::vector<schedule::Box>& boxes,
                               const device::DeviceSpec& device,
                               const std::array<int64_t, 3>& grid) {
  schedule::Placement placement;
  if (auto fault = schedule::FindBoxFault(boxes, device.grid_x, grid, &placement)) {
    TT_MALFORMED() << launch.place() << ": " << attr::kBlockBoxes << ": " << *fault;
  }
  return placement;
}

}  // namespace

std::vector<int64_t> CheckBlocks(const Attrs& launch, const ScheduleRule& rule,
                                 const std::array<int64_t, 3>& grid) {
  CheckPolicyKeys(launch, rule.policy);
  std::vector<int64_t> counts;
  bool boxed = rule.policy == Policy::kRectangular;
  if (boxed) {
    std::vector<schedule::Box> boxes = ReadBoxes(launch, rule.device);
    CheckBoxes(launch, boxes, rule.device, grid);
    for (const schedule::Box& box : boxes) counts.push_back(box.count());
  } else {
    counts = CheckTilesPerCore(launch, rule, CountTiles(launch, grid));
  }
  if (auto fault = schedule::FindUnusableFault(counts, rule.usable, rule.device.grid_x)) {
    TT_MALFORMED() << launch.place() << ": " << (boxed ? attr::kBlockBoxes : attr::kTilesPerCore)
                   << ": " << *fault << " (" << attr::kCores << ")";
  }
  return counts;
}

schedule::Placement PlacementOf(const Attrs& launch, const ScheduleRule& rule,
                                const std::array<int64_t, 3>& grid) {
  return CheckBoxes(launch, ReadBoxes(launch, rule.device), rule.device, grid);
}

void CheckCoreRanges(const Attrs& attrs, const device::DeviceSpec& device,
                     const std::vector<int64_t>& counts) {
  std::vector<int64_t> numbers = attrs.RequireIntRows(attr::kCoreRanges, 5, kScheduleAdvice);
  std::vector<schedule::CoreRange> ranges;
  for (size_t i = 0; i < numbers.size(); i += 5) {
    ranges.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4]});
  }
  if (auto fault = schedule::FindCoreRangeFault(ranges, counts, device.grid_x, device.grid_y)) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kCoreRanges << ": " << *fault;
  }
}

}  // namespace tilelang_tt
