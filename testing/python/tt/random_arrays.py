"""Random arrays for a tile program, and how far what a device makes of them is from the interpreter's."""

from __future__ import annotations

import ml_dtypes
import numpy as np

from tilelang.tt import reference
from tilelang.tt.codegen.launch import launch
from tilelang.tt.program import Tensor, reads, steps_of, writes
from tilelang.tt.runtime.running import RUN, kernel_plans

SCALARS = {"vector": {"s": 0.75}}
"""The scalars of kernels of the list that have some."""


def arrays_of(program, seed=0):
    """Random numbers for each tensor; the outputs hold what must not be seen afterwards."""
    numbers = np.random.default_rng(seed)
    read = {id for _, step in steps_of(program) for id in reads(step)}
    names = {program.buffers[program.storage(id)].name for id in read}
    out, written = {}, set(outputs_of(program)) - names
    for tensor in program.parameters():
        if not isinstance(tensor, Tensor):
            continue
        dtype = ml_dtypes.bfloat16 if tensor.dtype == "bfloat16" else tensor.dtype
        values = numbers.standard_normal(tensor.shape)
        out[tensor.name] = (values * 0 + 77 if tensor.name in written else values).astype(dtype)
    return out


def outputs_of(program):
    ids = {id for _, step in steps_of(program) for id in writes(step)}
    return [b.name for id, b in enumerate(program.buffers) if id in ids and isinstance(b, Tensor)]


def errors(session, program, scalars=None, seed=0, plan=None):
    """The largest difference of each output, relative to its largest value; also its dtype."""
    scalars = scalars or {}
    plans = (plan,) if plan else kernel_plans(program, session.spec)
    arrays = arrays_of(program, seed)
    expected = reference(program)(**arrays, **scalars)
    expected = expected if isinstance(expected, tuple) else (expected,)
    found = session.call(RUN, tuple(map(launch, plans)), arrays, scalars, timeout=300)
    out = {}
    for name, want in zip(outputs_of(program), expected, strict=True):
        have = found[name]
        assert have.dtype == want.dtype
        difference = np.abs(have.astype(np.float64) - want.astype(np.float64))
        assert np.isfinite(difference).all(), f"{name}: not a number"
        out[name] = (difference.max() / np.abs(want.astype(np.float64)).max(), want.dtype.name)
    return out
