"""What a dtype is in numpy, and conversions that round once.

A value of a program is a numpy array or scalar of its dtype. bfloat16, float16 and float8 compute
in float32 (``wide``) and are rounded once a node.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from ..dtypes import DTYPES

Value = Any
"""A numpy array or scalar."""

F32 = np.dtype(np.float32)
F64 = np.dtype(np.float64)


class KernelError(ValueError):
    """What a kernel does that has no meaning; the one who runs the step adds its place."""

    place: str | None = None


def numpy_dtype(name: str) -> np.dtype[Any]:
    """numpy's dtype for a program's. Raises NotImplementedError for those of less than a byte."""
    known = DTYPES[name]
    if known.kind == "handle" or known.bits < 8:
        raise NotImplementedError(f"found {name}; the interpreter has dtypes of whole bytes")
    if name == "bool":
        return np.dtype(np.bool_)
    return np.dtype(name if hasattr(np, name) else getattr(ml_dtypes, name))


def undefined(name: str) -> Value:
    """What memory holds that nothing has written: NaN, or the largest value of an integer."""
    known = DTYPES[name]
    value = np.nan if known.kind == "float" else known.largest
    return np.asarray(value).astype(numpy_dtype(name))[()]


def wide(value: Value) -> Value:
    """A value of a narrow float's dtype, as float32."""
    return value.astype(F32)


def cast(value: Value, source: str, target: str) -> Value:
    """A value in another dtype: rounded once, to nearest even; a float to an integer truncates."""
    if source == target:
        return value
    if DTYPES[source].narrow:
        value, source = wide(value), "float32"
    if target == "bool":
        return value != 0
    dtype = numpy_dtype(target)
    if DTYPES[target].narrow and source != "float32":
        return narrowed(value.astype(F64), target)
    return value.astype(dtype)


def narrowed(value: Value, target: str) -> Value:
    """A float64 as a dtype of at most 32 bits, rounded once.

    The step over float32 rounds to odd, which leaves the second rounding right: ml_dtypes converts
    by way of float32 with two roundings to nearest.
    """
    if target == "float32":
        return value.astype(F32)
    given = np.asarray(value, F64)
    near = given.astype(F32)
    inward = np.where(np.abs(near) > np.abs(given), np.nextafter(near, F32.type(0)), near)
    inexact = inward.astype(F64) != given
    odd = np.asarray(inward, F32).view(np.uint32) | inexact
    out = odd.astype(np.uint32).view(F32).astype(numpy_dtype(target))
    return out if isinstance(value, np.ndarray) else out[()]


def constant(value: bool | int | float, dtype: str) -> Value:
    """A number of a program in its dtype."""
    if DTYPES[dtype].kind == "float":
        number = F64.type(value)
        return number if dtype == "float64" else narrowed(number, dtype)
    return numpy_dtype(dtype).type(value)
