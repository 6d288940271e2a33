/*!
 * \file transform/prim_func_pass.cc
 * \brief Making TVM passes through registered functions; see prim_func_pass.h.
 */
#include "prim_func_pass.h"

#include <tvm/ffi/rvalue_ref.h>

#include "../ir/prim_func.h"
#include "../ir/read_program.h"

namespace tilelang_tt {

namespace {

bool HasContractAttr(const AttrMap& attrs) {
  for (const auto& entry : attrs) {
    if (IsContractAttr(entry.first)) return true;
  }
  return false;
}

/*! Whether a function is there for the host alone: it launches nothing, and another one does. */
bool IsHostCode(const ffi::ObjectRef& func, const AttrMap& attrs, const ffi::ObjectRef& module) {
  if (HasContractAttr(attrs) || ir::HasLaunch(func.get())) return false;
  auto functions = ir::Field(module.get(), "functions").cast<ffi::Map<ffi::Any, ffi::Any>>();
  for (const auto& [name, value] : functions) {
    const ffi::Object* other = ir::ObjectOf(value);
    if (other == nullptr) continue;  // the one that the pass is at was taken out
    bool is_prim_func = other->type_index() == func->type_index();
    if (is_prim_func && ir::HasLaunch(other)) return true;
  }
  return false;
}

}  // namespace

ffi::ObjectRef MakeAttrPass(const char* name,
                            std::function<void(const ffi::ObjectRef& func, Attrs* attrs)> rewrite) {
  static const ffi::Function kWithAttrs = ffi::Function::GetGlobalRequired("ir.BaseFuncWithAttrs");
  static const ffi::Function kPassInfo = ffi::Function::GetGlobalRequired("transform.PassInfo");
  static const ffi::Function kCreatePass =
      ffi::Function::GetGlobalRequired("tirx.transform.CreatePrimFuncPass");

  auto apply = [rewrite = std::move(rewrite)](ffi::RValueRef<ffi::ObjectRef> func_ref,
                                              const ffi::ObjectRef& module,
                                              const ffi::ObjectRef&) -> ffi::ObjectRef {
    ffi::ObjectRef func = *std::move(func_ref);
    AttrMap before = ir::FuncAttrs(func);
    if (IsHostCode(func, before, module)) return func;
    Attrs attrs(ShowName(ir::FuncName(func)), before);
    rewrite(func, &attrs);
    if (attrs.map().same_as(before)) return func;
    return kWithAttrs(ffi::RValueRef<ffi::ObjectRef>(std::move(func)), attrs.map())
        .cast<ffi::ObjectRef>();
  };
  ffi::Any info = kPassInfo(/*opt_level=*/0, ffi::String(name), ffi::Array<ffi::String>(),
                            /*traceable=*/false);
  return kCreatePass(ffi::Function::FromTyped(std::move(apply)), info).cast<ffi::ObjectRef>();
}

}  // namespace tilelang_tt
