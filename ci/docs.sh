#!/usr/bin/env bash
# Builds the documentation, with the reference from the docstrings, in build/docs. A warning is an error.
#   ci/docs.sh [WHEEL]    of the wheel that is named, else of one that is built
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

python="$(docs_env)"
[ $# -gt 0 ] || "$ROOT/ci/build.sh"
install_wheel "$python"
rm -rf "$ROOT/build/docs"
"$python" -m sphinx --fail-on-warning --keep-going --quiet -d "$ROOT/build/doctrees" \
  "$ROOT/docs" "$ROOT/build/docs"
echo "the documentation is at file://$ROOT/build/docs/index.html"
