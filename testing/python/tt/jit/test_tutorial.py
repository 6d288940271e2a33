"""The tutorial's scripts run, and the README shows what they print."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.needs("calls")


def test_the_readme_opens_with_what_the_first_kernel_prints(root):
    script = root / "examples" / "tutorial" / "first_kernel.py"
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    printed = [line for line in done.stdout.splitlines() if "[TileLang:" not in line]
    readme = (root / "README.md").read_text()
    (shown,) = re.findall(r"\$ python examples/tutorial/first_kernel.py\n((?:    .*\n)+)", readme)
    assert printed == [line.strip() for line in shown.splitlines()]
    code = readme.partition("```python\n")[2].partition("```")[0]
    text = script.read_text()
    for line in ('@tilelang.jit(out_idx=[-1], target="tenstorrent")', "import tilelang.tt", "def gemm(M, N, K, block_M=64, block_N=64, block_K=32):"):  # fmt: skip
        assert line in code
        assert line in text
