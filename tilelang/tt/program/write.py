"""A tile program as JSON: keys in the order of docs/program.md, none that has its default."""

from __future__ import annotations

import json
import math
from typing import Any

from .expressions import FALSE, Bits, Cast, Const, Expr, Load, Op, Var
from .program import VERSION, Buffer, Launch, Program, Scratch, Tensor, Variable, View
from .steps import (
    NAMES,
    Assign,
    Atomic,
    AtomicStore,
    Copy,
    Fill,
    Gemm,
    Let,
    Loop,
    Map,
    MapLoop,
    Opaque,
    Reduce,
    Region,
    Scan,
    Step,
    Store,
    Transpose,
    When,
    While,
)

Json = dict[str, Any]


def text_of(program: Program) -> str:
    """The canonical text."""
    return json.dumps(document_of(program), separators=(",", ":"), allow_nan=False)


def document_of(program: Program) -> Json:
    """The document, of dicts and lists."""
    return {
        "version": VERSION,
        "buffers": [_buffer(each) for each in program.buffers],
        "variables": [_variable(each) for each in program.variables],
        "launches": [_launch(each) for each in program.launches],
    }


def _buffer(b: Buffer) -> Json:
    out: Json = {"name": b.name, "kind": b.kind}
    if isinstance(b, Tensor):
        out["param"] = b.param
    elif isinstance(b, Scratch):
        out["scope"] = b.scope
    elif isinstance(b, View):
        out["of"] = b.of
        out["offset"] = b.offset
    out["dtype"] = b.dtype
    out["shape"] = list(b.shape)
    pad = getattr(b, "pad", None)
    if pad is not None:
        out["pad"] = expression(pad)
    return out


def _variable(v: Variable) -> Json:
    place = {} if v.param is None else {"param": v.param}
    return {"name": v.name, "kind": v.kind, **place, "dtype": v.dtype}


def _launch(launch: Launch) -> Json:
    return {
        "grid": list(launch.grid),
        "indices": list(launch.indices),
        "body": _steps(launch.body),
    }


def expression(e: Expr) -> Any:
    """An expression as JSON."""
    if isinstance(e, Op):
        return {e.op: [expression(arg) for arg in e.args]}
    if isinstance(e, Var):
        return {"var": e.id}
    if isinstance(e, Load):
        return {"load": [e.buffer, *(expression(index) for index in e.at)]}
    if isinstance(e, Cast):
        return {"cast": [e.dtype, expression(e.value)]}
    if isinstance(e, Bits):
        return {"bits": [e.dtype, expression(e.value)]}
    return _constant(e)


def _constant(e: Const) -> Any:
    if e.dtype in ("bool", "int32"):
        return e.value
    if not isinstance(e.value, float):
        return {"int": [e.value, e.dtype]}
    if math.isfinite(e.value):
        return {"float": [e.value, e.dtype]}
    special = "nan" if math.isnan(e.value) else "inf" if e.value > 0 else "-inf"
    return {"float": [{"special": special}, e.dtype]}


def _list(items: tuple[Expr, ...]) -> list[Any]:
    return [expression(each) for each in items]


def _region(r: Region) -> Json:
    return {"buffer": r.buffer, "at": _list(r.at), "shape": _list(r.shape)}


def _steps(body: tuple[Step, ...]) -> list[Json]:
    return [step(each) for each in body]


def _range(loop: Loop | MapLoop) -> Json:
    out: Json = {"var": loop.var}
    if not (isinstance(loop.min, Const) and loop.min.value == 0):
        out["min"] = expression(loop.min)
    out["extent"] = expression(loop.extent)
    out["kind"] = loop.kind
    return out


def step(s: Step) -> Json:
    """A step as JSON."""
    out: Json = {"step": NAMES[type(s)]}
    if isinstance(s, (Copy, Transpose)):
        out |= {"src": _region(s.src), "dst": _region(s.dst)}
    elif isinstance(s, Fill):
        out |= {"dst": _region(s.dst), "value": expression(s.value)}
    elif isinstance(s, Gemm):
        out |= {"a": _region(s.a), "b": _region(s.b), "c": _region(s.c)}
        if s.transpose_a:
            out["transpose_a"] = True
        if s.transpose_b:
            out["transpose_b"] = True
        if s.clear != FALSE:
            out["clear"] = expression(s.clear)
    elif isinstance(s, (Reduce, Scan)):
        out |= {"kind": s.kind, "src": _region(s.src), "dst": _region(s.dst), "axis": s.axis}
        if isinstance(s, Scan):
            if s.reverse:
                out["reverse"] = True
        else:
            if not s.clear:
                out["clear"] = False
            if s.nan:
                out["nan"] = True
    elif isinstance(s, Atomic):
        out |= {"kind": s.kind, "dst": _region(s.dst)}
        if s.value is not None:
            out["value"] = expression(s.value)
        if s.src is not None:
            out["src"] = _region(s.src)
    elif isinstance(s, Map):
        out |= {"loops": [_range(each) for each in s.loops], "body": _steps(s.body)}
    elif isinstance(s, Loop):
        out |= _range(s)
        if s.stages:
            out["stages"] = s.stages
        if s.order:
            out["order"] = list(s.order)
        if s.stage:
            out["stage"] = list(s.stage)
        if s.group:
            out["group"] = [list(each) for each in s.group]
        out["body"] = _steps(s.body)
    elif isinstance(s, While):
        out |= {"condition": expression(s.condition), "body": _steps(s.body)}
    elif isinstance(s, When):
        out |= {"condition": expression(s.condition), "then": _steps(s.then)}
        if s.otherwise:
            out["else"] = _steps(s.otherwise)
    elif isinstance(s, Assign):
        out |= {"buffer": s.buffer, "value": expression(s.value)}
    elif isinstance(s, Let):
        out |= {"var": s.var, "value": expression(s.value)}
    elif isinstance(s, Opaque):
        out |= {"op": s.op, "reason": s.reason, "reads": list(s.reads), "writes": list(s.writes)}
        if s.variables:
            out["variables"] = list(s.variables)
    elif isinstance(s, (Store, AtomicStore)):
        if isinstance(s, AtomicStore):
            out["kind"] = s.kind
        out |= {"buffer": s.buffer, "at": _list(s.at), "value": expression(s.value)}
    return out
