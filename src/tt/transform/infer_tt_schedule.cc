/*!
 * \file transform/infer_tt_schedule.cc
 * \brief tl.tt.transform.InferDefaultTTSchedule: which core runs which tiles.
 *
 * The tiles are the blocks of T.Kernel, numbered (bz * grid_y + by) * grid_x + bx.
 * They go to the cores of the device's compute grid in contiguous ranges, cores in
 * row-major order, by the rule of ttnn.split_work_to_cores(..., row_wise=True).
 */
#include <tvm/ffi/reflection/registry.h>

#include "../ir/launch_grid.h"
#include "../ir/reduction.h"
#include "../schedule/core_ranges.h"
#include "../schedule/partition.h"
#include "defaults.h"
#include "params.h"
#include "prim_func_pass.h"
#include "runtime_args.h"
#include "schedule_attrs.h"

namespace tilelang_tt {
namespace {

ffi::Array<ffi::Any> TilesPerCore(int64_t num_tiles, int64_t num_cores) {
  ffi::Array<ffi::Any> rows;
  for (const schedule::TileRange& range : schedule::SplitContiguous(num_tiles, num_cores)) {
    rows.push_back(ffi::Array<ffi::Any>{range.start, range.count});
  }
  return rows;
}

ffi::Array<ffi::Any> CoreRanges(const std::vector<int64_t>& counts, int64_t grid_x) {
  ffi::Array<ffi::Any> rows;
  for (const schedule::CoreRange& r : schedule::CoverActiveCores(counts, grid_x)) {
    rows.push_back(ffi::Array<ffi::Any>{r.x0, r.y0, r.x1, r.y1, r.count});
  }
  return rows;
}

void InferSchedule(const ffi::ObjectRef& func, Attrs* attrs) {
  ApplyDefaults(attrs);
  device::DeviceSpec device = RequireDevice(*attrs);
  std::array<int64_t, 3> grid = ir::LaunchGrid(func);
  int64_t num_tiles = CountTiles(*attrs, grid);

  for (int axis = 0; axis < 3; ++axis) attrs->Infer(attr::kGrid[axis], grid[axis]);
  attrs->Infer(attr::kNumTiles, num_tiles);
  attrs->Infer(attr::kNumCores, device.num_cores());
  attrs->Infer(attr::kCoreOrder, ffi::String(kCoreOrderRule));
  // A partition or a cover of the author's own is kept, if it is one.
  attrs->Default(attr::kTilesPerCore, TilesPerCore(num_tiles, device.num_cores()));
  std::vector<int64_t> counts = CheckTilesPerCore(*attrs, device, num_tiles);
  attrs->Default(attr::kCoreRanges, CoreRanges(counts, device.grid_x));
  CheckCoreRanges(*attrs, device, counts);
  attrs->Default(attr::kRuntimeArgs,
                 RuntimeArgs(attrs->place(), grid, attrs->RequireInt(attr::kTileWidth, ""),
                             ir::MatmulReductionExtent(func), RequireParams(func)));
  CheckRuntimeArgs(*attrs, grid);
}

}  // namespace

ffi::ObjectRef InferDefaultTTSchedule() {
  return MakeAttrPass("tl.tt.InferDefaultTTSchedule", InferSchedule);
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.transform.InferDefaultTTSchedule",
                                        InferDefaultTTSchedule);
}

}  // namespace tilelang_tt
