"""E7 without a device: what it compares is made here, so each thing that it has to see is shown alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("ml_dtypes")

import tilelang.tt as tt  # noqa: E402
from tilelang.tt.codegen.generate import generate_all  # noqa: E402
from tilelang.tt.codegen.launch import launch  # noqa: E402
from tilelang.tt.describe import schedule_tiles  # noqa: E402
from tilelang.tt.program import Const, Gemm, Program, steps_of  # noqa: E402
from tilelang.tt.validate.cases import kernels  # noqa: E402
from tilelang.tt.validate.evidence import NO_EFFECT, REJECTED, UNNOTICED  # noqa: E402
from tilelang.tt.validate.results import cases as result_cases  # noqa: E402
from tilelang.tt.validate.results import controls as result_controls  # noqa: E402
from tilelang.tt.validate.results import examine as result  # noqa: E402
from tilelang.tt.validate.results.picture import picture_of  # noqa: E402
from tilelang.tt.validate.results.sharing import SHARING_MUTATIONS  # noqa: E402

SPEC = tt.DeviceSpec.preset("n150")
KERNELS = {
    "gemm_gelu": result_cases.gemm_gelu,
    "softmax": result_cases.softmax,
    "two_products": result_cases.two_products,
}


def schedules(program):
    return tuple(schedule_tiles(launch.grid, SPEC) for launch in program.launches)


def plans(program):
    return generate_all(program, schedules(program), SPEC, "kernel")


def examine(program, change=lambda found, run: found, with_controls=False):
    """E7 on a device that gives the interpreter's numbers, changed; ``run`` counts its runs."""
    runs = []

    def run(_launches, arrays, numbers):
        found = tt.reference(program)(**arrays, **numbers)
        found = found if isinstance(found, tuple) else (found,)
        names = [program.buffers[id].name for id in plans(program)[0].outputs]
        runs.append(None)
        return change(dict(zip(names, found, strict=True)), len(runs))

    return result.examine_kernel(run, SPEC, "kernel", program, schedules(program), 0, with_controls)


@pytest.mark.parametrize("name", KERNELS)
def test_the_interpreters_own_numbers_are_proven_on_each_kind(name):
    found = examine(KERNELS[name]())
    assert [verdict.proven for verdict in found.verdicts] == [True]
    assert [each.kind for each in found.results] == [
        kind
        for kind in ("mixed", "positive", "cancelling")
        for _ in plans(KERNELS[name]())[0].outputs
    ]
    assert all(each.checked == each.elements and each.used <= 1 for each in found.results)


@pytest.mark.parametrize("run", [1, 2, 3])
def test_one_element_of_one_kind_beyond_its_bound_is_seen(run):
    def change(found, number):
        if number == run:
            found["C"][5, 7] += 8
        return found

    found = examine(result_cases.gemm_gelu(), change)
    kind = ("mixed", "positive", "cancelling")[run - 1]
    assert (
        found.verdicts[0].difference.what
        == f"C[5, 7], of {kind} numbers (1 of 2048 elements wrong)"
    )
    assert found.controls == []


def test_an_element_that_no_block_wrote_is_wrong():
    def change(found, _):
        found["C"][31, 63] = np.nan
        return found

    found = examine(result_cases.gemm_gelu(), change)
    assert "nan" in str(found.verdicts[0].difference)


def test_a_device_that_ignores_what_it_is_given_notices_no_wrong_kernel():
    """The controls are run: were they judged without, each would pass for rejected here too."""
    found = examine(result_cases.two_products(), with_controls=True)
    outcomes = {control.mutation: control.outcome for control in found.controls}
    ran = (*result_controls.PROGRAM_MUTATIONS, *result_controls.LAUNCH_MUTATIONS)
    assert {each.name: UNNOTICED for each in ran}.items() <= outcomes.items()
    assert {outcomes[each.name] for each in result_controls.RESULT_MUTATIONS} == {REJECTED}


def _with_log(program: Program) -> Program:
    """The softmax of logarithms: of what is below zero there is none."""
    text = program.to_text().replace('{"exp2"', '{"log"')
    assert text != program.to_text()
    return Program.from_json(text)


def test_an_output_whose_elements_never_have_a_bound_is_not_proven():
    found = examine(_with_log(result_cases.softmax()))
    assert found.verdicts[0].difference.what == "Y, elements that have a bound"
    assert found.verdicts[0].difference.expected == "4096"


def test_a_picture_has_the_worst_element_of_each_cell_and_where_none_has_a_bound():
    used = np.zeros((3, 100, 50))
    used[2, 99, 49], used[0, 0, 0], used[1, 3, 7] = 0.75, np.inf, 0.5
    used[0, 14:28, 10:20] = np.nan
    made = picture_of(used)
    assert (made.rows, made.columns, made.down, made.across) == (300, 50, 7, 2)
    assert [len(row) for row in made.cells] == [25] * 43
    shown = {
        (y, x): cell for y, row in enumerate(made.cells) for x, cell in enumerate(row) if cell != 0
    }
    no_bound = {(y, x): None for y in (2, 3) for x in range(5, 10)}
    assert shown == {(0, 0): 1000, (103 // 7, 3): 0.5, (42, 24): 0.75, **no_bound}


@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (48,), (49, 1)])
def test_an_output_of_any_shape_has_a_picture(shape):
    made = picture_of(np.zeros(shape))
    assert sum(map(len, made.cells)) == (
        made.rows and -(-made.rows // made.down) * -(-made.columns // made.across)
    )


# The mutations.


@pytest.mark.parametrize("mutation", result_controls.PROGRAM_MUTATIONS, ids=lambda m: m.name)
def test_a_changed_program_computes_something_else(mutation):
    program = result_cases.two_products()
    wrong = mutation.apply(program)
    wanted = result.wanted_of(plans(program), program, "mixed", 0)
    found = tt.reference(wrong)(**wanted.arrays)
    names = list(wanted.values)
    verdict, _ = result.judge_result(dict(zip(names, found, strict=True)), wanted)
    assert not verdict.proven
    generate_all(wrong, schedules(wrong), SPEC, "kernel")


@pytest.mark.parametrize("mutation", result_controls.LAUNCH_MUTATIONS, ids=lambda m: m.name)
def test_a_changed_launch_has_the_same_sources(mutation):
    from tilelang.tt.codegen.emit import sources

    (plan,) = plans(result_cases.two_products())
    wrong = mutation.apply(plan)
    assert wrong != plan
    assert sources(wrong) == sources(plan)


@pytest.mark.parametrize(
    ("boxed", "blocks", "less"),
    [
        (False, (4, 3), (4, 2)),
        (False, (4, 1), None),
        (True, (1, 2, 3, 4, 1, 1), (1, 2, 3, 3, 1, 1)),
        (True, (1, 2, 3, 1, 4, 2), (1, 2, 3, 1, 3, 2)),
        (True, (1, 2, 3, 1, 1, 2), (1, 2, 3, 1, 1, 1)),
    ],
)
def test_a_block_left_out_is_one_of_the_last_core_which_then_has_none_if_it_had_one(
    boxed, blocks, less
):
    (case,) = [each for each in kernels(SPEC) if each.name.startswith("shared_gemm")]
    shared = generate_all(case.kernel.program, case.kernel.schedules, SPEC, "kernel")
    (plan,) = shared if boxed else plans(result_cases.two_products())
    *before, last = plan.cores
    plan = replace(plan, cores=(*before, replace(last, blocks=blocks)))
    left = () if less is None else (replace(last, blocks=less),)
    assert result_controls._block_left_out(plan).cores == (*before, *left)


@pytest.mark.parametrize(
    "mutation",
    [*result_controls.PROGRAM_MUTATIONS, *result_controls.LAUNCH_MUTATIONS],
    ids=lambda m: m.name,
)
def test_where_there_is_nothing_to_change_a_control_has_no_effect(mutation):
    """One block that copies a tile."""
    m = result_cases._Maker()
    X, Y = m.tensor("X", 32, 32), m.tensor("Y", 32, 32)
    x = m.scratch("x", 32, 32)
    program = m.program(
        (1, 1, 1), (),
        result_cases.Copy(m.whole(X), m.whole(x)), result_cases.Copy(m.whole(x), m.whole(Y)),
    )  # fmt: skip
    outcomes = {c.mutation: c.outcome for c in examine(program, with_controls=True).controls}
    assert outcomes[mutation.name] == NO_EFFECT


@pytest.mark.parametrize("mutation", SHARING_MUTATIONS, ids=lambda m: m.name)
def test_kernels_of_cores_that_share_are_generated_wrongly(mutation):
    """The text of what reads, or sends, or receives is another; the arguments and cores are as they are."""
    (case,) = [each for each in kernels(SPEC) if each.name.startswith("shared_gemm")]
    (plan,) = generate_all(case.kernel.program, case.kernel.schedules, SPEC, "kernel")
    right, wrong = launch(plan), mutation.apply(plan)
    changed = [a.role for a, b in zip(right.kernels, wrong.kernels, strict=True) if a != b]
    assert changed == ["reader", "writer"]
    assert (wrong.cores, wrong.buffers, wrong.shares) == (right.cores, right.buffers, right.shares)
    (alone,) = plans(result_cases.gemm_gelu())
    assert mutation.apply(alone) is None


def test_an_element_is_put_a_last_place_of_bfloat16_beyond_its_bound():
    (mutation,) = result_controls.RESULT_MUTATIONS
    wanted = np.array([1.0, -3.0, 2.0], np.float32)
    wrong = mutation.apply(wanted, wanted, np.array([0.0, 0.5, np.inf]))
    assert wrong.tolist() == [1.0, -3.0 - 0.5 - 2.0**-6, 2.0]
    assert mutation.apply(wanted, wanted, np.full(3, np.inf)) is None


def test_an_accumulator_is_left_uncleared_where_it_was_cleared_before():
    program = result_cases.two_products()
    wrong = result_controls._not_cleared(program)
    kept = [step for _, step in steps_of(wrong)]
    assert len(kept) == len([*steps_of(program)]) - 1
    assert sum(isinstance(step, Gemm) for step in kept) == 2


def test_products_are_counted_in_tiles():
    from tilelang.tt.validate.results.scope import products_of

    program = result_cases.two_products()
    assert products_of(program) == 2 * (2 + 1)
    (launch,) = program.launches
    larger = replace(program, launches=(replace(launch, grid=(6, 5, 1)),))
    assert products_of(larger) == 30 * 3
    assert Const(2) == launch.body[1].extent
