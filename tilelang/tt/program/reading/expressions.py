"""Reading expressions from JSON, with the dtype of each node and the scope of each variable."""

from __future__ import annotations

import math
from typing import Any

from ..dtypes import DTYPES, INTEGERS
from ..expressions import (
    FALSE,
    OPERATIONS,
    TRUE,
    Bits,
    Cast,
    Const,
    Expr,
    Load,
    Op,
    Var,
)
from ..program import Buffer, Variable
from .faults import Place, fault, said

MAX_DEPTH = 200
"""How deep steps and expressions may be nested, together.

Every walk through a program is a recursion; to compare two takes Python 3.11 four frames a level.
"""

_SPECIAL = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_NONE: frozenset[str] = frozenset()
_UNBOUND, _BOUND, _LEFT = 0, 1, 2


def check_keys(
    entry: dict[str, Any],
    place: Place,
    required: frozenset[str],
    optional: frozenset[str] = _NONE,
) -> None:
    """That an object has the keys it must have, and none that it can't have."""
    keys = entry.keys()
    if keys == required:
        return
    if missing := required - keys:
        raise said(place, f"no {', '.join(sorted(missing))}", "it")
    if unknown := keys - required - optional:
        raise said(place, ", ".join(sorted(map(str, unknown))), "nothing of that name")


class Names:
    """The buffers and variables of a program while it is read, and what is in scope."""

    def __init__(self) -> None:
        self.buffers: tuple[Buffer, ...] = ()
        self.variables: tuple[Variable, ...] = ()
        self.vars: list[Var] = []
        self.ranks: list[int] = []
        self.buffer_dtypes: list[str] = []
        self.var_dtypes: list[str] = []
        self.states = bytearray()

    def take(self, buffers: tuple[Buffer, ...], variables: tuple[Variable, ...]) -> None:
        self.buffers, self.variables = buffers, variables
        self.vars = [Var(id) for id in range(len(variables))]
        self.ranks = [len(each.shape) for each in buffers]
        self.buffer_dtypes = [each.dtype for each in buffers]
        self.var_dtypes = [each.dtype for each in variables]
        self.states = bytearray(each.kind == "scalar" for each in variables)

    def buffer(self, id: Any, place: Place) -> int:
        if type(id) is not int or not 0 <= id < len(self.buffers):
            raise fault(place, id, f"the place of a buffer, below {len(self.buffers)}")
        return id

    def variable(self, id: Any, place: Place) -> int:
        """A variable that is in scope."""
        if type(id) is not int or not 0 <= id < len(self.variables):
            raise fault(place, id, f"the place of a variable, below {len(self.variables)}")
        if self.states[id] != _BOUND:
            name = self.variables[id].name
            raise said(place, f"{id} ({name}), which has no value here", "one in scope")
        return id

    def bind(self, id: Any, kind: str, place: Place) -> int:
        """Bind a variable of a kind, which nothing else has bound."""
        if type(id) is not int or not 0 <= id < len(self.variables):
            raise fault(place, id, f"the place of a variable, below {len(self.variables)}")
        variable = self.variables[id]
        if variable.kind != kind:
            raise said(
                place, f"{id} ({variable.name}), a {variable.kind} variable", f"a {kind} one"
            )
        if self.states[id] != _UNBOUND:
            raise said(place, f"{id} ({variable.name}), bound a second time", "one of its own")
        self.states[id] = _BOUND
        return id

    def leave(self, ids: list[int]) -> None:
        for id in ids:
            self.states[id] = _LEFT


def constant(value: Any, place: Place) -> Const:
    """An expression that is a number."""
    e, _ = ExpressionReader(Names()).read(value, place, 0)
    if not isinstance(e, Const):
        raise fault(place, value, "a constant")
    return e


class ExpressionReader:
    """Reads expressions; each comes with its dtype."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._ints: dict[int, tuple[Const, str]] = {}
        self._kinds = {
            "var": self._var,
            "load": self._load,
            "cast": self._cast,
            "bits": self._bits,
            "int": self._int,
            "float": self._float,
        }

    def read(self, value: Any, place: Place, depth: int) -> tuple[Expr, str]:
        kind = type(value)
        if kind is int:
            known = self._ints.get(value)
            if known is None:
                if not -(1 << 31) <= value < 1 << 31:
                    raise fault(place, value, 'an int32, or {"int": [value, dtype]}')
                known = self._ints[value] = (Const(value), "int32")
            return known
        if kind is bool:
            return (TRUE if value else FALSE), "bool"
        if kind is not dict or len(value) != 1:
            raise fault(place, value, "an expression: a number, or an object with one key")
        if depth > MAX_DEPTH:
            raise said(place, "an expression within more others", f"at most {MAX_DEPTH}")
        ((key, operands),) = value.items()
        operation = OPERATIONS.get(key)
        if operation is None:
            special = self._kinds.get(key)
            if special is None:
                raise fault(place, key, "an expression's kind")
            return special(operands, (place, key), depth + 1)
        if type(operands) is not list or len(operands) != operation.arity:
            raise fault((place, key), operands, f"a list of {operation.arity} operands")
        args: list[Expr] = []
        dtypes: list[str] = []
        for index, operand in enumerate(operands):
            arg, dtype = self.read(operand, (place, key, index), depth + 1)
            args.append(arg)
            dtypes.append(dtype)
        dtype = dtypes[-1]
        first = 0
        if key == "select":
            first = 1
            if dtypes[0] != "bool":
                raise said((place, key, 0), f"a {dtypes[0]}", "a bool")
        if dtype not in operation.dtypes:
            raise said((place, key), f"operands of {dtype}", f"one that has {key}")
        for index in range(first, len(dtypes)):
            if dtypes[index] != dtype:
                raise said(
                    (place, key, index), f"a {dtypes[index]}", f"{dtype}, as the last operand"
                )
        return Op(key, tuple(args)), "bool" if operation.result == "bool" else dtype

    def index(self, value: Any, place: Place, depth: int) -> Expr:
        """An expression that is an integer."""
        e, dtype = self.read(value, place, depth)
        if dtype not in INTEGERS:
            raise said(place, f"a {dtype}", "an integer")
        return e

    def of_dtype(self, value: Any, dtype: str, place: Place, depth: int) -> Expr:
        """An expression of a dtype."""
        e, found = self.read(value, place, depth)
        if found != dtype:
            raise said(place, f"a {found}", f"a {dtype}")
        return e

    def _var(self, id: Any, place: Place, depth: int) -> tuple[Expr, str]:
        id = self.names.variable(id, place)
        return self.names.vars[id], self.names.var_dtypes[id]

    def _load(self, value: Any, place: Place, depth: int) -> tuple[Expr, str]:
        if type(value) is not list or not value:
            raise fault(place, value, "a list of a buffer and its indices")
        buffer = self.names.buffer(value[0], (place, 0))
        rank = self.names.ranks[buffer]
        if len(value) != rank + 1:
            name = self.names.buffers[buffer].name
            raise said(place, f"{len(value) - 1} indices", f"{rank}, the dimensions of {name}")
        at = tuple([self.index(value[i], (place, i), depth) for i in range(1, rank + 1)])
        return Load(buffer, at), self.names.buffer_dtypes[buffer]

    def _pair(self, value: Any, place: Place, what: str) -> tuple[Any, Any]:
        if type(value) is not list or len(value) != 2:
            raise fault(place, value, f"a list of {what}")
        return value[0], value[1]

    def _dtype(self, value: Any, place: Place) -> str:
        if type(value) is not str or value not in DTYPES:
            raise fault(place, value, "a dtype, as float32")
        return value

    def _cast(self, value: Any, place: Place, depth: int) -> tuple[Expr, str]:
        dtype, inner = self._pair(value, place, "a dtype and a value")
        dtype = self._dtype(dtype, (place, 0))
        e, _ = self.read(inner, (place, 1), depth)
        return Cast(dtype, e), dtype

    def _bits(self, value: Any, place: Place, depth: int) -> tuple[Expr, str]:
        dtype, inner = self._pair(value, place, "a dtype and a value")
        dtype = self._dtype(dtype, (place, 0))
        e, found = self.read(inner, (place, 1), depth)
        if DTYPES[found].bits != DTYPES[dtype].bits:
            size = DTYPES[dtype].bits
            raise said((place, 1), f"a {found}", f"a dtype of {size} bits, as {dtype}")
        return Bits(dtype, e), dtype

    def _int(self, value: Any, place: Place, depth: int) -> tuple[Expr, str]:
        number, dtype = self._pair(value, place, "an integer and its dtype")
        dtype = self._dtype(dtype, (place, 1))
        if dtype not in INTEGERS or dtype == "int32":
            raise fault((place, 1), dtype, "an integer other than int32")
        known = DTYPES[dtype]
        if type(number) is not int or not known.least <= number <= known.largest:
            raise fault((place, 0), number, f"{known.least} to {known.largest}, for {dtype}")
        return Const(number, dtype), dtype

    def _float(self, value: Any, place: Place, depth: int) -> tuple[Expr, str]:
        number, dtype = self._pair(value, place, "a number and its dtype")
        dtype = self._dtype(dtype, (place, 1))
        if DTYPES[dtype].kind != "float":
            raise fault((place, 1), dtype, "a float's dtype")
        if type(number) is dict:
            special = number.get("special")
            if len(number) != 1 or type(special) is not str or special not in _SPECIAL:
                raise fault((place, 0), number, 'a number, or {"special": "inf", "-inf" or "nan"}')
            return Const(_SPECIAL[special], dtype), dtype
        if type(number) is not float or not math.isfinite(number):
            raise fault((place, 0), number, 'a number with a point, or {"special": ...}')
        return Const(number, dtype), dtype
