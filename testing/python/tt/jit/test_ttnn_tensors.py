"""A kernel called on ttnn tensors of the process: they stay on their device, and so do results."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import numpy as np
import tilelang, tilelang.tt, ttnn
import jit_kernels as kernels
from tilelang.tt.runtime.session import opened

device = ttnn.open_device(device_id=0)

def there(array, layout=ttnn.TILE_LAYOUT):
    tensor = ttnn.to_layout(ttnn.Tensor(array, ttnn.float32), layout)
    return ttnn.to_device(tensor, device, memory_config=ttnn.DRAM_MEMORY_CONFIG)

def back(tensor):
    return ttnn.from_device(tensor).to_numpy()

func = kernels.scale_func(32, 64, "float32")
a = np.arange(2048, dtype=np.float32).reshape(32, 64)
A = there(a)
kernel = tilelang.compile(func, out_idx=[1], target="tenstorrent")
B = kernel(A)
print("result", type(B).__module__.split(".")[0], np.array_equal(back(B), 2 * a))
print("chained", np.array_equal(back(kernel(kernel(A))), 4 * a))
C = there(np.zeros_like(a))
tilelang.compile(func, target="tenstorrent")(A, C)
print("passed", np.array_equal(back(C), 2 * a))
D = there(np.zeros_like(a))
print("out", tilelang.tt.run(kernel, A, out=D) is D and np.array_equal(back(D), 2 * a))
print("session", opened.current().spec_if_open())

def refused(what, *args):
    try:
        kernel(*args)
    except ValueError as error:
        print(what, error)

refused("host", ttnn.from_device(A))
refused("shape", there(a[:, :32].copy()))
refused("rank", there(a.reshape(1, 32, 64)))
refused("layout", there(a, ttnn.ROW_MAJOR_LAYOUT))
ttnn.close_device(device)
"""


def test_ttnn_tensors_in_give_ttnn_tensors_out(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    here = str(Path(__file__).parents[1])
    tool = Path(sys.executable).with_name("tilelang-tt")
    backend = os.environ["TILELANG_TT_BACKEND"]
    done = subprocess.run(
        [str(tool), "exec", "--backend", backend, "--", sys.executable, str(tmp_path / "program.py")],
        env={**os.environ, "PYTHONPATH": here, "TILELANG_DISABLE_CACHE": "1"},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said = dict(
        line.split(" ", 1) for line in done.stdout.splitlines() if not line.startswith("20")
    )
    assert said["result"] == "ttnn True"
    assert said["chained"] == "True"
    assert said["passed"] == "True"
    assert said["out"] == "True"
    assert said["session"] == "None"
    assert "expected a tensor on a device, but got one of the host: ttnn.to_device" in said["host"]
    assert "input A shape[1] expected 64, but got 32" in said["shape"]
    assert "input A ndim expected 2, but got 3" in said["rank"]
    assert "its layout is" in said["layout"]
    assert "ttnn.to_layout(x, ttnn.TILE_LAYOUT)" in said["layout"]
