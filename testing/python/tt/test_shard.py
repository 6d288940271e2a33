"""Where the pages of a buffer live: shapes, dtypes and devices as a table, and against ttnn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import kernels
import pytest

import tilelang.tt as tt
from tilelang.tt.describe import describe_tensor

WORMHOLE = kernels.device(8, 8, banks=12, alignment=32)
BLACKHOLE = kernels.device(13, 10, banks=8, alignment=64)

# shape; padded shape; tiles down and across a matrix; pages; padding
SHAPES = [
    ((), (32, 32), (1, 1), 1, True),
    ((1,), (32, 32), (1, 1), 1, True),
    ((32,), (32, 32), (1, 1), 1, True),
    ((70,), (32, 96), (1, 3), 3, True),
    ((32, 32), (32, 32), (1, 1), 1, False),
    ((33, 31), (64, 32), (2, 1), 2, True),
    ((1024, 1024), (1024, 1024), (32, 32), 1024, False),
    ((3, 32, 64), (3, 32, 64), (1, 2), 6, False),
    ((3, 33, 64), (3, 64, 64), (2, 2), 12, True),
    ((2, 3, 40, 1), (2, 3, 64, 32), (2, 1), 12, True),
    ((2, 1, 3, 40, 33), (2, 1, 3, 64, 64), (2, 2), 24, True),
    ((2, 1, 2, 1, 33, 70), (2, 1, 2, 1, 64, 96), (2, 3), 24, True),
    ((1, 2, 2, 1, 3, 1, 33), (1, 2, 2, 1, 3, 32, 64), (1, 2), 24, True),
]

# dtype; Tenstorrent's format; bytes of a page; the ttnn dtype that carries it, if ttnn has none
DTYPES = [
    ("float32", "Float32", 4096, None),
    ("bfloat16", "Float16_b", 2048, None),
    ("float16", "Float16", 2048, "uint16"),
    ("int32", "Int32", 4096, None),
    ("uint32", "UInt32", 4096, None),
    ("uint16", "UInt16", 2048, None),
    ("int8", "Int8", 1024, None),
    ("uint8", "UInt8", 1024, None),
    ("bool", "UInt8", 1024, "uint8"),
]


def descriptor(shape: tuple[int, ...], dtype: str, device: tt.DeviceSpec) -> tt.BufferDescriptor:
    return tt.buffers_of(tt.infer_default_tt_shard(kernels.copy(shape, dtype), device))["X"]


@pytest.mark.parametrize(("shape", "padded_shape", "tiles", "pages", "padding"), SHAPES)
def test_a_page_is_a_tile_and_each_matrix_is_padded(shape, padded_shape, tiles, pages, padding):
    found = descriptor(shape, "float32", WORMHOLE)
    assert found.shape == shape
    assert found.padded_shape == padded_shape
    assert (found.num_tiles_height, found.num_tiles_width) == tiles
    assert found.accessor.num_pages == pages
    assert found.needs_padding is padding


@pytest.mark.parametrize("device", [WORMHOLE, BLACKHOLE], ids=lambda device: device.arch)
@pytest.mark.parametrize(("dtype", "data_format", "page_size", "carried_as"), DTYPES)
def test_every_dtype_has_its_format_and_page(dtype, data_format, page_size, carried_as, device):
    found = descriptor((64, 64), dtype, device)
    assert found.dtype == dtype
    assert found.carried_as == carried_as
    assert (f"{dtype} (carried as {carried_as})" in repr(found)) == (carried_as is not None)
    assert found.data_format == data_format
    assert found.accessor.page_size == found.accessor.aligned_page_size == page_size
    assert found.accessor.num_banks == device.dram_banks
    assert found.accessor.compile_time_args == (2, page_size)


def test_float8_is_blackholes_alone_and_travels_as_its_bits():
    found = descriptor((64, 64), "float8_e4m3fn", BLACKHOLE)
    assert (found.data_format, found.carried_as) == ("Fp8_e4m3", "uint8")
    assert found.accessor.page_size == 1024
    with pytest.raises(NotImplementedError, match=r"Blackhole alone has it\. Cast it to bfloat16"):
        descriptor((64, 64), "float8_e4m3fn", WORMHOLE)


@pytest.mark.parametrize(
    ("dtype", "instead"),
    [
        ("int64", "int32, which holds indices"),
        ("float64", "float32"),
        ("float8_e5m2", "bfloat16"),
        ("float4_e2m1fn", "two values each, as uint8"),
    ],
)
def test_a_dtype_without_a_format_is_refused_with_what_to_take(dtype, instead):
    with pytest.raises(NotImplementedError, match=f"ttnn no tensor; .*{instead}"):
        describe_tensor("X", (64, 64), dtype, WORMHOLE)


def test_what_travels_in_another_dtype_says_so_where_a_plan_is_shown(tmp_path):
    from tilelang.tt.html.plan import render_plan

    func = tt.infer_metadata(kernels.copy((64, 64), "float16"), WORMHOLE)
    plan = tt.Plan.from_module(func)
    assert tt.buffer_attrs(func, "X")["tt_carried_as"] == "uint16"
    plan.save(tmp_path / "plan.json")
    assert "Float16 carried as uint16" in render_plan(
        json.loads((tmp_path / "plan.json").read_text())
    )
    wrong = json.loads((tmp_path / "plan.json").read_text())
    for attrs in wrong["functions"].values():
        attrs["tt_buffers"]["X"]["tt_carried_as"] = "uint8"
    (tmp_path / "wrong.json").write_text(json.dumps(wrong))
    with pytest.raises(ValueError, match='tt_carried_as is "uint8"; expected "uint16"'):
        tt.Plan.load(tmp_path / "wrong.json")


def test_pages_are_padded_up_to_the_devices_alignment():
    wide = kernels.device(8, 8, banks=12, alignment=4096)
    found = descriptor((64, 64), "bfloat16", wide)
    assert found.accessor.page_size == 2048
    assert found.accessor.aligned_page_size == 4096
    assert found.accessor.compile_time_args == (2, 4096)


def test_pages_go_round_the_banks():
    accessor = descriptor((1024, 1024), "bfloat16", WORMHOLE).accessor
    assert accessor.locate(0) == (0, 0)
    assert accessor.locate(11) == (11, 0)
    assert accessor.locate(12) == (0, 2048)
    assert accessor.locate(1023) == (1023 % 12, 1023 // 12 * 2048)
    with pytest.raises(IndexError, match="found page 1024; expected 0 to 1023"):
        accessor.locate(1024)


def test_a_descriptor_of_the_authors_own_is_completed():
    func = kernels.copy((64, 64), "float32")
    func = func.with_attr("tt_buffers", {"X": {"tt_role": "inout", "tt_needs_padding": False}})
    buffers = tt.buffers_of(tt.infer_default_tt_shard(func, WORMHOLE))
    assert buffers["X"].role == "inout"
    assert buffers["X"].accessor.num_pages == 4


def test_values_that_the_author_wrote_as_tvm_nodes_are_read_as_plain_ones(tmp_path):
    from tvm.script import tirx as T

    own = {"X": {"tt_needs_padding": T.bool(False), "tt_num_tiles_width": T.int32(2)}}
    func = kernels.copy((64, 64), "float32").with_attr("tt_buffers", own)
    func = tt.infer_metadata(func.with_attr("tt_tile_height", T.int32(32)), WORMHOLE)
    buffer = tt.buffers_of(func)["X"]
    assert buffer.needs_padding is False
    assert buffer.num_tiles_width == 2
    plan = tt.Plan.from_module(func)
    plan.save(tmp_path / "plan.json")
    assert tt.Plan.load(tmp_path / "plan.json") == plan


@pytest.mark.needs("ttnn")
@pytest.mark.parametrize("preset", ["n150", "p100a", "p150a"])
def test_descriptors_are_what_ttnn_allocates_on_a_mock(preset, tmp_path):
    from tilelang.tt.runtime.backends.clusters import clusters
    from tilelang.tt.runtime.backends.mock import mock_environment

    cases = [
        {"shape": list(shape), "dtype": dtype, "held": carried_as or dtype}
        for shape, *_ in SHAPES
        for dtype, _, _, carried_as in DTYPES
    ]
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    (tmp_path / "cluster.yaml").write_text(clusters()[preset].to_yaml())
    script = Path(__file__).with_name("allocate_on_ttnn.py")
    subprocess.run(
        [sys.executable, script, tmp_path / "cases.json", tmp_path / "found.json"],
        env=mock_environment(tmp_path / "cluster.yaml", "fast"),
        cwd=tmp_path,
        check=True,
        timeout=120,
        capture_output=True,
    )
    found = json.loads((tmp_path / "found.json").read_text())
    assert len(found) == len(cases) == 117
    for case, allocated in zip(cases, found, strict=True):
        ours = descriptor(tuple(case["shape"]), case["dtype"], tt.DeviceSpec.preset(preset))
        assert allocated == {
            "padded_shape": list(ours.padded_shape),
            "num_pages": ours.accessor.num_pages,
            "page_size": ours.accessor.page_size,
            "aligned_page_size": ours.accessor.aligned_page_size,
            "compile_time_args": list(ours.accessor.compile_time_args),
        }, case
