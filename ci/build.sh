#!/usr/bin/env bash
# Builds the library, its C++ tests and the wheel, all in build/:
#   ci/build.sh [TVM_LIBRARY...]
# The C++ tests are set up to run on each of the TVMs named; without any, none is built.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

python="$(build_env)"
tests=OFF
[ $# -gt 0 ] && tests=ON
# Each file by itself for ccache, which keeps each, and for nobody else (pyproject.toml).
apart=()
[ -z "${CMAKE_CXX_COMPILER_LAUNCHER:-}" ] || apart=(-C cmake.define.CMAKE_UNITY_BUILD=OFF)
say "building the library, its tests and the wheel"
rm -rf "$WHEELS"
mkdir -p "$WHEELS"
cd "$ROOT"
PATH="$(dirname "$python"):$PATH" CMAKE_BUILD_PARALLEL_LEVEL="$JOBS" \
  "$python" -m pip wheel . --quiet --disable-pip-version-check --no-deps --no-build-isolation \
  --wheel-dir "$WHEELS" -C build-dir=build \
  -C cmake.define.Python_EXECUTABLE="$python" \
  "${apart[@]}" -C cmake.define.TILELANG_TT_BUILD_TESTS="$tests" \
  -C cmake.define.TILELANG_TT_TVM_LIBRARIES="$(IFS=';'; echo "$*")"
