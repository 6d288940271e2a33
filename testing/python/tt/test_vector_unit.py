"""Functions of the vector unit on wolfpine: a few, since it is slow.

`make vector-unit` has all of them, on ttsim.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tilelang.tt.runtime.backends.devices import open_device

pytestmark = pytest.mark.needs("wolfpine")

LANE = Path(__file__).parents[3] / "vector_tests"


def test_some_functions_of_one_tile_are_within_their_bounds(monkeypatch) -> None:
    monkeypatch.syspath_prepend(LANE)
    monkeypatch.setenv("PYTHONPATH", str(LANE))
    from vector_errors import errors, inputs, statements
    from vector_functions import BOUNDS

    names = ["exp", "reciprocal", "sqrt", "gelu"]
    given = [[bits[::64] for bits in inputs(name, "bfloat16", "wormhole")] for name in names]
    with open_device("wolfpine", "wormhole", timeout=180) as session:
        functions = [statements(name, "bfloat16") for name in names]
        found = session.call("vector_jobs:apply", functions, given, timeout=400)
    for name, arrays, bits in zip(names, given, found, strict=True):
        result = errors(name, "bfloat16", arrays, bits)
        assert result.ulps <= BOUNDS[name][0], f"{name}: {result.ulps} ulps at {result.at}"
        assert result.special == []
