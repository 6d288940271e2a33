/*!
 * \file transform/prim_func_pass.h
 * \brief A TVM pass over PrimFuncs that only rewrites attributes.
 */
#ifndef TILELANG_TT_TRANSFORM_PRIM_FUNC_PASS_H_
#define TILELANG_TT_TRANSFORM_PRIM_FUNC_PASS_H_

#include <tvm/ffi/tvm_ffi.h>

#include <functional>

#include "../attrs.h"

namespace tilelang_tt {

/*!
 * \brief Makes a pass that lets `rewrite` change each kernel's attributes.
 *
 * Host code, a function without T.Kernel and without tt_ attributes beside others in its module
 * that have T.Kernel, stays as it is.
 *
 * \param name The pass's name, as PassContext instruments show it.
 * \param rewrite Gets the function and its attributes. What it throws leaves the
 *   module as it was.
 * \return A TVM Pass, which the loaded TVM makes through its registered functions.
 */
ffi::ObjectRef MakeAttrPass(const char* name,
                            std::function<void(const ffi::ObjectRef& func, Attrs* attrs)> rewrite);

}  // namespace tilelang_tt

#endif  // TILELANG_TT_TRANSFORM_PRIM_FUNC_PASS_H_
