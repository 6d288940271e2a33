/*!
 * \file transform/runtime_args.h
 * \brief tt_runtime_args_schema: the runtime arguments a kernel gets, in order.
 *
 * Each entry is a map: `name`; `dtype`, of one 32-bit word; `kind`; `meaning`, for a
 * reader. Kinds: "per_core" (a value a core, from tt_tiles_per_core or tt_block_boxes), "constant"
 * (the same everywhere, in `value`), "buffer_address" (the base of the parameter `buffer`) and
 * "scalar" (the function's own `parameter`).
 */
#ifndef TILELANG_TT_TRANSFORM_RUNTIME_ARGS_H_
#define TILELANG_TT_TRANSFORM_RUNTIME_ARGS_H_

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "../program/program.h"
#include "schedule_rule.h"

namespace tilelang_tt {

/*! \brief The keys of an entry. */
namespace arg {
inline const ffi::String kName = "name";
inline const ffi::String kDtype = "dtype";
inline const ffi::String kKind = "kind";
inline const ffi::String kMeaning = "meaning";
inline const ffi::String kValue = "value";
inline const ffi::String kBuffer = "buffer";
inline const ffi::String kParameter = "parameter";
}  // namespace arg

/*! \brief The arguments of which each core has its own: a range's, or a box's. */
const std::vector<const char*>& PerCoreNames(Policy policy);

/*!
 * \brief The schema: those of each core, block_stride (of a strided schedule), grid_x, grid_y,
 *   grid_z, kt_tiles (where the kernel multiplies matrices), one address a buffer, the scalars.
 * \param launch What has tt_block_stride, and the place.
 * \param grid T.Kernel's extents, in blocks.
 * \param kt_tiles Tiles along K, where the launch says one number.
 * \throws NotImplementedError: a scalar of more than 32 bits.
 */
ffi::Array<ffi::Any> RuntimeArgs(const Attrs& launch, const ScheduleRule& rule,
                                 const std::array<int64_t, 3>& grid,
                                 std::optional<int64_t> kt_tiles, const program::Program& program);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_RUNTIME_ARGS_H_
