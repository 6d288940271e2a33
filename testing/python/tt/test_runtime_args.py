"""The schema of runtime arguments: each entry has the rule of its kind, wherever it comes from."""

from __future__ import annotations

import copy
import json

import pytest
from tvm.script import tirx as T

import tilelang.tt as tt

DEVICE = tt.DeviceSpec.preset("n150")


# fmt: off
@T.prim_func
def scaled(A: T.Buffer((64,), "float32"), B: T.Buffer((64,), "float32"), n: T.int32, scale: T.float32):
    bx = T.launch_thread("blockIdx.x", 2)
    B[bx] = A[bx] * scale
# fmt: on

GOOD = tt.infer_metadata(scaled, DEVICE)
SCHEMA = tt.Plan.from_module(GOOD).to_json()["functions"]["scaled"]["tt_runtime_args_schema"]
ENTRY = {entry["name"]: index for index, entry in enumerate(SCHEMA)}
KT_TILES = {"name": "kt_tiles", "dtype": "uint32", "kind": "constant", "value": 4}


def entry(which, /, **change):
    """A change of one entry; a value of None takes the key out."""

    def apply(schema):
        changed = {**schema[ENTRY[which]], **change}
        schema[ENTRY[which]] = {key: value for key, value in changed.items() if value is not None}

    return apply


def without(name):
    return lambda schema: schema.pop(ENTRY[name])


def beside(extra):
    return lambda schema: schema.append(extra)


def test_what_is_inferred_has_all_kinds():
    assert [entry["name"] for entry in SCHEMA] == (
        [
            "start_id",
            "count",
            "grid_x",
            "grid_y",
            "grid_z",
            "A_addr",
            "B_addr",
            "n_value",
            "scale_value",
        ]
    )
    assert [entry["dtype"] for entry in SCHEMA] == ["uint32"] * 7 + ["int32", "float32"]


# The change; what the error says.
WRONG = [
    (beside(KT_TILES), "kt_tiles is 4; expected none, since the kernel says no single"),
    (entry("start_id", dtype="float64"), '[0]: dtype is "float64"; expected "uint32"'),
    (entry("start_id", dtype="banana"), '[0]: dtype is "banana"; expected "uint32"'),
    (entry("start_id", dtype="int32"), '[0]: dtype is "int32"; expected "uint32"'),
    (entry("start_id", dtype=3), "[0]: dtype is 3; expected a string"),
    (entry("start_id", dtype=None), "[0]: found no dtype"),
    (entry("start_id", meaning=3), "[0]: meaning is 3; expected a string"),
    (entry("start_id", kind="x"), '[0]: kind is "x"; expected "per_core", "constant"'),
    (entry("start_id", kind="constant"), "[0]: found no value"),
    (entry("start_id", value=3), '[0]: found the key "value"; expected none'),
    (entry("start_id", name="first"), '[0]: name is "first"; expected "start_id" or'),
    (entry("count", name="start_id"), '[1]: the name "start_id" is found twice'),
    (without("start_id"), 'has no "start_id"; expected it'),
    (without("count"), 'has no "count"; expected it'),
    (without("grid_x"), 'has no "grid_x"; expected it'),
    (without("grid_z"), 'has no "grid_z"; expected it'),
    (entry("grid_x", dtype="float32"), '[2]: dtype is "float32"; expected "uint32"'),
    (entry("grid_x", value=3), "[2]: value is 3; expected 2, since that is T.Kernel"),
    (entry("grid_x", value=2.0), "[2]: value is 2.0; expected an integer"),
    (entry("grid_x", value=True), "[2]: value is true; expected an integer"),
    (entry("grid_x", kind="per_core", value=None), '[2]: name is "grid_x"; expected'),
    (beside({**KT_TILES, "value": 0}), "[9]: value is 0; expected 1 to 4294967295"),
    (beside({**KT_TILES, "value": -1}), "[9]: value is -1; expected 1 to 4294967295"),
    (beside({**KT_TILES, "value": 2**32}), "[9]: value is 4294967296; expected 1 to"),
    (beside({**KT_TILES, "name": "magic"}), '[9]: name is "magic"; expected "grid_x"'),
    (entry("A_addr", dtype="uint64"), '[5]: dtype is "uint64"; expected "uint32"'),
    (entry("A_addr", name="a"), '[5]: name is "a"; expected "A_addr"'),
    (entry("A_addr", name="Z_addr", buffer="Z"), 'an address of "Z"; expected one for'),
    (without("A_addr"), "has 1 buffer addresses; expected 2"),
    (entry("n_value", dtype="int64"), '[7]: dtype is "int64"; expected a scalar'),
    (entry("n_value", dtype="handle"), '[7]: dtype is "handle"; expected a scalar'),
    (entry("n_value", dtype="int32x4"), '[7]: dtype is "int32x4"; expected a scalar'),
    (entry("n_value", dtype=""), '[7]: dtype is ""; expected a scalar'),
    (entry("n_value", name="n"), '[7]: name is "n"; expected "n_value"'),
    (entry("n_value", name="A_value", parameter="A"), 'the tensor "A" as a scalar'),
    (entry("n_value", name="m_value", parameter="m"), '[7]: parameter is "m"; expected'),
    (entry("n_value", dtype="float32"), '[7]: dtype is "float32"; expected "int32"'),
    (without("n_value"), "has 1 scalars; expected 2, one for each scalar parameter"),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[row[1][:50] for row in WRONG])
def test_a_wrong_entry_is_refused_wherever_it_comes_from(change, message, tmp_path):
    schema = copy.deepcopy(SCHEMA)
    change(schema)
    with pytest.raises(ValueError, match="tt_runtime_args_schema") as raised:
        tt.infer_metadata(scaled.with_attr("tt_runtime_args_schema", schema), DEVICE)
    assert message in str(raised.value)
    with pytest.raises(ValueError, match="tt_runtime_args_schema") as raised:
        tt.verify_tt_metadata(GOOD.with_attr("tt_runtime_args_schema", schema))
    assert message in str(raised.value)
    document = tt.Plan.from_module(GOOD).to_json()
    document["functions"]["scaled"]["tt_runtime_args_schema"] = schema
    (tmp_path / "plan.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match=r"plan\.json: scaled: tt_runtime_args_schema") as raised:
        tt.Plan.load(tmp_path / "plan.json")
    assert message in str(raised.value)


@pytest.mark.parametrize("change", [list.reverse, entry("n_value", meaning=None)])
def test_order_and_meanings_are_the_authors(change):
    schema = copy.deepcopy(SCHEMA)
    change(schema)
    func = tt.infer_metadata(scaled.with_attr("tt_runtime_args_schema", schema), DEVICE)
    found = tt.schedule_of(func).runtime_args
    assert [arg.name for arg in found] == [entry["name"] for entry in schema]
