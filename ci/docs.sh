#!/usr/bin/env bash
# Builds the documentation, with the reference from the docstrings, in build/docs. A warning is an error.
#   ci/docs.sh [--built]    of the wheel that was built last, without building it again
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

python="$(docs_env)"
[ "${1:-}" = --built ] || "$ROOT/ci/build.sh"
install_wheel "$python"
rm -rf "$ROOT/build/docs"
"$python" -m sphinx --fail-on-warning --keep-going --quiet -d "$ROOT/build/doctrees" \
  "$ROOT/docs" "$ROOT/build/docs"
echo "the documentation is at file://$ROOT/build/docs/index.html"
