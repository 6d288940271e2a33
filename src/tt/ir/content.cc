/*!
 * \file ir/content.cc
 * \brief What statements hold; see content.h.
 */
#include "content.h"

#include "nesting.h"
#include "operators.h"
#include "thread_binding.h"

namespace tilelang_tt {
namespace ir {

Content ContentFinder::Of(const ffi::Any& stmt) {
  const ffi::Object* node = ObjectOf(stmt);
  if (node == nullptr) return {};
  auto known = found_.find(node);
  if (known != found_.end()) return known->second;
  Content content = depth_ > kMostStatementDepth ? Content{false, false} : Find(node);
  found_[node] = content;
  return content;
}

Content ContentFinder::Find(const ffi::Object* node) {
  Level level(&depth_);
  Content content;
  auto add = [&](const ffi::Any& inner) {
    Content of_inner = Of(inner);
    content.only_stores &= of_inner.only_stores;
    content.parallel_loops |= of_inner.parallel_loops;
  };
  switch (TypeOf(node).kind) {
    case Kind::kStore:
    case Kind::kBind:
    case Kind::kDeclBuffer:
      return content;
    case Kind::kSeq:
      for (const ffi::Any& item : ArrayField(node, "seq")) add(item);
      return content;
    case Kind::kEvaluate: {
      ffi::Any value = Field(node, "value");
      if (KindOf(value) != Kind::kCall) return content;
      ffi::String name = CallName(ObjectOf(value));
      const Operator* found = FindOperator({name.data(), name.size()});
      content.only_stores = found != nullptr &&
                            (found->form == Form::kAtomicElement || found->form == Form::kNothing);
      return content;
    }
    case Kind::kFor: {
      std::optional<ThreadBinding> binding = BindingOf(node);
      add(Field(node, "body"));
      int64_t kind = Field(node, "kind").cast<int64_t>();
      if (binding && binding->is_block) content.only_stores = false;
      content.parallel_loops |= binding.has_value() || kind == 1;
      return content;
    }
    case Kind::kIfThenElse:
      add(Field(node, "then_case"));
      add(Field(node, "else_case"));
      return content;
    case Kind::kAttrStmt:
      add(Field(node, "body"));
      if (BindingOf(node)) content.parallel_loops = true;
      if (BindingOf(node) && BindingOf(node)->is_block) content.only_stores = false;
      return content;
    case Kind::kSBlockRealize:
      add(Field(node, "block"));
      return content;
    case Kind::kSBlock:
      add(Field(node, "init"));
      add(Field(node, "body"));
      return content;
    default:
      content.only_stores = false;
      return content;
  }
}

}  // namespace ir
}  // namespace tilelang_tt
