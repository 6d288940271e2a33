"""DeviceSpec: what it holds, where it is asked for, and what malformed ones get."""

from __future__ import annotations

import dataclasses
import json

import kernels
import pytest

import tilelang.tt as tt
from tilelang.tt.device_spec import resolve_device
from tilelang.tt.presets import preset_names
from tilelang.tt.runtime import BackendError
from tilelang.tt.runtime.backends import live

N150 = tt.DeviceSpec.preset("n150")


@pytest.fixture
def no_live_device(monkeypatch):
    def none_here():
        raise BackendError("no card")

    monkeypatch.setattr(live, "query_live", none_here)


def test_a_saved_description_is_loaded_as_it_was(tmp_path):
    for name in preset_names():
        spec = tt.DeviceSpec.preset(name)
        spec.save(tmp_path / "device.json")
        assert tt.DeviceSpec.load(tmp_path / "device.json") == spec


def test_a_description_survives_being_an_attribute():
    func = tt.bind_tt_device(kernels.launch(1), N150)
    assert tt.DeviceSpec.from_attr(func.attrs["tt_device"]) == N150


def test_presets_say_that_they_were_measured():
    assert {"n150", "n300", "p100a", "p150a"} <= set(preset_names())
    for name in preset_names():
        assert "mock cluster" in tt.DeviceSpec.preset(name).source


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"grid_x": 0}, "grid_x is 0; expected 1 to 64"),
        ({"grid_y": 65}, "grid_y is 65; expected 1 to 64"),
        ({"dram_banks": "12"}, 'dram_banks is "12"; expected an integer'),
        ({"dram_banks": 257}, "dram_banks is 257; expected 1 to 256"),
        ({"dram_banks": 12.0}, "dram_banks is 12.0; expected an integer"),
        ({"dram_banks": True}, "dram_banks is true; expected an integer"),
        ({"dram_banks": 2**70}, "expected an integer of at most 64 bits"),
        ({"l1_banks": 245}, "dram_banks and l1_banks are 12 and 245; expected at most 256"),
        ({"dram_alignment": -32}, "dram_alignment is -32; expected 1 to 4294967295"),
        ({"dram_alignment": 3}, "dram_alignment is 3; expected a power of two"),
        ({"l1_alignment": 24}, "l1_alignment is 24; expected a power of two"),
        ({"l1_bank_size": 0}, "l1_bank_size is 0; expected 1 to 68719476736"),
        ({"source": ""}, 'source is ""; expected at least one character'),
        ({"arch": ""}, 'arch is ""; expected at least one character'),
        ({"dispatch": "quick"}, 'dispatch is "quick"; expected "fast" or "slow"'),
        ({"schema_version": 1.0}, "schema_version is 1.0; expected 1"),
        ({"schema_version": True}, "schema_version is True; expected 1"),
        ({"schema_version": 2}, "schema_version is 2; expected 1"),
        ({"grid_x": None}, "found no grid_x; expected it"),
        ({"color": "red"}, 'found the field "color"; expected none of that name'),
        ({"dram_cores": [[0, 0]]}, "dram_cores has 1 entries; expected 12, one for each"),
        (
            {"dram_cores": [[0, 11]] * 12},
            "dram_cores has [0, 11] twice; expected a place of its own",
        ),
        ({"dram_cores": [[0, y] for y in range(53, 65)]}, "dram_cores has [0, 64]; expected"),
        ({"dram_cores_noc1": []}, "dram_cores_noc1 has 0 entries; expected 12"),
        ({"dram_offsets": [0] * 13}, "dram_offsets has 13 entries; expected 12"),
        ({"dram_offsets": [-1] * 12}, "dram_offsets has -1; expected 0 to 4294967295"),
    ],
)
def test_a_malformed_file(change, message, tmp_path):
    path = tmp_path / "device.json"
    N150.save(path)
    document = {**json.loads(path.read_text()), **change}
    path.write_text(
        json.dumps({key: value for key, value in document.items() if value is not None})
    )
    with pytest.raises(ValueError, match=r"device\.json") as raised:
        tt.DeviceSpec.load(path)
    assert message in str(raised.value)


@pytest.mark.parametrize("length", [0, 1, 20, 200])
def test_a_truncated_file(length, tmp_path):
    path = tmp_path / "device.json"
    N150.save(path)
    path.write_text(path.read_text()[:length])
    with pytest.raises(ValueError, match=r"device.json: found no whole JSON document"):
        tt.DeviceSpec.load(path)


def test_a_file_that_is_absent_or_binary(tmp_path):
    with pytest.raises(ValueError, match=r"nothing.json: No such file or directory"):
        tt.DeviceSpec.load(tmp_path / "nothing.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"binary.json"):
        tt.DeviceSpec.load(tmp_path / "binary.json")


def test_saving_fails_whole_and_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "device.json"
    path.write_text("precious")
    monkeypatch.setattr(
        "os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(ValueError, match=r"device.json: No space left; expected a place to write"):
        N150.save(path)
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_a_spec_can_be_named_in_every_way(tmp_path):
    N150.save(tmp_path / "device.json")
    ways = [N150, N150.to_attr(), "n150", tmp_path / "device.json", str(tmp_path / "device.json")]
    for way in ways:
        assert resolve_device(way) == N150
    with pytest.raises(ValueError, match=r"found no preset 'n160'.*expected one of n150"):
        resolve_device("n160")
    with pytest.raises(ValueError, match=r"found a int; expected a device"):
        resolve_device(3)


def test_the_first_that_answers_wins(monkeypatch, no_live_device):
    import tvm

    p150a, p100a = tt.DeviceSpec.preset("p150a"), tt.DeviceSpec.preset("p100a")

    def cores(func_or_mod, device=None):
        bound = tt.bind_tt_device(func_or_mod, device)
        func = bound["main"] if isinstance(bound, tvm.IRModule) else bound
        return tt.DeviceSpec.from_attr(func.attrs["tt_device"])

    bare = kernels.launch(1)
    own = tt.bind_tt_device(bare, p150a)
    module = tvm.IRModule({"main": bare}).with_attr("tt_device", p100a.to_attr())

    with pytest.raises(ValueError, match="no card"):
        cores(bare)
    monkeypatch.setattr(live, "query_live", lambda: N150)
    assert cores(bare) == N150
    monkeypatch.setenv("TILELANG_TT_DEVICE", "n300")
    assert cores(bare) == tt.DeviceSpec.preset("n300")
    assert cores(module) == p100a
    assert cores(own) == p150a
    assert cores(own, N150) == N150


def test_the_environment_variable_is_named_when_it_is_wrong(monkeypatch, no_live_device):
    monkeypatch.setenv("TILELANG_TT_DEVICE", "/no/such.json")
    with pytest.raises(ValueError, match=r"TILELANG_TT_DEVICE=/no/such.json: .*No such file"):
        tt.DeviceSpec.query()


def test_an_open_device_is_asked():
    """A stand-in for an open ttnn device; test_mock.py asks real ones."""

    class Unasked:
        def compute_with_storage_grid_size(self):
            raise RuntimeError("asked")

    try:
        import ttnn  # noqa: F401

        expected = RuntimeError
    except ImportError:
        expected = ImportError
    with pytest.raises(expected):
        resolve_device(Unasked())


def test_a_description_can_not_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        N150.grid_x = 3
    with pytest.raises(ValueError, match="grid_x is 0; expected 1 to 64"):
        dataclasses.replace(N150, grid_x=0)
