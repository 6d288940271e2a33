#!/usr/bin/env bash
# The one environment that README.md names first: pip install "tilelang-tt[tilelang,sim]", on Python 3.12,
# and nothing else but pytest. Tests in it what a TileLang user does: kernels called on a simulator.
#   ci/test_one.sh [--skip-deps]
# Not a lane of test.sh, since tilelang brings the CUDA build of torch: the environment takes 7 GB.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

[ "${1:-}" = --skip-deps ] && SKIP_DEPS=1
export SKIP_DEPS="${SKIP_DEPS:-}"
interpreter="$("$ROOT/ci/find_python.sh" 3.12)" || {
  echo "not run: found no Python 3.12; install one (pyenv install 3.12) and run again" >&2
  exit 1
}
"$ROOT/ci/build.sh"
python="$(one_env "$interpreter")"
install_wheel "$python"
"$python" -m pip check
"$(dirname "$python")/tilelang-tt" doctor
cd "$ROOT"
# Neither another interpreter nor a ttsim of the shell's: what is installed here has to do.
env -u TILELANG_TT_PYTHON -u TILELANG_TT_TTSIM "$(dirname "$python")/pytest" -q -p no:cacheprovider \
  -m "long or not long" testing/python/tt/jit --junitxml "$ROOT/build/one.xml"
