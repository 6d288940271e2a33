/*!
 * \file version.cc
 * \brief The version that the library was built as, so that a stale one is noticed.
 */
#include <tvm/ffi/reflection/registry.h>
#include <tvm/ffi/string.h>

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.version",
                                        []() { return tvm::ffi::String(TILELANG_TT_VERSION); });
}
