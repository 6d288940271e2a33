/*!
 * \file ir/thread_binding.h
 * \brief Which index of T.Kernel or of a thread a statement binds.
 */
#ifndef TILELANG_TT_IR_THREAD_BINDING_H_
#define TILELANG_TT_IR_THREAD_BINDING_H_

#include <optional>

#include "node.h"

namespace tilelang_tt {
namespace ir {

/*! \brief The axis (0 to 2) of blockIdx or of threadIdx that a statement binds; nothing if none.
 *  Both forms count: a For with a thread binding, and the AttrStmt "thread_extent". */
struct ThreadBinding {
  bool is_block;
  int axis;
};
std::optional<ThreadBinding> BindingOf(const ffi::Object* stmt);

/*! \brief The variable that such a statement binds. */
const ffi::Object* BoundVariable(const ffi::Object* stmt);

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_THREAD_BINDING_H_
