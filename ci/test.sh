#!/usr/bin/env bash
# Builds and tests everything that this machine can run, and says what it can't:
#   ci/test.sh [--skip-deps] [--jobs N]
#   --skip-deps  use the environments in .venv/ as they are
# Red if a test failed, if a lane ran no test, if a test ran in no lane, or if a lane is missing.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"
. "$(dirname "$0")/beside.sh"

while [ $# -gt 0 ]; do
  case "$1" in
    --skip-deps) SKIP_DEPS=1 ;;
    --jobs) JOBS="${2:?--jobs needs a number}"; shift ;;
    *) echo "usage: $0 [--skip-deps] [--jobs N]" >&2; exit 2 ;;
  esac
  shift
done
export JOBS SKIP_DEPS="${SKIP_DEPS:-}"

results="$ROOT/build/test-results"
exchange="$ROOT/build/exchange"
missing=()
lanes=()
declare -A python_of

# lane NAME COMMAND...: a lane whose environment the command makes, beside others.
lane() {
  lanes+=("$1")
  python_of[$1]="$VENVS/$1/bin/python"
  start "${@:2}"
}
if interpreter="$(tilelang_python)"; then
  lane tilelang tilelang_env "$interpreter"
else
  missing+=("$NO_TILELANG_PYTHON")
fi
if interpreter="$(ttnn_python)"; then
  lane ttnn ttnn_env "$interpreter"
else
  missing+=("$NO_TTNN_PYTHON")
  lane tvm tvm_env "$(any_python)"
fi
ln -sfn "${lanes[-1]}/bin" "$VENVS/bin" # for 'source .venv/bin/activate'
# The oldest apache-tvm that is supported; ttnn's lane has the newest.
lane tvm-0.26.0 tvm_env "$(any_python)" 0.26.0
[ -n "$SKIP_DEPS" ] || start install_browser
say "the environments of the lanes, ${lanes[*]}"
finish

libraries=()
for lane in "${lanes[@]}"; do libraries+=("$(tvm_library "${python_of[$lane]}")"); done
"$ROOT/ci/build.sh" "${libraries[@]}"

rm -rf "$results" "$exchange"
mkdir -p "$results" "$exchange"
failed=0

say "lint, the documentation, C++ tests and the wheel"
start "$ROOT/ci/lint.sh"
start "$ROOT/ci/docs.sh" --built
start "$VENVS/build/bin/ctest" --test-dir "$ROOT/build" -R tt --no-tests=error --output-on-failure \
  --output-junit "$results/cpp.xml"
start "$ROOT/ci/wheel.sh" --built ""
finish || failed=1

# python_tests LANE [ARGUMENT...]
python_tests() {
  local lane="$1"
  shift
  install_wheel "${python_of[$lane]}" || return
  (cd "$ROOT" && TILELANG_TT_EXCHANGE="$exchange" \
    "$(dirname "${python_of[$lane]}")/pytest" -q -p no:cacheprovider "$@" \
    -o junit_suite_name="$lane" --junitxml "$results/$lane.xml")
}

# device_tests ARCH
# shellcheck disable=SC2329  # it is started by name
device_tests() {
  (cd "$ROOT" && "$(dirname "${python_of[ttnn]}")/pytest" -q -p no:cacheprovider sim_tests \
    --tt-backend wolfpine --tt-arch "$1" --junitxml "$results/sim-$1.xml")
}

# They come before the ttnn lane, which reads the plan that the tilelang lane writes.
say "Python tests in the lanes without devices"
for lane in "${lanes[@]}"; do
  case "$lane" in
    ttnn) ;;
    tilelang) start python_tests "$lane" -n 2 --dist loadfile --no-loadscope-reorder ;; # has twice as much to do as the other
    # The command line asks an older TVM for nothing that other tests don't.
    tvm-*) start python_tests "$lane" --ignore testing/python/tt/test_cli.py --ignore testing/python/tt/test_kernel_files.py ;;
    *) start python_tests "$lane" ;;
  esac
done
finish || failed=1
if [ -n "${python_of[ttnn]:-}" ]; then
  say "Python tests in .venv/ttnn"
  # One more than there are processors, since the tests of sessions mostly wait.
  python_tests ttnn -n "$((JOBS + 1))" --maxprocesses 4 --dist loadfile --no-loadscope-reorder || failed=1
fi

if [ -n "${python_of[ttnn]:-}" ]; then
  say "device tests on simulators, in .venv/ttnn"
  for arch in wormhole blackhole; do
    start device_tests "$arch"
  done
  finish || failed=1
fi

say "summary"
"${python_of[${lanes[0]}]}" "$ROOT/ci/summary.py" "$results" || failed=1
for reason in "${missing[@]}"; do
  echo "not run: $reason"
  failed=1
done
exit "$failed"
