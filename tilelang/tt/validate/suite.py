"""The tests that sim_tests and hw_tests run, the same on a simulator and on a card."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ..describe import describe_tensor, schedule_tiles
from ..runtime.session import Session
from .cases import DTYPES, Case
from .controls import CLAIM_MUTATIONS, MUTATIONS, RUN_MUTATIONS
from .evidence import LEVELS, UNNOTICED
from .harness import Evidence, validate

SCHEDULE_MUTATIONS = (*RUN_MUTATIONS, *CLAIM_MUTATIONS)

SHAPES: list[tuple[int, ...]] = [
    (),
    (1,),
    (70,),
    (32, 32),
    (100, 70),
    (3, 33, 65),
    (2, 3, 40, 1),
    (400, 416),
]


def _random(shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    numbers = np.random.default_rng(7)
    if dtype == "bfloat16":
        import ml_dtypes

        return np.asarray(numbers.standard_normal(shape), dtype=ml_dtypes.bfloat16)
    if dtype.startswith("float"):
        return np.asarray(numbers.standard_normal(shape), dtype=dtype)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return np.asarray(numbers.integers(low, high, size=shape, endpoint=True), dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)) or "scalar")
def test_a_tensor_comes_back_as_it_was_written(
    tt_device: Session, shape: tuple[int, ...], dtype: str
) -> None:
    array = _random(shape, dtype)
    buffer = describe_tensor("X", shape, dtype, tt_device.spec)
    back = tt_device.call("tilelang.tt.runtime.jobs:round_trip", array, buffer)
    assert back.dtype == array.dtype
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize("level", LEVELS)
def test_every_case_is_proven(tt_evidence: Evidence, level: str) -> None:
    assert tt_evidence.failure == ""
    verdicts = {r.case.name: r.verdicts[level] for r in tt_evidence.results if level in r.verdicts}
    assert verdicts
    assert {name: str(v.difference) for name, v in verdicts.items() if not v.proven} == {}


@pytest.mark.parametrize("mutation", [m.name for m in (*MUTATIONS, *SCHEDULE_MUTATIONS)])
def test_a_wrong_claim_is_rejected(tt_evidence: Evidence, mutation: str) -> None:
    controls = [
        (control, result.case.name)
        for result in tt_evidence.results
        for control in result.controls
        if control.mutation == mutation
    ]
    assert controls, "it was made of no case"
    assert [(c.level, case) for c, case in controls if c.outcome == UNNOTICED] == []


def test_evidence_follows_the_grid_of_the_device(
    tt_device: Session, tt_smaller_device: Session
) -> None:
    spec = tt_smaller_device.spec
    assert spec.num_cores < tt_device.spec.num_cores
    tensor = describe_tensor("X", (5 * 32, 5 * 32), "bfloat16", spec)
    cases = [Case("X", "table", buffer=tensor)]
    for tiles in (5, spec.num_cores + 1):
        cases.append(Case(f"{tiles} tiles", "table", schedule=schedule_tiles([tiles], spec)))
    evidence = validate(tt_smaller_device, cases)
    assert evidence.count() == {"proven": 7, "unchecked": 0}
    assert evidence.exit_code() == 0


# One tile; several cores, which multicast over both NoCs; and no multiples of a tile. A fresh
# device, since on a simulator each core that is up makes every other one slower.
@pytest.mark.parametrize("size", [(32, 32, 32), (128, 128, 64), (100, 70, 60)])
def test_ttnns_own_matmul_agrees_with_numpy(
    tt_fresh_device: Session, size: tuple[int, int, int]
) -> None:
    M, N, K = size
    a, b = _random((M, K), "bfloat16"), _random((K, N), "bfloat16")
    describe = [
        describe_tensor(name, array.shape, "bfloat16", tt_fresh_device.spec)
        for name, array in (("A", a), ("B", b))
    ]
    c = tt_fresh_device.call("tilelang.tt.runtime.jobs:matmul", a, b, *describe, timeout=600)
    expected = a.astype(np.float32) @ b.astype(np.float32)
    assert c.shape == expected.shape
    assert np.corrcoef(c.ravel(), expected.ravel())[0, 1] > 0.999
