#!/usr/bin/env bash
# Applies the small changes of ci/mutants/*.toml, one at a time, and says which the tests notice:
#   ci/mutants.sh [--built] [REGEX]
#   --built  the wheel of ci/build.sh is there
#   REGEX    only the mutants whose file or text it is found in
# In copies of the tree, in build/mutants, where what was found is kept: a run that was ended goes on.
# Red if a mutant goes unnoticed, unless it has a proof that it changes nothing, as at most 3 % may.
# Device tests run on ttsim where TILELANG_TT_TTSIM names one, else on wolfpine.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

built=
[ "${1:-}" = --built ] && { built=1; shift; }
interpreter="$(ttnn_python)" || { echo "not run: $NO_TTNN_PYTHON" >&2; exit 1; }
python="$(ttnn_env "$interpreter")"
interpreter="$(tilelang_python)" || { echo "not run: $NO_TILELANG_PYTHON" >&2; exit 1; }
tilelang="$(tilelang_env "$interpreter")"
builder="$(build_env)"
if [ -z "$built" ]; then
  "$ROOT/ci/build.sh"
  install_wheel "$python"
fi
simulator=wolfpine
[ -n "${TILELANG_TT_TTSIM:-}" ] && simulator=ttsim
say "mutants"
"$python" "$ROOT/ci/mutants/run.py" --work "$ROOT/build/mutants" --only "${1:-}" --jobs "$JOBS" \
  --python "$python" --tilelang "$tilelang" --cmake-bin "$(dirname "$builder")" --tvm-library "$(tvm_library "$python")" \
  --library "$ROOT/build/libtilelang_tt.so" --simulator "$simulator" "$ROOT"/ci/mutants/*.toml
