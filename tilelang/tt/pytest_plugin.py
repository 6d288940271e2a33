"""The options and fixtures of the lanes that test on a device.

A lane's conftest imports this module and says what its backend is by default:

    from tilelang.tt.pytest_plugin import *

    DEFAULT_BACKEND = "wolfpine"

A backend that was asked for by name and is not ready is a failure. One that is only the
default is reported as not run. A lane in which no test was executed is red.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .runtime import BackendError
from .runtime.backend import ARCHITECTURES
from .runtime.devices import make_backend
from .runtime.session import Session
from .validate.cases import parse_cases
from .validate.harness import Evidence, validate

__all__ = [
    "pytest_addoption",
    "pytest_generate_tests",
    "pytest_report_header",
    "pytest_sessionfinish",
    "tt_device",
    "tt_evidence",
    "tt_fresh_device",
    "tt_smaller_device",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tilelang-tt")
    group.addoption("--tt-backend", help="card, ttsim, wolfpine or auto; by default the lane's own")
    group.addoption(
        "--tt-arch",
        action="append",
        choices=sorted(ARCHITECTURES),
        help="wormhole or blackhole; may be given twice; by default both, on a card the card's own",
    )
    group.addoption(
        "--tt-cases", default="quick", help="what tt_evidence checks: quick, full or random:N:SEED"
    )
    group.addoption(
        "--tt-report", type=Path, help="a folder for tt_evidence's reports, one a device"
    )


def _backend_name(config: pytest.Config) -> str:
    name: str = config.getoption("--tt-backend") or config.stash[_DEFAULT]
    return name


_DEFAULT = pytest.StashKey[str]()


def set_default_backend(config: pytest.Config, name: str) -> None:
    """What a lane's conftest calls from pytest_configure."""
    config.stash[_DEFAULT] = name


def _architectures(config: pytest.Config) -> list[str | None]:
    asked = config.getoption("--tt-arch")
    if asked:
        return [ARCHITECTURES[arch] for arch in dict.fromkeys(asked)]
    return [None] if _backend_name(config) == "card" else ["wormhole_b0", "blackhole"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "tt_device" in metafunc.fixturenames:
        architectures = _architectures(metafunc.config)
        ids = [arch or "card" for arch in architectures]
        metafunc.parametrize("tt_device", architectures, ids=ids, indirect=True, scope="session")


@pytest.fixture(scope="session")
def tt_device(request: pytest.FixtureRequest) -> Iterator[Session]:
    """An open device of the lane's backend, one for all tests of an architecture."""
    name = _backend_name(request.config)
    try:
        session = Session(make_backend(name, request.param))
    except BackendError as error:
        if request.config.getoption("--tt-backend"):
            raise
        pytest.skip(f"{name} is not ready: {error}")
    with session:
        yield session


@pytest.fixture(scope="session")
def tt_evidence(request: pytest.FixtureRequest, tt_device: Session) -> Evidence:
    """What tilelang-tt validate shows on tt_device: every case of --tt-cases, with controls."""
    cases, seed = parse_cases(request.config.getoption("--tt-cases"), tt_device.spec)
    evidence = validate(tt_device, cases, seed)
    folder = request.config.getoption("--tt-report")
    if folder is not None:
        from .validate.report import write

        write(evidence, folder / f"{tt_device.backend.name}-{tt_device.spec.arch}")
    return evidence


@pytest.fixture
def tt_fresh_device(tt_device: Session) -> Iterator[Session]:
    """A device like tt_device on which nothing has run yet."""
    with Session(tt_device.backend) as session:
        yield session


# Smaller grids than the simulators' own, of which TT-metal's allocator can divide memory.
_SMALLER_GRIDS = {"wormhole_b0": (8, 7), "blackhole": (11, 10)}


@pytest.fixture
def tt_smaller_device(request: pytest.FixtureRequest, tt_device: Session) -> Iterator[Session]:
    """A device like tt_device, opened with fewer cores; not on a card, which has its own."""
    if tt_device.backend.name == "card":
        pytest.skip("a card has the grid it has; tt_device follows it")
    with Session(tt_device.backend, grid=_SMALLER_GRIDS[tt_device.spec.arch]) as session:
        yield session


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What the lane's results rest on."""
    name = _backend_name(config)
    lines = []
    for arch in _architectures(config):
        try:
            lines.append(f"device: {make_backend(name, arch).statement}")
        except BackendError as error:
            lines.append(f"device: {name} is not ready: {error}")
    return lines


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Make a lane red in which nothing was executed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or exitstatus != pytest.ExitCode.OK or session.config.option.collectonly:
        return
    if not reporter.stats.get("passed"):
        reporter.write_line("no test was executed, so this lane is red", red=True)
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
