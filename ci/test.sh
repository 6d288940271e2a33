#!/usr/bin/env bash
# Builds and tests everything that this machine can run, and says what it can't:
#   ci/test.sh [--skip-deps] [--jobs N]
#   --skip-deps  use the environments in .venv/ as they are
# Red if a test failed, if a lane ran no test, if a test ran in no lane, or if a lane is missing.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

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

if interpreter="$(tilelang_python)" && python_of[tilelang]="$(tilelang_env "$interpreter")"; then
  lanes+=(tilelang)
else
  missing+=("$NO_TILELANG_PYTHON")
fi
if interpreter="$(ttnn_python)" && python_of[ttnn]="$(ttnn_env "$interpreter")"; then
  lanes+=(ttnn)
else
  missing+=("$NO_TTNN_PYTHON")
  python_of[tvm]="$(tvm_env "$(any_python)")"
  lanes+=(tvm)
fi
# The oldest apache-tvm that is supported; ttnn's lane has the newest.
python_of[tvm-0.26.0]="$(tvm_env "$(any_python)" 0.26.0)"
lanes+=(tvm-0.26.0)

[ -n "$SKIP_DEPS" ] || install_browser

libraries=()
for lane in "${lanes[@]}"; do libraries+=("$(tvm_library "${python_of[$lane]}")"); done
"$ROOT/ci/build.sh" "${libraries[@]}"

rm -rf "$results" "$exchange"
mkdir -p "$results" "$exchange"
failed=0

say "C++ tests, lint and the documentation, told when all are done"
"$ROOT/ci/lint.sh" >"$results/lint.log" 2>&1 &
linting=$!
"$ROOT/ci/docs.sh" --built >"$results/docs.log" 2>&1 &
documenting=$!
"$VENVS/build/bin/ctest" --test-dir "$ROOT/build" -R tt --no-tests=error --output-on-failure \
  --output-junit "$results/cpp.xml" || failed=1
wait "$linting" || failed=1
wait "$documenting" || failed=1
cat "$results"/*.log
rm "$results"/*.log

# python_tests LANE [ARGUMENT...]
python_tests() {
  local lane="$1"
  shift
  install_wheel "${python_of[$lane]}"
  (cd "$ROOT" && TILELANG_TT_EXCHANGE="$exchange" \
    "$(dirname "${python_of[$lane]}")/pytest" -q -p no:cacheprovider "$@" \
    -o junit_suite_name="$lane" --junitxml "$results/$lane.xml")
}

# The lanes without devices are a process each, at the same time; they come before the ttnn lane,
# which reads the plan that the tilelang lane writes.
running=()
for lane in "${lanes[@]}"; do
  [ "$lane" = ttnn ] && continue
  say "Python tests in .venv/$lane, which is told when all are done"
  python_tests "$lane" >"$results/$lane.log" 2>&1 &
  running+=("$!")
done
for process in "${running[@]}"; do wait "$process" || failed=1; done
cat "$results"/*.log
rm "$results"/*.log
if [ -n "${python_of[ttnn]:-}" ]; then
  say "Python tests in .venv/ttnn"
  # One more than there are processors, since the tests of sessions mostly wait.
  python_tests ttnn -n "$((JOBS + 1))" --maxprocesses 4 --dist loadfile || failed=1
fi

if [ -n "${python_of[ttnn]:-}" ]; then
  say "device tests on simulators, in .venv/ttnn"
  running=()
  for arch in wormhole blackhole; do # at the same time
    (cd "$ROOT" && "$(dirname "${python_of[ttnn]}")/pytest" -q -p no:cacheprovider sim_tests \
      --tt-backend wolfpine --tt-arch "$arch" --junitxml "$results/sim-$arch.xml") \
      >"$results/sim-$arch.log" 2>&1 &
    running+=("$!")
  done
  for process in "${running[@]}"; do wait "$process" || failed=1; done
  cat "$results"/sim-*.log
fi

say "the wheel"
"$ROOT/ci/wheel.sh" "" || failed=1

say "summary"
"${python_of[${lanes[0]}]}" "$ROOT/ci/summary.py" "$results" || failed=1
for reason in "${missing[@]}"; do
  echo "not run: $reason"
  failed=1
done
exit "$failed"
