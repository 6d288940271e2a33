#!/usr/bin/env bash
# Prints the path of a Chromium or Chrome, in which the tests open the pages. Exits 1 where there is none.
set -euo pipefail

for name in chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" && exit 0
done
echo "no Chromium or Chrome was found, which the tests open the pages in; install one \
(apt-get install chromium) and run again" >&2
exit 1
