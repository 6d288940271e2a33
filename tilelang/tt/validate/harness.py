"""The whole run: cases through their levels and controls on an open device, in a few calls."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from ..describe import describe_tensor, schedule_tiles
from ..device import DeviceSpec
from ..plan import Plan
from ..runtime import BackendError
from ..runtime.backend import Statement
from ..runtime.banks import describe_banks
from ..runtime.session import Session
from .cases import Case, batches
from .evidence import TENSOR_LEVELS, UNNOTICED, Control, Examined, Verdict
from .interrupt import Interrupted

# A batch's tensors and bytes: enough that their bases differ and that programs are few.
_TENSORS, _BYTES = 48, 2**25
# Bytes; a page of uint32 a tile has to fit into the device's DRAM and this machine's memory.
_MOST_BYTES = 2**28
_TILE = 32

#: Seconds that a batch may take: for each kernel that is compiled, each core that runs them (a
#: simulator has to start it), and each page. Several times what the slowest simulator needs.
_TIMEOUT_A_KERNEL, _TIMEOUT_A_CORE, _TIMEOUT_A_PAGE = 30.0, 1.0, 0.1
# copy_tiles for a schedule; report_addresses and move_pages, each on both NoCs, for tensors.
_KERNELS_OF_SCHEDULE, _KERNELS_OF_TENSORS = 1, 4

Progress = Callable[[str, int], None]


@dataclass
class CaseResult:
    """A case's verdicts and controls, and why a level was not checked."""

    case: Case
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    controls: list[Control] = field(default_factory=list)
    unchecked: dict[str, str] = field(default_factory=dict)


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

    def objections(self) -> list[str]:
        """A line for each claim that is disproved, control that went unnoticed, and failure."""
        lines = [
            f"{verdict.level} {result.case.name}: {verdict.difference or 'nothing was compared'}"
            for result in self.results
            for verdict in result.verdicts.values()
            if not verdict.proven
        ]
        lines += [
            f"{control.level} {result.case.name}: unnoticed: {control.mutation}"
            for result in self.results
            for control in result.controls
            if control.outcome == UNNOTICED
        ]
        return lines + ([f"the run ended early: {self.failure}"] if self.failure else [])

    def exit_code(self) -> int:
        """0 if everything that was checked is proven and every control was rejected, 1 if
        something is disproved, a control went unnoticed or the run ended early, 3 if nothing was
        checked."""
        levels, controls = self.count(), self.count_controls()
        if not levels["proven"] and not levels["disproved"]:
            return 3
        return 1 if levels["disproved"] or controls[UNNOTICED] or self.failure else 0


def validate(
    session: Session, cases: Sequence[Case], seed: int = 0, progress: Progress | None = None
) -> Evidence:
    """Check cases on an open device.

    Parameters
    ----------
    seed : of the tensors' contents
    progress : called with what was done and how many of the cases that was

    A level that the backend can't show is unchecked, with the reason. A device that fails ends
    the run: what was shown so far is kept, and the rest is unchecked. So it is with Ctrl-C and with
    what interrupts() raises: Interrupted is raised then, with the evidence.
    """
    started = time.monotonic()
    evidence = Evidence(session.spec, session.backend.statement, seed, datetime.now(timezone.utc))
    given = set(map(id, cases))
    cases = [*cases, *_small_cases(cases, session.spec)]
    order = {id(case): number for number, case in enumerate(cases)}
    interrupt: Interrupted | None = None
    try:
        evidence.device = describe_banks(session)
        smallest = min(filter(_has_several_tiles, cases), key=_tiles, default=None)
        for batch in batches(cases, _TENSORS, _BYTES):
            evidence.results += _examine(session, evidence, batch, batch[0] is smallest)
            if progress is not None:
                asked = sum(id(case) in given for case in batch)
                progress(batch[0].name if len(batch) == 1 else f"{len(batch)} tensors", asked)
    except BackendError as error:
        evidence.failure = str(error)
    except KeyboardInterrupt as error:
        interrupt = error if isinstance(error, Interrupted) else Interrupted()
        evidence.failure = str(interrupt)
    done = {id(result.case) for result in evidence.results}
    for case in cases:
        if id(case) not in done:
            levels = TENSOR_LEVELS if case.buffer is not None else ("E6",)
            reason = f"the run ended before: {evidence.failure}"
            evidence.results.append(CaseResult(case, unchecked=dict.fromkeys(levels, reason)))
    evidence.results.sort(key=lambda result: order[id(result.case)])
    evidence.seconds = time.monotonic() - started
    if interrupt is not None:
        raise Interrupted(interrupt.number, evidence)
    return evidence


def _tiles(case: Case) -> int:
    return 0 if case.schedule is None else case.schedule.num_tiles


def _has_several_tiles(case: Case) -> bool:
    return _tiles(case) > 1


# A control that is run on the device is made of the smallest case, and these are small enough.
_SMALL_TENSOR, _SMALL_SCHEDULE = 64, 16


def _small_cases(cases: Sequence[Case], device: DeviceSpec) -> list[Case]:
    """A small tensor and a small schedule for controls, where all of the cases are large.

    The tensor has three rows of pages in each bank and is not square, so that everything that a
    control changes is seen in it.
    """
    pages = [case.buffer.accessor.num_pages for case in cases if case.buffer is not None]
    found = []
    if pages and min(pages) > _SMALL_TENSOR:
        shape = (3 * _TILE, device.dram_banks * _TILE)
        dtype = next(case.buffer.dtype for case in cases if case.buffer is not None)
        name = f"{shape[0]}x{shape[1]} {dtype}, for controls"
        tensor = describe_tensor(name, shape, dtype, device)
        found.append(Case(name, "table", buffer=tensor))
    launches = [case for case in cases if _has_several_tiles(case)]
    if launches and min(map(_tiles, launches)) > _SMALL_SCHEDULE:
        schedule = schedule_tiles([5], device)
        found.append(Case("5 tiles, for controls", "table", schedule=schedule))
    return found


def _examine(
    session: Session, evidence: Evidence, batch: list[Case], runs_wrong: bool
) -> list[CaseResult]:
    statement = evidence.statement
    results = [CaseResult(case) for case in batch]
    no_kernels = "" if statement.runs_kernels else f"{session.backend} runs no kernels"
    if batch[0].schedule is not None:
        schedule = batch[0].schedule
        tensor = describe_tensor(
            "tiles", (schedule.num_tiles * _TILE, _TILE), "uint32", evidence.device
        )
        size = tensor.accessor.num_pages * tensor.accessor.aligned_page_size
        too_large = f"its {schedule.num_tiles} tiles are {size} bytes, more than {_MOST_BYTES}"
        reason = no_kernels or (too_large if size > _MOST_BYTES else "")
        if reason:
            results[0].unchecked["E6"] = reason
            return results
        found = session.call(
            f"{__package__}.examine:examine_schedule",
            *(schedule, tensor, runs_wrong),
            timeout=_limit(_KERNELS_OF_SCHEDULE, schedule.num_active_cores, schedule.num_tiles),
        )
        _fill(results[0], found)
        return results
    levels = [level for level in TENSOR_LEVELS if level in ("E1", "E2") or not no_kernels]
    buffers = [case.buffer for case in batch if case.buffer is not None]
    pages = sum(buffer.accessor.num_pages for buffer in buffers)
    examined = session.call(
        f"{__package__}.examine:examine_tensors",
        *(evidence.device, buffers, evidence.seed, levels, session.backend.most_cores),
        timeout=_limit(_KERNELS_OF_TENSORS, evidence.device.num_cores, pages),
    )
    for result, one in zip(results, examined, strict=True):
        _fill(result, one)
        result.unchecked = {level: no_kernels for level in TENSOR_LEVELS if level not in levels}
    return results


def _limit(kernels: int, cores: int, pages: int) -> float:
    """Seconds."""
    return _TIMEOUT_A_KERNEL * kernels + _TIMEOUT_A_CORE * cores + _TIMEOUT_A_PAGE * pages


def _fill(result: CaseResult, found: Examined) -> None:
    result.verdicts = {verdict.level: verdict for verdict in found.verdicts}
    result.controls = found.controls


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
