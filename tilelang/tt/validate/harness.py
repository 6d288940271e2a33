"""The whole run: cases through their levels and controls on an open device, in a few calls."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..describe import describe_tensor, schedule_tiles
from ..device import DeviceSpec
from ..plan import Plan
from ..runtime import BackendError
from ..runtime.backend import Statement
from ..runtime.banks import describe_banks
from ..runtime.running import RUN
from ..runtime.session import Session
from .cases import Case, batches, for_controls
from .evidence import TENSOR_LEVELS, UNNOTICED, Control, Difference, Examined, Result, Verdict
from .interrupt import Interrupted
from .preflight import MOST_ARGS, OWN_ARGS, schedule_fault, tensor_fault
from .result_scope import products_of, unexamined

# A batch's tensors and bytes: enough that their bases differ and that programs are few.
_TENSORS, _BYTES = 48, 2**25
# Bytes; a page of uint32 a tile has to fit into the device's DRAM and this machine's memory.
_MOST_BYTES = 2**28
_TILE = 32
_PAGE = 4 * _TILE**2

#: Seconds that a batch may take: for each kernel that is compiled, each core that runs them (a
#: simulator has to start it), and each page. Several times what the slowest simulator needs.
_TIMEOUT_A_KERNEL, _TIMEOUT_A_CORE, _TIMEOUT_A_PAGE = 30.0, 1.0, 0.1
# copy_tiles for a schedule; report_addresses and move_pages, each on both NoCs, for tensors.
_KERNELS_OF_SCHEDULE, _KERNELS_OF_TENSORS = 1, 4
# A reader, a writer, and compute's three; a product of tiles takes no longer than a page.
_KERNELS_OF_RESULT = 5
# A schedule and those that are run in its place (schedule_controls.py).
_RUNS_WITH_CONTROLS = 6

if TYPE_CHECKING:
    from .coverage import Coverage

Progress = Callable[[str, int], None]


@dataclass
class CaseResult:
    """A case's verdicts and controls, and why a level was not checked.

    Nothing of a ``malformed`` claim was tried, and its figures may be of any type. A schedule's
    ``partition`` is "ttnn" if it is the one that is made where the author sets none, and so has to
    be that of ttnn.split_work_to_cores; else "own", and is proven as it stands.
    """

    case: Case
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    controls: list[Control] = field(default_factory=list)
    unchecked: dict[str, str] = field(default_factory=dict)
    malformed: bool = False
    partition: str = ""
    results: list[Result] = field(default_factory=list)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that are about such a case."""
        if self.case.kernel is not None:
            return ("E7",)
        return TENSOR_LEVELS if self.case.buffer is not None else ("E6",)

    def disprove(self, difference: Difference) -> None:
        """Nothing of the claim was tried, for a reason that holds on every level."""
        self.verdicts = {level: Verdict(level, 1, difference) for level in self.levels}


@dataclass
class Evidence:
    """What a run has shown. ``failure`` is what ended it early, if anything did."""

    device: DeviceSpec
    statement: Statement
    seed: int
    started: datetime
    seconds: float = 0.0
    results: list[CaseResult] = field(default_factory=list)
    failure: str = ""

    def count(self) -> Counter[str]:
        """How many levels of cases were "proven", "disproved" or "unchecked"."""
        found: Counter[str] = Counter()
        for result in self.results:
            found["unchecked"] += len(result.unchecked)
            for verdict in result.verdicts.values():
                found["proven" if verdict.proven else "disproved"] += 1
        return found

    def count_controls(self) -> Counter[str]:
        """How many controls were "rejected" or "unnoticed", or had "no effect"."""
        return Counter(control.outcome for result in self.results for control in result.controls)

    def coverage(self) -> list[Coverage]:
        """What the controls cover, of the levels on which something is proven."""
        from .coverage import cover  # which needs numpy

        proven = {v.level for r in self.results for v in r.verdicts.values() if v.proven}
        controls = [control for result in self.results for control in result.controls]
        return cover(proven, self.device, controls)

    def disproved(self) -> list[str]:
        """A line for each claim that is disproved."""
        return [
            f"{verdict.level} {result.case.name}: {verdict.difference or 'nothing was compared'}"
            for result in self.results
            for verdict in result.verdicts.values()
            if not verdict.proven
        ]

    def doubts(self) -> list[str]:
        """A line for each wrong claim that went unnoticed or was not made, and for a failure."""
        lines = [
            f"{control.level} {result.case.name}: unnoticed: {control.mutation}"
            for result in self.results
            for control in result.controls
            if control.outcome == UNNOTICED
        ]
        if self.failure:
            return [*lines, f"the run ended early: {self.failure}"]
        missing = [one for one in self.coverage() if one.missing]
        return lines + [f"{m.level}: no control was rejected: {m.mutation}" for m in missing]

    def objections(self) -> list[str]:
        """Why the run is red, a line each."""
        return [*self.disproved(), *self.doubts()]

    def exit_code(self) -> int:
        """0 if everything that was checked is proven and every wrong claim was rejected, 1 if
        something is disproved, a wrong claim went unnoticed or was not made or the run ended early,
        3 if nothing was checked."""
        levels = self.count()
        if not levels["proven"] and not levels["disproved"]:
            return 3
        return 1 if self.objections() else 0


def validate(
    session: Session, cases: Sequence[Case], seed: int = 0, progress: Progress | None = None
) -> Evidence:
    """Check cases on an open device.

    Parameters
    ----------
    seed : of the tensors' contents
    progress : called with what was done and how many of the cases that was

    A level that the backend can't show is unchecked, with the reason. A malformed claim is
    disproved, and nothing of it is tried. A device that fails ends the run: what was shown so far
    is kept, and the rest is unchecked. So it is with Ctrl-C and with what interrupts() raises:
    Interrupted is raised then, with the evidence.
    """
    started = time.monotonic()
    evidence = Evidence(session.spec, session.backend.statement, seed, datetime.now(timezone.utc))
    given = set(map(id, cases))
    results = [CaseResult(case) for case in cases]
    for result in results:
        _refuse_malformed(result, session.spec)
        _leave_out(result, session)
    asked = [result.case for result in results if not result.malformed and not result.unchecked]
    controls = [CaseResult(case) for case in for_controls(asked, session.spec)]
    results += controls
    evidence.results = results
    asked += [result.case for result in controls]
    waiting = {id(case): result for case in asked for result in results if result.case is case}
    interrupt: Interrupted | None = None
    try:
        evidence.device = describe_banks(session)
        for batch in batches([r.case for r in waiting.values()], _TENSORS, _BYTES):
            _examine(session, evidence, [waiting[id(case)] for case in batch])
            if progress is not None:
                done = sum(id(case) in given for case in batch)
                progress(batch[0].name if len(batch) == 1 else f"{len(batch)} tensors", done)
    except BackendError as error:
        evidence.failure = str(error)
    except KeyboardInterrupt as error:
        interrupt = error if isinstance(error, Interrupted) else Interrupted()
        evidence.failure = str(interrupt)
    for result in results:
        if not result.verdicts and not result.unchecked:
            reason = f"the run ended before: {evidence.failure}"
            result.unchecked = dict.fromkeys(result.levels, reason)
    evidence.seconds = time.monotonic() - started
    if interrupt is not None:
        raise Interrupted(interrupt.number, evidence)
    return evidence


def _refuse_malformed(result: CaseResult, spec: DeviceSpec) -> None:
    case = result.case
    if case.refused is not None:
        fault: Difference | None = case.refused
    elif case.buffer is not None:
        fault = tensor_fault(case.buffer, spec)
    elif case.schedule is not None:
        fault = schedule_fault(case.schedule, spec)
    elif case.kernel is not None:
        faults = (schedule_fault(each, spec) for each in case.kernel.schedules)
        fault = next((each for each in faults if each is not None), None)
    else:
        fault = Difference("the case", "a tensor, a schedule or a kernel", "none of them")
    if fault is not None:
        result.malformed = True
        result.disprove(fault)


def _leave_out(result: CaseResult, session: Session) -> None:
    """Say why a kernel's result isn't examined, if so."""
    kernel = result.case.kernel
    if kernel is None or result.malformed:
        return
    if reason := _no_kernels(session) or unexamined(kernel, session):
        result.unchecked["E7"] = reason


def _examine(session: Session, evidence: Evidence, results: Sequence[CaseResult]) -> None:
    """Fill in what a batch shows. A batch that can't be examined is taken case by case, so that the
    one at fault is disproved and the others are examined."""
    case = results[0].case
    examine = _examine_tensors
    if case.buffer is None:
        examine = _examine_schedule if case.kernel is None else _examine_kernel
    try:
        examine(session, evidence, results)
    except BackendError as error:
        if session.closed:
            raise
        if len(results) == 1:
            results[0].disprove(Difference("the examination", "an answer", str(error)))
            return
        for result in results:
            _examine(session, evidence, [result])


def _no_kernels(session: Session) -> str:
    return "" if session.backend.statement.runs_kernels else f"{session.backend} runs no kernels"


def _examine_schedule(session: Session, evidence: Evidence, results: Sequence[CaseResult]) -> None:
    (result,) = results
    schedule = result.case.schedule
    assert schedule is not None
    reason = _no_kernels(session)
    size = schedule.num_tiles * _PAGE
    if not reason and size > _MOST_BYTES:
        reason = f"its {schedule.num_tiles} tiles are {size} bytes, more than {_MOST_BYTES}"
    args = len(schedule.runtime_args)
    if not reason and args > MOST_ARGS - OWN_ARGS:
        reason = f"its copy needs {OWN_ARGS} of TT-metal's {MOST_ARGS} arguments, beside its {args}"
    if reason:
        result.unchecked["E6"] = reason
        return
    shape = (schedule.num_tiles * _TILE, _TILE)
    default = schedule_tiles(schedule.grid, evidence.device).tiles_per_core
    result.partition = "ttnn" if schedule.tiles_per_core == default else "own"
    with_controls = result.case.group == "controls"
    runs = _RUNS_WITH_CONTROLS if with_controls else 1
    found = session.call(
        f"{__package__}.examine_schedule:examine_schedule",
        *(evidence.device, schedule, describe_tensor("tiles", shape, "uint32", evidence.device)),
        *(result.partition == "ttnn", with_controls),
        timeout=_limit(
            _KERNELS_OF_SCHEDULE * runs, schedule.num_active_cores, schedule.num_tiles * runs
        ),
    )
    _fill(result, found)


def _examine_kernel(session: Session, evidence: Evidence, results: Sequence[CaseResult]) -> None:
    from .result import examine_kernel  # which needs numpy

    (result,) = results
    kernel = result.case.kernel
    assert kernel is not None
    assert kernel.program is not None
    cores = max(each.num_active_cores for each in kernel.schedules)
    kernels = _KERNELS_OF_RESULT * len(kernel.schedules)
    limit = _limit(kernels, cores, products_of(kernel.program))

    def run(launches: Any, arrays: Mapping[str, Any], numbers: Mapping[str, Any]) -> Any:
        return session.call(RUN, launches, arrays, numbers, timeout=limit)

    found = examine_kernel(
        run, evidence.device, kernel.function, kernel.program, kernel.schedules, evidence.seed,
        result.case.group == "controls",
    )  # fmt: skip
    _fill(result, found)


def _examine_tensors(session: Session, evidence: Evidence, results: Sequence[CaseResult]) -> None:
    no_kernels = _no_kernels(session)
    levels = [level for level in TENSOR_LEVELS if level in ("E1", "E2") or not no_kernels]
    buffers = [result.case.buffer for result in results if result.case.buffer is not None]
    pages = sum(buffer.accessor.num_pages for buffer in buffers)
    examined = session.call(
        f"{__package__}.examine:examine_tensors",
        *(evidence.device, buffers, evidence.seed, levels, session.backend.most_cores),
        timeout=_limit(_KERNELS_OF_TENSORS, evidence.device.num_cores, pages),
    )
    for result, one in zip(results, examined, strict=True):
        _fill(result, one)
        result.unchecked = {level: no_kernels for level in TENSOR_LEVELS if level not in levels}


def _limit(kernels: int, cores: int, pages: int) -> float:
    """Seconds."""
    return _TIMEOUT_A_KERNEL * kernels + _TIMEOUT_A_CORE * cores + _TIMEOUT_A_PAGE * pages


def _fill(result: CaseResult, found: Examined) -> None:
    result.verdicts = {verdict.level: verdict for verdict in found.verdicts}
    result.controls = found.controls
    result.results = found.results


def check_device(plan: Plan, session: Session) -> None:
    """Raise ValueError, with what to do, if a plan is for another device than the open one."""
    planned, found = plan.device, session.spec
    differing = [
        f"{name} {getattr(planned, name)}, not {getattr(found, name)}"
        for name in ("arch", "grid_x", "grid_y", "dram_banks", "dram_alignment")
        if getattr(planned, name) != getattr(found, name)
    ]
    if not differing:
        return
    remedy = (
        f"plan for this one: tilelang-tt device --from {session.backend.name} --arch {found.arch} "
        "-o device.json; in a test, tt_device.spec"
    )
    smaller = planned.grid_x <= found.grid_x and planned.grid_y <= found.grid_y
    if smaller and not any(not one.startswith("grid") for one in differing):
        remedy = f"open it with --grid {planned.grid_x}x{planned.grid_y}, or {remedy}"
    raise ValueError(
        f"the plan is for a device with {', '.join(differing)} as {session.backend} has it; "
        f"{remedy}"
    )
