"""What a plan says of its blocks: the pages they touch, who writes a page, launches, provenance.

Kernels are compared with a slow model that executes their IR (ir_model.py).
"""

from __future__ import annotations

import copy
import json
import math
import re

import ir_model
import kernels
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tvm.script import tirx as T

import tilelang.tt as tt
from tilelang.tt import files
from tilelang.tt.sharing import said, shared_pages

DEVICE = kernels.device(8, 8)


# fmt: off
@T.prim_func
def halves(A: T.Buffer((64, 64), "float32"), C: T.Buffer((64, 64), "float32")):
    bx = T.launch_thread("blockIdx.x", 4)
    for i, j in T.grid(16, 64):
        C[bx * 16 + i, j] = A[bx * 16 + i, j]


@T.prim_func
def persistent(A: T.Buffer((128, 128), "float32"), C: T.Buffer((128, 128), "float32")):
    bx = T.launch_thread("blockIdx.x", 3)
    for w in range(6):
        if bx + w * 3 < 16:
            for i, j in T.grid(32, 32):
                C[(bx + w * 3) // 4 * 32 + i, (bx + w * 3) % 4 * 32 + j] = A[
                    (bx + w * 3) // 4 * 32 + i, (bx + w * 3) % 4 * 32 + j]


@T.prim_func
def two(A: T.Buffer((64, 64), "float32"), B: T.Buffer((64, 64), "float32"),
        C: T.Buffer((64, 64), "float32")):
    with T.launch_thread("blockIdx.x", 2) as bx:
        for i, j in T.grid(32, 64):
            B[bx * 32 + i, j] = A[bx * 32 + i, j]
    with T.launch_thread("blockIdx.x", 4) as by:
        for i, j in T.grid(32, 32):
            C[by // 2 * 32 + i, by % 2 * 32 + j] = B[by // 2 * 32 + i, by % 2 * 32 + j]


@T.prim_func
def by_a_scalar(A: T.Buffer((64, 64), "float32"), n: T.int32):
    bx = T.launch_thread("blockIdx.x", 2)
    A[bx * n, 0] = T.float32(1)
# fmt: on


def blocks_of(shape, grid, block, origin, turns, step, guard):
    """C gets A in pieces: block x, y, z begins at its own place, and each turn a step further."""
    (M, N), (gx, gy, gz), (bm, bn), (r0, c0), (dr, dc) = shape, grid, block, origin, step

    @T.prim_func
    def made(A: T.Buffer((M, N), "float32"), C: T.Buffer((M, N), "float32")):
        bx = T.launch_thread("blockIdx.x", gx)
        by = T.launch_thread("blockIdx.y", gy)
        bz = T.launch_thread("blockIdx.z", gz)
        for t in range(turns):
            for i, j in T.grid(bm, bn):
                if (
                    by * bm + bz * r0 + t * dr + i < M
                    and bx * bn + bz * c0 + t * dc + j < N - guard
                ):
                    C[by * bm + bz * r0 + t * dr + i, bx * bn + bz * c0 + t * dc + j] = A[
                        by * bm + bz * r0 + t * dr + i, bx * bn + bz * c0 + t * dc + j
                    ]

    return made


sides = st.sampled_from([8, 16, 32, 48, 64])


# One TVM tells of these; the named kernels, above and below, are for each.
@pytest.mark.needs("ttnn")
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    shape=st.tuples(st.integers(1, 130), st.integers(1, 130)),
    grid=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2)),
    block=st.tuples(sides, sides),
    origin=st.tuples(st.sampled_from([0, 16, 32, 64, 96]), st.sampled_from([0, 32, 64])),
    turns=st.integers(1, 3),
    step=st.tuples(st.sampled_from([0, 16, 32, 64]), st.sampled_from([0, 32, 96])),
    guard=st.sampled_from([0, 0, 7]),
)
def test_no_plan_of_a_generated_kernel_contradicts_its_execution(
    shape, grid, block, origin, turns, step, guard
):
    func = blocks_of(shape, grid, block, origin, turns, step, guard)
    check_against_the_model(func)


KERNELS = [halves, persistent, two, kernels.gemm(70, 40, 33)]


@pytest.mark.parametrize("func", KERNELS, ids=[f.attrs["global_symbol"] for f in KERNELS])
def test_no_plan_of_a_kernel_contradicts_its_execution(func):
    check_against_the_model(func)


def check_against_the_model(func) -> None:
    plan = tt.Plan.from_module(tt.infer_metadata(func, DEVICE))
    (name,) = plan.functions
    model = ir_model.Model(func)
    buffers = plan.buffers(name)
    schedules = plan.schedules(name)
    assert [schedule.grid for schedule in schedules] == [each.grid for each in model.launches]
    for buffer in buffers.values():
        real = ir_model.written_by(model.launches, buffer.name, buffer.shape)
        allowed = {"one block": {"none", "one block"}, "unknown": {real}}
        assert real in allowed.get(buffer.written_by, {buffer.written_by})
        assert (buffer.role != "in") == (real != "none") or buffer.role == "inout"
    settled = {buffer: writers.found for buffer, writers in shared_pages(plan, name).items()}
    several = {
        buffer.name
        for buffer in buffers.values()
        if ir_model.written_by(model.launches, buffer.name, buffer.shape) == "several blocks"
    }
    assert settled == dict.fromkeys(several, "several blocks")
    for number, launch in enumerate(model.launches):
        for block in range(math.prod(launch.grid)):
            found = plan.pages(name, block, number)
            for buffer in buffers.values():
                for mode, touched in (("read", launch.reads), ("write", launch.writes)):
                    elements = touched.get((block, buffer.name), set())
                    real = ir_model.pages_of(elements, buffer.shape)
                    pages = found[buffer.name].get(mode)
                    claimed = set(pages.ids) if pages else set()
                    assert real <= claimed, (buffer.name, mode, block)
                    if pages is not None and pages.exact:
                        assert real == claimed, (buffer.name, mode, block)


def test_blocks_that_share_a_page_are_named():
    plan = tt.Plan.from_module(tt.infer_metadata(halves, DEVICE))
    assert plan.buffers("halves")["C"].written_by == "several blocks"
    (writers,) = shared_pages(plan, "halves").values()
    assert said(writers) == "blocks (0, 0, 0) and (1, 0, 0) both write page 0"
    # Where going through blocks takes too long, it is still known that there are two.
    (writers,) = shared_pages(plan, "halves", most=10).values()
    assert said(writers) == "several blocks write one page"


def test_what_is_not_known_by_affine_reasoning_is_settled():
    plan = tt.Plan.from_module(tt.infer_metadata(persistent, DEVICE))
    assert plan.buffers("persistent")["C"].written_by == "unknown"
    assert shared_pages(plan, "persistent") == {}


def test_what_depends_on_a_scalar_stays_unknown():
    plan = tt.Plan.from_module(tt.infer_metadata(by_a_scalar, DEVICE))
    (writers,) = shared_pages(plan, "by_a_scalar").values()
    assert "not known whether two blocks write one page" in said(writers)


def test_a_plan_with_several_launches_has_a_schedule_of_each():
    func = tt.infer_metadata(two, DEVICE)
    plan = tt.Plan.from_module(func)
    assert [schedule.num_tiles for schedule in plan.schedules("two")] == [2, 4]
    assert tt.schedules_of(func) == plan.schedules("two")
    with pytest.raises(ValueError, match=r"found 2 launches; expected one: schedules_of"):
        plan.schedule("two")
    assert [buffer.role for buffer in plan.buffers("two").values()] == ["in", "out", "out"]
    assert {mode: pages.ids for mode, pages in plan.pages("two", 1, 0)["B"].items()} == {
        "write": (2, 3)
    }
    for block, launch in ((2, 0), (4, 1), (-1, 0), (0, 2), (0, -1)):
        with pytest.raises(IndexError, match="expected 0 to"):
            plan.pages("two", block, launch)


def test_a_plans_program_is_the_functions():
    func = tt.infer_metadata(two, DEVICE)
    plan = tt.Plan.from_module(func)
    assert plan.program("two") == tt.tile_program(two)
    assert func.attrs["tt_program"].json == plan.program("two").to_text()
    assert tt.Plan.from_text(plan.to_text()).program("two") == plan.program("two")


# Plans of version 1 ----------------------------------------------------------------------------


def as_version_1(document: dict) -> dict:
    """What version 0.1.0 wrote of the same kernel."""
    document = copy.deepcopy(document)
    document["schema_version"] = 1
    del document["provenance"]
    for attrs in document["functions"].values():
        attrs["tt_schema_version"] = 1
        del attrs["tt_program"], attrs["tt_launches"]
        for buffer in attrs["tt_buffers"].values():
            del buffer["tt_access"], buffer["tt_written_by"]
            buffer.pop("tt_carried_as", None)
    return document


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_plan_of_version_1_is_read_and_written_as_it_was(dtype):
    plan = tt.Plan.from_module(tt.infer_metadata(kernels.gemm(64, 96, 128, dtype), DEVICE))
    document = as_version_1(plan.to_json())
    files.validate("plan", document, "the document")
    old = tt.Plan.from_text(json.dumps(document))
    assert old.to_json() == {**document, "generator": plan.to_json()["generator"]}
    assert old.schema_version == 1
    assert old.schedule("gemm") == plan.schedule("gemm")
    assert old.buffers("gemm")["A"].written_by == "unknown"
    assert shared_pages(old, "gemm") == {}
    with pytest.raises(ValueError, match=r"gemm: found a plan of schema version 1, .*plan the ker"):
        old.program("gemm")


# A change of a good plan of version 1; what the error says.
OLD_FAULTS = [
    (lambda d: d.update(provenance={}), 'found the key "provenance"'),
    (lambda d: gemm_of(d).update(tt_schema_version=2), "tt_schema_version is 2"),
    (lambda d: gemm_of(d).update(tt_launches=[]), "found tt_launches; expected none"),
    (lambda d: gemm_of(d)["tt_buffers"]["A"].update(tt_access=[]), 'found the key "tt_access"'),
    (lambda d: gemm_of(d).update(tt_num_tiles=7), "tt_num_tiles is 7; expected 6"),
]

# The same of one of version 2.
FAULTS = [
    (lambda d: d.pop("provenance"), "found no provenance"),
    (lambda d: d["provenance"].update(note=1), 'provenance: found the key "note"'),
    (lambda d: d["provenance"].update(functions={}), "provenance: found no gemm"),
    (lambda d: d["provenance"].update(versions={"tvm": 1}), "the version of tvm is 1"),
    (lambda d: origin_of(d).update(digest="sha256:0"), "gemm: digest is 'sha256:0'; expected sha2"),
    (lambda d: origin_of(d).update(arguments=3), "provenance: gemm: arguments is 3"),
    (lambda d: gemm_of(d).pop("tt_program"), "gemm: found no tt_program"),
    (lambda d: gemm_of(d).update(tt_program=3), "gemm: tt_program: program: found 3"),
    (lambda d: gemm_of(d)["tt_program"].update(version=2), "tt_program: program.version: found 2"),
    (lambda d: gemm_of(d)["tt_program"].update(launches=[]), "tt_launches has 1 entries; expected"),
    (lambda d: gemm_of(d).pop("tt_launches"), "gemm: found no tt_launches"),
    (lambda d: gemm_of(d).update(tt_schema_version=1), "tt_schema_version is 1; expected 2"),
    (lambda d: c_of(d).update(tt_written_by="one"), 'tt_written_by is "one"; expected "one block"'),
    (lambda d: c_of(d).pop("tt_access"), "buffer C: tt_access is none; expected"),
    (lambda d: c_of(d)["tt_access"][0].update(at=[0, 0]), "buffer C: tt_access is"),
    (lambda d: c_of(d).update(tt_role="in"), 'buffer C: tt_role is "in"; expected "inout"'),
    (lambda d: c_of(d).update(tt_role="workspace"), 'buffer C: tt_role is "workspace"'),
]


def gemm_of(document):
    return document["functions"]["gemm"]


def origin_of(document):
    return document["provenance"]["functions"]["gemm"]


def c_of(document):
    return gemm_of(document)["tt_buffers"]["C"]


@pytest.mark.parametrize(
    ("version", "change", "message"),
    [(1, *row) for row in OLD_FAULTS] + [(2, *row) for row in FAULTS],
    ids=[row[1][:40] for row in OLD_FAULTS + FAULTS],
)
def test_a_plan_that_contradicts_itself_is_refused(version, change, message):
    plan = tt.Plan.from_module(tt.infer_metadata(kernels.gemm(64, 96, 128), DEVICE))
    document = plan.to_json()
    document = as_version_1(document) if version == 1 else document
    change(document)
    with pytest.raises(ValueError, match=re.escape(message)):
        tt.Plan.from_text(json.dumps(document))


TITLES = [
    ({}, "gemm"),
    (
        {"kernel_file": "k.py", "function": "make", "arguments": {"M": 64, "dtype": "x"}},
        "k.py: make(M=64, dtype=x)",
    ),
    ({"kernel_file": "k.py", "function": "gemm", "arguments": {}}, "k.py: gemm"),
    ({"function": "make"}, "make"),
]


@pytest.mark.parametrize(("origin", "title"), TITLES)
def test_a_function_is_titled_by_where_it_is_from(origin, title):
    func = tt.infer_metadata(kernels.gemm(64, 96, 128), DEVICE)
    assert tt.Plan.from_module(func, origin).title("gemm") == title


def test_the_functions_of_a_module_that_one_call_made_have_titles_of_their_own():
    import tvm

    both = {name: kernels.gemm(64, 96, 128) for name in ("first", "second")}
    module = tt.infer_metadata(tvm.IRModule(both), DEVICE)
    plan = tt.Plan.from_module(module, {"function": "make", "arguments": {}})
    assert [plan.title(name) for name in plan.functions] == ["make, first", "make, second"]


def test_provenance_says_what_is_known_and_plans_are_equal_whatever_it_says():
    func = tt.infer_metadata(kernels.gemm(64, 96, 128), DEVICE)
    origin = {"kernel_file": "k.py", "function": "make", "arguments": {"M": 64, "dtype": "x"}}
    plan, plain = tt.Plan.from_module(func, origin), tt.Plan.from_module(func)
    assert plan == plain == tt.Plan.from_text(plan.to_text())
    assert tt.Plan.from_text(plan.to_text()).provenance == plan.provenance
    assert plan.provenance["kernel_file"] == "k.py"
    assert plan.provenance["functions"]["gemm"]["arguments"] == {"M": 64, "dtype": "x"}
    assert {"tilelang-tt", "tvm"} <= plan.provenance["versions"].keys()
    files.validate("plan", plan.to_json(), "the document")
    other = tt.Plan.from_module(tt.infer_metadata(kernels.gemm(64, 96, 160), DEVICE))
    digests = [p.provenance["functions"]["gemm"]["digest"] for p in (plan, other)]
    assert digests[0] != digests[1]


# What a pass in between may do ------------------------------------------------------------------


def test_a_program_of_another_body_is_stale():
    func = tt.infer_metadata(kernels.gemm(64, 96, 128), DEVICE)
    stale = func.with_body(kernels.gemm(64, 96, 64).body)
    for use in (tt.verify_tt_metadata, tt.infer_default_tt_shard, tt.Plan.from_module):
        with pytest.raises(ValueError, match=r"gemm: tt_program is that of another body"):
            use(stale)


def test_the_same_body_made_again_is_read_again_and_is_the_same():
    func = tt.infer_metadata(kernels.gemm(64, 96, 128), DEVICE)
    again = kernels.gemm(64, 96, 128)
    for key, value in func.attrs.items():
        again = again.with_attr(key, value)
    tt.verify_tt_metadata(again)


# In numpy --------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["function", "planned", "module", "plan", "program"])
def test_whatever_holds_a_kernel_is_run_in_numpy(of):
    import numpy as np
    import tvm

    planned = tt.infer_metadata(two, DEVICE)
    kernel = {
        "function": two,
        "planned": planned,
        "module": tvm.IRModule({"two": two}),
        "plan": tt.Plan.from_module(planned),
        "program": tt.tile_program(two),
    }[of]
    a = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)
    zeros = np.zeros_like(a)
    b, c = tt.reference(kernel)(a, zeros, zeros)
    np.testing.assert_array_equal(b, a)
    np.testing.assert_array_equal(c, a)
    with pytest.raises(RuntimeError, match="more than 1 step"):
        tt.reference(kernel, max_steps=1)(a, zeros, zeros)
