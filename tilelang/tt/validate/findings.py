"""What a run has shown: verdicts and controls of each case, and what objections that leaves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..device_spec import DeviceSpec
from ..runtime.backends.backend import Statement
from .cases import Case
from .evidence import TENSOR_LEVELS, UNNOTICED, Control, Difference, Result, Verdict

if TYPE_CHECKING:
    from ..runtime.timing import Timing
    from .coverage import Coverage


@dataclass
class CaseResult:
    """A case's verdicts and controls, and why a level was not checked.

    Nothing of a ``malformed`` claim was tried, and its figures may be of any type. A schedule's
    ``partition`` is "ttnn" if it is the one that is made where the author sets none, and so has to
    be that of ttnn.split_work_to_cores; else "own", and is proven as it stands. ``timings`` are of
    a kernel's launches, where they were asked for and its result is proven.
    """

    case: Case
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    controls: list[Control] = field(default_factory=list)
    unchecked: dict[str, str] = field(default_factory=dict)
    malformed: bool = False
    partition: str = ""
    results: list[Result] = field(default_factory=list)
    timings: tuple[Timing, ...] = ()

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

    def titles(self) -> list[str]:
        """The kernels of plans that it is about, as people know them."""
        kernels = [r.case.kernel for r in self.results if r.case.kernel and r.case.group == "plan"]
        return list(dict.fromkeys(each.title for each in kernels))

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
        policies = {
            str(r.case.schedule.policy)
            for r in self.results
            if r.case.schedule is not None and any(v.proven for v in r.verdicts.values())
        }
        return cover(proven, self.device, controls, policies)

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
