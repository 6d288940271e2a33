"""The levels of a batch and their controls, on a device that is a table of bytes."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

pytest.importorskip("numpy")
pytestmark = pytest.mark.needs("ttnn")

from claims_on_paper import SCHEDULE, SPEC, copy_by  # noqa: E402  needs numpy

from tilelang.tt.describe import describe_tensor, schedule_tiles  # noqa: E402
from tilelang.tt.policies import POLICIES  # noqa: E402
from tilelang.tt.validate.coverage import cover  # noqa: E402
from tilelang.tt.validate.evidence import REJECTED, UNNOTICED, Control, Verdict  # noqa: E402
from tilelang.tt.validate.schedules.controls import SCHEDULE_MUTATIONS  # noqa: E402
from tilelang.tt.validate.schedules.stamps import judge_copy  # noqa: E402
from tilelang.tt.validate.tensors.controls import MUTATIONS, Mutation  # noqa: E402

if find_spec("ttnn") is not None:
    from batch_on_paper import BatchOnPaper

    from tilelang.tt.validate.schedules import examine as examine_schedule
    from tilelang.tt.validate.tensors import examine, trials

LEVELS = ("E1", "E2", "E3", "E4", "E5")
SHAPES = [(3, 63, 193), (100, 70), (32, 32), (320, 128)]


@pytest.fixture
def examined(monkeypatch):
    def run(*faults, edit=lambda buffers: buffers, levels=LEVELS):
        monkeypatch.setattr(BatchOnPaper, "faults", frozenset(faults))
        monkeypatch.setattr(examine, "Batch", BatchOnPaper)
        buffers = [describe_tensor("X", shape, "float32", SPEC) for shape in SHAPES]
        return examine.examine_tensors(None, SPEC, edit(buffers), 3, levels)

    return run


def disproved(results):
    return [[v.level for v in result.verdicts if not v.proven] for result in results]


def test_right_tensors_are_proven_and_every_control_is_rejected(examined):
    results = examined()
    assert [[v.level for v in result.verdicts] for result in results] == [[*LEVELS]] * len(SHAPES)
    assert disproved(results) == [[]] * len(SHAPES)
    controls = [control for result in results for control in result.controls]
    assert [c for c in controls if c.outcome == UNNOTICED] == []
    assert [one for one in cover(LEVELS, SPEC, controls) if one.missing] == []


def test_controls_are_made_on_the_levels_that_claim_to_notice_and_no_others(examined):
    made = {(c.level, c.mutation) for result in examined() for c in result.controls}
    assert made == {(level, m.name) for m in MUTATIONS for level in m.levels}


def test_a_control_that_could_harm_is_refused_and_others_are_carried_out(examined):
    reasons = {
        (c.level, c.mutation): c.reason
        for result in examined()
        for c in result.controls
        if c.outcome == REJECTED and c.level in ("E4", "E5")
    }
    for mutation in MUTATIONS:
        for level in {"E4", "E5"}.intersection(mutation.levels):
            refused = "NoC " in reasons[level, mutation.name].partition(" at ")[2]
            if mutation.harms:
                assert refused, mutation.name
    carried_out = {m for (_, m), reason in reasons.items() if "wrong)" in reason}
    assert {"two banks swapped on NoC 0", "two banks swapped on NoC 1"} <= carried_out


def test_trials_of_one_program_reach_for_no_byte_that_another_reaches_for(examined, monkeypatch):
    """Else a wrong claim that the device bears out could look rejected by what another wrote."""
    programs = []

    class Recorded(BatchOnPaper):
        def write(self, transfers, pages):
            programs.append([units for t in transfers for units in self.footprints(t)])
            super().write(transfers, pages)

    monkeypatch.setattr(sys.modules[__name__], "BatchOnPaper", Recorded)
    results = examined()
    tried = [c for r in results for c in r.controls if c.level == "E5" and "wrong)" in c.reason]
    _, *of_controls = programs  # the first is E5's own
    assert 1 < len(of_controls) < len(tried)
    for footprints in of_controls:
        assert len(set().union(*footprints)) == sum(map(len, footprints))


def test_a_mutation_that_the_device_bears_out_is_unnoticed_beside_all_others(examined, monkeypatch):
    """Claims that are right, and tried since their pages are said to have changed."""
    right = [Mutation(f"right {n}", ("E4", "E5"), lambda claim: claim) for n in range(3)]
    mixed = [right[0], *MUTATIONS[:9], right[1], *MUTATIONS[9:], right[2]]
    changed = trials.changed_pages

    def said(claim, wrong, turn, most):
        pages = claim.buffer.accessor.num_pages
        return (
            list(range(min(most, pages))) if wrong is claim else changed(claim, wrong, turn, most)
        )

    monkeypatch.setattr(trials, "changed_pages", said)
    for module in (examine, trials):
        monkeypatch.setattr(module, "MUTATIONS", mixed)
    controls = [c for result in examined() for c in result.controls]
    unnoticed = {(c.level, c.mutation) for c in controls if c.outcome == UNNOTICED}
    assert unnoticed == {(level, one.name) for one in right for level in ("E4", "E5")}


def test_two_versions_of_contents_are_never_the_same(examined):
    batch = BatchOnPaper(None, SPEC, [describe_tensor("X", (64, 64), "float32", SPEC)] * 3, seed=5)
    contents = {batch.bits(i, version).tobytes() for i in range(3) for version in range(30)}
    assert len(contents) == 3 * 30


FAULTS = {
    # What is wrong with the device, and what is then disproved of the first tensor and of the rest.
    "accessor on NoC 1": (["E3"], ["E3"]),
    "banks on NoC 1": (["E4", "E5"], ["E4", "E5"]),
    "last byte": (["E4"], []),
    "writes lost": (["E5"], ["E5"]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_device_that_does_otherwise_is_seen(examined, fault):
    results = examined(fault)
    first, rest = FAULTS[fault]
    found = disproved(results)
    assert found[0] == first
    assert found[1] == rest
    if fault != "last byte":
        assert [c for c in results[0].controls if c.outcome == REJECTED] == []


def test_where_both_levels_reach_pages_over_one_noc_the_other_is_missed(examined, monkeypatch):
    monkeypatch.setattr(examine, "TURNS", {"E4": 0, "E5": 0})
    results = examined()
    assert disproved(results) == [["E5"]] * len(SHAPES)
    assert results[0].verdicts[-1].difference.expected == "reached over NoC 0 and over NoC 1"


def test_a_claim_that_reaches_for_another_tensor_is_refused_and_the_others_are_proven(examined):
    def edit(buffers):
        accessor = replace(buffers[1].accessor, aligned_page_size=8192, compile_time_args=(2, 8192))
        return [buffers[0], replace(buffers[1], accessor=accessor), *buffers[2:]]

    results = examined(edit=lambda buffers: buffers)
    assert disproved(results)[1] == []
    batch = BatchOnPaper(None, SPEC, [describe_tensor("X", s, "float32", SPEC) for s in SHAPES], 3)
    wrong = edit([claim.buffer for claim in batch.claims])[1]
    batch.claims[1] = replace(batch.claims[1], buffer=wrong)
    transfers, refused = examine._transfers(batch, 0)
    assert [bool(why) for why in refused] == [False, True, False, False]
    assert refused[1].endswith("outside of the memory that the tensor was given")
    assert len(transfers) == 4


def test_a_claim_that_contradicts_itself_is_refused_and_the_others_are_proven():
    batch = BatchOnPaper(None, SPEC, [describe_tensor("X", s, "float32", SPEC) for s in SHAPES], 3)
    right = batch.claims[1]
    accessor = replace(right.buffer.accessor, page_size=2048)
    batch.claims[1] = replace(right, buffer=replace(right.buffer, accessor=accessor))
    _, refused = examine._transfers(batch, 0)
    assert refused == ["", "pages of 2048 bytes; expected 4096, a tile's", "", ""]


@pytest.mark.parametrize("levels", [("E1", "E2"), ("E1",), ("E1", "E2", "E3")])
def test_a_level_that_is_not_asked_is_not_answered(examined, levels):
    for result in examined(levels=levels):
        assert tuple(v.level for v in result.verdicts) == levels
        assert {control.level for control in result.controls} == set(levels)


# Schedules -----------------------------------------------------------------------------------


@pytest.fixture
def examined_schedule(monkeypatch):
    device = SimpleNamespace(compute_with_storage_grid_size=lambda: SimpleNamespace(x=3, y=2))

    def run(schedule, ran=None, split=(2, 2, 1, 1, 1, 1), with_controls=True):
        """The schedule ``ran`` in its place, if one is given."""

        def copy(_, by, *__):
            copied = copy_by(ran if ran is not None else by)
            return copied.content, copied.arrived

        monkeypatch.setattr(examine_schedule, "copy_by_schedule", copy)
        monkeypatch.setattr(examine_schedule.bridge, "split_work", lambda *_: split)
        return examine_schedule.examine_schedule(device, SPEC, schedule, None, True, with_controls)

    return run


def test_a_right_schedule_is_proven_and_every_control_is_rejected(examined_schedule):
    result = examined_schedule(SCHEDULE)
    assert [v.proven for v in result.verdicts] == [True]
    found = {(c.mutation, c.outcome) for c in result.controls}
    nothing = {"a partition of one's own as ttnn's"}  # it is ttnn's
    assert {mutation for mutation, outcome in found if outcome == UNNOTICED} == set()
    names = {mutation.name for mutation in SCHEDULE_MUTATIONS if not mutation.policies}
    assert {mutation for mutation, _ in found} == names
    assert names - {mutation for mutation, outcome in found if outcome == REJECTED} == nothing


def test_controls_that_cost_a_run_are_made_where_they_are_asked_for(examined_schedule):
    without = examined_schedule(SCHEDULE, with_controls=False)
    assert {c.mutation for c in without.controls} < {m.name for m in SCHEDULE_MUTATIONS}
    assert "buffer addresses handed round" not in {c.mutation for c in without.controls}


def test_a_harmful_schedule_that_nothing_refuses_is_unnoticed(monkeypatch):
    def outcomes():
        return {control.outcome for control in examine_schedule._of_harm(SCHEDULE, SPEC)}

    assert outcomes() == {REJECTED}
    monkeypatch.setattr(examine_schedule, "schedule_harm", lambda *_: None)
    assert outcomes() == {UNNOTICED}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_schedule_gets_the_controls_of_its_policy(policy):
    schedule = schedule_tiles([6], SPEC, policy)
    found = [*examine_schedule._of_policy(SCHEDULE_MUTATIONS, schedule)]
    left = [mutation for mutation in SCHEDULE_MUTATIONS if mutation not in found]
    assert all(mutation.policies and policy not in mutation.policies for mutation in left)
    assert any(policy in mutation.policies for mutation in found) == (policy != "contiguous")


def test_a_schedule_that_was_not_run_as_it_is_is_disproved_and_gets_no_controls(examined_schedule):
    tiles = list(SCHEDULE.tiles_per_core)
    tiles[0], tiles[1] = tiles[1], tiles[0]
    other = replace(SCHEDULE, tiles_per_core=tuple(tiles))
    result = examined_schedule(SCHEDULE, ran=other)
    assert [v.proven for v in result.verdicts] == [False]
    assert result.controls == []


COPIED = copy_by(SCHEDULE)
SIZES = {
    "core grid": (lambda s: replace(s, core_grid=(2, 3)), lambda c: replace(c, grid=(2, 3))),
    "number of cores": (lambda s: replace(s, num_cores=7), None),
    "entries of tiles_per_core": (
        lambda s: replace(s, tiles_per_core=(*s.tiles_per_core, s.tiles_per_core[-1])),
        None,
    ),
    "number of tiles": (
        lambda s: replace(s, num_tiles=9),
        lambda c: replace(c, content=c.content[:-32], arrived=c.arrived[:-32]),
    ),
    "blocks of the grid": (lambda s: replace(s, grid=(4, 2, 2)), None),
}


@pytest.mark.parametrize("what", SIZES)
def test_the_sizes_of_a_schedule_are_those_of_the_device_and_the_launch(what):
    of_schedule, of_copy = SIZES[what]
    assert judge_copy(of_schedule(SCHEDULE), COPIED).difference.what == what
    if of_copy is not None:
        assert judge_copy(SCHEDULE, of_copy(COPIED)).difference.what == what


def test_arguments_reach_ttnn_in_the_schemas_order_each_by_its_own_name():
    from tilelang.tt.runtime.jobs import bridge

    addresses, scalars = {"B": 200, "A": 100, "C": 300}, {"m": 8, "n": 7}
    args = bridge.runtime_args(SCHEDULE, addresses, scalars)
    found = {(x, y): list(args[x][y]) for y in range(2) for x in range(3)}
    starts = iter([(0, 2), (2, 2), (4, 1), (5, 1), (6, 1), (7, 1)])
    for y in range(2):
        for x in range(3):
            assert found[x, y] == [*next(starts), 4, 2, 1, 100, 200, 7, 8, 5]


@pytest.mark.parametrize(
    ("addresses", "scalars"), [({"A": 1}, {"n": 1, "m": 1}), ({"A": 1, "B": 1}, {"n": 1})]
)
def test_an_argument_without_a_value_is_an_error(addresses, scalars):
    from tilelang.tt.runtime.jobs import bridge

    with pytest.raises(ValueError, match=r"runtime argument \w+: found no value for [Bm]"):
        bridge.runtime_args(SCHEDULE, addresses, scalars)


# Coverage ------------------------------------------------------------------------------------


def test_nothing_compared_is_not_proven():
    assert not Verdict("E1", 0).proven
    assert Verdict("E1", 1).proven


@pytest.mark.parametrize("outcome", [UNNOTICED, "no effect", REJECTED])
def test_a_mutation_that_no_control_rejected_is_missing(outcome):
    control = Control("in L1", "E1", outcome)
    missing = {one.mutation for one in cover(["E1"], SPEC, [control]) if one.missing}
    assert ("in L1" in missing) == (outcome != REJECTED)
    assert "an alignment off" in missing


def test_a_mutation_is_powerless_only_where_the_device_says_so():
    def powerless(spec):
        return {(one.level, one.mutation) for one in cover(["E3"], spec, []) if one.powerless}

    assert powerless(SPEC) == set()
    flat = replace(  # without offsets, each bank has coordinates of its own
        SPEC,
        dram_offsets=(0,) * 4,
        dram_cores=((1, 2), (2, 2), (5, 7), (6, 7)),
        dram_cores_noc1=((8, 9), (7, 9), (4, 4), (3, 4)),
    )
    assert powerless(flat) == {("E3", "no bank offsets")}
    apart = replace(SPEC, dram_offsets=(0, 32, 64, 96))
    assert powerless(apart) == {
        ("E3", "two banks swapped on NoC 0"),
        ("E3", "two banks swapped on NoC 1"),
    }
    same = replace(SPEC, dram_cores_noc1=SPEC.dram_cores)
    assert powerless(same) == {("E3", "the wrong NoC's table")}
