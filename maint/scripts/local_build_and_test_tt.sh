#!/usr/bin/env bash
# Builds and tests locally:
#   maint/scripts/local_build_and_test_tt.sh [--skip-deps] [--jobs N]
exec "$(dirname "$0")/../../ci/test.sh" "$@"
