/*!
 * \file transform/infer_tt_metadata.cc
 * \brief tl.tt.transform.InferTTMetadata: the whole stage in one pass over each function.
 */
#include <tvm/ffi/reflection/registry.h>

#include "../device/device_spec.h"
#include "defaults.h"
#include "prim_func_pass.h"
#include "stage.h"

namespace tilelang_tt {

/*!
 * \brief ApplyTTDefaults, BindTTDevice, InferDefaultTTSchedule, InferDefaultTTShard and
 *   VerifyTTMetadata, without a function made anew between them.
 * \param description The device, as for BindTTDevice; none where each function has its own.
 * \param replace As for BindTTDevice.
 */
ffi::ObjectRef InferTTMetadata(ffi::Optional<AttrMap> description, bool replace) {
  if (description) {
    device::CheckDescription(Attrs("InferTTMetadata: tt_device", *description));
  }
  return MakeAttrPass("tl.tt.InferTTMetadata", [=](const ffi::ObjectRef& func, Attrs* attrs) {
    ApplyDefaults(attrs);
    if (description) BindDevice(*description, replace, attrs);
    InferSchedule(func, attrs);
    InferShard(func, attrs);
    Verify(func, *attrs);
  });
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.transform.InferTTMetadata", InferTTMetadata);
}

}  // namespace tilelang_tt
