"""The plan: written, read back equal, checked, and carried from one lane to the other."""

from __future__ import annotations

import copy
import html
import json
import operator
import pickle

import kernels
import numpy as np
import pytest
from jsonschema import Draft202012Validator

import tilelang.tt as tt

DEVICE = tt.DeviceSpec.preset("p150a")


def plan_of(*sizes: tuple[int, int, int]) -> tt.Plan:
    import tvm

    functions = {f"gemm{i}": kernels.gemm(*size) for i, size in enumerate(sizes)}
    return tt.Plan.from_module(tt.infer_metadata(tvm.IRModule(functions), DEVICE))


def test_a_plan_read_back_equals_the_one_written(tmp_path):
    plan = plan_of((256, 256, 256), (100, 70, 50))
    plan.save(tmp_path / "plan.json")
    again = tt.Plan.load(tmp_path / "plan.json")
    assert again == plan
    assert again.schedule("gemm1") == plan.schedule("gemm1")
    assert again.buffers("gemm0") == plan.buffers("gemm0")
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == (tmp_path / "plan.json").read_text()


def test_a_plan_of_a_function_is_named_after_it():
    plan = tt.Plan.from_module(tt.infer_metadata(kernels.gemm(64, 64, 64), DEVICE))
    assert list(plan.functions) == ["gemm"]
    assert plan.device == DEVICE
    with pytest.raises(ValueError, match=r"found no function 'main'; expected one of \['gemm'\]"):
        plan.schedule("main")


def test_a_plan_and_its_views_can_be_pickled_and_copied():
    plan = plan_of((256, 256, 256), (100, 70, 50))
    views = [plan, plan.device, plan.schedule("gemm0"), plan.buffers("gemm1"), plan.functions]
    for value in [*views, plan.buffers("gemm1")["A"]]:
        for again in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
            assert again == value
            assert type(again) is type(value)


def test_a_plan_and_its_views_can_not_be_changed():
    plan = plan_of((64, 64, 64))
    attrs = plan.functions["gemm0"]
    for mapping in (plan.functions, attrs, attrs["tt_buffers"]["A"], plan.buffers("gemm0")):
        for change in (
            lambda mapping=mapping: mapping.update(x=1),
            lambda mapping=mapping: mapping.__setitem__("x", 1),
            lambda mapping=mapping: mapping.pop(next(iter(mapping))),
            lambda mapping=mapping: operator.ior(mapping, {"x": 1}),
        ):
            with pytest.raises(TypeError, match="read-only"):
                change()
    document = plan.to_json()
    document["functions"]["gemm0"]["tt_buffers"].clear()  # the caller's own
    assert plan.to_json() != document


def test_a_plan_and_its_views_are_told_in_a_line_and_drawn_as_on_the_page():
    plan = plan_of((256, 256, 256))
    schedule, buffer = plan.schedule("gemm0"), plan.buffers("gemm0")["A"]
    assert repr(plan) == "<Plan for a blackhole of 11x10 cores: ['gemm0']>"
    assert repr(schedule) == "<Schedule of T.Kernel(8, 8, 1): 64 blocks on 64 of 110 cores>"
    assert repr(buffer) == (
        "<BufferDescriptor of 'A': in, 256x256 bfloat16, 64 pages of 2048 bytes in 8 DRAM banks>"
    )
    for value, drawn in (
        (plan, "core (0, 0): blocks"),
        (schedule, "core (0, 0): "),
        (buffer, "bank 0: 8"),
    ):
        assert drawn in html.unescape(value._repr_html_())
        assert "\n" not in repr(value)


def test_the_schemas_are_schemas_and_the_document_has_the_version_and_the_device(tmp_path):
    from tilelang.tt import files

    for name in ("device", "plan"):
        Draft202012Validator.check_schema(files.schema(name))
    document = plan_of((64, 64, 64)).to_json()
    assert document["schema_version"] == 2
    assert document["device"]["grid_x"] == 11
    assert document["device"]["source"] == DEVICE.source


# What is changed in a good plan; what the error says.
FAULTS = [
    (lambda d: d.update(schema_version=9), "schema_version is 9; expected 2"),
    (lambda d: d.pop("device"), "found no device"),
    (lambda d: d["device"].update(grid_x=0), "device: grid_x is 0; expected 1 to 64"),
    (lambda d: d["device"].update(grid_x=8), "tt_num_cores is 110; expected 80"),
    (lambda d: d["functions"].clear(), "functions"),
    (lambda d: d["functions"]["gemm0"].pop("tt_num_tiles"), "found no tt_num_tiles"),
    (lambda d: d["functions"]["gemm0"].update(tt_num_tiles=3), "tt_num_tiles is 3; expected 4"),
    (lambda d: d["functions"]["gemm0"].update(tt_grid_x=3), "tt_num_tiles is 4; expected 6"),
    (
        lambda d: d["functions"]["gemm0"]["tt_tiles_per_core"].__setitem__(1, [0, 1]),
        "core 1 starts at block 0; expected 1",
    ),
    (
        lambda d: d["functions"]["gemm0"]["tt_core_ranges"].pop(),
        "core (0, 0) is in no rectangle",
    ),
    (
        lambda d: d["functions"]["gemm0"]["tt_buffers"]["A"].update(tt_padded_shape=[32, 64]),
        "buffer A: tt_padded_shape is [32, 64]; expected [64, 64]",
    ),
    (
        lambda d: d["functions"]["gemm0"]["tt_buffers"]["B"]["tt_tensor_accessor_config"].update(
            num_banks=7
        ),
        "buffer B: tt_tensor_accessor_config",
    ),
]


@pytest.mark.parametrize(("change", "message"), FAULTS, ids=[row[1][:40] for row in FAULTS])
def test_a_plan_that_does_not_hold_together(change, message, tmp_path):
    document = copy.deepcopy(plan_of((64, 64, 64)).to_json())
    change(document)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match=r"plan\.json") as raised:
        tt.Plan.load(path)
    assert message in str(raised.value)


def test_functions_for_different_devices_make_no_plan():
    import tvm

    one = tt.infer_metadata(kernels.launch(1), DEVICE)
    two = tt.infer_metadata(kernels.launch(2), "n150")
    with pytest.raises(ValueError, match=r"two: tt_device is .*; expected that of one"):
        tt.Plan.from_module(tvm.IRModule({"one": one, "two": two}))


def test_metadata_that_does_not_verify_makes_no_plan():
    func = tt.infer_metadata(kernels.launch(4), DEVICE).with_attr("tt_num_tiles", 5)
    with pytest.raises(ValueError, match="tt_num_tiles is 5; expected 4"):
        tt.Plan.from_module(func)


@pytest.mark.needs("tilelang")
def test_real_tilelang_makes_a_plan_for_the_other_lane(exchange):
    import tilelang_kernels

    func = tilelang_kernels.gemm.get_tir(M=1000, N=500, K=300)
    tt.Plan.from_module(tt.infer_metadata(func, "n150")).save(exchange / "plan.json")


@pytest.mark.needs("tilelang")
def test_real_tilelang_makes_plans_for_the_other_lane_to_prove(exchange):
    import tilelang_kernels

    kernels = {
        # Ragged, of several blocks and steps, and small: its result is proven too, on a slow device.
        "gemm": tilelang_kernels.gemm.get_tir(
            M=100, N=70, K=40, block_M=64, block_N=64, block_K=32
        ),
        "elementwise": tilelang_kernels.elementwise(100, 200),
        "batched_gemm": tilelang_kernels.batched_gemm(3, 64, 96, 32),
    }
    for name, func in kernels.items():
        tt.Plan.from_module(tt.infer_metadata(func, "n150")).save(exchange / f"prove_{name}.json")


def normal(shape):
    import ml_dtypes

    return np.random.default_rng(5).standard_normal(shape).astype(ml_dtypes.bfloat16)


@pytest.mark.needs("wolfpine")
@pytest.mark.parametrize(
    "kernel",
    [
        "gemm",
        pytest.param("elementwise", marks=pytest.mark.long),
        pytest.param("batched_gemm", marks=pytest.mark.long),
    ],
)
def test_a_plan_made_by_real_tilelang_is_proven_on_a_device_of_its_grid(kernel, exchange):
    from tilelang.tt.runtime.backends.devices import open_device
    from tilelang.tt.validate.cases import of_plan
    from tilelang.tt.validate.harness import validate
    from tilelang.tt.validate.planned_device import check_device

    path = exchange / f"prove_{kernel}.json"
    if not path.exists():
        pytest.skip("needs a plan of the tilelang lane, which 'make test' runs first")
    plan = tt.Plan.load(path)
    grid = (plan.device.grid_x, plan.device.grid_y)
    with open_device("wolfpine", "wormhole", grid=grid) as device:
        check_device(plan, device)
        # E7's numbers of three kinds, and its controls, are sim_tests'; here the kernel runs once.
        evidence = validate(device, [case for case in of_plan(plan) if case.kernel is None])
        if kernel == "gemm":
            a, b = (normal(shape) for shape in ((100, 40), (40, 70)))
            found, expected = tt.run(plan, a, b, device=device), tt.reference(plan)(a, b)
            np.testing.assert_allclose(
                found.astype("float32"), expected.astype("float32"), rtol=2**-7, atol=2**-7
            )
    assert evidence.exit_code() == 0
    assert evidence.count()["proven"] >= 16


@pytest.mark.needs("ttnn")
def test_a_plan_made_by_real_tilelang_is_read_and_agrees_with_ttnn(exchange):
    import ttnn

    path = exchange / "plan.json"
    if not path.exists():
        pytest.skip("needs a plan of the tilelang lane, which 'make test' runs first")
    plan = tt.Plan.load(path)
    schedule = plan.schedule("gemm")
    assert schedule.grid == (4, 8, 1)
    assert {name: b.role for name, b in plan.buffers("gemm").items()} == {
        "A": "in",
        "B": "in",
        "C": "out",
    }
    assert [arg.value for arg in schedule.runtime_args if arg.name == "kt_tiles"] == [10]
    grid = ttnn.CoreCoord(*schedule.core_grid)
    used, _, group_1, _, count_1, _ = ttnn.split_work_to_cores(
        grid, schedule.num_tiles, row_wise=True
    )
    assert used == schedule.num_active_cores == 32
    assert [(r.x0, r.y0, r.x1, r.y1, r.count) for r in schedule.core_ranges] == [
        (r.start.x, r.start.y, r.end.x, r.end.y, count_1) for r in group_1.ranges()
    ]
    assert plan.buffers("gemm")["A"].padded_shape == (1024, 320)
