"""What the tests share: which packages are here, kernels, and device descriptions.

The same tests run beside apache-tvm and beside tilelang. One that needs more than is
installed is marked so, and is then not run in that lane; ci/summary.py fails what ran in
no lane. What needs ttsim, which no lane can install, is a part of the suite only where
TILELANG_TT_TTSIM names it: ``pytest testing/python/tt/codegen`` then runs every generated kernel.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

if find_spec("tilelang.language") is not None:
    import tilelang  # noqa: F401  puts its TVM on the path

ROOT = Path(__file__).resolve().parents[3]

HAS = {
    "ttnn": find_spec("ttnn") is not None,
    "tilelang": find_spec("tilelang.language") is not None,
    "apache-tvm": find_spec("tilelang.language") is None,
    "playwright": find_spec("playwright") is not None,
    "wolfpine": find_spec("framework") is not None and find_spec("framework.behaviour") is not None,
    # tilelang, and a ttnn here or in the lane that has it, by which the device's process runs.
    "calls": find_spec("tilelang.language") is not None
    and (find_spec("ttnn") is not None or (ROOT / ".venv" / "ttnn" / "bin" / "python").exists()),
    "ttsim": bool(os.environ.get("TILELANG_TT_TTSIM")),
}


# The suite draws the same examples each time, so that it is red for a change alone. 'make test-long' draws new ones.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("new", derandomize=False, deadline=None, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("suite")
    config.addinivalue_line("markers", "needs(package): runs where that package is installed")


def _needs(item: pytest.Item, package: str) -> bool:
    return any(marker.args == (package,) for marker in item.iter_markers("needs"))


def _needs_ttsim(item: pytest.Item) -> bool:
    return _needs(item, "ttsim") or "ttsim" in getattr(item, "fixturenames", ())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not os.environ.get("TILELANG_TT_TTSIM"):
        without = [item for item in items if _needs_ttsim(item)]
        items[:] = [item for item in items if not _needs_ttsim(item)]
        config.hook.pytest_deselected(items=without)
    # Files that open devices take longest, and are begun first: the processes end together.
    opening = {item.path for item in items if _needs(item, "wolfpine") or _needs(item, "calls")}
    items.sort(key=lambda item: item.path not in opening)
    for item in items:
        for marker in item.iter_markers("needs"):
            (package,) = marker.args
            if not HAS[package]:
                reason = f"needs {package}; 'make test' runs it in the lane that has it"
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def root() -> Path:
    """The source tree."""
    return ROOT


@pytest.fixture(scope="session")
def tool() -> list[str]:
    """The installed command line, as the start of a command."""
    return [str(Path(sys.executable).with_name("tilelang-tt"))]


@pytest.fixture(autouse=True)
def _no_named_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the device that the developer's shell names."""
    monkeypatch.delenv("TILELANG_TT_DEVICE", raising=False)


@pytest.fixture(scope="session")
def exchange() -> Path:
    """The folder through which the lanes of 'make test' hand files to each other."""
    folder = os.environ.get("TILELANG_TT_EXCHANGE")
    if not folder:
        pytest.skip("needs TILELANG_TT_EXCHANGE, which 'make test' sets")
    return Path(folder)
