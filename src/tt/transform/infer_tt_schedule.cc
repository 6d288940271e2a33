/*!
 * \file transform/infer_tt_schedule.cc
 * \brief tl.tt.transform.InferDefaultTTSchedule: which core runs which blocks.
 *
 * The tiles are the blocks of a T.Kernel, numbered (bz * grid_y + by) * grid_x + bx.
 * They go to the cores of the device's compute grid in contiguous ranges, cores in
 * row-major order, by the rule of ttnn.split_work_to_cores(..., row_wise=True).
 */
#include <tvm/ffi/reflection/registry.h>

#include "../error.h"
#include "../schedule/core_ranges.h"
#include "../schedule/partition.h"
#include "check_runtime_args.h"
#include "defaults.h"
#include "function_program.h"
#include "launches.h"
#include "prim_func_pass.h"
#include "runtime_args.h"
#include "schedule_attrs.h"
#include "stage.h"

namespace tilelang_tt {
namespace {

/*! Sets the default partition, or checks the author's own. Returns the tiles of each core. */
std::vector<int64_t> PartitionTiles(const device::DeviceSpec& device, int64_t num_tiles,
                                    Attrs* attrs) {
  if (attrs->Has(attr::kTilesPerCore)) return CheckTilesPerCore(*attrs, device, num_tiles);
  ffi::Array<ffi::Any> rows;
  std::vector<int64_t> counts;
  rows.reserve(device.num_cores());
  counts.reserve(device.num_cores());
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

/*! What is the same for all launches. */
void ScheduleCores(const device::DeviceSpec& device, Attrs* attrs) {
  ApplyDefaults(attrs);
  attrs->Infer(attr::kNumCores, device.num_cores());
  attrs->Infer(attr::kCoreOrder, ffi::String(kCoreOrderRule));
}

/*! Everything of a launch's schedule that its grid and the device give. */
void ScheduleGrid(const std::array<int64_t, 3>& grid, const device::DeviceSpec& device,
                  Attrs* launch) {
  int64_t num_tiles = CountTiles(*launch, grid);
  for (int axis = 0; axis < 3; ++axis) launch->Infer(attr::kGrid[axis], grid[axis]);
  launch->Infer(attr::kNumTiles, num_tiles);
  GroupCores(device, PartitionTiles(device, num_tiles, launch), launch);
}

}  // namespace

void InferSchedule(const ffi::ObjectRef& func, Attrs* attrs) {
  device::DeviceSpec device = RequireDevice(*attrs);
  TileProgram tile_program = EnsureProgram(func, attrs);
  std::shared_ptr<const program::Program> program = tile_program->program();
  ScheduleCores(device, attrs);
  std::vector<Attrs> launches = GivenLaunches(*attrs, program->launches.size());
  for (size_t i = 0; i < launches.size(); ++i) {
    const program::Launch& launch = program->launches[i];
    ScheduleGrid(launch.grid, device, &launches[i]);
    if (launches[i].Has(attr::kRuntimeArgs)) {
      CheckRuntimeArgs(launches[i], launch.grid);
      continue;
    }
    std::optional<int64_t> kt_tiles =
        tile_program->consequences(*attrs->Int(attr::kTileWidth)).reduction_tiles[i];
    launches[i].Set(attr::kRuntimeArgs,
                    RuntimeArgs(attrs->place(), launch.grid, kt_tiles, *program));
  }
  SetLaunches(launches, attrs);
}

namespace {

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
  device::DeviceSpec spec = RequireDevice(attrs);
  ScheduleCores(spec, &attrs);
  ScheduleGrid(grid, spec, &attrs);
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
