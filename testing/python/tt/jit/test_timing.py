"""What stands in the place of TileLang's profiler, and what of it works."""

from __future__ import annotations

import jit_kernels as kernels
import pytest
import tilelang.language as T
import torch

import tilelang
import tilelang.tt as tt
from tilelang.tt.jit import timing
from tilelang.tt.runtime.timing import Timing

pytestmark = pytest.mark.needs("calls")


@pytest.mark.parametrize("results", [None, [1]], ids=["passed", "made"])
def test_a_kernel_is_timed_on_what_it_is_called_with(results, monkeypatch):
    """A simulator's clock says little: that it is the kernel's, of these arguments, is shown."""
    told = {}

    def time_kernel(program, named, session, function, runs, *rest):
        told.update(named=named, function=function, runs=runs)
        return real(program, named, session, function, runs, *rest)

    real = timing.time_kernel
    monkeypatch.setattr(timing, "time_kernel", time_kernel)
    m = T.dynamic("m")
    kernel = tilelang.compile(kernels.scale_func(m, 32), out_idx=results, target="tenstorrent")
    a = torch.arange(1024).reshape(32, 32).bfloat16()
    a = torch._neg_view(a)
    found = tt.cycles(kernel, *((a,) if results else (a, torch.zeros_like(a))), runs=1)
    assert isinstance(found, int)
    assert found >= 0
    assert told["runs"] == 1
    assert told["function"] == "scale"
    assert (told["named"]["A"].astype("float32") == a.float().numpy()).all()
    with pytest.raises(ValueError, match=r"expected \d inputs, but 0 are provided"):
        tt.cycles(kernel)


def test_the_cycles_of_launches_are_added_up(monkeypatch):
    """Of each the median over runs, of the slowest core."""
    import numpy as np

    times = np.zeros((3, 2, 5, 2), np.int64)
    times[:, 0, 0, 1] = 10
    times[:, 1, 4, 1] = (40, 20, 30)
    each = Timing(((0, 0), (1, 0)), times, None)
    monkeypatch.setattr(timing, "time_kernel", lambda *args: (each, each))
    kernel = tilelang.compile(kernels.scale_func(32, 32), out_idx=[1], target="tenstorrent")
    assert tt.cycles(kernel, torch.zeros(32, 32).bfloat16()) == 60


def test_tilelangs_profiler_times_calls_by_the_wall_clock():
    kernel = tilelang.compile(kernels.scale_func(32, 32), out_idx=[1], target="tenstorrent")
    assert kernel.get_profiler().do_bench(backend="wall", n_warmup=1, n_repeat=2) > 0
