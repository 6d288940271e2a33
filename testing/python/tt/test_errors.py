"""Bad input: its kind of error, what the message names, and that nothing is lost by it."""

from __future__ import annotations

import kernels
import pytest
import tvm
import tvm_ffi
from tvm.script import tirx as T

import tilelang.tt as tt
from tilelang.tt.describe import describe_tensor, schedule_tiles

DEVICE = kernels.device(8, 8)


# fmt: off
@T.prim_func
def no_kernel(A: T.Buffer((32,), "float32")):
    A[0] = T.float32(0)

@T.prim_func
def kernel_in_a_loop(A: T.Buffer((32,), "float32")):
    for t in range(4):
        with T.launch_thread("blockIdx.x", 2):
            A[t] = T.float32(0)

@T.prim_func
def kernel_under_a_condition(A: T.Buffer((32,), "float32"), n: T.int32):
    if n > 3:
        with T.launch_thread("blockIdx.x", 2):
            A[0] = T.float32(0)

@T.prim_func
def symbolic_extent(A: T.Buffer((32,), "float32"), n: T.int32):
    bx = T.launch_thread("blockIdx.x", n)
    A[0] = T.float32(0)

@T.prim_func
def symbolic_extent_along_y(A: T.Buffer((32,), "float32"), n: T.int32):
    bx = T.launch_thread("blockIdx.x", 2)
    by = T.launch_thread("blockIdx.y", n + 1)
    A[0] = T.float32(0)

@T.prim_func
def symbolic_dimension(a: T.handle):
    n = T.int32()
    A = T.match_buffer(a, (4, n), "float32")
    bx = T.launch_thread("blockIdx.x", 2)
    A[0, 0] = T.float32(0)

@T.prim_func
def zero_dimension(A: T.Buffer((4, 0), "float32"), B: T.Buffer((4, 4), "float32")):
    bx = T.launch_thread("blockIdx.x", 2)
    B[0, 0] = T.float32(0)

@T.prim_func
def wide_integers(A: T.Buffer((32,), "int64")):
    bx = T.launch_thread("blockIdx.x", 2)
    A[0] = T.int64(0)

@T.prim_func
def double_precision(A: T.Buffer((32,), "float64")):
    bx = T.launch_thread("blockIdx.x", 2)
    A[0] = T.float64(0)

@T.prim_func
def float8(A: T.Buffer((32,), "float8_e4m3fn"), B: T.Buffer((32,), "float32")):
    bx = T.launch_thread("blockIdx.x", 2)
    B[0] = T.float32(0)

@T.prim_func
def transposed(a: T.handle):
    A = T.match_buffer(a, (64, 32), "float32", strides=(1, 64))
    bx = T.launch_thread("blockIdx.x", 2)
    A[0, 0] = T.float32(0)

@T.prim_func
def one_name_twice(a: T.handle, b: T.handle):
    A = T.match_buffer(a, (32,), "float32")
    B = T.match_buffer(b, (32,), "float32")
    bx = T.launch_thread("blockIdx.x", 2)
    A[0] = B[0]

@T.prim_func
def bare_pointer(p: T.handle, A: T.Buffer((32,), "float32")):
    bx = T.launch_thread("blockIdx.x", 2)
    A[0] = T.float32(0)

@T.prim_func
def wide_scalar(A: T.Buffer((32,), "float32"), n: T.int64):
    bx = T.launch_thread("blockIdx.x", 2)
    A[0] = T.float32(0)
# fmt: on

VALID = kernels.launch(4)

# The function; the kind of error; what its message has.
FUNCTIONS = [
    (kernel_in_a_loop, NotImplementedError, ["T.Kernel inside a loop or a condition"]),
    (kernel_under_a_condition, NotImplementedError, ["T.Kernel inside a loop or a condition"]),
    (kernels.launch(0), ValueError, ["launch", "along x", "is 0", "at least 1"]),
    (kernels.launch(2, -3), ValueError, ["launch", "along y", "is -3", "at least 1"]),
    (symbolic_extent, NotImplementedError, ["along x", "symbolic", "expected a value for each"]),
    (symbolic_extent_along_y, NotImplementedError, ["along y", "symbolic"]),
    (kernels.launch(2**16, 2**16), NotImplementedError, ["65536, 65536", "uint32", "4294967295"]),
    (
        kernels.launch(2**31 - 1, 2**31 - 1, 2**31 - 1),
        NotImplementedError,
        ["uint32", "at most 4294967295"],
    ),
    (symbolic_dimension, NotImplementedError, ["dimensions n are symbolic", "dims={", "-a n="]),
    (zero_dimension, ValueError, ["buffer A", "axis 1", "is 0", "at least 1"]),
    (wide_integers, NotImplementedError, ["buffer A", "int64", "ttnn no tensor", "to int32"]),
    (double_precision, NotImplementedError, ["buffer A", "float64", "expected one of float32"]),
    (float8, NotImplementedError, ["buffer A", "float8_e4m3fn", "Blackhole alone has it"]),
    (transposed, NotImplementedError, ["buffer A", "stride of axis 1 is 64", "expected 1"]),
    (bare_pointer, NotImplementedError, ["parameter p", "bare pointer", "expected a tensor"]),
    (wide_scalar, NotImplementedError, ["parameter n", "int64", "at most 32 bits"]),
]

# Attributes on a valid function of 4 tiles, on an 8x8 grid.
ATTRIBUTES = [
    (
        {"tt_schedule_policy": "random"},
        NotImplementedError,
        ['"random"', '"contiguous", "strided"'],
    ),
    ({"tt_schedule_policy": "best"}, NotImplementedError, ['"best"', '"strided" or "rectangular"']),
    ({"tt_schedule_policy": 3}, ValueError, ["tt_schedule_policy is 3", "expected a string"]),
    ({"tt_schedule_order": "z_order"}, NotImplementedError, ['"z_order"', '"row_major"']),
    ({"tt_schedule_reason": 3}, ValueError, ["tt_schedule_reason is 3", "expected a string"]),
    ({"tt_cores": [0, 0, 3, 3]}, ValueError, ["tt_cores is 0", "lists of 4 integers"]),
    ({"tt_cores": []}, ValueError, ["tt_cores", "at least one rectangle"]),
    ({"tt_cores": [[0, 0, 8, 0]]}, ValueError, ["tt_cores", "(0, 0)-(8, 0)", "grid of 8x8"]),
    (
        {"tt_cores": [[0, 0, 1, 0]], "tt_tiles_per_core": [[0, 2], [2, 1], [3, 1], *[[4, 0]] * 61]},
        ValueError,
        ["tt_tiles_per_core: core (2, 0) has 1 blocks", "expected none", "tt_cores"],
    ),
    ({"tt_block_stride": 1}, ValueError, ["found tt_block_stride", "none under", '"contiguous"']),
    ({"tt_block_boxes": []}, ValueError, ["found tt_block_boxes", "none under", '"contiguous"']),
    ({"tt_shared_reads": []}, ValueError, ["found tt_shared_reads", "none under", '"contiguous"']),
    (
        {"tt_schedule_policy": "rectangular", "tt_tiles_per_core": [[0, 4], *[[4, 0]] * 63]},
        ValueError,
        ["found tt_tiles_per_core", "none under", '"rectangular"'],
    ),
    (
        {"tt_schedule_policy": "rectangular", "tt_block_boxes": [[0, 0, 0, 4, 1, 1]]},
        ValueError,
        ["tt_block_boxes has 1 entries", "expected 64"],
    ),
    (
        {
            "tt_schedule_policy": "rectangular",
            "tt_block_boxes": [[0, 0, 0, 3, 1, 1], *[[0] * 6] * 63],
        },
        ValueError,
        ["tt_block_boxes: core (0, 0)", "[0, 0, 0, 3, 1, 1]", "expected them to end at x = 4"],
    ),
    (
        {
            "tt_schedule_policy": "rectangular",
            "tt_shared_reads": [{"buffer": "A", "along": "x", "noc": 0}],
        },
        ValueError,
        ["tt_shared_reads has", '"along": "x"', "expected none but of []"],
    ),
    (
        {"tt_schedule_policy": "strided", "tt_block_stride": 64},
        ValueError,
        ["tt_block_stride is 64", "expected 4"],
    ),
    (
        {
            "tt_schedule_policy": "strided",
            "tt_tiles_per_core": [[0, 1], [1, 1], [2, 1], [2, 1], *[[4, 0]] * 60],
        },
        ValueError,
        ["tt_tiles_per_core: core 3 starts at block 2", "would run twice"],
    ),
    ({"tt_layout_type": "l1_sharded"}, NotImplementedError, ['"l1_sharded"', "dram_interleaved"]),
    ({"tt_tile_height": 16}, NotImplementedError, ["tt_tile_height is 16", "expected 32"]),
    ({"tt_tile_width": "32"}, ValueError, ['tt_tile_width is "32"', "expected an integer"]),
    ({"tt_schema_version": 1}, ValueError, ["tt_schema_version is 1", "expected 2"]),
    ({"tt_device": "n150"}, ValueError, ["tt_device", "expected a map"]),
    ({"tt_device": {"arch": "wormhole_b0"}}, ValueError, ["tt_device", "found no", "grid_x"]),
    ({"tt_grid_x": 5}, ValueError, ["tt_grid_x is 5", "expected 4"]),
    ({"tt_num_tiles": 5}, ValueError, ["tt_num_tiles is 5", "expected 4"]),
    ({"tt_num_cores": 72}, ValueError, ["tt_num_cores is 72", "expected 64"]),
    ({"tt_tiles_per_core": 4}, ValueError, ["tt_tiles_per_core is 4", "expected a list"]),
    ({"tt_tiles_per_core": [[0, 4]]}, ValueError, ["has 1 entries", "expected 64", "8x8"]),
    ({"tt_tiles_per_core": [[0]] * 64}, ValueError, ["is [0]", "lists of 2 integers"]),
    (
        {"tt_tiles_per_core": [[0, 3], *[[0, 1]] * 1, *[[4, 0]] * 62]},
        ValueError,
        ["core 1", "starts at block 0", "expected 3", "twice"],
    ),
    (
        {"tt_tiles_per_core": [[0, 3], *[[3, 0]] * 63]},
        ValueError,
        ["run 3 blocks", "expected 4"],
    ),
    ({"tt_core_ranges": [[0, 0, 8, 0, 1]]}, ValueError, ["(0, 0)-(8, 0)", "8x8"]),
    ({"tt_core_ranges": [[0, 0, 2, 0, 1]]}, ValueError, ["core (3, 0)", "no rectangle"]),
    ({"tt_runtime_args_schema": ["start_id"]}, ValueError, ['[0] is "start_id"', "a map"]),
    ({"tt_dims": {"n": 0}}, ValueError, ['tt_dims has 0 for "n"', "at least 1"]),
    ({"tt_extra": 3}, ValueError, ["the attribute tt_extra", "none of that name"]),
    ({"tt_buffers": {"A": {"note": 1}}}, ValueError, ["buffer A", 'the key "note"']),
    ({"tt_tiles_per_core": [[0, 4], *[[-5, 0]] * 63]}, ValueError, ["core 1", "block -5"]),
    ({"tt_buffers": []}, ValueError, ["tt_buffers is []", "expected a map"]),
    ({"tt_buffers": {"Z": {}}}, ValueError, ['"Z"', "name of a tensor parameter"]),
    ({"tt_buffers": {"A": 3}}, ValueError, ["buffer A", "A is 3", "expected a map"]),
    (
        {"tt_buffers": {"A": {"tt_layout": "l1"}}},
        NotImplementedError,
        ["buffer A", '"l1"', "dram_interleaved"],
    ),
    (
        {"tt_buffers": {"A": {"tt_needs_padding": True}}},
        ValueError,
        ["buffer A", "tt_needs_padding is true", "expected false"],
    ),
    ({"tt_buffers": {"A": {"tt_role": "maybe"}}}, ValueError, ["buffer A", '"maybe"', '"inout"']),
]


def assert_refused(func, kind, parts):
    """Both by function and by module, with everything as it was."""
    mod = tvm.IRModule({"good": tt.bind_tt_device(VALID, DEVICE), "main": func})
    before = mod.script()
    for subject in (func, mod):
        with pytest.raises(kind) as raised:
            tt.infer_metadata(subject, DEVICE if "tt_device" not in (func.attrs or {}) else None)
        for part in parts:
            assert part in str(raised.value)
    assert mod.script() == before
    assert mod["main"].same_as(func) or tvm_ffi.structural_equal(mod["main"], func)


@pytest.mark.parametrize(
    ("func", "kind", "parts"), FUNCTIONS, ids=[row[0].attrs["global_symbol"] for row in FUNCTIONS]
)
def test_function(func, kind, parts):
    assert_refused(func, kind, parts)


def test_a_function_without_a_kernel_is_refused_by_itself_and_left_alone_beside_one():
    with pytest.raises(ValueError, match=r"no_kernel: found no T.Kernel; expected one"):
        tt.infer_metadata(no_kernel, DEVICE)
    with pytest.raises(ValueError, match=r"no_kernel: found no T.Kernel; expected one"):
        tt.infer_metadata(tvm.IRModule({"main": no_kernel}), DEVICE)
    both = tt.infer_metadata(tvm.IRModule({"main": no_kernel, "kernel": VALID}), DEVICE)
    assert both["main"].same_as(no_kernel)
    assert list(tt.Plan.from_module(both).functions) == ["kernel"]
    with pytest.raises(ValueError, match=r"no_kernel: found no tt_schema_version; run"):
        tt.Plan.from_module(tvm.IRModule({"main": no_kernel}))


def test_a_schedule_has_three_extents_at_most():
    with pytest.raises(ValueError, match=r"schedule: found 4 extents; expected at most 3"):
        schedule_tiles((2, 2, 2, 2), DEVICE)


@pytest.mark.parametrize(
    ("attrs", "kind", "parts"), ATTRIBUTES, ids=[str(row[0])[:40] for row in ATTRIBUTES]
)
def test_attribute(attrs, kind, parts):
    func = VALID
    for key, value in attrs.items():
        func = func.with_attr(key, value)
    assert_refused(func, kind, parts)


def test_two_buffers_of_one_name():
    data = [tvm.tirx.decl_buffer((32,), "float32", name="A") for _ in range(2)]
    if hasattr(one_name_twice, "buffer_map"):
        func = tvm.tirx.PrimFunc(
            one_name_twice.params,
            one_name_twice.body,
            buffer_map=dict(zip(one_name_twice.params, data, strict=True)),
        )
    else:
        func = tvm.tirx.PrimFunc(data, one_name_twice.body)
    func = func.with_attr("global_symbol", "twice")
    parts = ["twice", 'parameters 0 and 1 are both named "A"', "expected distinct names"]
    assert_refused(func, ValueError, parts)


def test_an_argument_that_is_no_ir():
    with pytest.raises(ValueError, match=r"found a builtins.int; expected a tvm.IRModule"):
        tt.infer_metadata(3, DEVICE)


@pytest.mark.parametrize(
    "infer", [tt.infer_default_tt_schedule, tt.infer_default_tt_shard, tt.infer_metadata]
)
def test_no_device_lists_the_ways_to_name_one(infer, monkeypatch):
    from tilelang.tt.runtime import BackendError
    from tilelang.tt.runtime.backends import live

    def none_here():
        raise BackendError("none here")

    monkeypatch.setattr(live, "query_live", none_here)
    with pytest.raises(ValueError, match="none here") as raised:
        infer(VALID)
    for way in ("device=", "tt_device", "TILELANG_TT_DEVICE", "ttnn can open", "'live'"):
        assert way in str(raised.value)


def test_verify_names_what_is_missing():
    with pytest.raises(
        ValueError,
        match="found no tt_schema_version; run apply_tt_defaults first, or infer_metadata for all",
    ):
        tt.verify_tt_metadata(VALID)
    func = tt.infer_default_tt_schedule(VALID, DEVICE)
    with pytest.raises(ValueError, match="found no tt_buffers; run InferDefaultTTShard first"):
        tt.verify_tt_metadata(func)


def test_metadata_for_one_device_is_refused_on_another():
    func = tt.infer_metadata(VALID, DEVICE)
    with pytest.raises(ValueError, match="tt_num_cores is 64; expected 130"):
        tt.infer_metadata(func, kernels.device(13, 10))


def test_a_module_is_told_to_be_one_function():
    mod = tt.infer_metadata(tvm.IRModule({"main": kernels.gemm(64, 64, 64)}), DEVICE)
    for view in (tt.schedule_of, tt.buffers_of, lambda mod: tt.buffer_attrs(mod, "A")):
        with pytest.raises(ValueError, match=r"found an IRModule; expected .*: mod\['main'\]"):
            view(mod)


def test_a_jit_kernel_is_told_to_be_traced():
    kernel = type("JITImpl", (), {"get_tir": lambda self, **sizes: None})()
    with pytest.raises(ValueError, match=r"expected .* \(kernel.get_tir\(M=1024, ...\) gives one"):
        tt.infer_metadata(kernel, DEVICE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dram_cores": [[1]]}, "dram_cores"),
        ({"dram_cores": 5}, "dram_cores is 5; expected a list"),
        ({"dram_cores": [1, 2]}, "dram_cores"),
        ({"dram_offsets": [1.5] * 12}, r"dram_offsets is \[1.5, .*; expected a list of integers"),
        ({"arch": b"wormhole"}, "arch is .*bytes.*; expected a string"),
        ({"grid_x": 8.0}, "grid_x is 8.0; expected an integer"),
    ],
)
def test_a_description_of_wrong_types_is_malformed(change, said):
    with pytest.raises(ValueError, match=said):
        tt.DeviceSpec(**{**DEVICE.to_attr(), **change})


@pytest.mark.parametrize(
    ("describe", "said"),
    [
        (lambda: describe_tensor("X", (32, 1.5), "float32", DEVICE), r"X: shape is \(32, 1.5\)"),
        (lambda: describe_tensor("X", 32, "float32", DEVICE), "X: shape is 32; expected"),
        (lambda: describe_tensor("X", (32,), "float32", DEVICE, role="x"), "role is 'x'"),
        (lambda: describe_tensor("X", (32,), "float32", "n160"), "found no preset 'n160'"),
        (lambda: schedule_tiles(["5"], DEVICE), "extents is .*; expected a sequence of integers"),
        (lambda: tt.buffers_of({"tt_buffers": {"A": {}}}), "found a malformed descriptor"),
    ],
)
def test_a_tensor_or_launch_of_wrong_types_is_malformed(describe, said):
    with pytest.raises(ValueError, match=said):
        describe()


def test_a_preset_may_name_the_device_of_a_tensor():
    assert describe_tensor("X", (32,), "float32", "n150").accessor.num_banks == 12


def test_a_plan_is_for_the_device_of_its_functions():
    plan = tt.Plan.from_module(tt.infer_metadata(kernels.gemm(64, 64, 64), DEVICE))
    with pytest.raises(ValueError, match=r"tt_device is .*; expected the plan's"):
        tt.Plan(tt.DeviceSpec.preset("n300"), plan.functions)
