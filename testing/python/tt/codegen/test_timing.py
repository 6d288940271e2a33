"""Kernels are timed by the clock of each core; without that, their sources are what they were."""

from __future__ import annotations

import re

import golden_texts
import kernel_list
import numpy as np
import pytest

from tilelang.tt.codegen.emit import sources
from tilelang.tt.codegen.launch import launch
from tilelang.tt.runtime.timing import Timing, clock_rate, time_kernel


@pytest.mark.parametrize("name", ["gemm", "copy", "softmax"])
def test_only_the_notes_of_the_time_differ(name):
    plan = golden_texts.plan({**kernel_list.LIST, **kernel_list.VECTOR}[name], name)
    plain, timed = sources(plan), sources(plan, timed=True)
    assert launch(plan).kernels[0].source == plain["reader"]
    for role, text in timed.items():
        without = re.sub(r"// What the core's clock shows.*?\n}\n\n", "", text, flags=re.S)
        without = re.sub(r"^.*(note_time|clock_address).*\n", "", without, flags=re.M)
        assert without == plain[role]
        notes = re.findall(r"clock_address \+ (\d+)", text)
        own = {"reader": ["0", "8"], "writer": ["64", "72"]}
        assert notes == own.get(role, ["16", "32", "48", "24", "40", "56"])


def test_the_slowest_core_of_each_run_counts():
    begin = np.array([[100, 110, 120, 130, 140], [0, 0, 0, 0, 0]])
    taken = np.array([[10, 20, 30, 40, 50], [7, 7, 7, 7, 70]])
    one = np.stack([begin, begin + taken], axis=-1)
    other = np.stack([begin, begin + 3 * taken], axis=-1)
    rows = Timing(((0, 0), (1, 0)), np.stack([one, other, one]), None).rows()
    assert rows["reader"] == (10, 10, 30)
    assert rows["core"] == (90, 90, 210)


def test_a_processor_without_a_kernel_has_no_row():
    times = np.zeros((1, 1, 5, 2), np.int64)
    times[0, 0, 0] = (5, 25)
    times[0, 0, 4] = (10, 40)
    assert Timing(((0, 0),), times, None).rows() == {
        "reader": (20, 20, 20), "writer": (30, 30, 30), "core": (35, 35, 35)
    }  # fmt: skip


def test_the_clocks_rate_is_asked_of_a_cards_driver_and_of_nothing_else(tmp_path):
    class Named:
        def __init__(self, name):
            self.name = name

    folder = tmp_path / "tenstorrent!0"
    folder.mkdir()
    assert clock_rate(Named("card"), tmp_path) is None
    (folder / "tt_aiclk").write_text("1000\n")
    assert clock_rate(Named("card"), tmp_path) == 1000.0
    assert clock_rate(Named("ttsim"), tmp_path) is None


@pytest.mark.parametrize("arch", ["wormhole_b0", "blackhole"])
@pytest.mark.needs("ttsim")
def test_a_kernel_is_timed_on_each_of_its_cores(arch):
    from random_arrays import arrays_of

    from tilelang.tt.runtime.backends.devices import open_device

    program = kernel_list.LIST["gemm"]
    arrays = {name: array for name, array in arrays_of(program).items() if name != "C"}
    with open_device("ttsim", arch) as session:
        (found,) = time_kernel(program, arrays, session, runs=2)
        with pytest.raises(ValueError, match="found 0 runs"):
            time_kernel(program, arrays, session, runs=0)
    assert found.times.shape == (2, 6, 5, 2)
    assert found.cores == ((0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0))
    assert (found.times[..., 0] > 0).all()
    assert (found.times[..., 1] > found.times[..., 0]).all()
    assert found.mhz is None
    rows = found.rows()
    assert all(rows["core"][1] >= rows[name][0] for name in rows)
