#!/usr/bin/env bash
# Runs a lane of device tests by itself, with reports in build/device-results:
#   ci/test_device.sh hw_tests --tt-backend card --tt-arch wormhole --tt-cases full
# With several cards, each runs the whole lane, at the same time. Red if nothing ran.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

interpreter="$(ttnn_python)" || { echo "not run: $NO_TTNN_PYTHON" >&2; exit 1; }
python="$(ttnn_env "$interpreter")"
"$ROOT/ci/build.sh"
install_wheel "$python"
results="$ROOT/build/device-results"
rm -rf "$results"
mkdir -p "$results"
distribution=()
[ "$1" = hw_tests ] && distribution=(-n auto --dist each --tt-time 5) # a worker a card
say "device tests: $*"
cd "$ROOT"
# Every wait on a device has a limit of its own. Should one be missed, pytest-timeout ends the test,
# with the stacks that say what hung, and the rest goes on; the whole is given up after 110 minutes.
timeout --signal=INT --kill-after=60 6600 "$(dirname "$python")/pytest" -v -p no:cacheprovider \
  --timeout 2400 "${distribution[@]}" "$@" \
  --tt-report "$results" --junitxml "$results/junit.xml"
