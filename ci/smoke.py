"""A smoke test of an installed tilelang-tt: what its extras bring, works.

python ci/smoke.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import tilelang.tt as tt


def command(*args: str, code: int = 0) -> str:
    tool = Path(sys.executable).with_name("tilelang-tt")
    env = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run([tool, *args], env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def main() -> None:
    assert "site-packages" in tt.__file__, tt.__file__
    assert (Path(tt.__file__).parent / "py.typed").exists()
    assert command("--version") == f"tilelang-tt {version('tilelang-tt')}\n"
    assert "8x8" in command("device", "--from", "n150")
    said = ["the command line, presets"]

    from tilelang.tt.describe import describe_tensor, schedule_tiles

    spec = tt.DeviceSpec.preset("n150")
    assert schedule_tiles([65], spec).tiles_per_core[0].count == 2
    assert describe_tensor("X", (100, 70), "float32", spec).accessor.num_pages == 12
    said.append("the library")

    if find_spec("tvm") is not None:
        kernel = Path(__file__).resolve().parents[1] / "examples" / "gemm_tir.py"
        with tempfile.TemporaryDirectory() as folder:
            plan = Path(folder, "plan.json")
            command("plan", f"{kernel}:gemm", "--device", "n150", "-o", str(plan))
            assert "gemm" in command("show", str(plan))
        said.append("plans")
    else:
        advice = command("doctor", code=1)
        assert "pip install 'apache-tvm>=0.26', or pip install tilelang==0.1.15" in advice, advice
        said.append("advice")
    if find_spec("ttnn") is not None:
        assert "8x8" in command("device", "--from", "mock")
        said.append("a mock device")
    if find_spec("ziglang") is not None:
        out = command("validate", "--backend", "wolfpine", "--cases", "random:3:1")
        assert "wrong claims rejected" in out
        said.append("a proof on a simulated Wormhole")
    print(f"works: {', '.join(said)}")


if __name__ == "__main__":
    main()
