#!/usr/bin/env bash
# Builds what is published, in dist/, and tries it as a user would:
#   ci/wheel.sh [--built] [EXTRA...]      by default tvm sim; also tilelang (large), or none of them: ""
# An sdist, a wheel built from that sdist, repaired by auditwheel for manylinux; then, outside of the
# source tree, the bare wheel in every Python from 3.10 to 3.13 that is here, and each extra.
#   --built  takes the wheel that ci/build.sh made of the tree; the sdist has to be that tree, byte for byte
set -euo pipefail
. "$(dirname "$0")/lanes.sh"
. "$(dirname "$0")/beside.sh"

built=()
if [ "${1:-}" = --built ]; then
  built=("$WHEELS"/tilelang_tt-*.whl)
  shift
fi
[ $# -gt 0 ] || set -- tvm sim
dist="$ROOT/dist"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
python="$(wheel_env)"
bin="$(dirname "$python")"

rm -rf "$dist"
if [ ${#built[@]} -gt 0 ]; then
  say "building the sdist"
  "$python" -m build --quiet --sdist --outdir "$scratch/built" "$ROOT"
  "$python" "$ROOT/ci/compare_sdist.py" "$scratch"/built/*.tar.gz "$ROOT"
  cp "${built[0]}" "$scratch/built"
else
  say "building the sdist, and the wheel from it"
  "$python" -m build --quiet --outdir "$scratch/built" "$ROOT"
fi
# libtvm_ffi is the loading process's own, of whichever TVM it has.
PATH="$bin:$PATH" "$bin/auditwheel" repair --exclude libtvm_ffi.so --wheel-dir "$dist" "$scratch"/built/*.whl
mv "$scratch"/built/*.tar.gz "$dist"
ls -l "$dist"
wheel=("$dist"/*manylinux*.whl)

# try NAME PYTHON EXTRAS REQUIREMENT...: installs the wheel with extras and runs the smoke test.
try() {
  local name="$1" interpreter="$2" extras="$3"
  shift 3
  say "$name: $("$interpreter" -V)"
  "$interpreter" -m venv "$scratch/$name"
  "$scratch/$name/bin/python" -m pip install --quiet --disable-pip-version-check \
    "tilelang-tt$extras @ file://${wheel[0]}" "$@"
  (cd "$scratch" && "$name/bin/python" -W ignore "$ROOT/ci/smoke.py")
  rm -rf "${scratch:?}/$name"
}

for version in 3.10 3.11 3.12 3.13; do
  if interpreter="$("$ROOT/ci/find_python.sh" "$version")"; then
    start try "bare-$version" "$interpreter" ""
  else
    echo "not tried: Python $version, which is not here"
  fi
done
finish
for extra in "$@"; do
  case "$extra" in
    "") ;;
    tvm) try tvm "$(any_python)" "[tvm]" ;;
    ttnn | sim) try "$extra" "$(ttnn_python)" "[$extra]" ;;
    # A later torch may bring several gigabytes for GPUs.
    tilelang) try tilelang "$(tilelang_python)" "[tilelang]" torch==2.13.0 ;;
    *) echo "no extra $extra" >&2; exit 2 ;;
  esac
done
