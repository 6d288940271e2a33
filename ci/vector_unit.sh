#!/usr/bin/env bash
# The vector unit's functions, on all bfloat16 numbers and 2^16 of float32, and kernels under TT-metal's checks:
#   ci/vector_unit.sh [PYTEST-ARGUMENT...]
# On ttsim, which TILELANG_TT_TTSIM names; red without it. wolfpine would take hours.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

if [ -z "${TILELANG_TT_TTSIM:-}" ]; then
  echo "not run: TILELANG_TT_TTSIM names no folder of ttsim's libraries" >&2
  exit 1
fi
python="$(ttnn_env "$(ttnn_python)")"
cd "$ROOT"
exec "$(dirname "$python")/pytest" -q -p no:cacheprovider vector_tests "$@"
