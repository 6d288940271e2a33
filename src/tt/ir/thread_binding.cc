/*!
 * \file ir/thread_binding.cc
 * \brief Block and thread indices that statements bind; see thread_binding.h.
 */
#include "thread_binding.h"

#include <string>

namespace tilelang_tt {
namespace ir {

std::optional<ThreadBinding> BindingOf(const ffi::Object* stmt) {
  ffi::Any iter_var;
  Kind kind = TypeOf(stmt).kind;
  if (kind == Kind::kFor) {
    iter_var = Field(stmt, "thread_binding");
  } else if (kind == Kind::kAttrStmt &&
             Field(stmt, "attr_key").cast<ffi::String>() == "thread_extent") {
    iter_var = Field(stmt, "node");
  }
  if (KindOf(iter_var) != Kind::kIterVar) return std::nullopt;
  std::string tag = Field(ObjectOf(iter_var), "thread_tag").cast<ffi::String>();
  for (int axis = 0; axis < 3; ++axis) {
    std::string suffix{"xyz"[axis]};
    if (tag == "blockIdx." + suffix) return ThreadBinding{true, axis};
    if (tag == "threadIdx." + suffix) return ThreadBinding{false, axis};
  }
  return std::nullopt;
}

const ffi::Object* BoundVariable(const ffi::Object* stmt) {
  if (TypeOf(stmt).kind == Kind::kFor) return ObjectOf(Field(stmt, "loop_var"));
  return ObjectOf(Field(ObjectOf(Field(stmt, "node")), "var"));
}

}  // namespace ir
}  // namespace tilelang_tt
