#!/usr/bin/env bash
# Generates kernels at random and runs them on a simulator, beside the interpreter:
#   ci/fuzz.sh [--minutes N] [--seed N] [--backend ttsim|wolfpine] [--arch wormhole|blackhole]
# A kernel that differs is shrunk to the smallest that does and printed with its seed; red if there is one.
# On ttsim, which TILELANG_TT_TTSIM names, ten minutes; wolfpine does a few kernels in as long.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

if [ -z "${TILELANG_TT_TTSIM:-}" ] && [[ " $* " != *" wolfpine "* ]]; then
  echo "not run: TILELANG_TT_TTSIM names no folder of ttsim's libraries" >&2
  exit 1
fi
python="$(ttnn_env "$(ttnn_python)")"
cd "$ROOT"
exec "$python" testing/python/tt/fuzz_kernels.py "$@"
