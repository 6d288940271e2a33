/*!
 * \file transform/runtime_args.h
 * \brief tt_runtime_args_schema: the runtime arguments a kernel gets, in order.
 *
 * Each entry is a map: `name`; `dtype`, of one 32-bit word; `kind`; `meaning`, for a
 * reader. Kinds: "per_core" (a value a core, from tt_tiles_per_core), "constant" (the
 * same everywhere, in `value`), "buffer_address" (the base of the parameter `buffer`)
 * and "scalar" (the function's own `parameter`).
 */
#ifndef TILELANG_TT_TRANSFORM_RUNTIME_ARGS_H_
#define TILELANG_TT_TRANSFORM_RUNTIME_ARGS_H_

#include <array>
#include <optional>
#include <string>

#include "../attrs.h"
#include "../program/program.h"

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

/*!
 * \brief The schema: start_id, count, grid_x, grid_y, grid_z, kt_tiles (where the kernel
 *   multiplies matrices), one address a buffer, the scalars.
 * \param grid T.Kernel's extents, in blocks.
 * \param kt_tiles Tiles along K, where the launch says one number.
 * \throws NotImplementedError: a scalar of more than 32 bits.
 */
ffi::Array<ffi::Any> RuntimeArgs(const std::string& place, const std::array<int64_t, 3>& grid,
                                 std::optional<int64_t> kt_tiles, const program::Program& program);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_RUNTIME_ARGS_H_
