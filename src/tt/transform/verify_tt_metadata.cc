/*!
 * \file transform/verify_tt_metadata.cc
 * \brief tl.tt.transform.VerifyTTMetadata: the metadata is consistent and is this code's.
 *
 * The program of the function as it is now is compared with the attribute, and all else with what
 * follows from the program (check_metadata.h).
 */
#include <tvm/ffi/reflection/registry.h>

#include "check_metadata.h"
#include "defaults.h"
#include "function_program.h"
#include "prim_func_pass.h"
#include "stage.h"

namespace tilelang_tt {

void Verify(const ffi::ObjectRef& func, const Attrs& attrs) {
  // A function of which nothing was inferred lacks these first.
  if (!attrs.Has(attr::kProgram)) CheckDefaults(attrs);
  CheckMetadata(attrs, RequireCurrentProgram(func, attrs));
}

ffi::ObjectRef VerifyTTMetadata() {
  return MakeAttrPass("tl.tt.VerifyTTMetadata",
                      [](const ffi::ObjectRef& func, Attrs* attrs) { Verify(func, *attrs); });
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.transform.VerifyTTMetadata", VerifyTTMetadata);
}

}  // namespace tilelang_tt
