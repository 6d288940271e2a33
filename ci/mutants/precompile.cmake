# For copies that are built again after each change: the headers of tvm-ffi are read once. They are two
# thirds of what a file of the library takes to compile without optimisation.
set(headers <tvm/ffi/tvm_ffi.h> <tvm/ffi/reflection/registry.h>)
cmake_language(DEFER CALL target_precompile_headers tilelang_tt PRIVATE ${headers})
cmake_language(DEFER CALL target_precompile_headers test_tt_passes PRIVATE <tvm/ffi/tvm_ffi.h>)
