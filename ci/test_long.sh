#!/usr/bin/env bash
# Runs the tests that are marked long, which ci/test.sh leaves out:
#   ci/test_long.sh [PYTEST-ARGUMENT...]
# On ttsim too where TILELANG_TT_TTSIM names its libraries.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

interpreter="$(ttnn_python)" || { echo "not run: $NO_TTNN_PYTHON" >&2; exit 1; }
python="$(ttnn_env "$interpreter")"
interpreter="$(tilelang_python)" || { echo "not run: $NO_TILELANG_PYTHON" >&2; exit 1; }
writer="$(tilelang_env "$interpreter")"
"$ROOT/ci/build.sh"
install_wheel "$python"
install_wheel "$writer"
TILELANG_TT_EXCHANGE="$ROOT/build/exchange"
export TILELANG_TT_EXCHANGE
mkdir -p "$TILELANG_TT_EXCHANGE"
cd "$ROOT"
say "plans of the real tilelang, which the long tests prove"
"$(dirname "$writer")/pytest" -q -p no:cacheprovider testing/python/tt/test_plan.py
say "what is drawn at random, of new seeds"
"$(dirname "$python")/pytest" -q -p no:cacheprovider -m "hypothesis and not long" -n "$JOBS" --dist loadfile \
  --hypothesis-profile new testing/python/tt
say "long tests"
TILELANG_TT_PYTHON="$python" "$(dirname "$writer")/pytest" -q -p no:cacheprovider -m long testing/python/tt/jit
exec "$(dirname "$python")/pytest" -q -p no:cacheprovider -m long -n "$JOBS" --dist loadfile \
  testing/python/tt "$@"
