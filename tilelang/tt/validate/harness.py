"""The whole run: cases through their levels and controls on an open device, in a few calls."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..describe import describe_tensor, schedule_tiles
from ..device_spec import DeviceSpec
from ..runtime import BackendError
from ..runtime.jobs.banks import describe_banks
from ..runtime.running import RUN
from ..runtime.session.parent import Session
from .cases import Case, batches, for_controls
from .evidence import TENSOR_LEVELS, Difference, Examined
from .findings import CaseResult, Evidence
from .interrupt import Interrupted
from .preflight import MOST_ARGS, OWN_ARGS, schedule_fault, tensor_fault
from .results.scope import products_of, unexamined

# A batch's tensors and bytes: enough that their bases differ and that programs are few.
_TENSORS, _BYTES = 48, 2**25
# Bytes; a page of uint32 a tile has to fit into the device's DRAM and this machine's memory.
_MOST_BYTES = 2**28
_TILE = 32
_PAGE = 4 * _TILE**2

#: Seconds that a batch may take: for each kernel that is compiled, each core that runs them (a
#: simulator has to start it), and each page. Several times what the slowest simulator needs.
_TIMEOUT_A_KERNEL, _TIMEOUT_A_CORE, _TIMEOUT_A_PAGE = 30.0, 1.0, 0.1
# probe.cpp: over one NoC for a schedule, over both for tensors, by the accessors of their pages.
_KERNELS_OF_SCHEDULE, _KERNELS_OF_TENSORS = 1, 4
# A reader, a writer, and compute's three; a product of tiles takes no longer than a page.
_KERNELS_OF_RESULT = 5
# A schedule and those that are run in its place (schedules/controls.py).
_RUNS_WITH_CONTROLS = 9

Progress = Callable[[str, int], None]


def validate(
    session: Session,
    cases: Sequence[Case],
    seed: int = 0,
    progress: Progress | None = None,
    now: Callable[[str], None] | None = None,
    timed: int = 0,
) -> Evidence:
    """Check cases on an open device.

    Parameters
    ----------
    seed : of the tensors' contents
    progress : called with what was done and how many of the cases that was
    now : called with what is being done, within a batch too
    timed : how many runs of each kernel whose result is proven are timed, by the cores' clocks

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
    before, session.told = session.told, now
    try:
        evidence.device = describe_banks(session)
        for batch in batches([r.case for r in waiting.values()], _TENSORS, _BYTES):
            _examine(session, evidence, [waiting[id(case)] for case in batch])
            if timed and id(batch[0]) in given:
                _time(session, waiting[id(batch[0])], timed, seed)
            if progress is not None:
                done = sum(id(case) in given for case in batch)
                progress(batch[0].name if len(batch) == 1 else f"{len(batch)} tensors", done)
    except BackendError as error:
        evidence.failure = str(error)
    except KeyboardInterrupt as error:
        interrupt = error if isinstance(error, Interrupted) else Interrupted()
        evidence.failure = str(interrupt)
    finally:
        session.told = before
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
    default = schedule_tiles(schedule.grid, evidence.device)
    same = all(
        list(schedule.blocks(core)) == list(default.blocks(core))
        for core in range(evidence.device.num_cores)
    )
    result.partition = "ttnn" if same else "own"
    with_controls = result.case.group == "controls"
    runs = _RUNS_WITH_CONTROLS if with_controls else 1
    found = session.call(
        f"{__package__}.schedules.examine:examine_schedule",
        *(evidence.device, schedule, describe_tensor("tiles", shape, "uint32", evidence.device)),
        *(result.partition == "ttnn", with_controls),
        timeout=_limit(
            _KERNELS_OF_SCHEDULE * runs, schedule.num_active_cores, schedule.num_tiles * runs
        ),
    )
    _fill(result, found)


def _examine_kernel(session: Session, evidence: Evidence, results: Sequence[CaseResult]) -> None:
    from .results.examine import examine_kernel  # which needs numpy

    (result,) = results
    kernel = result.case.kernel
    assert kernel is not None
    assert kernel.program is not None
    cores = max(each.num_active_cores for each in kernel.schedules)
    kernels = _KERNELS_OF_RESULT * len(kernel.schedules)
    limit = _limit(kernels, cores, products_of(kernel.program))

    run_number = itertools.count(1)

    def run(launches: Any, arrays: Mapping[str, Any], numbers: Mapping[str, Any]) -> Any:
        if session.told is not None:
            session.told(f"run {next(run_number)} of {result.case.name}")
        return session.call(RUN, launches, arrays, numbers, timeout=limit)

    found = examine_kernel(
        run, evidence.device, kernel.function, kernel.program, kernel.schedules, evidence.seed,
        result.case.group == "controls",
    )  # fmt: skip
    _fill(result, found)


def _time(session: Session, result: CaseResult, runs: int, seed: int) -> None:
    """Time a kernel whose result is proven; nothing of another case."""
    kernel, verdict = result.case.kernel, result.verdicts.get("E7")
    if kernel is None or kernel.program is None or verdict is None or not verdict.proven:
        return
    from ..codegen.generate import generate_all
    from ..enclosure import tensors
    from ..runtime.timing import time_plans
    from .results.examine import named_by_plans

    if session.told is not None:
        session.told(f"timing {runs} runs of {result.case.name}")
    plans = generate_all(kernel.program, kernel.schedules, session.spec, kernel.function)
    arrays = tensors(kernel.program, "mixed", seed)
    given = named_by_plans(plans, kernel.program, arrays)
    result.timings = time_plans(plans, *given, session, runs)


def _examine_tensors(session: Session, evidence: Evidence, results: Sequence[CaseResult]) -> None:
    no_kernels = _no_kernels(session)
    levels = [level for level in TENSOR_LEVELS if level in ("E1", "E2") or not no_kernels]
    buffers = [result.case.buffer for result in results if result.case.buffer is not None]
    pages = sum(buffer.accessor.num_pages for buffer in buffers)
    examined = session.call(
        f"{__package__}.tensors.examine:examine_tensors",
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
