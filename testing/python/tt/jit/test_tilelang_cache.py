"""TileLang's disk cache: a second process finds the kernel, an upgraded package or another device
does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("calls")

# Each process compiles, says whether it had to, and calls.
PROGRAM = """
import sys, logging
import torch, tilelang, tilelang.tt
from tilelang.tt import version
import jit_kernels as kernels

def compiled(target):
    kernel = tilelang.compile(kernels.scale_func(32, 32, "float32"), out_idx=[1], target=target)
    return kernel, "found" if kernel.artifact is None else "made"

kernel, how = compiled("tenstorrent")
a = torch.arange(1024.0).reshape(32, 32)
print("first", how, "// compute.cpp" in kernel.get_kernel_source())
if how == "found":
    # The first call is by tvm-ffi, which knows no negative bit; the next ones aren't.
    print("first gives", torch.equal(kernel(torch._neg_view(a)), a * -2), torch.equal(kernel(a), a * 2))
    try:
        kernel(a.to_sparse())
    except NotImplementedError as error:
        print("first refuses", error)
print("preset", compiled("tenstorrent/p150a")[1])
version.build = lambda: "upgraded"
print("upgraded", compiled("tenstorrent")[1])
"""


def run(tmp_path: Path) -> list[str]:
    here = str(Path(__file__).parents[1])
    env = {**os.environ, "TILELANG_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": here}
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "program.py")],
        env=env, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr, done.stderr
    heads = ("first", "preset", "upgraded")
    return [line for line in done.stdout.splitlines() if line.startswith(heads)]


def test_a_second_process_finds_what_the_first_one_compiled(tmp_path):
    first, second = run(tmp_path), run(tmp_path)
    assert first == ["first made True", "preset made", "upgraded made"]
    assert second[:2] == ["first found True", "first gives True True"]
    assert "kernel scale input A expected a tensor of values one after the other" in second[2]
    assert second[3:] == ["preset found", "upgraded found"]
