"""A device that kernels are called on: a simulator, by another interpreter where ttnn isn't here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]

# These are tests of what tilelang does, and import it and torch; the lane that has them runs them.
collect_ignore_glob = [] if find_spec("tilelang.language") is not None else ["test_*.py"]
# One process with tilelang and ttnn's device: 'make test-one' has it, and no lane of 'make test'.
if find_spec("ttnn") is None:
    collect_ignore_glob.append("test_ttnn_tensors.py")


@pytest.fixture(scope="session", autouse=True)
def _device_is_named() -> Iterator[None]:
    """ttsim where there is one, since it is fast; else wolfpine."""
    with pytest.MonkeyPatch.context() as patch:
        if find_spec("ttnn") is None:
            patch.setenv("TILELANG_TT_PYTHON", str(ROOT / ".venv" / "ttnn" / "bin" / "python"))
        else:
            patch.delenv("TILELANG_TT_PYTHON", raising=False)
        patch.setenv(
            "TILELANG_TT_BACKEND", "ttsim" if os.environ.get("TILELANG_TT_TTSIM") else "wolfpine"
        )
        patch.delenv("TILELANG_TT_ARCH", raising=False)
        yield
        from tilelang.tt.runtime.session import opened

        opened.close()


@pytest.fixture(autouse=True)
def _no_disk_cache() -> Iterator[None]:
    """Each test compiles what it calls; the tests of TileLang's cache have one of their own."""
    import tilelang

    tilelang.disable_cache()
    yield
    tilelang.enable_cache()
