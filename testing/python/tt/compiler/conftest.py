"""A runtime root with the compiler in it, made once for all tests."""

from __future__ import annotations

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

COMPILER = "runtime/sfpi/compiler/bin/riscv-tt-elf-g++"


def ttnn_folder() -> Path:
    spec = find_spec("ttnn")
    if spec is None or spec.origin is None:
        pytest.skip("ttnn is not installed")
    return Path(spec.origin).resolve().parent


@pytest.fixture(scope="session")
def runtime_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of links to the installed ttnn, with this compiler instead of SFPI's."""
    from tilelang.tt.runtime.compiler.install import install

    ttnn = ttnn_folder()
    root = tmp_path_factory.mktemp("root")
    for child in ttnn.iterdir():
        if child.name != "runtime":
            (root / child.name).symlink_to(child)
    (root / "runtime").mkdir()
    (root / "runtime" / "hw").symlink_to(ttnn / "runtime" / "hw")
    install(root, ttnn)
    return root


@pytest.fixture
def run_compiler(runtime_root: Path, tmp_path: Path):
    """Runs the compiler as TT-metal does; takes its arguments and changes to its environment."""

    def run(*args: str, simulator: str = "/a/simulator") -> subprocess.CompletedProcess[str]:
        env = {key: value for key, value in os.environ.items() if not key.startswith("TT_")}
        if simulator:
            env["TT_METAL_SIMULATOR"] = simulator
        return subprocess.run(
            [str(runtime_root / COMPILER), *args],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run
