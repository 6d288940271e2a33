"""Reading what steps are made of: regions, indices, flags, lists of ids, ranges of loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..expressions import ZERO, Const, Expr
from ..steps import Region
from .expressions import ExpressionReader, Names, check_keys
from .faults import Place, fault, said

_REGION = frozenset({"buffer", "at", "shape"})


class Pieces:
    """Reads pieces; ``depth`` is how many steps and expressions there are around."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.e = ExpressionReader(names)

    def region(self, value: Any, place: Place, depth: int) -> Region:
        if type(value) is not dict:
            raise fault(place, value, "a region")
        check_keys(value, place, _REGION)
        buffer = self.names.buffer(value["buffer"], (place, "buffer"))
        at = self.indices(value["at"], (place, "at"), buffer, depth)
        shape = self.indices(value["shape"], (place, "shape"), buffer, depth)
        for index, extent in enumerate(shape):
            if isinstance(extent, Const) and extent.value < 0:
                raise fault((place, "shape", index), extent.value, "an extent, at least 0")
        return Region(buffer, at, shape)

    def indices(self, value: Any, place: Place, buffer: int, depth: int) -> tuple[Expr, ...]:
        rank = self.names.ranks[buffer]
        if type(value) is not list or len(value) != rank:
            name = self.names.buffers[buffer].name
            raise fault(place, value, f"a list of {rank}, one each a dimension of {name}")
        return tuple([self.e.index(item, (place, i), depth) for i, item in enumerate(value)])

    def alike(self, place: Place, src: Region, dst: Region, drop: int | None = None) -> None:
        """That the extents which are not 1 are the same, as far as they are constants."""
        a, b = extents(src.shape, drop), extents(dst.shape)
        if a is not None and b is not None and a != b:
            raise said(place, f"extents {a} and {b}", "the same, but for extents of 1")

    def one_of(self, value: Any, place: Place, values: tuple[str, ...]) -> str:
        if type(value) is not str or value not in values:
            raise fault(place, value, f"one of {', '.join(values)}")
        return value

    def flag(self, entry: dict[str, Any], key: str, default: bool, place: Place) -> bool:
        value = entry.get(key, default)
        if type(value) is not bool:
            raise fault((place, key), value, "true or false")
        return value

    def axis(self, value: Any, src: Region, place: Place) -> int:
        rank = len(src.shape)
        if type(value) is not int or not 0 <= value < rank:
            raise fault(place, value, f"an axis of src, below {rank}")
        return value

    def dtype(self, region: Region, place: Place, among: frozenset[str], what: str) -> str:
        dtype = self.names.buffer_dtypes[region.buffer]
        if dtype not in among:
            raise said(place, f"a buffer of {dtype}", f"one that has {what}")
        return dtype

    def ids(self, value: Any, place: Place, one: Callable[[Any, Place], int]) -> tuple[int, ...]:
        if type(value) is not list:
            raise fault(place, value, "a list")
        ids = tuple([one(item, (place, index)) for index, item in enumerate(value)])
        if len(set(ids)) != len(ids):
            raise fault(place, value, "each once")
        return ids

    def range(self, entry: dict[str, Any], place: Place, depth: int) -> tuple[Expr, Expr]:
        """(min, extent) of a loop, before its variable is bound."""
        low = self.e.index(entry["min"], (place, "min"), depth) if "min" in entry else ZERO
        if isinstance(low, Const) and low.value == 0:
            low = ZERO
        return low, self.e.index(entry["extent"], (place, "extent"), depth)


def extents(shape: tuple[Expr, ...], drop: int | None = None) -> list[Any] | None:
    """The extents that are not 1, or None if one is no constant."""
    kept = [extent for index, extent in enumerate(shape) if index != drop]
    if not all(isinstance(extent, Const) for extent in kept):
        return None
    return [extent.value for extent in kept if isinstance(extent, Const) and extent.value != 1]
