"""The dtypes that a tile program may name, and what follows from a name: class, size, range.

No numpy here: a program is read where there is none. The interpreter has numpy's side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class DType:
    """``kind`` is "bool", "int", "uint", "float" or "handle"; ``bits`` its size in memory.

    A float's ``digits`` are the bits of its significand with the leading one, ``low`` and ``high``
    the exponents of its smallest and largest power of two; an integer's ``digits`` are those of its
    magnitude. What is ``narrow`` computes in float32.
    """

    kind: str
    bits: int
    digits: int
    low: int = 0
    high: int = 0

    @property
    def narrow(self) -> bool:
        return self.kind == "float" and self.bits < 32

    @property
    def least(self) -> int:
        return -(1 << self.digits) if self.kind == "int" else 0

    @property
    def largest(self) -> int:
        return (1 << self.digits) - 1


DTYPES = {
    "bool": DType("bool", 8, 1),
    **{f"int{bits}": DType("int", bits, bits - 1) for bits in (4, 8, 16, 32, 64)},
    **{f"uint{bits}": DType("uint", bits, bits) for bits in (4, 8, 16, 32, 64)},
    "float16": DType("float", 16, 11, -24, 15),
    "bfloat16": DType("float", 16, 8, -133, 127),
    "float32": DType("float", 32, 24, -149, 127),
    "float64": DType("float", 64, 53, -1074, 1023),
    "float8_e3m4": DType("float", 8, 5, -6, 3),
    "float8_e4m3": DType("float", 8, 4, -9, 7),
    "float8_e4m3b11fnuz": DType("float", 8, 4, -13, 4),
    "float8_e4m3fn": DType("float", 8, 4, -9, 8),
    "float8_e4m3fnuz": DType("float", 8, 4, -10, 7),
    "float8_e5m2": DType("float", 8, 3, -16, 15),
    "float8_e5m2fnuz": DType("float", 8, 3, -17, 15),
    "float8_e8m0fnu": DType("float", 8, 1, -127, 127),
    "float6_e2m3fn": DType("float", 6, 4, -3, 2),
    "float6_e3m2fn": DType("float", 6, 3, -4, 4),
    "float4_e2m1fn": DType("float", 4, 2, -1, 2),
    "handle": DType("handle", 64, 0),
}
"""Each dtype by the name that TVM has for it."""

INTEGERS = frozenset(name for name, dtype in DTYPES.items() if dtype.kind in ("int", "uint"))
FLOATS = frozenset(name for name, dtype in DTYPES.items() if dtype.kind == "float")
NUMBERS = INTEGERS | FLOATS
BITS = INTEGERS | {"bool"}


def widens(source: str, target: str) -> bool:
    """Whether every finite value of ``source`` is one of ``target``."""
    a, b = DTYPES[source], DTYPES[target]
    if source == target:
        return True
    if b.kind == "bool" or (a.kind == "float" and b.kind != "float"):
        return False
    if b.kind == "float":
        if a.kind == "float":
            return a.digits <= b.digits and a.low >= b.low and a.high <= b.high
        # The largest power of two that an integer reaches is 2^digits (of the least one).
        return a.digits <= b.digits and a.digits <= b.high
    return a.digits <= b.digits and (a.kind != "int" or b.kind == "int")


def rounded(value: float, dtype: str) -> float:
    """A finite double as the nearest value of a float's dtype, to even, whatever its largest is."""
    known = DTYPES[dtype]
    if value == 0 or known.digits >= 53:
        return value
    quantum = max(math.frexp(value)[1] - known.digits, known.low)
    return math.ldexp(round(math.ldexp(value, -quantum)), quantum)
