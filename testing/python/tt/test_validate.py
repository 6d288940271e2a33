"""The evidence harness: what it predicts, what it rejects, and what it writes."""

from __future__ import annotations

import json
import os
import re
import signal
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

import tilelang.tt as tt
from tilelang.tt.describe import describe_tensor, schedule_tiles
from tilelang.tt.policies import ORDERS, POLICIES

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.needs("wolfpine")


@pytest.fixture(scope="module")
def spec():
    return tt.DeviceSpec.preset("n150")


@pytest.fixture(scope="module")
def device():
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("wolfpine", "wormhole") as session:
        yield session


@pytest.fixture(scope="module")
def mock():
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("mock", "blackhole") as session:
        yield session


# What is predicted ------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (1,), (70,), (33, 65), (64, 32), (2, 3, 40, 33)], ids=str)
def test_a_page_holds_its_tile_face_by_face(spec, shape):
    """Against the rule spelled out element by element (tt-metal's tech report on tensor layouts)."""
    from tilelang.tt.validate.tensors.tiles import tilize

    buffer = describe_tensor("X", shape, "uint16", spec)
    bits = np.random.default_rng(3).integers(0, 2**16, size=shape, dtype=np.uint16)
    pages = tilize(bits, buffer).view(np.uint16)
    height, width = (1, *shape)[-2:] if shape else (1, 1)
    expected = np.zeros_like(pages)
    across, down = -(-width // 32), -(-height // 32)
    for place, value in np.ndenumerate(bits.reshape(-1, height, width)):
        b, i, j = place
        page = (b * down + i // 32) * across + j // 32
        face = i % 32 // 16 * 2 + j % 32 // 16
        expected[page, face * 256 + i % 16 * 16 + j % 16] = value
    assert (pages == expected).all()


@pytest.mark.parametrize("size", [16, 20])
@pytest.mark.parametrize("of_a_larger", [False, True])
def test_pages_differ_in_any_of_their_bytes(size, of_a_larger) -> None:
    from tilelang.tt.validate.tensors.tiles import differing

    for byte in range(size):
        a = np.zeros((3, size + 8 * of_a_larger), np.uint8)[:, :size]
        b = a.copy()
        b[1, byte] = 1
        assert differing(a, b).tolist() == [False, True, False]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "int8", "uint32"])
def test_contents_tell_tiles_and_seeds_apart(spec, dtype):
    from tilelang.tt.validate.tensors.tiles import contents, tilize

    buffer = describe_tensor("X", (320, 321), dtype, spec)
    pages = [
        tilize(contents((320, 321), dtype, seed), buffer).tobytes() for seed in (0, 1, 2, 64, 65)
    ]
    assert len(set(pages)) == len(pages)
    one = tilize(contents((320, 321), dtype, 0), buffer)
    assert len({page.tobytes() for page in one}) == len(one)


@pytest.mark.parametrize("seed", [5, 138])  # without what is fixed, some of the second are NaN
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_contents_are_numbers_that_no_conversion_changes(dtype, seed):
    import ml_dtypes

    from tilelang.tt.validate.tensors.tiles import contents

    bits = contents((100, 100), dtype, seed)
    if dtype != "float16":  # which travels as uint16
        floats = bits.view(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
        there_and_back = floats.astype(np.float32).astype(floats.dtype)
        assert there_and_back.tobytes() == bits.tobytes()
        assert np.isfinite(floats.astype(np.float32)).all()


def test_kernels_that_go_to_raw_addresses_work_none_out():
    import tilelang.tt.runtime as runtime

    source = (Path(runtime.__file__).parent / "jobs" / "kernels" / "move_pages.h").read_text()
    code = re.sub(r"//[^\n]*", "", source)
    for word in ("TensorAccessor", "AddrGen", "get_noc_addr", "bank", "_page("):
        assert word not in code, word


@pytest.mark.parametrize("cases", ["quick", "full", "examples", "random:20:3"])
@pytest.mark.parametrize("grid", [(1, 1), (1, 2), (2, 1), (1, 9)])
def test_a_grid_of_few_cores_has_cases_too(grid, cases):
    from tilelang.tt.validate.cases import parse_cases

    spec = replace(tt.DeviceSpec.preset("n150"), grid_x=grid[0], grid_y=grid[1])
    assert parse_cases(cases, spec)[0]


def test_generated_cases_are_the_same_for_a_seed(spec):
    from tilelang.tt.validate.cases import parse_cases

    names = [[case.name for case in parse_cases("random:40:9", spec)[0]] for _ in range(2)]
    assert names[0] == names[1]
    assert len(names[0]) > 20
    assert names[0] != [case.name for case in parse_cases("random:40:10", spec)[0]]
    many = [case for seed in (1, 2) for case in parse_cases(f"random:200:{seed}", spec)[0]]
    assert {len(case.buffer.shape) for case in many if case.buffer} == {0, 1, 2, 3, 4, 5, 6, 7}
    drawn = [case.schedule for case in many if case.schedule]
    assert {one.policy for one in drawn} == set(POLICIES)
    assert {one.order for one in drawn} == set(ORDERS)
    assert max(one.num_active_cores for one in drawn) <= 6
    run = [schedule for case in many if case.kernel for schedule in case.kernel.schedules]
    assert {one.policy for one in run} == set(POLICIES)
    assert any(one.shared_reads for one in run)


@pytest.mark.parametrize("text", ["", "fast", "random", "random:3", "random:0:1", "random:3:-1"])
def test_cases_that_are_none_are_malformed(spec, text):
    from tilelang.tt.validate.cases import parse_cases

    with pytest.raises(ValueError, match="expected quick, full, examples or random:N:SEED"):
        parse_cases(text, spec)


# What is rejected ---------------------------------------------------------------------------


def _accessor(**fields):
    return lambda buffer: replace(buffer, accessor=replace(buffer.accessor, **fields))


# Wrong in ways that tensors/controls.py does not know, with levels that have to notice.
BROKEN = {
    "no banks": (_accessor(num_banks=0), {"E3", "E4", "E5"}),
    "half the banks": (_accessor(num_banks=6), {"E3", "E4", "E5"}),
    "a thousand banks": (_accessor(num_banks=1000), {"E3", "E4", "E5"}),
    "page size 0": (_accessor(page_size=0), {"E2", "E4", "E5"}),
    "pages twice as long": (
        _accessor(page_size=4096, aligned_page_size=4096, compile_time_args=(2, 4096)),
        {"E1", "E2", "E3", "E4"},
    ),
    "one more page": (_accessor(num_pages=36), {"E2", "E3", "E4", "E5"}),
    "no accessor words": (_accessor(compile_time_args=()), {"E1"}),
    "sharded flag": (_accessor(compile_time_args=(3, 2048)), {"E1"}),
    "unaligned pages": (_accessor(aligned_page_size=2049), {"E2", "E3", "E4", "E5"}),
    "a row of padding less": (lambda b: replace(b, padded_shape=(128, 224)), {"E2", "E4", "E5"}),
    "a column of tiles more": (lambda b: replace(b, num_tiles_width=8), {"E4", "E5"}),
    "a bank for everything": (_accessor(num_banks=1), {"E3", "E4", "E5"}),
}


def test_descriptors_broken_in_other_ways_are_rejected_too(device):
    from tilelang.tt.validate.cases import Case
    from tilelang.tt.validate.harness import validate

    right = describe_tensor("X", (160, 224), "bfloat16", device.spec)
    assert right.accessor.num_pages == 35
    cases = [Case("right", "table", buffer=right)]
    cases += [Case(name, "table", buffer=one(right)) for name, (one, _) in BROKEN.items()]
    evidence = validate(device, [*cases, cases[0]])
    assert evidence.failure == ""
    assert evidence.exit_code() == 1
    disproved = {
        result.case.name: {v.level for v in result.verdicts.values() if v.difference}
        for result in evidence.results
    }
    # A wrong descriptor does no harm to the tensors beside it.
    assert disproved.pop("right") == set()
    assert disproved.pop("3x63x193 bfloat16, for controls") == set()
    assert {n for n, levels in disproved.items() if not levels >= BROKEN[n][1]} == set(), disproved
    assert disproved["no accessor words"] == {"E1"}, "the others are proven"


def _tiles(edit):
    def break_it(schedule):
        tiles = list(schedule.tiles_per_core)
        edit(tiles)
        return replace(schedule, tiles_per_core=tuple(tiles))

    return break_it


def _swap_starts(tiles):
    tiles[0], tiles[1] = (
        replace(tiles[0], start_id=tiles[1].start_id, count=tiles[1].count + 1),
        replace(tiles[1], start_id=tiles[0].start_id, count=1),
    )


def _none(tiles):
    tiles[:] = [replace(one, count=0) for one in tiles]


def _beyond(tiles):
    tiles[2] = replace(tiles[2], start_id=tiles[2].start_id + 100)


BROKEN_SCHEDULES = {
    "cores moved down a row": lambda s: replace(
        s, core_ranges=tuple(replace(r, y0=r.y0 + 1, y1=r.y1 + 1) for r in s.core_ranges)
    ),
    "no core ranges": lambda s: replace(s, core_ranges=()),
    "counts out of step": _tiles(_swap_starts),
    "tiles of nobody": _tiles(_none),
    "tiles that are not there": _tiles(_beyond),
    "a tile too few": lambda s: replace(s, num_tiles=s.num_tiles - 1),
}


def test_schedules_broken_in_other_ways_are_rejected_too(device):
    from tilelang.tt.validate.cases import Case
    from tilelang.tt.validate.harness import validate

    right = schedule_tiles([5], device.spec)
    cases = [Case(name, "table", schedule=one(right)) for name, one in BROKEN_SCHEDULES.items()]
    evidence = validate(device, [*cases, Case("right", "table", schedule=right)])
    assert evidence.failure == ""
    proven = [r.case.name for r in evidence.results if r.verdicts["E6"].proven]
    assert proven == ["right", "6 blocks, for controls"]


def test_a_mutation_that_nothing_notices_is_a_failure_of_the_harness(device, monkeypatch):
    """A control that claims a level notices what it can't: exit code 1, named in the report."""
    from datetime import datetime, timezone

    from tilelang.tt.validate.cases import Case
    from tilelang.tt.validate.evidence import UNNOTICED, Control, Examined, Verdict
    from tilelang.tt.validate.findings import CaseResult, Evidence
    from tilelang.tt.validate.report import to_json, to_junit

    buffer = describe_tensor("X", (32, 32), "float32", device.spec)
    examined = Examined([Verdict("E1", 2)], [Control("a new one", "E1", UNNOTICED)])
    evidence = Evidence(device.spec, device.backend.statement, 0, datetime.now(timezone.utc))
    result = CaseResult(Case("X", "table", buffer=buffer))
    result.verdicts = {verdict.level: verdict for verdict in examined.verdicts}
    result.controls = examined.controls
    evidence.results = [result]
    assert evidence.exit_code() == 1
    document = to_json(evidence)
    assert document["totals"]["unnoticed"] == 1
    assert "unnoticed on X" in to_junit(document)


@pytest.mark.parametrize("arch", ["wormhole_b0", "blackhole"])
def test_the_simulators_own_memory_has_each_page_where_it_is_predicted(arch):
    """An independent reader: neither ttnn nor a kernel is asked what is there."""
    import simulator_window

    from tilelang.tt.runtime.backends.wolfpine import Wolfpine
    from tilelang.tt.runtime.jobs.banks import describe_banks
    from tilelang.tt.runtime.session.parent import Session
    from tilelang.tt.validate.tensors.claims import Banks, Claim
    from tilelang.tt.validate.tensors.tiles import contents

    class WithWindow(Wolfpine):
        def environment(self, folder):
            env = super().environment(folder)
            start = folder / "simulator" / "run.sh"
            window = f"{simulator_window.__file__} {folder} "
            start.write_text(start.read_text().replace("-m framework", f"{window}framework"))
            return env

    with Session(WithWindow(arch)) as session:
        spec = describe_banks(session)
        for shape, dtype in (
            ((100, 70), "float32"),
            ((160, 224), "bfloat16"),
            ((3, 40, 40), "uint8"),
        ):
            buffer = describe_tensor("X", shape, dtype, spec)
            bits = contents(shape, dtype, 11)
            array = bits.view(_np(dtype))
            base = session.call("tilelang.tt.runtime.jobs.copies:base_address", array, buffer)
            claim = Claim(buffer, base, Banks.of(spec))
            size = buffer.accessor.page_size
            places = [[*place, size] for place in claim.where(0).tolist()]
            found = simulator_window.look(session.folder, places)
            assert found == claim.pages(bits).tobytes()


def _np(dtype):
    import ml_dtypes

    return ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype


# What is written ---------------------------------------------------------------------------


def test_what_a_backend_can_not_prove_is_counted(mock):
    from tilelang.tt.validate.cases import Case
    from tilelang.tt.validate.harness import validate

    tensor = describe_tensor("X", (100, 70), "float32", mock.spec)
    schedule = schedule_tiles([5], mock.spec)
    both = [Case("X", "table", buffer=tensor), Case("5", "table", schedule=schedule)]
    evidence = validate(mock, both)
    assert evidence.count() == {"proven": 2 + 2, "unchecked": 4 + 4}  # with the controls' own
    assert evidence.objections() == []
    assert "runs no kernels" in evidence.results[0].unchecked["E4"]
    assert validate(mock, both[1:]).exit_code() == 3
    assert validate(mock, []).exit_code() == 3


def test_a_tensor_that_can_not_be_examined_is_disproved_and_those_beside_it_are_proven(
    mock, monkeypatch
):
    from tilelang.tt.runtime import BackendError
    from tilelang.tt.validate.cases import Case
    from tilelang.tt.validate.harness import validate

    call = mock.call

    def ended(function, *given, **limit):
        if function.endswith(":examine_tensors") and any(each.name == "B" for each in given[1]):
            raise BackendError("the job has ended")
        return call(function, *given, **limit)

    monkeypatch.setattr(mock, "call", ended)
    tensors = [describe_tensor(name, (64, 64), "float32", mock.spec) for name in "ABC"]
    evidence = validate(mock, [Case(each.name, "table", buffer=each) for each in tensors])
    a, b, c = evidence.results[:3]
    assert {verdict.proven for result in (a, c) for verdict in result.verdicts.values()} == {True}
    assert {str(verdict.difference) for verdict in b.verdicts.values()} == {
        "the examination: expected an answer; found the job has ended"
    }
    assert [len(each.verdicts) for each in (a, b, c)] == [2, 5, 2]
    assert evidence.exit_code() == 1


def test_a_device_that_dies_ends_the_run_and_keeps_what_was_shown():
    from tilelang.tt.runtime.backends.devices import open_device
    from tilelang.tt.runtime.session.guardian import simulator_pid
    from tilelang.tt.validate.cases import Case
    from tilelang.tt.validate.harness import validate
    from tilelang.tt.validate.report import to_json, to_junit

    with open_device("wolfpine", "wormhole") as session:
        tensor = describe_tensor("X", (32, 32), "float32", session.spec)
        schedules = [schedule_tiles([tiles], session.spec) for tiles in (2, 3)]

        def kill(what, cases):
            if "tensors" in what:
                os.kill(simulator_pid(str(session.folder)), signal.SIGKILL)

        cases = [Case("X", "table", buffer=tensor)]
        cases += [Case(f"{s.num_tiles}", "table", schedule=s) for s in schedules]
        evidence = validate(session, cases, progress=kill)
    assert evidence.exit_code() == 1
    assert "the simulator" in evidence.failure
    assert evidence.count() == {"proven": 10, "unchecked": 3}
    document = to_json(evidence)
    assert document["failure"]
    assert "the simulator" in to_junit(document)


def test_the_report_says_the_same_in_each_of_its_files(device, tmp_path):
    from tilelang.tt.validate.cases import Case
    from tilelang.tt.validate.harness import validate
    from tilelang.tt.validate.report import write

    right = describe_tensor("<b>X</b>", (160, 224), "bfloat16", device.spec)
    wrong = replace(right, accessor=replace(right.accessor, num_banks=11))
    cases = [
        Case("<b>right</b>", "plan", buffer=right),
        Case("wrong", "plan", buffer=wrong),
        Case("5 tiles", "plan", schedule=schedule_tiles([5], device.spec)),
    ]
    page = write(validate(device, cases), tmp_path / "new" / "report")
    document = json.loads(page.with_name("report.json").read_text())
    totals = document["totals"]
    assert (totals["proven"], totals["disproved"], totals["unnoticed"]) == (6 + 1 + 6, 4, 0)
    assert totals["missing"] == 0
    suite = ElementTree.parse(page.with_name("report.xml")).getroot().find("testsuite")
    assert int(suite.get("failures")) == 4
    assert len(suite.findall("testcase")) == int(suite.get("tests"))
    html = page.read_text()
    for name in ("proven", "disproved", "unchecked", "checks"):
        assert re.search(rf'id="{name}">{totals[name]}<', html), name
    assert f'id="rejected">{totals["rejected"]} of {totals["rejected"]}<' in html
    assert "<b>right</b>" not in html
    difference = document["cases"][1]["levels"]["E3"]["difference"]
    assert difference["what"] == "page 11"
    assert difference["expected"] in html
    assert difference["found"] in html
    assert "http" not in re.sub(r"<!doctype[^>]*>", "", html)


def test_the_command_writes_a_report_and_says_where(tool, tmp_path):
    import subprocess

    done = subprocess.run(
        [*tool, "validate", "--backend", "mock", "-o", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "report: file://" in done.stdout
    assert "not checked: mock cluster n150" in done.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("report.html", "report.json", "report.xml")
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cases", "some"], "expected quick, full, examples or random:N:SEED"),
        (["--grid", "8"], "expected cores a row and rows"),
        (["no.json"], "no.json: No such file"),
        (["-o", "/dev/null/out"], "expected a folder to write to"),
    ],
)
def test_what_is_asked_wrongly_is_one_line_and_code_2(tool, arguments, said, tmp_path):
    import subprocess

    done = subprocess.run(
        [*tool, "validate", "--backend", "mock", *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_buffers_and_the_schedule_of_a_kernel_are_proven_from_its_plan(device, root, tmp_path):
    import sys

    from tilelang.tt.validate.cases import of_plan
    from tilelang.tt.validate.harness import validate
    from tilelang.tt.validate.planned_device import check_device

    sys.path.insert(0, str(root / "examples"))
    try:
        from gemm_tir import gemm
    finally:
        sys.path.pop(0)
    tt.Plan.from_module(tt.infer_metadata(gemm(256, 384, 64), device.spec)).save(
        tmp_path / "p.json"
    )
    plan = tt.Plan.load(tmp_path / "p.json")
    check_device(plan, device)
    evidence = validate(device, of_plan(plan))
    assert [result.case.name for result in evidence.results] == [
        *("gemm: A", "gemm: B", "gemm: C", "gemm: schedule", "gemm: kernel"),
        *("3x63x193 bfloat16, for controls", "6 blocks, for controls"),
    ]
    assert evidence.results[3].partition == "ttnn"
    assert evidence.count() == {"proven": 16 + 6, "unchecked": 1}
    assert evidence.results[4].unchecked["E7"].startswith("no kernel is generated: gemm: launches")
    assert evidence.objections() == []


@pytest.fixture
def plans(mock, root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "examples"))
    from gemm_tir import gemm

    return {
        f"{m}.json": tt.Plan.from_module(tt.infer_metadata(gemm(m, 384, 64), mock.spec))
        for m in (256, 128)
    }


def test_of_several_plans_all_tensors_come_before_any_schedule(plans):
    from tilelang.tt.validate.cases import batches, of_plans

    names = [[case.name for case in batch] for batch in batches(of_plans(plans), 48, 2**25)]
    assert sorted(names[0]) == [f"{m}.json: gemm: {x}" for m in (128, 256) for x in "ABC"]
    alone = [(m, what) for what in ("kernel", "schedule") for m in (128, 256)]
    assert sorted(names[1:]) == [[f"{m}.json: gemm: {what}"] for m, what in sorted(alone)]


@pytest.mark.parametrize(
    ("paths", "named"),
    [
        (("/a/b/one.json", "/a/b/two.json"), ("one.json", "two.json")),
        (("/a/b/one.json", "/a/c/one.json"), ("b/one.json", "c/one.json")),
        (("b/one.json", "one.json"), ("b/one.json", "one.json")),
        (("one", "b/c/two"), ("one", "b/c/two")),
    ],
)
def test_cases_are_named_by_what_tells_their_plans_paths_apart(plans, paths, named):
    from tilelang.tt.validate.cases import of_plans

    cases = of_plans(dict(zip(paths, plans.values(), strict=True)))
    assert tuple(dict.fromkeys(case.name.partition(": ")[0] for case in cases)) == named


def test_several_plans_are_proven_in_one_run(tool, plans, tmp_path):
    import subprocess

    from gemm_tir import gemm

    for name, plan in plans.items():
        plan.save(tmp_path / name)
    other = tt.Plan.from_module(tt.infer_metadata(gemm(256, 384, 64), tt.DeviceSpec.preset("n150")))
    other.save(tmp_path / "other.json")

    def prove(*names):
        command = [*tool, "validate", *names, "--backend", "mock", "-o", "report"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    done = prove(*plans)
    assert done.returncode == 0, done.stderr
    shown = json.loads((tmp_path / "report/report.json").read_text())
    proven = {
        case["name"]
        for case in shown["cases"]
        if case["levels"].get("E2", {}).get("outcome") == "proven"
    }
    assert proven >= {f"{name}: gemm: {x}" for name in plans for x in "ABC"}
    done = prove(*plans, "other.json")
    assert done.returncode == 2
    assert re.match(r"error: other\.json: the plan is for a device with arch worm", done.stderr)


def test_a_plan_for_another_device_is_refused(device):
    from tilelang.tt.validate.planned_device import check_device

    class Plan:
        device = tt.DeviceSpec.preset("p150a")

    with pytest.raises(
        ValueError,
        match=r"the plan is for a device with arch blackhole, not wormhole_b0, grid_x 11, not 8.*; "
        r"plan for this one: tilelang-tt device --from wolfpine --arch wormhole_b0 -o device.json",
    ):
        check_device(Plan, device)
    Plan.device = tt.DeviceSpec.preset("n150")  # 8x8, and the simulator has 8x9
    with pytest.raises(ValueError, match=r"grid_y 8, not 9 .*; open it with --grid 8x8, or plan"):
        check_device(Plan, device)
