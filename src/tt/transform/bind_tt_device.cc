/*!
 * \file transform/bind_tt_device.cc
 * \brief tl.tt.transform.BindTTDevice: the device that a function is compiled for.
 */
#include <tvm/ffi/reflection/registry.h>

#include "../device/device_spec.h"
#include "prim_func_pass.h"
#include "stage.h"

namespace tilelang_tt {

void BindDevice(const AttrMap& description, bool replace, Attrs* attrs) {
  if (attrs->Has(attr::kDevice) && !replace) {
    device::CheckDescription(Attrs(attrs->place() + ": tt_device", *attrs->Map(attr::kDevice)));
  } else {
    attrs->Set(attr::kDevice, description);
  }
}

/*!
 * \brief A pass that sets tt_device.
 * \param description The device, as DeviceSpec.to_attr() gives it; checked here, once.
 * \param replace Whether it replaces a tt_device that a function has already; if not,
 *   that one is checked and kept.
 */
ffi::ObjectRef BindTTDevice(AttrMap description, bool replace) {
  device::CheckDescription(Attrs("BindTTDevice: tt_device", description));
  return MakeAttrPass("tl.tt.BindTTDevice", [=](const ffi::ObjectRef&, Attrs* attrs) {
    BindDevice(description, replace, attrs);
  });
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.transform.BindTTDevice", BindTTDevice);
}

}  // namespace tilelang_tt
