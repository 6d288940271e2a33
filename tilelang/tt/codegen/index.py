"""Indices, bounds and conditions as C++: int32 arithmetic with the meaning of docs/program.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..program import Const, Expr, Op, Var, nodes

_INFIX = {
    "add": ("+", 6), "sub": ("-", 6), "mul": ("*", 7),
    "div": ("/", 7), "mod": ("%", 7),
    "lt": ("<", 5), "le": ("<=", 5), "gt": (">", 5), "ge": (">=", 5),
    "eq": ("==", 4), "ne": ("!=", 4), "and": ("&&", 3), "or": ("||", 2),
}  # fmt: skip

#: What helps with an operation that C++ has no sign for.
FUNCTIONS = {
    "floordiv": "floor_div", "floormod": "floor_mod", "min": "least", "max": "greatest",
}  # fmt: skip

OPERATORS = frozenset({*_INFIX, *FUNCTIONS, "not", "select"})

DEFINITIONS = {
    "floor_div": """inline int32_t floor_div(int32_t a, int32_t b) {
    return a / b - ((a % b != 0 && (a % b < 0) != (b < 0)) ? 1 : 0);
}""",
    "floor_mod": """inline int32_t floor_mod(int32_t a, int32_t b) {
    return a % b + ((a % b != 0 && (a % b < 0) != (b < 0)) ? b : 0);
}""",
    "least": "inline int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }",
    "greatest": "inline int32_t greatest(int32_t a, int32_t b) { return a > b ? a : b; }",
}
"""The functions that expressions call, by name; each kernel has those that it calls."""


def variables(e: Expr) -> Iterator[int]:
    """The variables in an expression."""
    return (node.id for node in nodes(e) if isinstance(node, Var))


def functions(e: Expr) -> set[str]:
    """The functions of DEFINITIONS that an expression's text calls."""
    found = {FUNCTIONS[n.op] for n in nodes(e) if isinstance(n, Op) and n.op in FUNCTIONS}
    return found


def text(e: Expr, names: Mapping[int, str], above: int = 0) -> str:
    """An expression; ``above`` is how strongly what is around it binds."""
    if isinstance(e, Const):
        return str(e.value).lower()
    if isinstance(e, Var):
        return names[e.id]
    assert isinstance(e, Op)
    if e.op in FUNCTIONS:
        return f"{FUNCTIONS[e.op]}({', '.join(text(arg, names) for arg in e.args)})"
    if e.op == "not":
        return f"!{text(e.args[0], names, 9)}"
    if e.op == "select":
        shown = " ".join(
            f"{sign}{text(arg, names, 2)}"
            for sign, arg in zip(("", "? ", ": "), e.args, strict=True)
        )
        return f"({shown})"
    sign, binds = _INFIX[e.op]
    a, b = (text(arg, names, binds + i) for i, arg in enumerate(e.args))
    return f"({a} {sign} {b})" if binds < above else f"{a} {sign} {b}"
