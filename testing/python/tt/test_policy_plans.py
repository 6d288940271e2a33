"""How an author says a schedule, and what a plan with one has to say to be believed."""

from __future__ import annotations

import itertools
import json
import re

import kernels
import pytest
import tvm
from tvm.script import tirx as T

import tilelang.tt as tt
from tilelang.tt import files
from tilelang.tt.describe import schedule_program
from tilelang.tt.policies import ORDERS, POLICIES, said_of_schedule

DEVICE = kernels.device(4, 4)


# fmt: off
@T.prim_func
def annotated(A: T.Buffer((128, 128), "bfloat16"), B: T.Buffer((128, 128), "bfloat16"),
              C: T.Buffer((128, 128), "bfloat16")):
    T.func_attr({"tt_schedule_policy": "rectangular", "tt_schedule_order": "column_major",
                 "tt_cores": [[0, 0, 1, 3]]})
    bx = T.launch_thread("blockIdx.x", 4)
    by = T.launch_thread("blockIdx.y", 4)
    for i, j in T.grid(32, 32):
        C[by * 32 + i, bx * 32 + j] = A[by * 32 + i, j] + B[i, bx * 32 + j]


@T.prim_func
def of_two_launches(A: T.Buffer((64, 64), "float32"), B: T.Buffer((64, 64), "float32"),
                    C: T.Buffer((64, 64), "float32")):
    with T.launch_thread("blockIdx.x", 2) as bx:
        for i, j in T.grid(32, 64):
            B[bx * 32 + i, j] = A[i, j]
    with T.launch_thread("blockIdx.y", 2) as by:
        for i, j in T.grid(32, 64):
            C[by * 32 + i, j] = B[i, j]
# fmt: on


def plan_of(func=annotated, **said) -> tt.Plan:
    return tt.Plan.from_module(tt.infer_metadata(func, DEVICE, **said))


def test_what_the_kernel_says_of_its_schedule_is_kept():
    schedule = plan_of().schedule("annotated")
    assert (schedule.policy, schedule.order) == ("rectangular", "column_major")
    assert schedule.num_active_cores == 8
    assert schedule.boxes[0] == tt.Box(0, 0, 0, 2, 1, 1)
    assert schedule.boxes[2].count == 0
    assert schedule.shared_reads == (tt.SharedRead("A", "x", 1), tt.SharedRead("B", "y", 0))


def test_what_is_said_from_outside_takes_the_place_of_what_the_kernel_says():
    said = tt.annotate(annotated, policy="strided", cores=(2, 2))
    for func in (tt.infer_metadata(said, DEVICE), tt.infer_metadata(
        annotated, DEVICE, policy="strided", cores=(2, 2)
    )):  # fmt: skip
        schedule = tt.schedule_of(func)
        assert (schedule.policy, schedule.order, schedule.stride) == ("strided", "column_major", 4)
        assert list(schedule.blocks(1)) == [4, 5, 6, 7]  # down the columns, four apart
    assert annotated.attrs["tt_schedule_policy"] == "rectangular"
    assert tt.annotate(annotated) is annotated


def test_each_function_of_a_module_is_annotated():
    module = tvm.IRModule({"one": kernels.gemm(64, 64, 64), "two": kernels.launch(4)})
    inferred = tt.infer_metadata(module, DEVICE, policy="strided")
    assert {tt.schedule_of(f).policy for f in inferred.functions.values()} == {"strided"}


@pytest.mark.parametrize(("policy", "order"), list(itertools.product(POLICIES, ORDERS)))
def test_a_plan_of_any_policy_is_read_as_it_was_written_and_fits_its_schema(policy, order):
    for func in (kernels.gemm(256, 320, 128), kernels.launch(3, 5, 2), of_two_launches):
        plan = plan_of(func, policy=policy, order=order, cores=[(0, 0, 1, 1), (3, 3, 3, 3)])
        files.validate("plan", plan.to_json(), "the document")
        again = tt.Plan.from_text(plan.to_text())
        assert again == plan
        assert again.schedules(func.attrs["global_symbol"]) == plan.schedules(
            func.attrs["global_symbol"]
        )


def test_inferring_again_and_verifying_change_nothing():
    for policy in POLICIES:
        once = tt.infer_metadata(kernels.gemm(256, 320, 128), DEVICE, policy=policy)
        again = tt.infer_metadata(once)
        assert tt.Plan.from_module(again) == tt.Plan.from_module(once)
        tt.verify_tt_metadata(once)


def test_each_launch_has_a_schedule_of_the_functions_policy():
    first, second = plan_of(of_two_launches, policy="rectangular").schedules("of_two_launches")
    assert first.shared_reads == (tt.SharedRead("A", "x", 1),)
    assert second.shared_reads == (tt.SharedRead("B", "y", 1),)


def test_a_function_is_run_by_the_schedule_that_it_says():
    """Without a plan: what tt.run generates of a function follows its attributes."""
    from tilelang.tt.runtime.running import kernel_plans

    device = tt.DeviceSpec.preset("n150")
    (made,) = kernel_plans(annotated, device)
    assert [(core.x, core.y) for core in made.cores] == [(x, y) for y in range(4) for x in (0, 1)]
    assert made.cores[0].blocks == (0, 0, 0, 2, 1, 1)
    assert len(made.cores[0].groups) == 2
    (plain,) = kernel_plans(annotated.without_attr("tt_schedule_policy"), device)
    assert plain.cores[0].blocks == (0, 2)
    assert len(plain.cores) == 8  # tt_cores stays


def test_a_program_that_leaves_its_policy_open_gets_the_one_that_its_function_would():
    func = tt.annotate(annotated, policy="auto")
    device = tt.DeviceSpec.preset("n150")
    of_function = tt.schedule_of(tt.infer_metadata(func, device))
    said = said_of_schedule(func.attrs)
    assert said == {"policy": "auto", "order": "column_major", "cores": ((0, 0, 1, 3),)}
    (of_program,) = schedule_program(tt.tile_program(func), device, **said)
    assert of_program == of_function
    assert of_program.policy in POLICIES
    assert of_program.reason.startswith("Chosen by its bounds")


def test_boxes_of_the_authors_own_are_kept_if_rows_and_columns_of_cores_agree():
    boxes = [[0, 0, 0, 1, 4, 1], [1, 0, 0, 3, 4, 1], *[[0] * 6] * 14]  # unevenly, on a row
    func = tt.annotate(annotated, policy="rectangular").with_attr("tt_block_boxes", boxes)
    schedule = plan_of(func).schedule("annotated")
    assert [box.count for box in schedule.boxes[:3]] == [4, 12, 0]
    assert schedule.shared_reads == (tt.SharedRead("A", "x", 1),)


def test_a_partition_of_the_authors_own_may_leave_cores_out_or_take_them_in_another_order():
    rows = [[4, 0], [1, 1], *[[4, 0]] * 2, [0, 1], [2, 1], *[[4, 0]] * 9, [3, 1]]
    func = kernels.launch(4).with_attr("tt_tiles_per_core", rows)
    schedule = plan_of(func).schedule("launch")
    assert [core for core, count in enumerate(schedule.counts) if count] == [1, 4, 5, 15]


# A change of a good plan: what is wrong then. The kernel has 4 x 4 blocks on 2 x 4 cores.
def edit(key, value=None):
    """Sets an attribute of the function and of its launch, or takes it away."""

    def change(attrs):
        for place in (attrs, attrs["tt_launches"][0]):
            if key in place or place is attrs:
                place.pop(key) if value is None else place.update({key: value})

    return change


def edit_row(key, row, place, value):
    """Sets one number of one row of a list."""

    def change(attrs):
        for of in (attrs, attrs["tt_launches"][0]):
            of[key][row][place] = value

    return change


def exchanged(attrs):
    for of in (attrs, attrs["tt_launches"][0]):
        boxes = of["tt_block_boxes"]
        boxes[0], boxes[5] = boxes[5], boxes[0]


def argument(named, **change):
    def edit_argument(attrs):
        for of in (attrs, attrs["tt_launches"][0]):
            next(a for a in of["tt_runtime_args_schema"] if a["name"] == named).update(change)

    return edit_argument


READ_A = {"buffer": "A", "along": "x", "noc": 1}
READ_B = {"buffer": "B", "along": "y", "noc": 0}
FAULTS = [
    ("rectangular", edit("tt_schedule_policy", "contiguous"), "found tt_block_boxes; expected none"),
    ("rectangular", edit("tt_schedule_policy", "auto"), 'tt_schedule_policy is "auto"'),
    ("rectangular", edit("tt_schedule_policy", "cyclic"), 'tt_schedule_policy is "cyclic"'),
    ("rectangular", edit("tt_schedule_order", "z"), 'tt_schedule_order is "z"'),
    ("rectangular", edit("tt_schedule_reason", 3), "tt_schedule_reason is 3; expected a string"),
    ("rectangular", edit("tt_block_boxes"), "found no tt_block_boxes"),
    ("rectangular", edit("tt_shared_reads"), "found no tt_shared_reads"),
    ("rectangular", edit_row("tt_block_boxes", 0, 3, 1), "core (1, 0) has the blocks [2, 0, 0, 2,"),
    ("rectangular", edit_row("tt_block_boxes", 5, 4, 2), "core (1, 1) has the blocks [2, 1, 0, 2, 2"),
    ("rectangular", edit_row("tt_block_boxes", 2, 3, 1), "core (2, 0) has the blocks [0, 0, 0, 1"),
    ("rectangular", exchanged, "core (0, 0) has the blocks [2, 1, 0, 2, 1, 1]; expected them to begin"),
    ("rectangular", edit("tt_cores", [[0, 0, 0, 3]]), "core (1, 0) has 2 blocks; expected none"),
    ("rectangular", edit("tt_shared_reads", [READ_B, READ_A]), 'has {"along": "x", "buffer": "A"'),
    ("rectangular", edit("tt_shared_reads", [READ_A, READ_A]), 'has {"along": "x", "buffer": "A"'),
    ("rectangular", edit("tt_shared_reads", [{**READ_A, "along": "y"}]), 'has {"along": "y"'),
    ("rectangular", edit("tt_shared_reads", [{**READ_A, "noc": 0}]), "expected none but of"),
    ("rectangular", edit("tt_shared_reads", [{**READ_A, "buffer": "C"}]), "expected none but of"),
    ("rectangular", edit("tt_shared_reads", [3]), "tt_shared_reads has 3; expected"),
    ("rectangular", edit("tt_shared_reads", {"buffer": "A"}), "expected a list"),
    ("rectangular", argument("across", name="count"), '"first_x", "first_y", "first_z", "across"'),
    ("strided", edit("tt_block_stride", 7), "tt_block_stride is 7; expected 8"),
    ("strided", edit("tt_block_stride"), "found no tt_block_stride"),
    ("strided", edit_row("tt_tiles_per_core", 1, 0, 2), "core 1 starts at block 2; expected 1"),
    ("strided", argument("block_stride", value=4), "value is 4; expected 8, since that is tt_block"),
    ("strided", argument("block_stride", name="stride"), '"block_stride" or "kt_tiles" of a constant'),
    ("contiguous", edit("tt_block_stride", 1), "found tt_block_stride; expected none"),
    ("contiguous", edit("tt_cores", [[0, 0, 4, 0]]), "inside the grid of 4x4"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "change", "says"), FAULTS, ids=[f"{i} {row[2][:30]}" for i, row in enumerate(FAULTS)]
)
def test_a_plan_whose_schedule_contradicts_itself_is_refused(policy, change, says):
    document = plan_of(policy=policy, order="row_major").to_json()
    change(document["functions"]["annotated"])
    with pytest.raises((ValueError, NotImplementedError), match=re.escape(says)):
        tt.Plan.from_text(json.dumps(document))


def test_an_author_may_leave_out_what_could_be_read_together():
    for reads in ([], [READ_A], [READ_B], [READ_A, READ_B]):
        document = plan_of(order="row_major").to_json()
        edit("tt_shared_reads", reads)(document["functions"]["annotated"])
        schedule = tt.Plan.from_text(json.dumps(document)).schedule("annotated")
        assert [r.buffer for r in schedule.shared_reads] == [read["buffer"] for read in reads]


def test_a_reason_stands_beside_the_policy():
    func = annotated.with_attr("tt_schedule_reason", "it reads each tensor once")
    plan = plan_of(func)
    assert plan.functions["annotated"]["tt_schedule_reason"] == "it reads each tensor once"


def test_a_plan_of_version_1_has_no_other_policy_and_all_cores():
    from test_contract import as_version_1

    plan = plan_of(kernels.gemm(64, 96, 128)).to_json()
    for key, value, says in (
        ("tt_schedule_policy", "strided", 'tt_schedule_policy is "strided"; expected "contiguous"'),
        ("tt_schedule_order", "column_major", 'is "column_major"; expected "row_major"'),
        (
            "tt_cores",
            [[0, 0, 3, 3]],
            "found tt_cores; expected none of that name in schema version",
        ),
    ):
        document = as_version_1(plan)
        document["functions"]["gemm"][key] = value
        with pytest.raises(ValueError, match=re.escape(says)):
            tt.Plan.from_text(json.dumps(document))
