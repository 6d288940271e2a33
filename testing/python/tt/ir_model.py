"""A slow model of a PrimFunc: its IR is executed, statement by statement, for every block.

It shares nothing with the library: TVM's own nodes, Python's integers. What it knows is plain
TVMScript: launches, serial loops, conditions, stores and loads of tensors, integer arithmetic.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any

BINARY = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "FloorDiv": lambda a, b: a // b,
    "FloorMod": lambda a, b: a % b,
    "Min": min,
    "Max": max,
    "LT": lambda a, b: a < b,
    "LE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b,
    "GE": lambda a, b: a >= b,
    "EQ": lambda a, b: a == b,
    "NE": lambda a, b: a != b,
    "And": lambda a, b: a and b,
    "Or": lambda a, b: a or b,
}


@dataclass
class Launch:
    """The grid (x, y, z), and by block's number and buffer's name the elements touched."""

    grid: tuple[int, int, int]
    reads: dict[tuple[int, str], set[tuple[int, ...]]] = field(default_factory=dict)
    writes: dict[tuple[int, str], set[tuple[int, ...]]] = field(default_factory=dict)


class Model:
    def __init__(self, func: Any) -> None:
        self.launches: list[Launch] = []
        self.touched: Launch | None = None
        self.block = 0
        self._outside(func.body)

    def _outside(self, stmt: Any) -> None:
        if _kind(stmt) == "SeqStmt":
            for each in stmt.seq:
                self._outside(each)
            return
        extents, variables = [1, 1, 1], [None, None, None]
        while (bound := _thread(stmt)) is not None:
            axis, variable, extent = bound
            extents[axis], variables[axis] = extent, variable
            stmt = stmt.body
        self.touched = Launch(tuple(extents))
        self.launches.append(self.touched)
        x, y, z = extents
        for self.block, (bz, by, bx) in enumerate(itertools.product(*map(range, (z, y, x)))):
            pairs = zip(variables, (bx, by, bz), strict=True)
            self._run(stmt, {_name(v): i for v, i in pairs if v is not None})

    def _run(self, stmt: Any, env: dict[str, int]) -> None:
        kind = _kind(stmt)
        if kind == "SeqStmt":
            for each in stmt.seq:
                self._run(each, env)
        elif kind == "For":
            first = self._value(stmt.min, env)
            for turn in range(first, first + self._value(stmt.extent, env)):
                self._run(stmt.body, env | {_name(stmt.loop_var): turn})
        elif kind == "IfThenElse":
            if self._value(stmt.condition, env):
                self._run(stmt.then_case, env)
            elif stmt.else_case is not None:
                self._run(stmt.else_case, env)
        elif kind in ("BufferStore", "TensorStore"):
            self._value(stmt.value, env)
            self._touch("writes", stmt, env)
        else:
            raise AssertionError(kind)

    def _value(self, e: Any, env: dict[str, int]) -> Any:
        """An integer; None for an element of a tensor, whose value is of no interest."""
        kind = _kind(e)
        if isinstance(e, (int, bool)):
            return e
        if kind in ("IntImm", "FloatImm"):
            return e.value
        if kind in ("Var", "TirxVar", "PrimVar"):
            return env[_name(e)]
        if kind == "Cast":
            return self._value(e.value, env)
        if kind in ("BufferLoad", "TensorLoad"):
            self._touch("reads", e, env)
            return None
        if kind in BINARY:
            a, b = self._value(e.a, env), self._value(e.b, env)
            return None if a is None or b is None else BINARY[kind](a, b)
        raise AssertionError(kind)

    def _touch(self, mode: str, access: Any, env: dict[str, int]) -> None:
        buffer = getattr(access, "buffer", None)
        buffer = access.source if buffer is None else buffer  # a load, from TVM 0.27 on
        at = tuple(self._value(index, env) for index in access.indices)
        getattr(self.touched, mode).setdefault((self.block, _name(buffer)), set()).add(at)


def _kind(node: Any) -> str:
    return type(node).__name__


def _name(node: Any) -> str:
    return str(getattr(node, "name", None) or node.name_hint)


def _thread(stmt: Any) -> tuple[int, Any, int] | None:
    """(axis, variable, extent) of a statement that binds a block index."""
    if _kind(stmt) == "AttrStmt" and stmt.attr_key == "thread_extent":
        return "xyz".index(stmt.node.thread_tag[-1]), stmt.node.var, int(stmt.value)
    if _kind(stmt) == "For" and stmt.thread_binding is not None:
        return "xyz".index(stmt.thread_binding.thread_tag[-1]), stmt.loop_var, int(stmt.extent)
    return None


def pages_of(elements: set[tuple[int, ...]], shape: tuple[int, ...]) -> set[int]:
    """The tiles of the last two dimensions, matrix after matrix; by docs/metadata.md's text."""
    padded = (1,) * (2 - len(shape)) + tuple(shape)
    bounds = [*padded[:-2], math.ceil(padded[-2] / 32), math.ceil(padded[-1] / 32)]
    pages = set()
    for element in elements:
        at = (0,) * (2 - len(element)) + element
        at = (*at[:-2], at[-2] // 32, at[-1] // 32)
        page = 0
        for index, bound in zip(at, bounds, strict=True):
            page = page * bound + index
        pages.add(page)
    return pages


def written_by(launches: list[Launch], buffer: str, shape: tuple[int, ...]) -> str:
    answer = "none"
    for launch in launches:
        owner: dict[int, int] = {}
        for (block, name), elements in launch.writes.items():
            for page in pages_of(elements, shape) if name == buffer else ():
                answer = "one block"
                if owner.setdefault(page, block) != block:
                    return "several blocks"
    return answer
