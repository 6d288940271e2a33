"""The metadata of a GEMM, stage by stage: defaults, then schedule, then shard."""

from __future__ import annotations

import kernels
import pytest

import tilelang.tt as tt

DEVICE = tt.DeviceSpec.preset("n150")

# M, N, K; blocks along x and y, pages of A, B and C, and whether each is padded.
GEMMS = [
    ((32, 32, 32), (1, 1), (1, 1, 1), (False, False, False)),
    ((256, 256, 256), (8, 8), (64, 64, 64), (False, False, False)),
    ((1024, 512, 768), (16, 32), (768, 384, 512), (False, False, False)),
    ((100, 70, 50), (3, 4), (8, 6, 12), (True, True, True)),
    ((64, 96, 33), (3, 2), (4, 6, 6), (True, True, False)),
]


def annotated(M: int, N: int, K: int):
    func = tt.apply_tt_defaults(kernels.gemm(M, N, K))
    func = tt.infer_default_tt_schedule(func, DEVICE)
    return tt.infer_default_tt_shard(func)


def test_defaults_are_those_of_the_contract():
    func = tt.apply_tt_defaults(kernels.gemm(64, 64, 64))
    assert {key: value for key, value in func.attrs.items() if key.startswith("tt_")} == {
        "tt_schema_version": 2,
        "tt_schedule_policy": "contiguous",
        "tt_schedule_order": "row_major",
        "tt_layout_type": "dram_interleaved",
        "tt_tile_height": 32,
        "tt_tile_width": 32,
    }


def test_defaults_change_nothing_when_applied_twice():
    once = tt.apply_tt_defaults(kernels.gemm(64, 64, 64))
    assert tt.apply_tt_defaults(once).same_as(once)


def test_defaults_keep_what_the_author_set():
    func = kernels.gemm(64, 64, 64).with_attr("tt_schedule_policy", "contiguous")
    func = func.with_attr("my_own", 7)
    func = tt.apply_tt_defaults(func)
    assert func.attrs["tt_schedule_policy"] == "contiguous"
    assert func.attrs["my_own"] == 7


@pytest.mark.parametrize(("size", "grid", "pages", "padded"), GEMMS)
def test_schedule_and_shard_of_a_gemm(size, grid, pages, padded):
    func = annotated(*size)
    tt.verify_tt_metadata(func)

    schedule = tt.schedule_of(func)
    assert schedule.grid == (*grid, 1)
    assert schedule.num_tiles == grid[0] * grid[1]
    assert schedule.core_grid == (8, 8)
    assert sum(tiles.count for tiles in schedule.tiles_per_core) == schedule.num_tiles

    buffers = tt.buffers_of(func)
    M, N, K = size
    assert {name: buffer.shape for name, buffer in buffers.items()} == {
        "A": (M, K),
        "B": (K, N),
        "C": (M, N),
    }
    assert {name: buffer.role for name, buffer in buffers.items()} == {
        "A": "in",
        "B": "in",
        "C": "out",
    }
    assert tuple(buffer.accessor.num_pages for buffer in buffers.values()) == pages
    assert tuple(buffer.needs_padding for buffer in buffers.values()) == padded


def test_runtime_arguments_of_a_gemm_are_in_the_contracts_order():
    args = tt.schedule_of(annotated(256, 128, 100)).runtime_args
    assert [(arg.name, arg.kind, arg.value) for arg in args] == [
        ("start_id", "per_core", None),
        ("count", "per_core", None),
        ("grid_x", "constant", 4),
        ("grid_y", "constant", 8),
        ("grid_z", "constant", 1),
        ("kt_tiles", "constant", 4),
        ("A_addr", "buffer_address", None),
        ("B_addr", "buffer_address", None),
        ("C_addr", "buffer_address", None),
    ]
    assert [arg.source for arg in args[-3:]] == ["A", "B", "C"]


def test_a_buffers_descriptor_by_its_contract_names():
    attrs = tt.buffer_attrs(annotated(100, 70, 50), "A")
    assert dict(attrs) == {
        "tt_shape": (100, 50),
        "tt_dtype": "bfloat16",
        "tt_role": "in",
        "tt_layout": "dram_interleaved",
        "tt_tile_shape": (32, 32),
        "tt_needs_padding": True,
        "tt_padded_shape": (128, 64),
        "tt_num_tiles_height": 4,
        "tt_num_tiles_width": 2,
        "tt_data_format": "Float16_b",
        "tt_tensor_accessor_config": {
            "memory": "dram",
            "page_size": 2048,
            "aligned_page_size": 2048,
            "num_pages": 8,
            "num_banks": 12,
            "compile_time_args": (2, 2048),
        },
        # Blocks at the edge are cut by a condition, so that what is touched is at most this.
        "tt_access": (
            {
                "launch": 0,
                "mode": "read",
                "unit": "pages",
                "at": ({"var": 1}, 0),
                "shape": (1, 2),
                "exact": False,
            },
        ),
        "tt_written_by": "none",
    }


def test_the_whole_stage_in_one_call_is_the_stages_one_by_one():
    import tvm_ffi

    whole = tt.infer_metadata(kernels.gemm(256, 256, 256), DEVICE)
    assert tvm_ffi.structural_equal(whole, annotated(256, 256, 256))


def test_the_whole_stage_verifies_what_no_step_before_looks_at():
    func = kernels.gemm(64, 64, 64).with_attr("tt_of_nobody", 1)
    with pytest.raises(ValueError, match="tt_of_nobody; expected none of that name"):
        tt.infer_metadata(func, DEVICE)


def test_what_was_inferred_once_is_no_excuse_for_a_claim_that_was_changed_since():
    """What follows from a program is found once; each claim is compared with it all the same."""
    func = tt.infer_metadata(kernels.gemm(64, 64, 64), DEVICE)
    tt.verify_tt_metadata(func)
    buffers = {name: {**descriptor} for name, descriptor in func.attrs["tt_buffers"].items()}
    buffers["C"]["tt_access"] = buffers["A"]["tt_access"]
    with pytest.raises(ValueError, match="buffer C: tt_access"):
        tt.verify_tt_metadata(func.with_attr("tt_buffers", buffers))
    tt.verify_tt_metadata(func)


def test_the_whole_stage_is_one_pass_and_keeps_a_functions_own_device():
    import tvm

    seen = []

    @tvm.instrument.pass_instrument
    class Names:
        def run_before_pass(self, mod, info):
            seen.append(info.name)

    own = tt.DeviceSpec.preset("p150a")
    func = tt.bind_tt_device(kernels.gemm(64, 64, 64), own)
    with tvm.transform.PassContext(instruments=[Names()]):
        kept, replaced = tt.infer_metadata(func), tt.infer_metadata(func, DEVICE)
    assert seen.count("tl.tt.InferTTMetadata") == len(seen) == 2
    for found, device in ((kept, own), (replaced, DEVICE)):
        assert tt.DeviceSpec.from_attr(found.attrs["tt_device"], "it") == device


def test_an_irmodule_gives_an_irmodule_with_every_function_annotated():
    import tvm

    mod = tvm.IRModule({"one": kernels.gemm(64, 64, 64), "two": kernels.launch(3)})
    annotated_mod = tt.infer_metadata(mod, DEVICE)
    assert isinstance(annotated_mod, tvm.IRModule)
    assert tt.schedule_of(annotated_mod["one"]).num_tiles == 4
    assert tt.schedule_of(annotated_mod["two"]).num_tiles == 3
    assert "tt_num_tiles" not in (mod["one"].attrs or {})


def test_passes_compose_in_sequential_and_show_in_instruments():
    import tvm

    from tilelang.tt import _ffi_api

    seen = []

    @tvm.instrument.pass_instrument
    class Names:
        def run_before_pass(self, mod, info):
            seen.append(info.name)

    passes = [
        _ffi_api.ApplyTTDefaults(),
        _ffi_api.BindTTDevice(DEVICE.to_attr(), True),
        _ffi_api.InferDefaultTTSchedule(),
        _ffi_api.InferDefaultTTShard(),
        _ffi_api.VerifyTTMetadata(),
    ]
    with tvm.transform.PassContext(instruments=[Names()]):
        tvm.transform.Sequential(passes)(tvm.IRModule({"main": kernels.gemm(64, 64, 64)}))
    assert [name for name in seen if name.startswith("tl.tt.")] == [
        "tl.tt.ApplyTTDefaults",
        "tl.tt.BindTTDevice",
        "tl.tt.InferDefaultTTSchedule",
        "tl.tt.InferDefaultTTShard",
        "tl.tt.VerifyTTMetadata",
    ]


def test_annotated_functions_survive_a_round_trip_through_tvmscript():
    import tvm

    func = annotated(256, 256, 256)
    again = tvm.script.from_source(func.script(show_meta=True))
    assert tt.schedule_of(again) == tt.schedule_of(func)
    assert tt.buffers_of(again) == tt.buffers_of(func)
    tt.verify_tt_metadata(again)


def test_views_are_read_only():
    func = annotated(64, 64, 64)
    with pytest.raises(TypeError):
        tt.buffer_attrs(func, "A")["tt_layout"] = "other"
    with pytest.raises(AttributeError):
        tt.schedule_of(func).num_tiles = 3
    with pytest.raises(ValueError, match=r"found no buffer 'Z'; expected one of \['A', 'B', 'C'\]"):
        tt.buffer_attrs(func, "Z")
