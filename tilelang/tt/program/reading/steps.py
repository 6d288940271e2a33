"""Reading steps: the closed set of kinds and keys, and where each may stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dtypes import NUMBERS
from ..program import Scratch
from ..steps import (
    ATOMICS,
    LOOP_KINDS,
    UNORDERED_KINDS,
    Assign,
    AtomicStore,
    Barrier,
    Break,
    Continue,
    Let,
    Loop,
    Map,
    MapLoop,
    Opaque,
    Step,
    Store,
    When,
    While,
    bound_by,
)
from . import operators
from .expressions import MAX_DEPTH, Names, check_keys
from .faults import Place, fault, said
from .pieces import Pieces

Reader = Callable[["StepReader", dict[str, Any], Place, int], Step]


def _keys(required: str, optional: str = "") -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(required.split()) | {"step"}, frozenset(optional.split())


_MAP_LOOP = (frozenset({"var", "extent", "kind"}), frozenset({"min"}))


class StepReader(Pieces):
    """Reads bodies. ``depth`` is how many steps and expressions there are around."""

    def __init__(self, names: Names) -> None:
        super().__init__(names)
        self._in_map = False
        self._loops = 0

    def bind_let(self, id: Any, place: Place) -> int:
        return self.names.bind(id, "let", place)

    def body(self, value: Any, place: Place, depth: int) -> tuple[Step, ...]:
        if type(value) is not list:
            raise fault(place, value, "a list of steps")
        if depth > MAX_DEPTH:
            raise said(place, "steps within more others", f"at most {MAX_DEPTH}")
        table = _IN_MAP if self._in_map else _STEPS
        steps: list[Step] = []
        for index, entry in enumerate(value):
            at = (place, index)
            kind = entry.get("step") if type(entry) is dict else None
            known = table.get(kind) if type(kind) is str else None
            if known is None:
                where = "a map's body" if self._in_map else "a body"
                raise fault(at, entry, f"a step of {where}: {', '.join(table)}")
            read, required, optional = known
            check_keys(entry, at, required, optional)
            steps.append(read(self, entry, at, depth + 1))
        self.names.leave(bound_by(steps))
        return tuple(steps)


def _map(r: StepReader, v: dict[str, Any], place: Place, depth: int) -> Step:
    if type(v["loops"]) is not list:
        raise fault((place, "loops"), v["loops"], "a list of loops")
    loops: list[MapLoop] = []
    for index, entry in enumerate(v["loops"]):
        at = (place, "loops", index)
        if type(entry) is not dict:
            raise fault(at, entry, "a loop")
        check_keys(entry, at, *_MAP_LOOP)
        low, extent = r.range(entry, at, depth)
        kind = r.one_of(entry["kind"], (at, "kind"), LOOP_KINDS)
        loops.append(MapLoop(r.names.bind(entry["var"], "loop", (at, "var")), extent, kind, low))
    r._in_map = True
    body = r.body(v["body"], (place, "body"), depth)
    r._in_map = False
    r.names.leave([loop.var for loop in loops])
    return Map(tuple(loops), body)


def _loop(r: StepReader, v: dict[str, Any], place: Place, depth: int) -> Step:
    low, extent = r.range(v, place, depth)
    kind = r.one_of(v["kind"], (place, "kind"), LOOP_KINDS)
    if r._in_map and kind in UNORDERED_KINDS:
        raise fault((place, "kind"), kind, "a serial kind, within a map's body")
    var = r.names.bind(v["var"], "loop", (place, "var"))
    stages = v.get("stages", 0)
    if type(stages) is not int or not 0 <= stages < 1 << 31:
        raise fault((place, "stages"), stages, "a whole number, at least 0")
    order, stage = (_ints(v.get(key, []), (place, key)) for key in ("order", "stage"))
    groups = v.get("group", [])
    if type(groups) is not list:
        raise fault((place, "group"), groups, "a list of lists")
    group = tuple([_ints(each, (place, "group", i)) for i, each in enumerate(groups)])
    r._loops += 1
    body = r.body(v["body"], (place, "body"), depth)
    r._loops -= 1
    r.names.leave([var])
    return Loop(var, extent, kind, body, low, stages, order, stage, group)


def _ints(value: Any, place: Place) -> tuple[int, ...]:
    if type(value) is not list or not all(type(item) is int for item in value):
        raise fault(place, value, "a list of whole numbers")
    return tuple(value)


def _while(r: StepReader, v: dict[str, Any], place: Place, depth: int) -> Step:
    condition = r.e.of_dtype(v["condition"], "bool", (place, "condition"), depth)
    r._loops += 1
    body = r.body(v["body"], (place, "body"), depth)
    r._loops -= 1
    return While(condition, body)


def _when(r: StepReader, v: dict[str, Any], place: Place, depth: int) -> Step:
    condition = r.e.of_dtype(v["condition"], "bool", (place, "condition"), depth)
    then = r.body(v["then"], (place, "then"), depth)
    return When(condition, then, r.body(v["else"], (place, "else"), depth) if "else" in v else ())


def _assign(r: StepReader, v: dict[str, Any], place: Place, depth: int) -> Step:
    id = r.names.buffer(v["buffer"], (place, "buffer"))
    buffer = r.names.buffers[id]
    if not isinstance(buffer, Scratch) or buffer.shape not in ((), (1,)):
        raise said((place, "buffer"), f"{id} ({buffer.name})", "scratch of one element")
    return Assign(id, r.e.of_dtype(v["value"], buffer.dtype, (place, "value"), depth))


def _let(r: StepReader, v: dict[str, Any], place: Place, depth: int) -> Step:
    value, dtype = r.e.read(v["value"], (place, "value"), depth)
    var = r.names.bind(v["var"], "let", (place, "var"))
    if dtype != r.names.var_dtypes[var]:
        raise said((place, "value"), f"a {dtype}", f"a {r.names.var_dtypes[var]}")
    return Let(var, value)


def _leaves_loop(step: Step) -> Reader:
    def read(r: StepReader, v: dict[str, Any], place: Place, depth: int) -> Step:
        if not r._loops:
            raise said(place, f"{v['step']} outside of a loop", "one within")
        return step

    return read


def _barrier(r: StepReader, v: dict[str, Any], place: Place, depth: int) -> Step:
    return Barrier()


def _opaque(r: StepReader, v: dict[str, Any], place: Place, depth: int) -> Step:
    for key in ("op", "reason"):
        if type(v[key]) is not str or not v[key]:
            raise fault((place, key), v[key], "a text")
    return Opaque(
        v["op"],
        v["reason"],
        r.ids(v["reads"], (place, "reads"), r.names.buffer),
        r.ids(v["writes"], (place, "writes"), r.names.buffer),
        r.ids(
            v.get("variables", []), (place, "variables"), lambda id, at: r.names.bind(id, "let", at)
        ),
    )


def _store(r: StepReader, v: dict[str, Any], place: Place, depth: int) -> Step:
    buffer = r.names.buffer(v["buffer"], (place, "buffer"))
    at = r.indices(v["at"], (place, "at"), buffer, depth)
    dtype = r.names.buffer_dtypes[buffer]
    return Store(buffer, at, r.e.of_dtype(v["value"], dtype, (place, "value"), depth))


def _atomic_store(r: StepReader, v: dict[str, Any], place: Place, depth: int) -> Step:
    kind = r.one_of(v["kind"], (place, "kind"), ATOMICS)
    buffer = r.names.buffer(v["buffer"], (place, "buffer"))
    if r.names.buffer_dtypes[buffer] not in NUMBERS:
        raise said((place, "buffer"), f"a buffer of {r.names.buffer_dtypes[buffer]}", "numbers")
    at = r.indices(v["at"], (place, "at"), buffer, depth)
    return AtomicStore(kind, buffer, at, r.e.read(v["value"], (place, "value"), depth)[0])


Known = tuple[Reader, frozenset[str], frozenset[str]]
_LOOP_KEYS = _keys("var extent kind body", "min stages order stage group")
_STEPS: dict[str, Known] = {
    "copy": (operators.copy, *_keys("src dst")),
    "fill": (operators.fill, *_keys("dst value")),
    "gemm": (operators.gemm, *_keys("a b c", "transpose_a transpose_b clear")),
    "reduce": (operators.reduce, *_keys("kind src dst axis", "clear nan")),
    "scan": (operators.scan, *_keys("kind src dst axis", "reverse")),
    "transpose": (operators.transpose, *_keys("src dst")),
    "atomic": (operators.atomic, *_keys("kind dst", "value src")),
    "map": (_map, *_keys("loops body")),
    "loop": (_loop, *_LOOP_KEYS),
    "while": (_while, *_keys("condition body")),
    "when": (_when, *_keys("condition then", "else")),
    "assign": (_assign, *_keys("buffer value")),
    "let": (_let, *_keys("var value")),
    "break": (_leaves_loop(Break()), *_keys("")),
    "continue": (_leaves_loop(Continue()), *_keys("")),
    "barrier": (_barrier, *_keys("")),
    "opaque": (_opaque, *_keys("op reason reads writes", "variables")),
}
_IN_MAP: dict[str, Known] = {
    "store": (_store, *_keys("buffer at value")),
    "atomic": (_atomic_store, *_keys("kind buffer at value")),
    "when": _STEPS["when"],
    "let": _STEPS["let"],
    "loop": (_loop, *_keys("var extent kind body", "min")),
}
