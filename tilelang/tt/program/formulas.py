"""Formulas that devices have one function for, recognised in expressions.

The generator and the bound of a result look for them alike. What is recognised is what the formula
says, whichever way its factors are ordered and nested.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .dtypes import DTYPES
from .expressions import Cast, Expr, Op

_RELATIVE = 1e-6  # of how many digits authors give

Number = Callable[[Expr], "float | None"]
Inlined = Callable[[Expr], Expr]


def gelu_of(e: Expr, number: Number, inlined: Inlined) -> Expr | None:
    """The x of x * (1 + erf(x / sqrt(2))) / 2, or nothing if that isn't what an expression is.

    Parameters
    ----------
    number : the value of an expression that is a constant, else None
    inlined : an expression with what stands for the variable that it is, if that was bound
    """

    def bare(e: Expr) -> Expr:
        """Without casts between floats, which change nothing within a map."""
        e = inlined(e)
        while isinstance(e, Cast) and DTYPES[e.dtype].kind == "float":
            e = inlined(e.value)
        return e

    def factors(e: Expr) -> tuple[float, list[Expr]]:
        """The constant factor of a product, and the others."""
        e = bare(e)
        value = number(e)
        if value is not None:
            return value, []
        if isinstance(e, Op) and e.op in ("mul", "div"):
            by, left = factors(e.args[0])
            other, right = factors(e.args[1])
            if e.op == "mul":
                return by * other, left + right
            if not right and other:
                return by / other, left
        return 1.0, [e]

    def of(e: Expr, op: str) -> tuple[Expr, ...]:
        return e.args if isinstance(e, Op) and e.op == op else ()

    half, rest = factors(e)
    if len(rest) != 2 or not math.isclose(half, 0.5, rel_tol=_RELATIVE):
        return None
    for x, sum_ in (rest, rest[::-1]):
        for one, erf in (of(sum_, "add"), of(sum_, "add")[::-1]) if of(sum_, "add") else ():
            inside = of(bare(erf), "erf")
            if number(bare(one)) != 1.0 or not inside:
                continue
            root, same = factors(inside[0])
            if same == [x] and math.isclose(root, math.sqrt(0.5), rel_tol=_RELATIVE):
                return x
    return None
