/*!
 * \file transform/params.h
 * \brief The parameters of a function, checked: this stage needs to tell them apart by name.
 */
#ifndef TILELANG_TT_TRANSFORM_PARAMS_H_
#define TILELANG_TT_TRANSFORM_PARAMS_H_

#include "../ir/prim_func.h"

namespace tilelang_tt {

/*!
 * \brief The function's parameters.
 * \throws ValueError: two parameters of one name.
 * \throws NotImplementedError: a bare pointer, whose extent nothing tells.
 */
ir::Params RequireParams(const tvm::ffi::ObjectRef& func);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_PARAMS_H_
