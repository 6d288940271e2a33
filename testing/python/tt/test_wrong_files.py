"""Wrong files end in an error of one line: no crash, no wait, and no plan that is not right."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import time

import pytest
import wrong_files

import tilelang.tt as tt
from tilelang.tt import files

# No TVM has a part in it, so one lane tells.
pytestmark = pytest.mark.needs("ttnn")

NUMBER = 250


@pytest.mark.parametrize("name", ["plan", "device"])
@pytest.mark.parametrize("seed", [1, 2])
def test_files_with_changes_at_random(name, seed, tmp_path):
    right = wrong_files.right_documents()[name]
    outcomes = []
    for content in wrong_files.wrong_files(right, NUMBER, seed):
        path = tmp_path / "wrong.json"
        path.write_bytes(content)
        outcomes.append(wrong_files.outcome(name, path))
    assert outcomes.count("") < NUMBER / 5  # the rest are refused, each for its own reason
    assert len(set(outcomes)) > NUMBER / 3


@pytest.mark.parametrize("depth", [63, 639, 640, 641, 900, 7_000, 300_000])
@pytest.mark.parametrize(("opening", "closing"), ["[]", ('{"a": ', "}")])
@pytest.mark.parametrize("kind", [tt.Plan, tt.DeviceSpec])
def test_lists_and_maps_that_are_nested_deep(kind, opening, closing, depth, tmp_path):
    document = next(doc for doc in wrong_files.right_documents().values() if "arch" in doc)
    text = json.dumps(document).replace("12", wrong_files.nested(depth, "12", opening, closing), 1)
    if kind is tt.Plan:
        text = f'{{"schema_version": 1, "generator": "x", "functions": {{}}, "device": {text}}}'
    (tmp_path / "deep.json").write_text(text)
    with pytest.raises(ValueError, match=r"deep\.json: ") as raised:
        kind.load(tmp_path / "deep.json")
    assert len(str(raised.value)) < wrong_files.MAX_ERROR


@pytest.mark.parametrize("attribute", ["tt_grid_x", "tt_tiles_per_core", "tt_buffers", "tt_device"])
def test_an_attribute_that_is_nested_deep(attribute):
    import kernels
    import tvm_ffi

    value = tvm_ffi.convert([])
    for _ in range(7_000):
        value = tvm_ffi.convert([value])
    func = kernels.gemm(64, 64, 64).with_attr(attribute, value)
    with pytest.raises(ValueError, match=rf"{attribute} is \[\[\[\[\[\[\[\.\.\.\]\]\]\]\]\]\]"):
        tt.infer_metadata(func, None if attribute == "tt_device" else "n150")
    with pytest.raises(ValueError, match="nested more than 640 deep"):
        tt.schedule_of(func)


def test_a_name_and_a_value_of_a_megabyte_are_cut_in_errors():
    import kernels
    from tvm.script import tirx as T

    long = "long" * 250_000
    func = kernels.gemm(64, 64, 64)
    for changed in (
        func.with_attr("tt_core_order", long),
        func.with_attr("tt_tiles_per_core", [[0, 1, 2]] * 250_000),
        func.with_attr("tt_device", {long: [long] * 10}),
        func.with_attr(f"tt_{long}", 1),
        func.with_attr("tt_buffers", {long: {}}),
        func.with_attr("global_symbol", long).with_attr("tt_num_tiles", 3),
        func.with_attr("global_symbol", f"{long}\x1b[2J\n").with_attr("tt_grid_x", T.int32(9)),
    ):
        with pytest.raises((ValueError, NotImplementedError), match="expected") as raised:
            tt.infer_metadata(changed, None if "tt_device" in changed.attrs else "n150")
        assert len(str(raised.value)) <= 1000
        assert str(raised.value).isprintable()


@pytest.mark.parametrize("kind", [tt.Plan, tt.DeviceSpec])
def test_what_is_no_regular_file_is_refused_at_once(kind, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 1 << 40)
    said = {
        "pipe": "found no regular file",
        "link": "found no regular file",
        "/dev/zero": "found no regular file",
        ".": "Is a directory",
        "sparse": f"found more than {files.MAX_BYTES} bytes; expected at most that",
        "/proc/self/mem": "Input/output error",
    }
    for name, message in said.items():
        start = time.monotonic()
        with pytest.raises(ValueError, match=message):
            kind.load(tmp_path / name)
        assert time.monotonic() - start < 5


def test_a_key_that_is_there_twice_is_refused(tmp_path):
    text = json.dumps(wrong_files.right_documents()["device"])
    (tmp_path / "twice.json").write_text(text.replace('"grid_x"', '"grid_x": 8, "grid_x"'))
    with pytest.raises(ValueError, match="found the key 'grid_x' twice in one map"):
        tt.DeviceSpec.load(tmp_path / "twice.json")


def test_a_function_without_a_name_is_refused(tmp_path):
    document = copy.deepcopy(wrong_files.right_documents()["plan"])
    document["functions"][""] = document["functions"].pop("gemm")
    (tmp_path / "plan.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match='found a function named ""; expected at least one'):
        tt.Plan.load(tmp_path / "plan.json")


HOSTILE = "\x1b]0;gone\x07\x1b[31m\u202e\n<b>&amp;"


def hostile_plan():
    from tilelang.tt._ffi_api import canonical_program
    from tilelang.tt.plan import digest_of

    document = wrong_files.right_documents()["plan"]
    text = json.dumps(document["functions"].pop("gemm"))
    for name, replacement in (('"A"', f"A{HOSTILE}"), ('"A_addr"', f"A{HOSTILE}_addr")):
        text = text.replace(name, json.dumps(replacement))
    function = json.loads(text)
    document["functions"] = {f"gemm{HOSTILE}": function}
    digest = digest_of(canonical_program(json.dumps(function["tt_program"])))
    document["provenance"]["functions"] = {f"gemm{HOSTILE}": {"digest": digest}}
    document["device"]["source"] = HOSTILE
    return tt.Plan.from_text(json.dumps(document))


def test_control_characters_of_names_reach_no_terminal_and_no_page(tool, tmp_path):
    hostile_plan().save(tmp_path / "plan.json")
    done = subprocess.run(
        [*tool, "show", "plan.json", "--html", "plan.html"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "plan.html").read_text()
    for text in (done.stdout, page, repr(hostile_plan())):
        assert not wrong_files.hidden(text.replace("\n", "")), text
    assert "gemm\\x1b]0;gone\\x07\\x1b[31m\\u202e" in done.stdout
    assert "<b>" not in page.partition("<main>")[2].replace("<b id", "")


def test_control_characters_of_names_reach_no_error(tool, tmp_path):
    document = hostile_plan().to_json()
    (function,) = document["functions"].values()
    function["tt_num_tiles"] += 1
    (tmp_path / "plan.json").write_text(json.dumps(document))
    (tmp_path / f"{HOSTILE[:9]}\n.json").write_text(json.dumps(document))
    for name in ("plan.json", f"{HOSTILE[:9]}\n.json"):
        done = subprocess.run(
            [*tool, "show", name], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert done.stderr[:-1].isprintable()
        assert "tt_num_tiles is 13; expected 12" in done.stderr


def test_control_characters_of_names_leave_the_junit_report_well_formed():
    from xml.etree import ElementTree

    from tilelang.tt.validate.report import to_junit

    level = {"outcome": "disproved", "checked": 1, "difference": {"where": HOSTILE}}
    case = {"name": HOSTILE, "group": "plan", "levels": {"E1": level}, "controls": []}
    xml = to_junit(
        {
            "backend": {"backend": HOSTILE},
            "device": {"arch": f"\ud800{HOSTILE}"},
            "started": "2026-01-01",
            "seconds": 1.0,
            "failure": f"\0{HOSTILE}",
            "cases": [case],
            "coverage": [],
        }
    )
    names = [test.get("name") for test in ElementTree.fromstring(xml.encode()).iter("testcase")]
    assert len(names) == 2
    assert "\\x1b]0;gone\\x07" in names[0]
    assert not wrong_files.hidden(xml.replace("\n", ""))
