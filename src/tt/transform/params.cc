/*!
 * \file transform/params.cc
 * \brief Checking a function's parameters; see params.h.
 */
#include "params.h"

#include <map>

#include "../error.h"

namespace tilelang_tt {

ir::Params RequireParams(const tvm::ffi::ObjectRef& func) {
  ir::Params params = ir::FuncParams(func);
  std::string place = ir::FuncName(func);
  std::map<std::string, int> index_of;
  auto check_name = [&](const std::string& name, int index) {
    auto [found, is_new] = index_of.emplace(name, index);
    if (!is_new) {
      TT_MALFORMED() << place << ": parameters " << found->second << " and " << index
                     << " are both named \"" << name << "\"; expected distinct names";
    }
  };
  for (const ir::BufferParam& buffer : params.buffers) check_name(buffer.name, buffer.index);
  for (const ir::ScalarParam& scalar : params.scalars) check_name(scalar.name, scalar.index);
  if (!params.pointers.empty()) {
    TT_UNSUPPORTED() << place << ": parameter " << params.pointers[0].name
                     << " is a bare pointer; expected a tensor with a shape, such as "
                     << "T.Tensor((M, N), dtype)";
  }
  return params;
}

}  // namespace tilelang_tt
