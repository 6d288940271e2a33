"""Formulas that devices have one function for, recognised in expressions.

The generator and the bound of a result look for them alike. What is recognised is what the formula
says, whichever way its factors are ordered and nested.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from .dtypes import DTYPES
from .expressions import Cast, Expr, Op, Var

_RELATIVE = 1e-6  # of how many digits authors give

# Products that are gone through in a formula, which has fewer. An expression may share its nodes.
_MOST = 16

Number = Callable[[Expr], "float | None"]


def inlined(e: Expr, lets: Mapping[int, Expr]) -> Expr:
    """An expression, or what stands for the variable that it is, if that was bound."""
    while isinstance(e, Var) and e.id in lets:
        e = lets[e.id]
    return e


def gelu_of(e: Expr, number: Number, lets: Mapping[int, Expr]) -> Expr | None:
    """The x of x * (1 + erf(x / sqrt(2))) / 2, or nothing if that isn't what an expression is.

    Parameters
    ----------
    number : the value of an expression that is a constant, else None
    lets : what variables were bound to
    """

    def bare(e: Expr) -> Expr:
        """Without casts between floats, which change nothing within a map."""
        e = inlined(e, lets)
        while isinstance(e, Cast) and DTYPES[e.dtype].kind == "float":
            e = inlined(e.value, lets)
        return e

    def factors(e: Expr) -> tuple[float, list[Expr]]:
        """The constant factor of a product, and the others; none of a longer one."""
        constant, todo = 1.0, [e]
        rest: list[Expr] = []
        for _ in range(_MOST):
            if not todo:
                return constant, rest
            each = bare(todo.pop())
            value = number(each)
            divisor = number(bare(each.args[1])) if isinstance(each, Op) and each.op == "div" else 0
            if value is not None:
                constant *= value
            elif isinstance(each, Op) and each.op == "mul":
                todo += each.args
            elif isinstance(each, Op) and divisor:
                constant /= divisor
                todo.append(each.args[0])
            else:
                rest.append(each)
        return 1.0, []

    def alike(a: Expr, b: Expr) -> bool:
        """Whether two expressions are one, but for the names of constants."""
        if a == b:
            return True
        if isinstance(a, Op) and isinstance(b, Op):
            pairs = zip(a.args, b.args, strict=False)
            return a.op == b.op and len(a.args) == len(b.args) and all(alike(*p) for p in pairs)
        if isinstance(a, Cast) and isinstance(b, Cast):
            return a.dtype == b.dtype and alike(a.value, b.value)
        value = number(a)
        return value is not None and value == number(b)

    half, rest = factors(e)
    if len(rest) != 2 or not math.isclose(half, 0.5, rel_tol=_RELATIVE):
        return None
    for x, sum_ in (rest, rest[::-1]):
        if not isinstance(sum_, Op) or sum_.op != "add":
            continue
        for one, erf in (sum_.args, sum_.args[::-1]):
            inside = bare(erf)
            if number(bare(one)) != 1.0 or not isinstance(inside, Op) or inside.op != "erf":
                continue
            root, same = factors(inside.args[0])
            of_x = len(same) == 1 and alike(same[0], x)
            if of_x and math.isclose(root, math.sqrt(0.5), rel_tol=_RELATIVE):
                return x
    return None
