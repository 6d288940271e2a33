"""Plain, read-only values: what a JSON text stands for, of maps, tuples, numbers and strings."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from .text import shown

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class ReadOnlyDict(dict[_Key, _Value]):
    """A dict that can't be changed. Like any dict it is compared, pickled, copied and printed."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("found a change to read-only metadata; make a dict of it first")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


def parse(text: str) -> Any:
    """The value of a JSON text; a map is a ReadOnlyDict, a list a tuple.

    Raises ValueError for what is no JSON, a key that a map has twice, NaN and infinities, which
    JSON does not have, and lists or maps nested too deep for the parser.
    """
    try:
        with _no_collector():
            return _tuples(json.loads(text, object_pairs_hook=_map, parse_constant=_no_constant))
    except RecursionError:
        raise ValueError("lists and maps are nested too deep") from None


@contextmanager
def _no_collector() -> Iterator[None]:
    """Python's collector of cycles waits: a JSON text makes none, and of a large one it looks
    through all that was made so far again and again, which took longer than the parser."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _tuples(value: Any) -> Any:
    if type(value) is not list:
        return value
    return tuple([_tuples(item) if type(item) is list else item for item in value])


def _map(pairs: list[tuple[str, Any]]) -> ReadOnlyDict[str, Any]:
    found = ReadOnlyDict([(key, _tuples(value)) for key, value in pairs])
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"found the key {shown(twice)} twice in one map; expected it once")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"found {name}; expected a number")


def editable(value: Any) -> Any:
    """The same as dicts and lists of the caller's own, which json writes and who likes changes."""
    if isinstance(value, dict):
        return {key: editable(item) for key, item in value.items()}
    return list(map(editable, value)) if isinstance(value, (tuple, list)) else value
