"""Applies small changes to the code, one at a time, and says which of them the tests notice.

    python ci/mutants/run.py --work FOLDER [--only REGEX] [--jobs N] ... LIST.toml...

ci/mutants.sh calls it, with the environments. Everything happens in copies of the source tree, one
a job, in the folder. What was found is kept there, so that a run goes on where the last one ended.

A mutant is noticed if a test fails, or takes far longer than it does on the code as it is, on which
all of them have to pass first. The exit code is 0 if every mutant is noticed, but for at most 3 %
that have a proof that they change nothing, and no test contradicts a proof; else 1, and 2 if a list
does not suit the code.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import queue
import re
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from slot import ROOT, Command, DataError, Seconds, Slot, Tools, digest, end_with_us, files_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # which pytest brings there

MOST_SURVIVORS = 0.03
NOTICED, HANGS, SURVIVES, BROKEN = "noticed", "hangs", "survives", "broken"


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A change of one file: `old`, which occurs there once, becomes `new`."""

    file: str
    old: str
    new: str
    tests: tuple[Command, ...]  # in the order in which they are tried
    proof: str  # why it changes nothing; empty if it does

    def __str__(self) -> str:
        old, new = (re.sub(r"\s+", " ", text).strip() for text in (self.old, self.new))
        return f"{self.file}: {old}  =>  {new or '(nothing)'}"


def read_mutants(path: Path, root: Path = ROOT) -> list[Mutant]:
    """The mutants of a list; DataError names those that don't apply to the tree at `root`."""
    data = tomllib.loads(path.read_text())
    rests_on = data.get("rests_on", {})
    commands = {
        name: tuple(Command.parse(line, rests_on) for line in lines)
        for name, lines in data["tests"].items()
    }
    mutants: list[Mutant] = []
    faults = []
    for file, section in data["files"].items():
        source = (root / file).read_text() if (root / file).is_file() else ""
        for entry in section["mutants"]:
            if unknown := entry.keys() - {"old", "new", "tests", "proof"}:
                raise DataError(f"{file}: found the keys {sorted(unknown)} in {entry}")
            names = entry.get("tests", section.get("tests", []))
            if not names or any(name not in commands for name in names):
                raise DataError(f"{file}: found the tests {names}; expected some of {[*commands]}")
            tests = tuple(command for name in names for command in commands[name])
            mutant = Mutant(file, entry["old"], entry["new"], tests, entry.get("proof", ""))
            if (found := source.count(mutant.old)) != 1:
                faults.append(f"{mutant}\n    the old text occurs {found} times; expected once")
            elif mutant.old == mutant.new or mutant in mutants:
                faults.append(f"{mutant}\n    changes no text, or is there twice")
            mutants.append(mutant)
    if faults:
        raise DataError("\n".join(faults))
    return mutants


def _far_longer(took: Seconds) -> Seconds:
    """Where a mutant hangs. By the clock it is twice as far, for a machine that became busier."""
    return Seconds(30 + 5 * took.cpu, 60 + 10 * took.clock)


def check_that_it_holds(command: Command, code: int | None, said: str) -> None:
    """DataError, with the output, for tests that fail on the code as it is, or are all skipped."""
    if code != 0:
        raise DataError(f"{command.text}: fails on the code as it is:\n{said[-3000:]}")
    if command.runner != "ctest" and not re.search(r"\b[1-9]\d* passed", said):
        raise DataError(f"{command.text}: none of its tests runs:\n{said[-3000:]}")


class Run:
    """Mutants over slots, with what is known from earlier runs."""

    def __init__(self, work: Path, tools: Tools, jobs: int) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.jobs = jobs
        self.slots: queue.Queue[Slot] = queue.Queue()
        for index in range(jobs):
            self.slots.put(Slot(work / str(index), tools))
        self._simulator = tools.simulator
        self._digests: dict[tuple[str, ...], str] = {}
        self._took: dict[Command, Seconds] = {}
        self._lock = threading.Lock()
        self._results = work / "results.jsonl"
        self._known: dict[str, dict[str, Any]] = {}
        if self._results.is_file():
            for line in self._results.read_text().splitlines():
                entry = json.loads(line)
                self._known[entry["key"]] = entry

    def _key(self, change: Sequence[str], commands: Sequence[Command]) -> str:
        """A name of what was asked: the change, the tests, and all that they rest on."""
        asked = [[*change, self._simulator]]
        for command in commands:
            files = command.rests_on
            if files not in self._digests:
                self._digests[files] = digest(files_of(ROOT, files))
            asked.append([command.text, self._digests[files]])
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    def _keep(self, **entry: Any) -> None:
        with self._lock, self._results.open("a") as file:
            self._known[entry["key"]] = entry
            file.write(json.dumps(entry) + "\n")

    def check_the_code_as_it_is(self, mutants: list[Mutant]) -> None:
        """Build it and run the tests; DataError, with the output, if it or they fail."""
        commands = list(dict.fromkeys(command for mutant in mutants for command in mutant.tests))
        in_cpp = [mutant for mutant in mutants if mutant.file.startswith("src/")]
        targets = {command.target for mutant in in_cpp for command in mutant.tests}
        targets |= {command.target for command in commands if command.runner == "ctest"}
        at_once = threading.Barrier(self.jobs)

        def build(_: int) -> None:
            slot = self.slots.get()
            at_once.wait()  # so that each thread has a slot of its own
            code, said = slot.build(targets)
            self.slots.put(slot)
            if code != 0:
                raise DataError(f"the code as it is does not build:\n{said[-3000:]}")

        def measure(command: Command) -> None:
            key = self._key(["as it is, and what it takes"], [command])
            if key not in self._known:
                slot = self.slots.get()
                code, said = slot.test(command, Seconds(3600, 3600))
                took = slot.took
                self.slots.put(slot)
                check_that_it_holds(command, code, said)
                print(f"{took.cpu:7.1f} s  {command.text}", flush=True)
                self._keep(key=key, **dataclasses.asdict(took))
            self._took[command] = Seconds(self._known[key]["cpu"], self._known[key]["clock"])

        with ThreadPoolExecutor(self.jobs) as pool:
            if targets:
                list(pool.map(build, range(self.jobs)))
            list(pool.map(measure, commands))

    def _judge(self, slot: Slot, mutant: Mutant) -> tuple[str, str]:
        """What became of a mutant, and by which test, or why."""
        path = slot.tree / mutant.file
        original = path.read_text()
        path.write_text(original.replace(mutant.old, mutant.new))
        try:
            if mutant.file.startswith("src/"):
                code, said = slot.build({command.target for command in mutant.tests})
                if code != 0:
                    return BROKEN, said[-2000:]
            for command in mutant.tests:
                code, _ = slot.test(command, _far_longer(self._took[command]))
                if code is None:
                    return HANGS, command.text
                if code != 0:
                    return NOTICED, command.text
            return SURVIVES, ""
        finally:
            path.write_text(original)

    def judge_all(self, mutants: list[Mutant]) -> dict[Mutant, str]:
        """The outcome of each. Those of one file go to one slot, which then builds little else."""
        outcomes: dict[Mutant, str] = {}

        def judge_file(of_file: list[Mutant]) -> None:
            slot = self.slots.get()
            try:
                for mutant in of_file:
                    key = self._key([mutant.file, mutant.old, mutant.new], mutant.tests)
                    if key not in self._known:
                        begin = time.monotonic()
                        outcome, by = self._judge(slot, mutant)
                        seconds = time.monotonic() - begin
                        print(f"{outcome:>8} {seconds:6.1f} s  {mutant}  [{by}]", flush=True)
                        if outcome == BROKEN:
                            outcomes[mutant] = BROKEN
                            continue
                        self._keep(key=key, outcome=outcome, by=by, mutant=str(mutant))
                    outcomes[mutant] = self._known[key]["outcome"]
            finally:
                self.slots.put(slot)

        by_file: dict[str, list[Mutant]] = {}
        for mutant in mutants:
            by_file.setdefault(mutant.file, []).append(mutant)
        with ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(judge_file, sorted(by_file.values(), key=len, reverse=True)))
        return outcomes


def report(outcomes: dict[Mutant, str], everyone: list[Mutant]) -> int:
    """Print the shares and what is wrong; the exit code."""
    print()
    noticed = {mutant for mutant, outcome in outcomes.items() if outcome in (NOTICED, HANGS)}
    for file in sorted({mutant.file for mutant in outcomes}):
        of_file = [mutant for mutant in outcomes if mutant.file == file]
        print(f"{len(noticed.intersection(of_file)):4} of {len(of_file):3} noticed  {file}")
    red = False
    for mutant, outcome in outcomes.items():
        if outcome == SURVIVES and mutant.proof:
            print(f"survives, and changes nothing: {mutant}\n    {mutant.proof}")
        elif outcome == SURVIVES:
            print(f"SURVIVES: {mutant}")
        elif outcome == BROKEN:
            print(f"IS NO MUTANT, since it does not build: {mutant}")
        elif mutant.proof:
            print(f"HAS A PROOF THAT IS WRONG, since a test notices it: {mutant}")
        red = red or outcome == BROKEN or (outcome == SURVIVES) != bool(mutant.proof)
    proven = sum(bool(mutant.proof) for mutant in everyone)
    if proven > MOST_SURVIVORS * len(everyone):
        print(f"{proven} of {len(everyone)} mutants have a proof; expected at most 3 %")
        red = True
    share = len(noticed) / len(outcomes)
    print(f"{len(noticed)} of {len(outcomes)} mutants noticed ({share:.1%})")
    return int(red)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lists", type=Path, nargs="+")
    parser.add_argument("--work", type=Path, required=True, help="folder of copies and results")
    parser.add_argument("--only", default="", help="a regular expression for file or text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--python", type=Path, required=True, help="of the environment with ttnn")
    parser.add_argument("--tilelang", type=Path, help="of the environment with tilelang")
    parser.add_argument("--cmake-bin", type=Path, required=True)
    parser.add_argument("--tvm-library", type=Path, required=True)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--simulator", required=True, choices=["ttsim", "wolfpine"])
    options = parser.parse_args()
    end_with_us()
    tools = Tools(
        options.python,
        options.tilelang,
        options.cmake_bin,
        options.tvm_library,
        options.library,
        options.simulator,
    )
    try:
        everyone = [mutant for path in options.lists for mutant in read_mutants(path)]
        chosen = [mutant for mutant in everyone if re.search(options.only, str(mutant))]
        if not chosen:
            raise DataError(f"--only {options.only}: found no mutant of that name")
        if tools.tilelang is None and any(c.runner == "tilelang" for m in chosen for c in m.tests):
            raise DataError("found no --tilelang, in which some tests of these mutants run")
        run = Run(options.work.resolve(), tools, options.jobs)
        print(f"{len(chosen)} mutants. The tests, on the code as it is:", flush=True)
        run.check_the_code_as_it_is(chosen)
        return report(run.judge_all(chosen), everyone)
    except DataError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
