"""Numbers for a kernel's parameters, of kinds that show different errors, by a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Program, Tensor, reads, steps_of, writes
from ..program.dtypes import DTYPES
from ..program.interpreter.values import numpy_dtype, undefined
from .interval import Array, last_place

#: ``mixed`` are normally distributed. ``positive`` are from 0.5 to 1.5, so that sums grow and
#: roundings that go one way add up. Of ``cancelling`` the right half of a matrix is the negative of
#: the left one but for a last place, and the lower half is the upper one: sums along rows, and
#: products with a matrix of the same kind, are far smaller than what they are of.
#:
#: Where signs are mixed, significands have five bits. A sum in Wormhole's matrix engine that comes
#: to -1 in its last place is taken for 2^27 times as much, which one in 10^8 sums of random numbers
#: does; of the products of such numbers none can.
KINDS = ("mixed", "positive", "cancelling")
_BITS = 4  # behind the point


def tensors(program: Program, kind: str, seed: int) -> dict[str, Array]:
    """An array for each tensor, by name. What is written and never read holds what must not be seen
    afterwards: NaN, or the largest integer."""
    numbers = np.random.default_rng([seed, KINDS.index(kind)])
    steps = [step for _, step in steps_of(program)]
    read = {program.storage(id) for step in steps for id in reads(step)}
    written = {program.storage(id) for step in steps for id in writes(step)} - read
    found: dict[str, Array] = {}
    for id, tensor in enumerate(program.buffers):
        if not isinstance(tensor, Tensor):
            continue
        dtype = numpy_dtype(tensor.dtype)
        if id in written:
            found[tensor.name] = np.full(tensor.shape, undefined(tensor.dtype), dtype)
        elif DTYPES[tensor.dtype].kind == "float":
            found[tensor.name] = _floats(numbers, tensor.shape, kind).astype(dtype)
        else:
            found[tensor.name] = numbers.integers(0, 2, tensor.shape).astype(dtype)
    return found


def _floats(numbers: np.random.Generator, shape: tuple[int, ...], kind: str) -> Array:
    if kind == "positive":
        return numbers.random(shape) + 0.5
    values = _short(numbers.standard_normal(shape))
    if kind == "mixed" or not shape:
        return values
    across = shape[-1] // 2
    if len(shape) > 1:
        down = shape[-2] // 2
        values[..., down : 2 * down, :] = values[..., :down, :]
    more = 1 + 2.0**-_BITS * numbers.integers(-1, 2, (*shape[:-1], across))
    values[..., across : 2 * across] = _short(-values[..., :across] * more)
    return values


def _short(values: Array) -> Array:
    unit = last_place(values, _BITS)
    return np.asarray(np.rint(values / unit) * unit)


def scalars(program: Program) -> dict[str, Any]:
    """A number for each parameter that is one."""
    of = {"bool": True, "float": 0.75}
    return {
        each.name: of.get(DTYPES[each.dtype].kind, 1)
        for each in program.variables
        if each.kind == "scalar"
    }
