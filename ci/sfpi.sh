#!/usr/bin/env bash
# Compiles every golden kernel with SFPI, as for a card, and enqueues it on fast-dispatch mocks:
#   TILELANG_TT_SFPI=/opt/tenstorrent/sfpi ci/sfpi.sh [KERNEL...]
# Red without an SFPI: what was not compiled by it is not shown.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

if [ ! -x "${TILELANG_TT_SFPI:-}/compiler/bin/riscv-tt-elf-g++" ]; then
  echo "not run: TILELANG_TT_SFPI names no folder with compiler/bin/riscv-tt-elf-g++" >&2
  exit 1
fi
python="$(ttnn_env "$(ttnn_python)")"
cd "$ROOT"
PYTHONPATH=testing/python/tt exec "$python" testing/python/tt/dispatch_mock.py "$@"
