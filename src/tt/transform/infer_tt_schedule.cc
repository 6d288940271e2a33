/*!
 * \file transform/infer_tt_schedule.cc
 * \brief tl.tt.transform.InferDefaultTTSchedule: which core runs which blocks.
 *
 * The blocks of a T.Kernel are numbered (bz * grid_y + by) * grid_x + bx. They go to the cores that
 * may be used by the policy: in contiguous ranges, cores in row-major order, by the rule of
 * ttnn.split_work_to_cores(..., row_wise=True); in turns; or a box of them to each core of a
 * rectangle, which then read together what they read alike.
 */
#include <tvm/ffi/reflection/registry.h>

#include <utility>

#include "../error.h"
#include "../program/json/json.h"
#include "../schedule/core_ranges.h"
#include "check_runtime_args.h"
#include "defaults.h"
#include "function_program.h"
#include "launches.h"
#include "prim_func_pass.h"
#include "runtime_args.h"
#include "schedule_attrs.h"
#include "shared_reads.h"
#include "stage.h"

namespace tilelang_tt {
namespace {

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
void ScheduleGrid(const std::array<int64_t, 3>& grid, const ScheduleRule& rule, Attrs* launch) {
  int64_t num_tiles = CountTiles(*launch, grid);
  for (int axis = 0; axis < 3; ++axis) launch->Infer(attr::kGrid[axis], grid[axis]);
  launch->Infer(attr::kNumTiles, num_tiles);
  GroupCores(rule.device, InferBlocks(rule, grid, launch), launch);
}

}  // namespace

namespace {

/*! The schedule of each launch of a program. */
void ScheduleLaunches(device::DeviceSpec device, const TileProgram& tile_program, Attrs* attrs) {
  std::shared_ptr<const program::Program> program = tile_program->program();
  ScheduleCores(device, attrs);
  ScheduleRule rule = ReadScheduleRule(*attrs, std::move(device));
  int64_t tile = *attrs->Int(attr::kTileWidth);
  std::vector<Attrs> launches = GivenLaunches(*attrs, program->launches.size());
  for (size_t i = 0; i < launches.size(); ++i) {
    const program::Launch& launch = program->launches[i];
    ScheduleGrid(launch.grid, rule, &launches[i]);
    if (rule.policy == Policy::kRectangular) {
      ffi::Array<ffi::Any> shared =
          SharedReads(*program, i, tile, PlacementOf(launches[i], rule, launch.grid));
      launches[i].Default(attr::kSharedReads, shared);
      CheckSharedReads(launches[i], shared);
    }
    if (launches[i].Has(attr::kRuntimeArgs)) {
      CheckRuntimeArgs(launches[i], rule.policy, launch.grid);
      continue;
    }
    std::optional<int64_t> kt_tiles = tile_program->consequences(tile).reduction_tiles[i];
    launches[i].Set(attr::kRuntimeArgs,
                    RuntimeArgs(launches[i], rule, launch.grid, kt_tiles, *program));
  }
  SetLaunches(launches, attrs);
}

}  // namespace

void InferSchedule(const ffi::ObjectRef& func, Attrs* attrs) {
  device::DeviceSpec device = RequireDevice(*attrs);
  TileProgram tile_program = EnsureProgram(func, attrs);
  ScheduleLaunches(std::move(device), tile_program, attrs);
}

namespace {

/*!
 * The schedule of a program's launches on a device, as attributes; no function is needed.
 * \param text The program's JSON.
 * \param given As for ScheduleTiles.
 */
AttrMap ScheduleProgram(ffi::String text, AttrMap device, AttrMap given) {
  Attrs attrs("schedule", given);
  attrs.Set(attr::kDevice, device);
  device::DeviceSpec spec = RequireDevice(attrs);
  try {
    program::Program program = program::FromJson({text.data(), text.size()});
    ScheduleLaunches(std::move(spec), TileProgram::Of(std::move(program)), &attrs);
  } catch (const program::MalformedProgram& error) {
    TT_MALFORMED() << "schedule: " << error.what();
  }
  return attrs.map();
}

/*!
 * The default schedule of a launch grid on a device, as attributes; no function is needed. Nothing
 * is known of tensors, so none is read together.
 * \param given tt_schedule_policy, tt_schedule_order and tt_cores, those that are not the default.
 */
AttrMap ScheduleTiles(ffi::Array<int64_t> extents, AttrMap device, AttrMap given) {
  Attrs attrs("schedule", given);
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
  ScheduleRule rule = ReadScheduleRule(attrs, std::move(spec));
  ScheduleGrid(grid, rule, &attrs);
  if (rule.policy == Policy::kRectangular) attrs.Set(attr::kSharedReads, ffi::Array<ffi::Any>());
  attrs.Set(attr::kRuntimeArgs, RuntimeArgs(attrs, rule, grid, std::nullopt, program::Program()));
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
  tvm::ffi::reflection::GlobalDef().def("tl.tt.schedule_program", ScheduleProgram);
}

}  // namespace tilelang_tt
