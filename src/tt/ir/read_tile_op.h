/*!
 * \file ir/read_tile_op.h
 * \brief Reading a call that is a statement, T.copy or T.gemm among them, into a step.
 */
#ifndef TILELANG_TT_IR_READ_TILE_OP_H_
#define TILELANG_TT_IR_READ_TILE_OP_H_

#include <optional>

#include "../program/program.h"
#include "node.h"
#include "read_expr.h"

namespace tilelang_tt {
namespace ir {

/*!
 * \brief The step of a call; nothing for a call that does nothing.
 *
 * Every argument and annotation is consumed, is on a list of the harmless, or throws
 * NotUnderstood.
 */
std::optional<program::Step> ReadTileOp(const ffi::Object* call, ExprReader* exprs);

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_READ_TILE_OP_H_
