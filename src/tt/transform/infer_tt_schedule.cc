/*!
 * \file transform/infer_tt_schedule.cc
 * \brief tl.tt.transform.InferDefaultTTSchedule: which core runs which tiles.
 *
 * The tiles are the blocks of T.Kernel, numbered (bz * grid_y + by) * grid_x + bx.
 * They go to the cores of the device's compute grid in contiguous ranges, cores in
 * row-major order, by the rule of ttnn.split_work_to_cores(..., row_wise=True).
 */
#include <tvm/ffi/reflection/registry.h>

#include "../error.h"
#include "../program/analysis/reduction.h"
#include "../schedule/core_ranges.h"
#include "../schedule/partition.h"
#include "check_runtime_args.h"
#include "defaults.h"
#include "prim_func_pass.h"
#include "runtime_args.h"
#include "schedule_attrs.h"
#include "tile_program.h"

namespace tilelang_tt {
namespace {

/*! Sets the default partition, or checks the author's own. Returns the tiles of each core. */
std::vector<int64_t> PartitionTiles(const device::DeviceSpec& device, int64_t num_tiles,
                                    Attrs* attrs) {
  if (attrs->Has(attr::kTilesPerCore)) return CheckTilesPerCore(*attrs, device, num_tiles);
  ffi::Array<ffi::Any> rows;
  std::vector<int64_t> counts;
  for (const auto& range : schedule::SplitContiguous(num_tiles, device.num_cores())) {
    rows.push_back(ffi::Array<ffi::Any>{range.start, range.count});
    counts.push_back(range.count);
  }
  attrs->Set(attr::kTilesPerCore, rows);
  return counts;
}

/*! Sets the rectangles of the cores that have tiles, or checks the author's own. */
void GroupCores(const device::DeviceSpec& device, const std::vector<int64_t>& counts,
                Attrs* attrs) {
  if (attrs->Has(attr::kCoreRanges)) return CheckCoreRanges(*attrs, device, counts);
  ffi::Array<ffi::Any> rows;
  for (const schedule::CoreRange& r : schedule::CoverActiveCores(counts, device.grid_x)) {
    rows.push_back(ffi::Array<ffi::Any>{r.x0, r.y0, r.x1, r.y1, r.count});
  }
  attrs->Set(attr::kCoreRanges, rows);
}

/*! Everything of the schedule that the launch grid and the device give. */
void ScheduleGrid(const std::array<int64_t, 3>& grid, Attrs* attrs) {
  ApplyDefaults(attrs);
  device::DeviceSpec device = RequireDevice(*attrs);
  int64_t num_tiles = CountTiles(*attrs, grid);
  for (int axis = 0; axis < 3; ++axis) attrs->Infer(attr::kGrid[axis], grid[axis]);
  attrs->Infer(attr::kNumTiles, num_tiles);
  attrs->Infer(attr::kNumCores, device.num_cores());
  attrs->Infer(attr::kCoreOrder, ffi::String(kCoreOrderRule));
  GroupCores(device, PartitionTiles(device, num_tiles, attrs), attrs);
}

void InferSchedule(const ffi::ObjectRef& func, Attrs* attrs) {
  RequireDevice(*attrs);
  TileProgram found = RequireProgram(func, *attrs);
  const std::array<int64_t, 3>& grid = found.launch().grid;
  ScheduleGrid(grid, attrs);
  if (attrs->Has(attr::kRuntimeArgs)) return CheckRuntimeArgs(*attrs, grid);
  std::optional<int64_t> kt_tiles =
      program::FindReductionTiles(*found.program, found.launch(), *attrs->Int(attr::kTileWidth));
  attrs->Set(attr::kRuntimeArgs, RuntimeArgs(attrs->place(), grid, kt_tiles, *found.program));
}

/*! The default schedule of a launch grid on a device, as attributes; no function is needed. */
AttrMap ScheduleTiles(ffi::Array<int64_t> extents, AttrMap device) {
  Attrs attrs("schedule", AttrMap());
  attrs.Set(attr::kDevice, device);
  std::array<int64_t, 3> grid{1, 1, 1};
  if (extents.size() > grid.size()) {
    TT_MALFORMED() << "schedule: found " << extents.size() << " extents; expected at most 3";
  }
  for (size_t axis = 0; axis < extents.size(); ++axis) {
    grid[axis] = extents[axis];
    if (grid[axis] < 1) {
      TT_MALFORMED() << "schedule: the extent along axis " << axis << " is " << grid[axis]
                     << "; expected at least 1";
    }
  }
  ScheduleGrid(grid, &attrs);
  attrs.Set(attr::kRuntimeArgs, RuntimeArgs(attrs.place(), grid, std::nullopt, program::Program()));
  return attrs.map();
}

}  // namespace

ffi::ObjectRef InferDefaultTTSchedule() {
  return MakeAttrPass("tl.tt.InferDefaultTTSchedule", InferSchedule);
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.transform.InferDefaultTTSchedule",
                                        InferDefaultTTSchedule);
  tvm::ffi::reflection::GlobalDef().def("tl.tt.schedule_tiles", ScheduleTiles);
}

}  // namespace tilelang_tt
