"""What a kernel costs before it runs: generating its sources, and compiling them the first time.

    python benchmarks/bench_generate.py [--compile]

Prints the figures, and exits 1 if one is above its bound:
  - the sources of a causal flash attention from its program: at most 20 ms
  - with --compile, which runs kernels on ttsim: compiling a GEMM's five programs at most 4 s, an
    attention's 6 s

Generating is timed by the CPU, the least of several runs. Compilers run beside each other: theirs
is the time that passes, and what the CPUs spent beside it: on a machine that others use the first
says little. It is what a first run takes more than a second one, each in a session of its own.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from bench_plan import minima, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "testing" / "python" / "tt"))

import golden_texts
import kernel_list
from random_arrays import arrays_of

from tilelang.tt.codegen.emit import sources
from tilelang.tt.codegen.launch import launch
from tilelang.tt.program import Program

ROUNDS = 20


def _cpu() -> float:
    """Seconds that the CPUs spent on processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(program: Program) -> tuple[float, float]:
    """Seconds of a run, and those that the CPUs spent on its session."""
    from tilelang.tt.runtime.backends.devices import open_device
    from tilelang.tt.runtime.running import RUN, kernel_plans

    before = _cpu()
    with open_device("ttsim", "wormhole_b0") as session:
        launches = tuple(map(launch, kernel_plans(program, session.spec)))
        outputs = {t.name for each in launches for t in each.tensors if t.output and not t.input}
        given = {name: a for name, a in arrays_of(program).items() if name not in outputs}
        start = time.perf_counter()
        session.call(RUN, launches, given, {}, timeout=600)
        passed = time.perf_counter() - start
    return passed, _cpu() - before


def compiled(name: str, program: Program, bound: float) -> bool:
    first, second = run(program), run(program)
    spent = first[1] - second[1]
    return report(f"compiling {name} ({spent:.1f} s of CPU)", first[0] - second[0], bound, " s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compile", action="store_true")
    args = parser.parse_args()
    kernels = {**kernel_list.LIST, **kernel_list.VECTOR}
    attention = kernels["attention_causal"]
    calls = {"": lambda: sources(golden_texts.plan(attention, "attention"))}
    held = report("attention's sources", minima(calls, ROUNDS)[""] * 1e3, 20, " ms")
    if args.compile:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["TILELANG_TT_CACHE"] = folder
            run(kernels["copy"])  # firmware and headers, once a machine
            held &= compiled("a GEMM", kernels["gemm"], 4)
            held &= compiled("an attention", attention, 6)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
