#!/usr/bin/env bash
# Checks the form of every file: Python (ruff, mypy, and by import-linter that imports point one way),
# C++ (clang-format), CMake (gersemi), shell (shellcheck), workflows (GitHub's schema, zizmor).  ci/lint.sh --fix  puts right what can be put right.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

bin="$(dirname "$(lint_env)")"
cd "$ROOT"
# list REGEX: the files of that name, but what was made; it needs no git, as in an unpacked archive.
list() { find . -type d \( -name '.venv*' -o -path ./build -o -path ./dist -o -path ./.git \) -prune -o \
  -type f -regex "$1" -print; }
mapfile -t sources < <(list '.*\.\(cc\|h\|cpp\)')
mapfile -t scripts < <(list '.*\.sh\|./.ci/run')
mapfile -t cmake < <(list '.*/CMakeLists\.txt')

if [ "${1:-}" = --fix ]; then
  "$bin/ruff" check --quiet --fix .
  "$bin/ruff" format --quiet .
  "$bin/clang-format" -i "${sources[@]}"
  "$bin/gersemi" --in-place "${cmake[@]}"
fi
failed=0
"$bin/ruff" check --quiet . || failed=1
"$bin/ruff" format --quiet --check . || failed=1
"$bin/mypy" || failed=1
imports="$(PYTHONPATH=. "$bin/lint-imports" --no-cache)" || { echo "$imports"; failed=1; }
"$bin/clang-format" --dry-run --Werror "${sources[@]}" || failed=1
"$bin/gersemi" --check "${cmake[@]}" || failed=1
"$bin/shellcheck" "${scripts[@]}" || failed=1
workflows=(.github/workflows/*.yml examples/nightly.yml)
"$bin/check-jsonschema" --quiet --builtin-schema vendor.github-workflows "${workflows[@]}" || failed=1
"$bin/zizmor" --offline --no-progress --quiet --config .github/zizmor.yml "${workflows[@]}" || failed=1
[ "$failed" = 0 ] && echo "${#sources[@]} C++, ${#cmake[@]} CMake, ${#scripts[@]} shell files and all of Python are well"
exit "$failed"
