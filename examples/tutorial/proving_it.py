"""Proving it: a device shows that the plan is right, and that a wrong one would have been noticed.

    python examples/tutorial/proving_it.py

Page by page and block by block, and at last the kernel itself. Beside each claim that holds, some
are made wrong on purpose: one that is not rejected makes the whole run not proven.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from first_kernel import gemm

import tilelang.tt as tt

if __name__ == "__main__":
    with tt.device() as device:  # a simulated Wormhole, where there is no card
        planned = tt.infer_metadata(gemm.get_tir(64, 64, 64, 32, 32, 32), device.spec)
    with tempfile.TemporaryDirectory() as folder:
        tt.Plan.from_module(planned).save(Path(folder, "gemm.json"))
        tool = [Path(sys.executable).with_name("tilelang-tt"), "validate"]
        done = subprocess.run(
            [*tool, "gemm.json", "-o", "report"], cwd=folder, capture_output=True, text=True
        )
        print(done.stdout.splitlines()[-1])
        written = sorted(path.name for path in Path(folder, "report").iterdir())
        print(f"exit code {done.returncode}, {', '.join(written)}")
