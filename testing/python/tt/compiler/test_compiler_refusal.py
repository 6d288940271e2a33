"""A kernel that can't be compiled without SFPI is refused in words, to its caller."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest

pytestmark = pytest.mark.needs("wolfpine")

KERNEL = """
#include "api/compute/common.h"
#ifdef TRISC_MATH
#include <sfpi.h>
#endif
void kernel_main() {
#ifdef TRISC_MATH
  sfpi::vFloat x[9];
  for (int i = 0; i < 9; ++i) x[i] = sfpi::dst_reg[i];
  for (int i = 0; i < 9; ++i) sfpi::dst_reg[i] = x[i];
#endif
}
"""

RUN = f"""
import numpy as np
import ttnn

device = ttnn.open_device(device_id=0)
cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(0, 0))])
kernel = ttnn.KernelDescriptor(
    kernel_source={KERNEL!r},
    source_type=ttnn.KernelDescriptor.SourceType.SOURCE_CODE,
    core_ranges=cores,
    compile_time_args=[],
    config=ttnn.ComputeConfigDescriptor(),
)
try:
    tensor = ttnn.to_layout(ttnn.Tensor(np.ones((32, 32), "float32"), ttnn.float32), ttnn.TILE_LAYOUT)
    tensor = ttnn.to_device(tensor, device, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    program = ttnn.ProgramDescriptor(kernels=[kernel], semaphores=[], cbs=[])
    ttnn.generic_op([tensor, tensor], program)
except RuntimeError as error:
    print("RuntimeError:", error)
finally:
    ttnn.close_device(device)
"""


def end_simulator(tag: str) -> None:
    """End the simulator that was started with a TT_SIM_RUN_TAG: it has a session of its own."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if tag.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


def test_what_does_not_fit_is_refused_in_one_line(runtime_root: Path, tmp_path: Path) -> None:
    framework = find_spec("framework")
    assert framework is not None
    assert framework.origin is not None
    tag = f"compiler-{uuid4().hex}"
    env = {key: value for key, value in os.environ.items() if not key.startswith("TT_")}
    env |= {
        "TT_METAL_SIMULATOR": str(Path(framework.origin).parent / "sim" / "blackhole"),
        "WOLFPINE_PYTHON": sys.executable,
        "TT_METAL_SLOW_DISPATCH_MODE": "1",
        "TT_METAL_RUNTIME_ROOT": str(runtime_root),
        "TT_METAL_CACHE": str(tmp_path / "cache"),
        "TT_METAL_LOGS_PATH": str(tmp_path),
        "TT_SIM_RUN_TAG": tag,
    }
    log = tmp_path / "log"
    try:
        with log.open("w") as output:
            subprocess.run(
                [sys.executable, "-c", RUN],
                env=env,
                cwd=tmp_path,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=120,
                check=False,
            )
    finally:
        end_simulator(tag)
    printed = log.read_text()
    _, refused, error = printed.partition("RuntimeError:")
    assert refused, printed[-3000:]
    line = next(line for line in error.splitlines() if "tilelang-tt compiler: error:" in line)
    assert "the code at chlkc_math.cpp:" in line
    assert "registers (8)" in line
    assert "flw" not in error
