"""The tests that sim_tests and hw_tests run, the same on a simulator and on a card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ..describe import describe_tensor, schedule_tiles
from ..metadata import RuntimeArg
from ..runtime.session.parent import Session
from .broken import broken
from .cases import Case, for_controls, kernels
from .evidence import LEVELS, REJECTED, UNNOTICED
from .findings import Evidence
from .harness import validate
from .report import write
from .results.controls import KERNEL_MUTATIONS
from .results.sharing import SHARING_MUTATIONS
from .schedules.controls import SCHEDULE_MUTATIONS
from .tensors.controls import MUTATIONS
from .tensors.formats import DTYPES, dtypes_of

SHAPES: list[tuple[int, ...]] = [
    (),
    (1,),
    (70,),
    (32, 32),
    (100, 70),
    (3, 33, 65),
    (2, 3, 40, 1),
    (2, 1, 3, 40, 33),
    (1, 2, 2, 1, 3, 1, 33),
    (400, 416),
]


def _random(shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    numbers = np.random.default_rng(7)
    if dtype == "bfloat16":
        import ml_dtypes

        return np.asarray(numbers.standard_normal(shape), dtype=ml_dtypes.bfloat16)
    if dtype == "bool":
        return numbers.random(shape) < 0.5
    if dtype == "float8_e4m3fn":
        import ml_dtypes

        bits = numbers.integers(0, 255, size=shape, endpoint=True)
        return np.asarray(bits, np.uint8).view(ml_dtypes.float8_e4m3fn)
    if dtype.startswith("float"):
        return np.asarray(numbers.standard_normal(shape), dtype=dtype)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return np.asarray(numbers.integers(low, high, size=shape, endpoint=True), dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)) or "scalar")
def test_a_tensor_comes_back_as_it_was_written(
    tt_device: Session, shape: tuple[int, ...], dtype: str
) -> None:
    if dtype not in dtypes_of(tt_device.spec.arch):
        with pytest.raises(NotImplementedError, match="Blackhole alone has it"):
            describe_tensor("X", shape, dtype, tt_device.spec)
        return
    array = _random(shape, dtype)
    buffer = describe_tensor("X", shape, dtype, tt_device.spec)
    back = tt_device.call("tilelang.tt.runtime.jobs.copies:round_trip", array, buffer)
    assert back.dtype == array.dtype
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize("level", LEVELS)
def test_every_case_is_proven(tt_evidence: Evidence, level: str) -> None:
    assert tt_evidence.failure == ""
    verdicts = {r.case.name: r.verdicts[level] for r in tt_evidence.results if level in r.verdicts}
    assert verdicts
    assert {name: str(v.difference) for name, v in verdicts.items() if not v.proven} == {}


@pytest.mark.parametrize(
    ("level", "mutation"),
    [
        *((level, mutation.name) for mutation in MUTATIONS for level in mutation.levels),
        *(("E6", mutation.name) for mutation in SCHEDULE_MUTATIONS),
        *(("E7", mutation.name) for mutation in (*KERNEL_MUTATIONS, *SHARING_MUTATIONS)),
    ],
)
def test_a_wrong_claim_is_rejected(tt_evidence: Evidence, level: str, mutation: str) -> None:
    """By that level, once at least, unless the device's description says why it can't be wrong."""
    controls = [
        (control.outcome, result.case.name)
        for result in tt_evidence.results
        for control in result.controls
        if (control.level, control.mutation) == (level, mutation)
    ]
    unnoticed = [case for outcome, case in controls if outcome == UNNOTICED]
    assert unnoticed == []
    asked = [
        one for one in tt_evidence.coverage() if (one.level, one.mutation) == (level, mutation)
    ]
    if not asked:  # of a policy that no schedule of the run has
        of = {one.name: one.policies for one in SCHEDULE_MUTATIONS}[mutation]
        schedules = [result.case.schedule for result in tt_evidence.results]
        assert not any(schedule and schedule.policy in of for schedule in schedules)
        return
    (covered,) = asked
    rejected = sum(outcome == REJECTED for outcome, _ in controls)
    assert covered.rejected == rejected
    assert bool(rejected) != bool(covered.powerless)


def test_a_claim_of_nothing_else_is_disproved_by_a_broken_one(
    tt_device: Session, tmp_path: Path
) -> None:
    """Claims broken in each field, beside right ones: each is a verdict of its own case, the others
    are proven, and nothing on the device is touched that isn't the harness's."""
    spec = tt_device.spec
    canary = describe_tensor("canary", (160, 32), "uint32", spec)
    tt_device.call("tilelang.tt.validate.canaries:place", canary, 8)
    described = [case for case in kernels(spec) if case.kernel is None]
    right = [*for_controls(described, spec), described[0], described[3]]
    wrong = [one for case in right for one in broken(case, 150, seed=7)]
    mixed = [*wrong[::2], *right, *wrong[1::2]]
    evidence = validate(tt_device, mixed)
    assert evidence.failure == ""
    assert tt_device.call("tilelang.tt.validate.canaries:singing") == 8
    disproved = {
        result.case.name: [v.difference for v in result.verdicts.values() if not v.proven]
        for result in evidence.results
    }
    assert [case.name for case in right if disproved[case.name]] == []
    assert [case.name for case in wrong if not disproved[case.name]] == []
    assert all(one and one.what for found in disproved.values() for one in found)
    assert evidence.exit_code() == 1
    write(evidence, tmp_path)


def test_evidence_follows_the_grid_of_the_device(
    tt_device: Session, tt_smaller_device: Session
) -> None:
    spec = tt_smaller_device.spec
    assert spec.num_cores < tt_device.spec.num_cores
    tensor = describe_tensor("X", (5 * 32, 5 * 32), "bfloat16", spec)
    cases = [Case("X", "table", buffer=tensor)]
    # Over the end of a row that is shorter than the device's, or else of all rows: a simulator
    # has to start each core.
    narrower = spec.grid_x < tt_device.spec.grid_x
    for tiles in (5, (spec.grid_x if narrower else spec.num_cores) + 1):
        cases.append(Case(f"{tiles} tiles", "table", schedule=schedule_tiles([tiles], spec)))
    evidence = validate(tt_smaller_device, cases)
    assert evidence.count() == {"proven": 7 + 6, "unchecked": 0}  # six are the controls' own
    assert evidence.objections() == []


@pytest.mark.parametrize("tiles", [1, 5, 100])
def test_the_partition_that_no_author_set_is_ttnns(tt_device: Session, tiles: int) -> None:
    schedule = schedule_tiles([tiles], tt_device.spec)
    (result, *_) = validate(tt_device, [Case("tiles", "table", schedule=schedule)]).results
    assert result.partition == "ttnn"
    assert result.verdicts["E6"].proven


def test_schedules_with_more_and_with_fewer_arguments_run_on_the_same_cores(
    tt_device: Session,
) -> None:
    """ttnn keeps a program by its kernels and cores, whatever arguments it has."""
    plain = schedule_tiles([3], tt_device.spec)
    cases = []
    for number in (2, 60, 0, 300):
        more = (
            RuntimeArg(f"B{n}_addr", "uint32", "buffer_address", source=f"B{n}")
            for n in range(number)
        )
        schedule = replace(plain, runtime_args=(*plain.runtime_args, *more))
        cases.append(Case(f"{number} addresses", "table", schedule=schedule))
    assert validate(tt_device, cases).objections() == []


# One tile; several cores, which multicast over both NoCs; and no multiples of a tile. A fresh
# device, since on a simulator each core that is up makes every other one slower.
@pytest.mark.parametrize("size", [(32, 32, 32), (128, 128, 64), (40, 50, 33)])
def test_ttnns_own_matmul_agrees_with_numpy(
    tt_fresh_device: Session, size: tuple[int, int, int]
) -> None:
    M, N, K = size
    a, b = _random((M, K), "bfloat16"), _random((K, N), "bfloat16")
    describe = [
        describe_tensor(name, array.shape, "bfloat16", tt_fresh_device.spec)
        for name, array in (("A", a), ("B", b))
    ]
    c = tt_fresh_device.call("tilelang.tt.runtime.jobs.copies:matmul", a, b, *describe, timeout=600)
    expected = a.astype(np.float32) @ b.astype(np.float32)
    assert c.shape == expected.shape
    assert np.corrcoef(c.ravel(), expected.ravel())[0, 1] > 0.999
