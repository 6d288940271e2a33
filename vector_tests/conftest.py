"""The lane of the vector unit: ttsim by default, since wolfpine takes hours for it.

TILELANG_TT_TTSIM=<folder> .venv/ttnn/bin/pytest vector_tests [--tt-arch blackhole]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tilelang.tt.pytest_plugin import set_default_backend

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)


def pytest_configure(config: pytest.Config) -> None:
    set_default_backend(config, "ttsim")
    os.environ["PYTHONPATH"] = HERE  # the device's process finds vector_jobs there
