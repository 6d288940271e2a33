"""Kernels at random: that they are of every kind, that few are refused, and that the fuzzer finds what
is wrong. ``make fuzz`` runs it for as long as one likes."""

from __future__ import annotations

import time
from contextlib import ExitStack

import fuzz_kernels
import kernel_fuzz
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as with_seed

from tilelang.tt import DeviceSpec
from tilelang.tt.codegen.values import FUNCTIONS
from tilelang.tt.program import (
    Barrier,
    Copy,
    Fill,
    Gemm,
    Loop,
    Map,
    Op,
    Reduce,
    Scratch,
    Tensor,
    Transpose,
    When,
    Workspace,
    nodes,
    steps_of,
)
from tilelang.tt.program.walk import expressions_of, reads, writes
from tilelang.tt.runtime.running import kernel_plans

# No TVM has part in it: one lane of them is enough.
pytestmark = pytest.mark.needs("wolfpine")


def drawn(count, seed=0):
    found = []

    @with_seed(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(kernel_fuzz.programs())
    def collect(program):
        found.append(program)

    collect()
    return found


@pytest.fixture(scope="module")
def programs():
    return [program for seed in range(6) for program in drawn(50, seed)]


def test_the_grammar_has_every_kind_of_step_and_operation_that_kernels_are_generated_for(programs):
    steps = [step for program in programs for _, step in steps_of(program)]
    kinds = {Copy, Fill, Gemm, Loop, Map, Reduce, Transpose, When}
    assert kinds <= {type(step) for step in steps}
    assert Barrier not in {type(step) for step in steps}  # a block has no threads
    operations = {
        n.op for s in steps for e in expressions_of(s) for n in nodes(e) if isinstance(n, Op)
    }
    assert operations >= FUNCTIONS
    assert {s.kind for s in steps if isinstance(s, Reduce)} == set(kernel_fuzz.REDUCTIONS)
    assert {s.clear for s in steps if isinstance(s, Reduce)} == {True, False}
    loops = {loop.kind for s in steps if isinstance(s, Map) for loop in s.loops}
    assert loops == {"parallel", "serial", "unrolled"}
    flags = {(s.transpose_a, s.transpose_b) for s in steps if isinstance(s, Gemm)}
    assert len(flags) == 4


def test_the_grammar_has_every_kind_of_memory_that_kernels_are_generated_for(programs):
    assert {len(program.launches) for program in programs} == {1, 2}
    buffers = [buffer for program in programs for buffer in program.buffers]
    assert {type(buffer) for buffer in buffers} == {Tensor, Scratch, Workspace}
    assert {len(buffer.shape) for buffer in buffers if isinstance(buffer, Tensor)} == {1, 2, 3}
    assert {len(buffer.shape) for buffer in buffers if isinstance(buffer, Scratch)} == {1, 2, 3}
    assert any(read_and_written(program) for program in programs)


def read_and_written(program):
    """The tensors of which a kernel reads what it writes."""
    steps = [step for _, step in steps_of(program)]
    both = {b for step in steps for b in reads(step)} & {b for step in steps for b in writes(step)}
    return {each for each in both if isinstance(program.buffers[each], Tensor)}


def test_few_of_what_is_drawn_is_refused(programs):
    device = DeviceSpec.preset("n150")
    refused = 0
    for program in programs:
        try:
            kernel_plans(program, device)
        except NotImplementedError:
            refused += 1
    assert refused <= len(programs) // 10


class _Wrong(fuzz_kernels.Fuzzer):
    """Finds a difference wherever there is a product."""

    def difference(self, program):
        has = any(isinstance(step, Gemm) for _, step in steps_of(program))
        return "it has a product" if has else ""


def test_what_differs_is_shrunk_and_its_seed_is_told():
    with ExitStack() as stack:
        fuzzer = _Wrong(lambda: None, stack, time.monotonic() + 60)
        shown = fuzz_kernels.run(fuzzer, seed=3, programs=40)
    assert shown.startswith("it has a product")
    assert shown.count("T.gemm") == 1
    assert len(shown.splitlines()) < 30


@pytest.mark.needs("ttsim")
def test_a_few_kernels_at_random_give_the_interpreters_numbers():
    from functools import partial

    from tilelang.tt.runtime.backends.devices import open_device

    with ExitStack() as stack:
        opened = partial(open_device, "ttsim", "wormhole")
        fuzzer = fuzz_kernels.Fuzzer(opened, stack, time.monotonic() + 300)
        assert fuzz_kernels.run(fuzzer, seed=5, programs=3) == ""
        assert fuzzer.counts["agree"] == 3
