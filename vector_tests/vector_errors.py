"""Inputs for the vector unit's functions, and how far results are off."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from vector_functions import FUNCTIONS, Array

#: By format: numpy's dtype of its bits, bits of mantissa, TT-metal's name.
FORMATS = {"bfloat16": (np.uint16, 7, "Float16_b"), "float32": (np.uint32, 23, "Float32")}

_SMALLEST, _LARGEST = 2.0**-126, float(np.finfo(np.float32).max)
# 0, 1 ulp above 1, the largest, infinities, NaNs, the smallest normal and a subnormal number.
_SPECIAL = [0x0, 0x3F800000, 0x3F800001, 0x7F7FFFFF, 0x7F800000, 0x7FC00000, 0x7F800001, 0x800000]
_SPECIAL += [0x400000, 0x1, 0x40490FDB, 0x42B17218, 0x3F000000]


def inputs(name: str, form: str, arch: str) -> list[Array]:
    """The bits of 2^16 inputs: each bfloat16, or float32 of all exponents and the special ones, and
    2^17 more where the function has some that lie close.

    Further operands are random bits, some equal to the first; a condition is half zeros. On
    Wormhole float32 has 10 bits of mantissa here and no -0, which SrcA doesn't hold: its ttsim
    takes nothing straight to Dst.
    """
    numbers = np.random.default_rng(sum(name.encode()))
    dtype, count = FORMATS[form][0], FUNCTIONS[name].inputs
    if form == "bfloat16":
        first = np.arange(2**16, dtype=np.uint16)
    else:
        # 2 signs, 256 exponents, 128 mantissas each.
        strata = np.arange(2**9, dtype=np.uint32).repeat(2**7) << 23
        first = strata | numbers.integers(0, 2**23, 2**16, dtype=np.uint32)
        special = np.array(_SPECIAL + [bits | 1 << 31 for bits in _SPECIAL], np.uint32)
        first[: special.size] = special
    close = FUNCTIONS[name].close
    if form == "float32" and close is not None:
        more = numbers.uniform(*close, 2**17).astype(np.float32)
        first = np.concatenate([first, more.view(np.uint32)])
    arrays = [first.astype(dtype)]
    for _ in range(count - 1):
        other = numbers.integers(0, 2 ** (8 * dtype().itemsize), 2**16).astype(dtype)
        other[::16] = first[::16]
        arrays.append(other)
    if count == 3:
        arrays[0][::2] = 0
    if form == "float32" and arch == "wormhole":
        arrays = [bits & np.uint32(0xFFFFE000) for bits in arrays]
        arrays = [np.where(bits == 1 << 31, np.uint32(0), bits) for bits in arrays]
    return arrays


def values(bits: Array) -> Array:
    """The numbers of bits, in float64; what is subnormal is 0, as the chip takes it."""
    with np.errstate(invalid="ignore"):  # of signalling NaNs
        numbers = _wide(bits).view(np.float32).astype(np.float64)
    return np.where(np.abs(numbers) < _SMALLEST, np.copysign(0.0, numbers), numbers)


class Errors(NamedTuple):
    #: The most ulps off where the exact result is a normal number, and the first operand there.
    ulps: float
    at: float
    #: Zeros, infinities and NaN that came out as something else: first operand, expected, found.
    special: list[tuple[float, float, float]]


def errors(name: str, form: str, arrays: list[Array], found: Array) -> Errors:
    """How far results are off in the function's domain, for operands that are no NaN and not
    subnormal. A NaN may come out as an infinity, since bfloat16 in Dst is rounded so."""
    function = FUNCTIONS[name]
    operands, got = [values(bits) for bits in arrays], _wide(found).view(np.float32)
    with np.errstate(all="ignore"):
        exact = np.asarray(function.reference(*operands), np.float64)
        claimed = function.domain(*operands)
        for bits, operand in zip(arrays, operands, strict=True):
            subnormal = (operand == 0) & (_wide(bits) << 1 != 0)
            claimed = claimed & ~np.isnan(operand) & ~subnormal
        size = np.abs(exact)
        normal = claimed & (size >= _SMALLEST) & (size <= _LARGEST)
        mantissa = FORMATS[function.rounds or form][1]
        ulp = 2.0 ** (np.floor(np.log2(np.where(normal, size, 1.0))) - mantissa)
        off = np.where(normal, np.abs(got.astype(np.float64) - exact) / ulp, 0.0)
        as_expected = np.where(
            np.isnan(exact),
            ~np.isfinite(got),
            np.where(size > _LARGEST, got == np.sign(exact) * np.inf, np.abs(got) <= _SMALLEST),
        )
    worst = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
    wrong = np.flatnonzero(claimed & ~normal & ~as_expected)
    return Errors(
        float(off[worst]),
        float(operands[0][worst]),
        [(float(operands[0][i]), float(exact[i]), float(got[i])) for i in wrong],
    )


def _wide(bits: Array) -> Array:
    """The bits of a float32 of the same value."""
    return bits.astype(np.uint32) << np.uint32(16 if bits.dtype == np.uint16 else 0)


def statements(name: str, form: str) -> tuple[Any, str]:
    """What the job takes of a function."""
    function = FUNCTIONS[name]
    return function.headers, function.statements.replace("{form}", FORMATS[form][2])
