"""The pytest plugin: a device for tests, and the proof of a kernel as one line.

pytest finds it by itself where tilelang-tt is installed:

    def test_my_kernel(tt_device, tt_prove):
        tt_prove(tt.infer_metadata(my_kernel, tt_device.spec))

    pytest --tt-backend wolfpine --tt-arch blackhole
    pytest --tt-backend card -n auto --dist each    # on every card, at once, with pytest-xdist

A backend that was asked for by name and is not ready is a failure. Else the tests that need it are
skipped, with what would make it ready. A run that was given a backend, by name or by its conftest
(:func:`set_default_backend`), and that executed no test is red.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# What a failure of the suite compares is shown, as it is of any test file.
pytest.register_assert_rewrite("tilelang.tt.validate.suite")

if TYPE_CHECKING:
    from .plan import Plan
    from .runtime.backends.backend import Backend
    from .runtime.session.parent import Session
    from .validate.cases import Case
    from .validate.findings import Evidence

_DEFAULT = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tilelang-tt")
    group.addoption(
        "--tt-backend",
        help="card, ttsim, wolfpine, mock, auto or another package's; by default auto",
    )
    group.addoption(
        "--tt-arch",
        action="append",
        choices=["wormhole", "wormhole_b0", "blackhole"],
        help="may be given twice; by default both, on a card the card's own",
    )
    group.addoption(
        "--tt-cluster",
        help="with --tt-backend mock: the cluster, by name or as a file; by default tt_prove opens "
        "the one that a plan's description came from",
    )
    group.addoption(
        "--tt-cases",
        default="quick",
        help="what tt_evidence checks: quick, full, examples or random:N:SEED",
    )
    group.addoption(
        "--tt-time",
        type=int,
        default=0,
        metavar="RUNS",
        help="how many runs of each proven kernel are timed, for the report",
    )
    group.addoption(
        "--tt-report", type=Path, help="a folder for the reports of tt_prove and tt_evidence"
    )


def pytest_configure(config: pytest.Config) -> None:
    from .runtime import BackendError
    from .runtime.backends.card import cards
    from .runtime.backends.devices import backends

    try:
        cards()
    except BackendError as error:  # TT_VISIBLE_DEVICES names one that isn't there
        raise pytest.UsageError(str(error)) from error
    name = config.getoption("--tt-backend")
    if name not in (None, "auto", *backends()):
        expected = ", ".join(("auto", *backends()))
        raise pytest.UsageError(f"found --tt-backend {name}; expected one of {expected}")
    cluster = config.getoption("--tt-cluster")
    if cluster is not None:
        from .runtime.backends.clusters import named_cluster

        if name != "mock":
            raise pytest.UsageError(f"found --tt-cluster {cluster}; expected --tt-backend mock")
        try:
            named_cluster(cluster)
        except ValueError as error:
            raise pytest.UsageError(f"--tt-cluster: {error}") from error
    folder = config.getoption("--tt-report")
    if folder is not None:
        from .validate.report import prepare, start

        try:
            prepare(folder)  # before the work
            if not _worker(config):  # another worker may have written one already
                for earlier in folder.glob("*/report.json"):
                    start(earlier.parent)
        except ValueError as error:
            raise pytest.UsageError(f"--tt-report {error}") from error


def set_default_backend(config: pytest.Config, name: str) -> None:
    """Say, from a conftest's pytest_configure, what backend its tests run on by default."""
    config.stash[_DEFAULT] = name


def _backend_name(config: pytest.Config) -> str:
    """The backend to use; "auto" is "card" where there is one, whose architecture is its own."""
    from .runtime.backends.card import cards

    name: str = config.getoption("--tt-backend") or config.stash.get(_DEFAULT, "auto")
    return "card" if name == "auto" and cards() else name


def _is_lane(config: pytest.Config) -> bool:
    """Whether this run is there to test on a device."""
    return bool(config.getoption("--tt-backend")) or _DEFAULT in config.stash


def _architectures(config: pytest.Config) -> list[str | None]:
    from .runtime.backends.backend import ARCHITECTURES
    from .runtime.backends.clusters import named_cluster

    asked = config.getoption("--tt-arch")
    if asked:
        return [ARCHITECTURES[arch] for arch in dict.fromkeys(asked)]
    if (cluster := config.getoption("--tt-cluster")) is not None:
        return [getattr(named_cluster(cluster), "arch", None)]
    return [None] if _backend_name(config) == "card" else ["wormhole_b0", "blackhole"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "tt_device" in metafunc.fixturenames:
        architectures = _architectures(metafunc.config)
        ids = [arch or "card" for arch in architectures]
        metafunc.parametrize("tt_device", architectures, ids=ids, indirect=True, scope="session")


@pytest.fixture(scope="session")
def tt_device(request: pytest.FixtureRequest) -> Iterator[Session]:
    """An open device (runtime/session/parent.py), one for all tests of an architecture."""
    from .runtime import BackendError
    from .runtime.session.parent import Session

    name = _backend_name(request.config)
    try:
        session = Session(_make_backend(request.config, request.param))
    except BackendError as error:
        if request.config.getoption("--tt-backend"):
            raise
        pytest.skip(f"{name} is not ready: {error}")
    with session:
        if request.param not in (None, session.spec.arch):
            pytest.fail(f"{name} is a {session.spec.arch}; expected {request.param}")
        yield session


def _worker(config: pytest.Config) -> str:
    """pytest-xdist's name of this process: gw0, gw1, ..., or nothing."""
    name: str = getattr(config, "workerinput", {}).get("workerid", "")
    return name


def _make_backend(config: pytest.Config, arch: str | None) -> Backend:
    """The backend; of several cards each of pytest-xdist's workers has its own."""
    from .runtime import BackendError
    from .runtime.backends.card import Card, cards
    from .runtime.backends.clusters import named_cluster
    from .runtime.backends.devices import make_backend
    from .runtime.backends.mock import Mock

    name, worker = _backend_name(config), _worker(config)
    if (cluster := config.getoption("--tt-cluster")) is not None:
        return Mock(arch or "as its descriptor says", named_cluster(cluster))
    if name == "card" and worker and (found := cards()):
        number = int(worker.removeprefix("gw"))
        if number >= len(found):
            raise BackendError(
                f"found {len(found)} cards; expected one for the worker {worker}",
                "-n auto --tt-backend card starts as many workers as there are cards",
            )
        return Card(arch, found[number])
    return make_backend(name, arch)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """With -n auto, as many workers as cards; with --dist each, the whole lane on each card."""
    from .runtime.backends.card import cards

    return len(cards()) if _backend_name(config) == "card" else None


def _prove(
    config: pytest.Config, session: Session, cases: Sequence[Case], name: str, seed: int = 0
) -> Evidence:
    """The evidence, with a report of it, also of a run that a signal ends."""
    from .validate.harness import validate
    from .validate.interrupt import Interrupted, interrupts

    try:
        with interrupts():
            evidence = validate(session, cases, seed, timed=config.getoption("--tt-time"))
    except Interrupted as interrupt:
        if interrupt.evidence is not None:
            _write_report(config, interrupt.evidence, name)
        raise
    _write_report(config, evidence, name)
    return evidence


def _write_report(config: pytest.Config, evidence: Evidence, name: str) -> None:
    """Write a report, where --tt-report asks for some, into a folder of its own."""
    from .validate.report import write

    folder = config.getoption("--tt-report")
    if folder is not None:
        parts = [name, evidence.statement.backend, evidence.device.arch, _worker(config)]
        readable = re.sub(r"[^\w.]+", "-", "-".join(filter(None, parts)))
        write(evidence, folder / readable[-200:])  # a file system's names have 255 bytes


@contextlib.contextmanager
def _device_for(config: pytest.Config, plan: Plan, device: Session) -> Iterator[Session]:
    """A device for a plan: the one that is open, or, of mocks, the plan's own."""
    from .runtime.backends.mock import Mock
    from .runtime.session.parent import Session

    named = config.getoption("--tt-cluster") is not None
    if named or not isinstance(device.backend, Mock) or plan.device.arch != device.spec.arch:
        yield device
        return
    mock = Mock.of(plan.device)
    if mock.source == device.backend.source:
        yield device
        return
    with Session(mock) as session:
        yield session


@pytest.fixture
def tt_prove(request: pytest.FixtureRequest, tt_device: Session) -> Callable[..., Evidence]:
    """Proves the metadata of a kernel on tt_device, with controls.

    ``tt_prove(kernel, levels=("E1", ..., "E7"))`` takes a Plan, or a PrimFunc or IRModule with
    metadata for ``tt_device.spec``, or a dict of several by name, which are one run, whose tensors
    come before its schedules; it returns the evidence. The test fails, with the first
    differences, where something is disproved, and where one of ``levels`` was not checked, as
    on a mock, which can show E1 and E2 only. Without ``levels`` that is all of them, but for E7 of
    a kernel that no sources are generated for. A mock is of the cluster that the plan's description
    came from, unless ``--tt-cluster`` names one. ``--tt-report`` keeps a report of each proof.
    """
    from .plan import Plan
    from .validate.cases import of_plans
    from .validate.evidence import LEVELS, NOT_GENERATED
    from .validate.planned_device import check_device

    number = itertools.count()

    def prove(kernel: Any, levels: Sequence[str] | None = None) -> Evidence:
        __tracebackhide__ = True
        named = kernel if isinstance(kernel, dict) else {"": kernel}
        plans = {
            name: each if isinstance(each, Plan) else Plan.from_module(each)
            for name, each in named.items()
        }
        proofs_before = next(number)
        again = f"-{proofs_before + 1}" if proofs_before else ""
        name = f"{request.node.nodeid}{again}"
        with _device_for(request.config, next(iter(plans.values())), tt_device) as device:
            for plan in plans.values():
                check_device(plan, device)
            evidence = _prove(request.config, device, of_plans(plans), name)
        missing = [
            f"{level} {result.case.name}: not checked: {reason}"
            for result in evidence.results
            for level, reason in result.unchecked.items()
            if level in (LEVELS if levels is None else levels)
            and not (levels is None and reason.startswith(NOT_GENERATED))
        ]
        if evidence.exit_code() != 0 or missing:
            objections = [*evidence.objections(), *missing]
            pytest.fail("\n".join(objections) or "nothing could be checked")
        return evidence

    return prove


@pytest.fixture(scope="session")
def tt_prove_cases(
    request: pytest.FixtureRequest, tt_device: Session
) -> Callable[[Sequence[Case], str], Evidence]:
    """Proves cases on tt_device; a report of it has the name that is given."""
    return lambda cases, name: _prove(request.config, tt_device, cases, name)


@pytest.fixture(scope="session")
def tt_evidence(request: pytest.FixtureRequest, tt_device: Session) -> Evidence:
    """What tilelang-tt validate shows on tt_device: every case of --tt-cases, with controls."""
    from .validate.cases import parse_cases

    cases, seed = parse_cases(request.config.getoption("--tt-cases"), tt_device.spec)
    return _prove(request.config, tt_device, cases, "", seed)


@pytest.fixture
def tt_fresh_device(tt_device: Session) -> Iterator[Session]:
    """A simulated device like tt_device on which nothing has run yet; a card is the same one."""
    from .runtime.session.parent import Session

    if tt_device.backend.name == "card":
        yield tt_device
        return
    with Session(tt_device.backend) as session:
        yield session


# Smaller grids than the simulators' own, of which TT-metal's allocator can divide memory.
_SMALLER_GRIDS = {"wormhole_b0": (8, 7), "blackhole": (11, 10)}


@pytest.fixture
def tt_smaller_device(tt_device: Session) -> Iterator[Session]:
    """A device like tt_device, opened with fewer cores; not on a card, which has its own."""
    from .runtime.session.parent import Session

    if tt_device.backend.name == "card":
        pytest.skip("a card has the grid it has; tt_device follows it")
    with Session(tt_device.backend, grid=_SMALLER_GRIDS[tt_device.spec.arch]) as session:
        yield session


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What a lane's results rest on."""
    if not _is_lane(config):
        return []
    from .runtime import BackendError

    name = _backend_name(config)
    lines = []
    for arch in _architectures(config):
        try:
            lines.append(f"device: {_make_backend(config, arch).statement}")
        except BackendError as error:
            lines.append(f"device: {name} is not ready: {error}")
    return lines


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Make a lane red in which nothing was executed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or exitstatus != pytest.ExitCode.OK or not _is_lane(session.config):
        return
    if not session.config.option.collectonly and not reporter.stats.get("passed"):
        reporter.write_line("no test was executed, so this lane is red", red=True)
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
