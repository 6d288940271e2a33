"""Runs kernels at random on a simulator, beside the interpreter; ci/fuzz.sh calls it.

    python fuzz_kernels.py --minutes 10 --seed 0 --backend ttsim --arch wormhole

Programs come from kernel_fuzz.py, and results are held to the bound of E7, whatever pattern their
roundings have. Each is scheduled by the first of WAYS, and by one that its text picks. One that differs
is shrunk to the smallest that does, which is printed with its seed.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import kernel_fuzz
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as with_seed

from tilelang.tt import reference
from tilelang.tt.codegen.generate import generate_all
from tilelang.tt.describe import schedule_program
from tilelang.tt.enclosure import KINDS, bound_of, compare, enclose, scalars, tensors
from tilelang.tt.program import Program, listing
from tilelang.tt.runtime.backends.devices import open_device
from tilelang.tt.runtime.checked import checked_launch
from tilelang.tt.runtime.running import RUN
from tilelang.tt.runtime.session.parent import Session

#: Programs of one seed.
PROGRAMS = 10

#: How blocks go to cores: the policy, the order, and the cores that may be used.
HOLED = ((0, 0, 2, 0), (0, 1, 0, 2), (2, 1, 3, 2))
WAYS = (
    ("contiguous", "row_major", None),
    ("rectangular", "row_major", None),
    ("rectangular", "column_major", None),
    ("rectangular", "row_major", (2, 2)),
    ("rectangular", "row_major", HOLED),
    ("strided", "row_major", (3, 1)),
    ("strided", "column_major", HOLED),
    ("contiguous", "column_major", (2, 1)),
)


def ways(program: Program) -> tuple[int, ...]:
    """The first of WAYS, and another."""
    return 0, 1 + zlib.crc32(program.to_text().encode()) % (len(WAYS) - 1)


class Differs(AssertionError):
    """A kernel's result is not the interpreter's; the words say where."""


@dataclass
class Fuzzer:
    """Runs programs on a device that ``open`` opens, until a time is over. ``found`` are those that
    differ, by their texts, with what was found."""

    open: Callable[[], Session]
    stack: ExitStack
    until: float
    session: Session | None = None
    counts: Counter = field(default_factory=Counter)
    found: dict[str, str] = field(default_factory=dict)

    def check(self, program: Program) -> None:
        """Raises Differs. When the time is over, only for what was found to differ before."""
        if difference := self.judged(program):
            raise Differs(difference)  # here alone: hypothesis tells failures by their lines

    def judged(self, program: Program) -> str:
        text = program.to_text()
        if text in self.found or time.monotonic() > self.until:
            return self.found.get(text, "")
        try:
            difference = self.difference(program)
        except NotImplementedError:
            self.counts["refused"] += 1
            return ""
        except Exception as error:  # a kernel that isn't refused is to be generated, and to run
            difference = f"it can't be run: {type(error).__name__}: {error}"
        self.counts["differ" if difference else "agree"] += 1
        if difference:
            self.found[text] = difference
        return difference

    def difference(self, program: Program) -> str:
        """What is wrong with the kernel of a program, or nothing."""
        if self.session is None or self.session.closed:  # a kernel may end a simulator
            self.session = self.stack.enter_context(self.open())
        for way, kinds in zip(ways(program), (KINDS[:2], KINDS[:1]), strict=True):
            for kind in kinds:
                found = self.compared(program, way, kind)
                if found:
                    policy, order, cores = WAYS[way]
                    return f"{policy}, {order}, on {cores or 'all'} cores: {found}"
        return ""

    def compared(self, program: Program, way: int, kind: str) -> str:
        """What is wrong with a result by one of WAYS, on numbers of a kind, or nothing."""
        assert self.session is not None
        spec = self.session.spec
        plans = generate_all(program, schedule_program(program, spec, *WAYS[way]), spec)
        self.counts["that share"] += any(plan.shares for plan in plans)
        launches, numbers = tuple(map(checked_launch, plans)), scalars(program)
        arrays = tensors(program, kind, seed=0)
        expected = reference(program)(**arrays, **numbers)
        expected = expected if isinstance(expected, tuple) else (expected,)
        intervals = enclose(plans, program, arrays, numbers)
        found = self.session.call(RUN, launches, arrays, numbers, timeout=600)
        for (name, interval), want in zip(intervals.items(), expected, strict=True):
            shown = compare(found[name], want, bound_of(want, interval))
            self.counts["elements"] += shown.checked
            self.counts["without a bound"] += shown.elements - shown.checked
            if shown.wrong:
                return (
                    f"{name}{list(shown.at)} is {shown.found!r}; expected {shown.wanted!r}, "
                    f"within {shown.bound:.3g}, on {kind} numbers; {shown.wrong} of "
                    f"{shown.elements} are wrong"
                )
        return ""


def run(fuzzer: Fuzzer, seed: int, programs: int = PROGRAMS) -> str:
    """Check the programs of a seed; the smallest that differs, as its listing, or nothing."""
    smallest: list[Program] = []

    @with_seed(seed)
    @settings(
        max_examples=programs,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(kernel_fuzz.programs())
    def check(program: Program) -> None:
        try:
            fuzzer.check(program)
        except Differs:
            smallest[:] = [program]
            raise

    try:
        check()
    except Differs as difference:
        return f"{difference}\n\n{listing(smallest[0], 'kernel')}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--backend", default="ttsim")
    parser.add_argument("--arch", default="wormhole")
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes
    wrong = 0
    seed = options.seed
    with ExitStack() as stack:
        opened = partial(open_device, options.backend, options.arch)
        session = None
        while time.monotonic() < until:
            fuzzer = Fuzzer(opened, stack, until, session)
            shown = run(fuzzer, seed)
            session = fuzzer.session
            counts = ", ".join(f"{count} {what}" for what, count in sorted(fuzzer.counts.items()))
            print(f"seed {seed}: {counts}", flush=True)
            if shown:
                wrong += 1
                print(f"seed {seed} differs: {shown}\n", flush=True)
            seed += 1
    print(f"{seed - options.seed} seeds, {wrong} of them with a kernel that differs")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
