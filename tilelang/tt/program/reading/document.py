"""Reading a tile program from JSON: the lists of buffers and variables, and the launches.

The whole document is checked: what is not in docs/program.md is a ValueError.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from typing import Any

from ..dtypes import DTYPES
from ..program import (
    VERSION,
    Buffer,
    Launch,
    Program,
    Scratch,
    Tensor,
    Variable,
    View,
    Workspace,
)
from .expressions import Names, check_keys, constant
from .faults import ROOT, Place, fault, said
from .steps import StepReader

_VARIABLES = ("scalar", "block", "loop", "let")
_BUFFER_KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    kind: (frozenset({"name", "kind", "dtype", "shape", *required}), frozenset(optional))
    for kind, required, optional in (
        ("tensor", ("param",), ("pad",)),
        ("workspace", (), ("pad",)),
        ("scratch", ("scope",), ()),
        ("view", ("of", "offset"), ()),
    )
}


def parse(document: str | Mapping[str, Any]) -> Program:
    """See :meth:`Program.from_json`."""
    if isinstance(document, str):
        try:
            document = json.loads(document, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise said(ROOT, f"no whole JSON document ({error})", "a tile program") from None
    elif type(document) is not dict:
        document = plain(document)
    if type(document) is not dict:
        raise fault(ROOT, document, "an object")
    version = document.get("version", VERSION)
    if type(version) is not int or version != VERSION:
        raise fault((ROOT, "version"), version, f"{VERSION}")
    check_keys(document, ROOT, _TOP)
    names = Names()
    buffers = tuple(
        _buffer(entry, place) for entry, place in items(document["buffers"], (ROOT, "buffers"))
    )
    _check_views(buffers)
    variables = tuple(
        _variable(entry, place)
        for entry, place in items(document["variables"], (ROOT, "variables"))
    )
    _check_params(buffers, variables)
    names.take(buffers, variables)
    reader = StepReader(names)
    launches = tuple(
        _launch(entry, place, reader)
        for entry, place in items(document["launches"], (ROOT, "launches"))
    )
    return Program(buffers, variables, launches)


# So many that their number still fits 64 bits, whatever is computed with it; as in C++.
_MOST_ELEMENTS = 1 << 48
_TOP = frozenset({"version", "buffers", "variables", "launches"})
_LAUNCH = frozenset({"grid", "indices", "body"})
_VARIABLE = frozenset({"name", "kind", "dtype"})
_SCALAR = _VARIABLE | {"param"}


def _no_constant(text: str) -> None:
    raise ValueError(f"found {text}, which is not JSON")


def plain(value: Any) -> Any:
    """Read-only mappings and tuples, as a plan holds them, as dicts and lists."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def items(value: Any, place: Place) -> list[tuple[Any, Place]]:
    """The entries of a list, each with its place."""
    if type(value) is not list:
        raise fault(place, value, "a list")
    return [(entry, (place, index)) for index, entry in enumerate(value)]


def _name(value: Any, place: Place) -> str:
    if type(value) is not str or not value:
        raise fault(place, value, "a name")
    return value


def _count(value: Any, place: Place, least: int = 0, most: int = (1 << 63) - 1) -> int:
    if type(value) is not int or not least <= value <= most:
        raise fault(place, value, f"a whole number, at least {least}")
    return value


def _dtype(value: Any, place: Place) -> str:
    if type(value) is not str or value not in DTYPES:
        raise fault(place, value, "a dtype, as float32")
    return value


def _buffer(entry: Any, place: Place) -> Buffer:
    kind = entry.get("kind") if type(entry) is dict else None
    if type(kind) is not str or kind not in _BUFFER_KEYS:
        raise fault(place, entry, f"a buffer, its kind one of {', '.join(_BUFFER_KEYS)}")
    check_keys(entry, place, *_BUFFER_KEYS[kind])
    name = _name(entry["name"], (place, "name"))
    dtype = _dtype(entry["dtype"], (place, "dtype"))
    shape = tuple(_count(n, at, 1) for n, at in items(entry["shape"], (place, "shape")))
    if prod(shape) > _MOST_ELEMENTS:
        raise fault((place, "shape"), list(shape), f"at most {_MOST_ELEMENTS} elements")
    if kind == "scratch":
        return Scratch(name, _name(entry["scope"], (place, "scope")), dtype, shape)
    if kind == "view":
        of = _count(entry["of"], (place, "of"))
        return View(name, of, _count(entry["offset"], (place, "offset")), dtype, shape)
    pad = constant(entry["pad"], (place, "pad")) if "pad" in entry else None
    if kind == "workspace":
        return Workspace(name, dtype, shape, pad)
    return Tensor(
        name, _count(entry["param"], (place, "param"), 0, (1 << 31) - 1), dtype, shape, pad
    )


def _check_views(buffers: tuple[Buffer, ...]) -> None:
    for index, view in enumerate(buffers):
        if not isinstance(view, View):
            continue
        place = (ROOT, "buffers", index)
        if view.of >= len(buffers) or isinstance(buffers[view.of], View):
            raise fault((place, "of"), view.of, "the place of a buffer that is no view")
        storage = buffers[view.of]
        end = (view.offset + _elements(view)) * DTYPES[view.dtype].bits
        size = _elements(storage) * DTYPES[storage.dtype].bits
        if end > size:
            raise said(place, f"an end at bit {end}", f"at most the {size} bits of {storage.name}")


def _elements(buffer: Buffer) -> int:
    count = 1
    for extent in buffer.shape:
        count *= extent
    return count


def _variable(entry: Any, place: Place) -> Variable:
    kind = entry.get("kind") if type(entry) is dict else None
    if type(kind) is not str or kind not in _VARIABLES:
        raise fault(place, entry, f"a variable, its kind one of {', '.join(_VARIABLES)}")
    check_keys(entry, place, _SCALAR if kind == "scalar" else _VARIABLE)
    name = _name(entry["name"], (place, "name"))
    dtype = _dtype(entry["dtype"], (place, "dtype"))
    if kind in ("block", "loop") and DTYPES[dtype].kind not in ("int", "uint"):
        raise fault((place, "dtype"), dtype, "an integer")
    param = _count(entry["param"], (place, "param"), 0, (1 << 31) - 1) if kind == "scalar" else None
    return Variable(name, kind, dtype, param)


def _check_params(buffers: tuple[Buffer, ...], variables: tuple[Variable, ...]) -> None:
    seen: set[int] = set()
    for key, entries in (("buffers", buffers), ("variables", variables)):
        for index, entry in enumerate(entries):
            param = getattr(entry, "param", None)
            if param is None:
                continue
            if param in seen:
                place = (ROOT, key, index, "param")
                raise said(place, f"{param} a second time", "a place of its own")
            seen.add(param)


def _launch(entry: Any, place: Place, reader: StepReader) -> Launch:
    if type(entry) is not dict:
        raise fault(place, entry, "a launch")
    check_keys(entry, place, _LAUNCH)
    grid = [_count(n, at, 1, (1 << 32) - 1) for n, at in items(entry["grid"], (place, "grid"))]
    indices = items(entry["indices"], (place, "indices"))
    if len(grid) != 3:
        raise fault((place, "grid"), entry["grid"], "the 3 extents of x, y and z")
    if len(indices) != 3:
        raise fault((place, "indices"), entry["indices"], "the 3 indices of x, y and z")
    bound = [None if id is None else reader.names.bind(id, "block", at) for id, at in indices]
    body = reader.body(entry["body"], (place, "body"), 0)
    reader.names.leave([id for id in bound if id is not None])
    return Launch((grid[0], grid[1], grid[2]), (bound[0], bound[1], bound[2]), body)
