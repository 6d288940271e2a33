#!/usr/bin/env bash
# Prints the path of an interpreter of the first of the given versions that works here:
#   ci/find_python.sh 3.12 3.10
# Looks on PATH and among pyenv's versions, whose shims refuse a version that is not selected.
# "any" stands for every version from 3.10 on. Exits 1 where there is none.
set -euo pipefail

works() { # a Python of that version that can make virtual environments
  "$1" -c "import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != '$2')" \
    >/dev/null 2>&1
}

candidates() {
  echo "python$1"
  local pyenv_root="${PYENV_ROOT:-$HOME/.pyenv}"
  command -v pyenv >/dev/null 2>&1 && pyenv_root="$(pyenv root 2>/dev/null || echo "$pyenv_root")"
  printf '%s\n' "$pyenv_root/versions/$1."*/bin/python | sort -rV
  echo python3
}

for version in "$@"; do
  if [ "$version" = any ]; then
    exec "$0" 3.12 3.11 3.10 3.13 3.14
  fi
  for candidate in $(candidates "$version"); do
    if works "$candidate" "$version"; then
      "$candidate" -c 'import sys; print(sys.executable)'
      exit 0
    fi
  done
done
exit 1
