"""The vector unit's functions: how kernels call them, what they should give, and how exactly.

A bound is in ulps (units in the last place of the result's format, at the exact result), where the
result is a normal number and the operands are in the function's domain. The functions are
TT-metal's, so what they do outside of it is theirs: NaN, subnormal numbers (which the chip takes
for zero, and gives zero for), and the tails that `domain` leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

_UNARY, _ALL, _BINARY = "eltwise_unary/", "compute_kernel_api.h", "eltwise_binary_sfpu.h"

_erf = np.vectorize(math.erf, otypes=[np.float64])


class Function(NamedTuple):
    """A function; {form} in its statements is TT-metal's name of the format."""

    headers: tuple[str, ...]
    statements: str
    #: In float64.
    reference: Callable[..., Array]
    inputs: int = 1
    #: Where the bounds are claimed, by the operands.
    domain: Callable[..., Array] = lambda *x: np.full(x[0].shape, True)
    #: The format that it rounds its result to, whatever Dst holds; of none, Dst's.
    rounds: str = ""
    #: Between which numbers float32 inputs lie close, besides those of every exponent.
    close: tuple[float, float] | None = None


#: Most ulps off: bfloat16 on Wormhole and on Blackhole, float32 on Wormhole and on Blackhole.
#: What isn't here is exact.
BOUNDS: dict[str, tuple[float, float, float, float]] = {
    "exp": (0.91, 0.91, 0.80, 0.74),
    "exp2": (0.94, 0.94, 0.88, 0.85),
    "log": (0.79, 0.79, 0.81, 0.83),
    "log2": (0.77, 0.77, 1.54, 1.34),
    "sqrt": (0.50, 0.50, 0.77, 0.84),
    "rsqrt": (0.50, 0.50, 0.90, 1.06),
    "reciprocal": (0.50, 0.50, 0.88, 0.73),
    "sigmoid": (0.86, 0.88, 2.21, 2.50),
    "tanh": (0.82, 0.82, 2.10, 2.06),
    "gelu": (0.52, 0.52, 4.17, 4.60),
    "gelu_bfloat16": (0.52, 0.52, 0.98, 0.98),
    "silu": (0.92, 0.89, 2.12, 2.52),
    "square": (0.50, 0.50, 0.00, 0.50),
    "add": (1.00, 1.00, 0.50, 0.50),
    "sub": (1.00, 1.00, 0.50, 0.50),
    "mul": (0.50, 0.50, 0.00, 0.50),
    "div": (0.50, 0.50, 0.83, 0.72),
}


def _unary(name: str, header: str = "") -> tuple[tuple[str, ...], str]:
    return (_UNARY + header if header else _ALL,), f"{name}_tile_init(); {name}_tile(0);"


def _binary(name: str, header: str = _BINARY) -> tuple[tuple[str, ...], str]:
    return (header,), f"{name}_binary_tile_init(); {name}_binary_tile(0, 1, 0);"


def _gelu(x: Array) -> Array:
    return np.where(x == -np.inf, 0, x) * 0.5 * (1 + _erf(x / np.sqrt(2)))


def _silu(x: Array) -> Array:
    return np.where(x == -np.inf, 0, x) / (1 + np.exp(-x))


def _in_range(result: Array) -> Array:
    # What is nearer than half an ulp to the end of the range may be rounded beyond it.
    return np.asarray(~(np.abs(result) > 2.0**127) | np.isinf(result))


FUNCTIONS = {
    "exp": Function(*_unary("exp", "exp.h"), np.exp),
    "exp2": Function(*_unary("exp2"), np.exp2),
    "log": Function(*_unary("log"), np.log),
    "log2": Function(
        (_ALL,),
        "log_with_base_tile_init(); log_with_base_tile<false, true>(0, 0x3fb8aa3b);",
        np.log2,
    ),
    "sqrt": Function(*_unary("sqrt", "sqrt.h"), np.sqrt),
    "rsqrt": Function(*_unary("rsqrt", "rsqrt.h"), lambda x: 1 / np.sqrt(x)),
    "reciprocal": Function(
        *_unary("recip", "recip.h"), lambda x: 1 / x, 1, lambda x: np.abs(x) < 2.0**100
    ),
    "sigmoid": Function(*_unary("sigmoid"), lambda x: 1 / (1 + np.exp(-x))),
    "tanh": Function(*_unary("tanh"), np.tanh, 1, lambda x: np.abs(x) > 2.0**-125),
    "gelu": Function(
        (_UNARY + "gelu.h",),
        "gelu_tile_init<false>(); gelu_tile<false>(0);",
        _gelu,
        1,
        lambda x: x > -1,
        close=(-6.0, 3.0),
    ),
    "gelu_bfloat16": Function(
        (_UNARY + "gelu.h",),
        "gelu_tile_init<false, false>(); gelu_tile<false, false>(0);",
        _gelu,
        1,
        lambda x: (x > -1) & _in_range(x),
        "bfloat16",
        close=(-6.0, 3.0),
    ),
    "silu": Function(*_unary("silu"), _silu, 1, lambda x: (x > -87) & (np.abs(x) > 2.0**-124)),
    "relu": Function(*_unary("relu", "relu.h"), lambda x: np.maximum(x, 0)),
    "square": Function(*_unary("square"), np.square),
    "abs": Function(*_unary("abs"), np.abs),
    "neg": Function(*_unary("negative", "negative.h"), np.negative),
    "add": Function(*_binary("add"), np.add, 2, lambda a, b: _in_range(np.add(a, b))),
    "sub": Function(*_binary("sub"), np.subtract, 2, lambda a, b: _in_range(np.subtract(a, b))),
    "mul": Function(*_binary("mul"), np.multiply, 2, lambda a, b: _in_range(np.multiply(a, b))),
    "div": Function(
        *_binary("div"), np.divide, 2, lambda a, b: (np.abs(b) < 2.0**126) & _in_range(a / b)
    ),
    "max": Function(
        ("binary_max_min.h",),
        "binary_max_tile_init(); binary_max_tile(0, 1, 0);",
        np.maximum,
        2,
    ),
    "min": Function(
        ("binary_max_min.h",),
        "binary_min_tile_init(); binary_min_tile(0, 1, 0);",
        np.minimum,
        2,
    ),
    "lt": Function(*_binary("lt"), np.less, 2),
    "gt": Function(*_binary("gt"), np.greater, 2),
    "le": Function(*_binary("le"), np.less_equal, 2),
    "ge": Function(*_binary("ge"), np.greater_equal, 2),
    "eq": Function(*_binary("eq"), np.equal, 2),
    "ne": Function(*_binary("ne"), np.not_equal, 2),
    "where": Function(
        (_UNARY + "where.h",),
        "where_tile_init(); where_tile<DataFormat::{form}>(0, 1, 2, 0);",
        # A condition of -0 holds, since it isn't all zeros.
        lambda c, a, b: np.where((c != 0) | np.signbit(c), a, b),
        3,
    ),
}
