#!/usr/bin/env bash
# Takes a GEMM, asks a device for its compute grid, shows the plan, and then, in a size that a
# simulator has done soon, runs its kernel and proves it, E1 to E7.
# With no Python for ttnn, a preset stands in for the device; the last line then says so.
set -euo pipefail
. "$(dirname "$0")/lanes.sh"

folder="$ROOT/build/demo"
mkdir -p "$folder"
last_line=""
gemm=(-a M=1280 -a N=1152 -a K=256)
small=(-a M=128 -a N=128 -a K=64)

if ttnn_python >/dev/null; then
  echo "the report of the proof will be at file://$folder/report/report.html"
fi

# The kernel is real TileLang where its environment can be had, else the same in plain TVMScript.
if interpreter="$(tilelang_python)"; then
  compiler="$(tilelang_env "$interpreter")"
  kernel=examples/gemm.py:gemm
  small+=(-a block_M=64 -a block_N=64)
else
  kernel=examples/gemm_tir.py:gemm
fi
if interpreter="$(ttnn_python)"; then
  asker="$(ttnn_env "$interpreter")"
  compiler="${compiler:-$asker}"
else
  asker=""
  compiler="${compiler:-$(tvm_env "$(any_python)")}"
  last_line="$NO_TTNN_PYTHON"
fi
"$ROOT/ci/build.sh"
install_wheel "$compiler"
cd "$ROOT"

tool() { local python="$1"; shift; "$(dirname "$python")/tilelang-tt" "$@"; }

if [ -n "$asker" ]; then
  [ "$asker" = "$compiler" ] || install_wheel "$asker"
  say "asking a device: tilelang-tt device -o build/demo/device.json"
  tool "$asker" device -o build/demo/device.json
  device=build/demo/device.json
else
  device=n150
fi

say "planning for it: tilelang-tt plan $kernel ${gemm[*]} --device $device"
tool "$compiler" plan "$kernel" "${gemm[@]}" --device "$device" -o build/demo/plan.json
if [ -n "$asker" ]; then
  say "and for a simulated Wormhole, which has another grid: tilelang-tt device --from wolfpine"
  tool "$asker" device --from wolfpine -o build/demo/wolfpine.json
  tool "$compiler" plan "$kernel" "${small[@]}" --device build/demo/wolfpine.json \
    -o build/demo/wolfpine_plan.json >/dev/null
  if [ "$kernel" = examples/gemm.py:gemm ]; then # no sources are generated for the other one
    say "running its kernel there: tilelang-tt run build/demo/wolfpine_plan.json --backend wolfpine"
    tool "$asker" run build/demo/wolfpine_plan.json --backend wolfpine
  fi
  say "proving it there: tilelang-tt validate build/demo/wolfpine_plan.json --backend wolfpine"
  tool "$asker" validate build/demo/wolfpine_plan.json --backend wolfpine -o build/demo/report
fi
if [ -n "$last_line" ]; then printf '\n%s\n' "$last_line"; fi
