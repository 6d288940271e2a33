#!/usr/bin/env bash
# Builds and tests on one version of apache-tvm:  ci/test_tvm.sh 0.26.0
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

python="$(tvm_env "$(any_python)" "${1:?which version of apache-tvm, as in 0.26.0}")"
"$ROOT/ci/build.sh" "$(tvm_library "$python")"
install_wheel "$python"
"$VENVS/build/bin/ctest" --test-dir "$ROOT/build" -R tt --no-tests=error --output-on-failure
cd "$ROOT"
"$(dirname "$python")/pytest" -q -p no:cacheprovider
