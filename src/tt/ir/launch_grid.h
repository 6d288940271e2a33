/*!
 * \file ir/launch_grid.h
 * \brief The extents of T.Kernel.
 */
#ifndef TILELANG_TT_IR_LAUNCH_GRID_H_
#define TILELANG_TT_IR_LAUNCH_GRID_H_

#include <array>

#include "node.h"

namespace tilelang_tt {
namespace ir {

/*!
 * \brief Extents of a function's one T.Kernel: x, y, z, in blocks; an axis the author left out
 * is 1.
 *
 * Both forms are read: nested For loops bound to blockIdx.* and AttrStmt "thread_extent".
 * \throws ValueError: no T.Kernel, or an extent below 1.
 * \throws NotImplementedError: two of them, or an extent that is no constant.
 */
std::array<int64_t, 3> LaunchGrid(const ffi::ObjectRef& func);

/*! \brief 0, 1 or 2 if the statement binds blockIdx.x, .y or .z, else -1. */
int BlockAxis(const ffi::Object* stmt);

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_LAUNCH_GRID_H_
