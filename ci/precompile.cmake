# The headers of tvm-ffi are read once and not by each file: they are two thirds of what a file takes to
# compile without optimisation. For builds without ccache, which keeps nothing of such a file unless it
# is told to be sloppy.
set(headers <tvm/ffi/tvm_ffi.h> <tvm/ffi/reflection/registry.h>)
cmake_language(DEFER CALL target_precompile_headers tilelang_tt PRIVATE ${headers})
if(TILELANG_TT_BUILD_TESTS STREQUAL "ON")
  cmake_language(DEFER CALL target_precompile_headers test_tt_passes PRIVATE <tvm/ffi/tvm_ffi.h>)
endif()
