"""Outputs whose writes are spread: the reader writes the last columns of tiles, over NoC 0."""

from __future__ import annotations

import re

import pytest
from asked import asked_of
from compared import assert_right, shown
from dram_counts import count
from golden_texts import EVERY
from policies import schedule
from random_arrays import arrays_of
from test_bounds import described
from tile_kernels import flash_attention, gemm, norm, softmax

from tilelang.tt.bounds import bounds_of
from tilelang.tt.codegen.emit import sources
from tilelang.tt.codegen.generate import generate
from tilelang.tt.codegen.ways import ways_of
from tilelang.tt.device_spec import DeviceSpec
from tilelang.tt.protocol import faults

pytestmark = pytest.mark.needs("ttnn")

N150 = DeviceSpec.preset("n150")


def planned(program, spec=N150, policy="contiguous", **told):
    return generate(program, schedule(program.launches[0].grid, spec, policy, **told), spec)


# Program, how it is scheduled, and the first column of tiles that the reader writes of its output.
WAYS = {
    "a block a core": (gemm(128, 128, 64), {}, {"C": 1}),
    "several blocks a core": (gemm(128, 128, 64), {"cores": [(0, 0, 0, 0)]}, {}),
    "one column of tiles": (gemm(64, 64, 64, 32, 32), {}, {}),
    "three columns of tiles": (gemm(96, 192, 64, 96, 96), {}, {"C": 2}),
    "by rows of tiles": (gemm(256, 256, 64, 128, 128), {}, {"C": 2}),
    "ragged": (gemm(100, 110, 70, 64, 64), {}, {"C": 1}),
    "a map's": (gemm(128, 128, 64, bias=True, act="relu"), {}, {"C": 1}),
    "a norm's": (norm(64, 128, False), {}, {"O": 2}),
    "an attention's": (flash_attention(1, 2, 128, 64, True), {}, {"O": 1}),
    "cores that share": (
        gemm(128, 128, 128),
        {"policy": "rectangular", "cores": [(0, 0, 1, 1)], "shared": (("A", "x", 1), ("B", "y", 0))},
        {"C": 1},
    ),
    "what compute has no hand in": (EVERY["copy_ragged"], {}, {}),
    "statistics of rows": (EVERY["statistics"], {}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_what_is_spread_is_chosen_in_the_plan(name):
    program, told, spread = WAYS[name]
    plan = planned(program, **told)
    assert ways_of(plan).spread == spread
    assert faults(*asked_of(plan)) == []
    text = sources(plan).get("reader", "")
    assert ("noc_async_write_page" in text) == bool(spread)
    beside = {each.name for each in plan.buffers if each.consumer == "reader"}
    assert beside == {each["beside"] for each in plan.to_json()["buffers"] if "beside" in each}
    assert bool(beside) == bool(spread)


MISSING = {
    # what the reader does of its columns, and what is said without it
    "no wait": (r" *cb_wait_front\(buffer, down \* across\);\n", "waited for"),
    "no flush": (r" *noc_async_writes_flushed\(\);\n(?= *cb_pop_front\(\w+_by_reader)", "may not have left"),
    "no pop": (r" *cb_pop_front\(\w+_by_reader.*\n", ""),
    "no barrier": (r" *noc_async_write_barrier\(\);\n", "no write barrier"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISSING)
@pytest.mark.parametrize("case", ["a block a core", "by rows of tiles", "cores that share"])
def test_a_reader_that_leaves_out_what_its_writes_need_is_refused(case, name):
    program, told, _ = WAYS[case]
    texts, *rest = asked_of(planned(program, **told))
    pattern, said = MISSING[name]
    changed, times = re.subn(pattern, "", texts["reader"])
    assert times
    found = faults({**texts, "reader": changed}, *rest)
    assert found
    assert said in "\n".join(map(str, found))


def test_tiles_packed_for_the_other_kernel_are_refused():
    program, told, _ = WAYS["a block a core"]
    texts, *rest = asked_of(planned(program, **told))
    pattern, wrong = "if (at < C_local_across)", "if (at < C_local_across + 1)"
    assert pattern in texts["compute"]
    assert faults({**texts, "compute": texts["compute"].replace(pattern, wrong)}, *rest)


@pytest.fixture(scope="module", params=["wormhole_b0", "blackhole"])
def ttsim(request):
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("ttsim", request.param) as session:
        yield session


RUN = {
    **{name: WAYS[name][:2] for name, (_, _, spread) in WAYS.items() if spread},
    "a softmax's": (softmax(64, 96), {}),
    "transposed": (gemm(128, 128, 96, ta=True, tb=True), {}),
    "float32": (gemm(64, 64, 64, dtype="float32"), {}),
    "several matrices": (gemm(64, 64, 64, batch=3), {}),
}


@pytest.mark.parametrize("name", RUN)
def test_both_kernels_write_what_is_theirs(ttsim, name):
    program, told = RUN[name]
    made = schedule(program.launches[0].grid, ttsim.spec, told.get("policy", "contiguous"),
                    **{key: value for key, value in told.items() if key != "policy"})  # fmt: skip
    plan = generate(program, made, ttsim.spec)
    assert ways_of(plan).spread
    assert_right(shown(ttsim, program, ["mixed"], plan=plan))
    found = bounds_of(program, described(program, ttsim.spec), made, ttsim.spec)
    assert count((plan,), arrays_of(program), ttsim) == (found.read, found.written)
