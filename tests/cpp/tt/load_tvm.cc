/*!
 * \file load_tvm.cc
 * \brief Loads a TVM and libtilelang_tt into the process before the first test.
 *
 * TILELANG_TT_TVM_LIBRARY and TILELANG_TT_LIBRARY name the two; ctest sets them.
 */
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

namespace {

void Load(const char* variable) {
  const char* path = std::getenv(variable);
  if (path == nullptr) {
    std::cerr << variable << " is not set; expected the path of a library. Run ctest\n";
    std::exit(2);
  }
  if (dlopen(path, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    std::cerr << variable << ": " << dlerror() << "\n";
    std::exit(2);
  }
  std::cout << variable << "=" << path << "\n";
}

struct LoadTVM : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;

  void testRunStarting(const Catch::TestRunInfo&) override {
    Load("TILELANG_TT_TVM_LIBRARY");
    Load("TILELANG_TT_LIBRARY");
  }
};

CATCH_REGISTER_LISTENER(LoadTVM)

}  // namespace
