#!/usr/bin/env bash
# Looks for undefined behaviour, in build/sanitize:
#   ci/sanitize.sh [--built]
#   --built  the wheel of ci/build.sh is there
# Clang's warnings are errors first: what it knows of lifetimes finds a reference into a temporary that
# GCC compiles without a word. Then the library and the C++ tests are built with AddressSanitizer and
# UndefinedBehaviorSanitizer, and the C++ tests and the Python tests that open no device run on that.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

build="$ROOT/build/sanitize"
failed=0

interpreter="$(ttnn_python)" || { echo "not run: $NO_TTNN_PYTHON" >&2; exit 1; }
python="$(ttnn_env "$interpreter")"
builder="$(build_env)"

say "clang's warnings"
# ziglang, which compiles the kernels of simulators, has a Clang. What it calls deprecated is inside of
# GCC's own std::stable_sort.
zig="$("$python" -c 'import pathlib, ziglang; print(pathlib.Path(ziglang.__file__).parent)')"
tvm_ffi="$("$builder" -c 'import tvm_ffi.libinfo as info; print(info.find_include_path())')"
find "$ROOT/src/tt" -name '*.cc' -print0 | xargs -0 -n 1 -P "$JOBS" "$zig/zig" clang \
  --target=x86_64-unknown-linux-gnu -x c++ -std=c++17 -fsyntax-only -Wall -Wextra -Werror -Wdangling \
  -Wno-deprecated-declarations -DTILELANG_TT_VERSION='""' -isystem "$tvm_ffi" -idirafter "$zig/lib/include" || failed=1

say "building with the sanitizers"
mkdir -p "$build"
PATH="$(dirname "$builder"):$PATH"
# Without optimisation, which takes a fifth of the time to compile, and hides nothing from the sanitizers.
cmake -S "$ROOT" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-g1 \
  -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 -DTILELANG_TT_SANITIZE=ON -DTILELANG_TT_BUILD_TESTS=ON \
  -DPython_EXECUTABLE="$builder" -DTILELANG_TT_TVM_LIBRARIES="$(tvm_library "$python")" >"$build/configure.log" ||
  { cat "$build/configure.log"; exit 1; }
cmake --build "$build" -j "$JOBS"

export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1

say "C++ tests"
ctest --test-dir "$build" -R tt --no-tests=error --output-on-failure || failed=1

say "Python tests that open no device"
[ "${1:-}" = --built ] || "$ROOT/ci/build.sh"
install_wheel "$python"
# A sanitized library needs the sanitizer first in its process, and that needs the C++ runtime, whose
# exceptions it watches. A test that opens a device is marked as one that needs a package.
# An interpreter ends without giving back all of its memory, so there it is no leak.
preload="$(c++ -print-file-name=libasan.so) $(c++ -print-file-name=libstdc++.so)"
cd "$ROOT"
ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" LD_PRELOAD="$preload" TILELANG_TT_LIBRARY="$build/libtilelang_tt.so" \
  "$(dirname "$python")/pytest" -q -p no:cacheprovider -m "not needs" \
  -n "$JOBS" --maxprocesses 4 --dist loadfile testing/python/tt || failed=1
exit "$failed"
