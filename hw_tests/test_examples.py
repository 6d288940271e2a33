"""The kernels of examples/, generated and run on the device, and timed where --tt-time asks."""

from __future__ import annotations

import pytest

from tilelang.tt.validate.cases import examples
from tilelang.tt.validate.findings import Evidence


@pytest.fixture(scope="session")
def evidence(tt_prove_cases, tt_device) -> Evidence:
    return tt_prove_cases(examples(tt_device.spec), "examples")


def test_every_example_gives_the_interpreters_numbers(evidence: Evidence) -> None:
    assert evidence.objections() == []
    proven = [r.case.name.split()[0] for r in evidence.results if r.case.group != "controls"]
    assert proven == ["gemm", "gemm_bias_gelu", "softmax", "rms_norm", "flash_attention"]
    assert all("E7" in result.verdicts for result in evidence.results)


def test_every_example_is_timed_where_that_is_asked(evidence: Evidence, pytestconfig) -> None:
    if not pytestconfig.getoption("--tt-time"):
        pytest.skip("needs --tt-time RUNS")
    for result in evidence.results:
        if result.case.group != "controls":
            assert result.timings, result.case.name
            assert all(timing.rows()["core"][1] > 0 for timing in result.timings)
