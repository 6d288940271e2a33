"""Reading the steps that work on whole regions, and how the regions of one agree."""

from __future__ import annotations

from typing import Any

from ..dtypes import BITS, NUMBERS, widens
from ..expressions import FALSE, Const
from ..steps import (
    ATOMICS,
    REDUCTIONS,
    SCANS,
    Atomic,
    Copy,
    Fill,
    Gemm,
    Reduce,
    Scan,
    Step,
    Transpose,
)
from .faults import Place, said
from .pieces import Pieces, extents


def copy(r: Pieces, v: dict[str, Any], place: Place, depth: int) -> Step:
    src = r.region(v["src"], (place, "src"), depth)
    dst = r.region(v["dst"], (place, "dst"), depth)
    r.alike(place, src, dst)
    return Copy(src, dst)


def fill(r: Pieces, v: dict[str, Any], place: Place, depth: int) -> Step:
    dst = r.region(v["dst"], (place, "dst"), depth)
    return Fill(dst, r.e.read(v["value"], (place, "value"), depth)[0])


def gemm(r: Pieces, v: dict[str, Any], place: Place, depth: int) -> Step:
    a, b, c = (r.region(v[key], (place, key), depth) for key in "abc")
    dtype = r.dtype(c, (place, "c"), NUMBERS, "a gemm")
    for key, region in zip("abc", (a, b, c), strict=True):
        if len(region.shape) < 2:
            raise said((place, key), f"{len(region.shape)} dimensions", "at least 2")
        if any(isinstance(e, Const) and e.value != 1 for e in region.shape[:-2]):
            raise said((place, key), "a leading extent other than 1", "one matrix")
        found = r.dtype(region, (place, key), NUMBERS, "a gemm")
        if not widens(found, dtype):
            raise said((place, key), f"a buffer of {found}", f"one that {dtype} holds without loss")
    ta, tb = (r.flag(v, f"transpose_{key}", False, place) for key in "ab")
    clear = FALSE
    if "clear" in v:
        clear = r.e.of_dtype(v["clear"], "bool", (place, "clear"), depth)  # type: ignore[assignment]
    m, k = a.shape[-2:][::-1] if ta else a.shape[-2:]
    k_of_b, n = b.shape[-2:][::-1] if tb else b.shape[-2:]
    for name, x, y in (("M", m, c.shape[-2]), ("N", n, c.shape[-1]), ("K", k, k_of_b)):
        if isinstance(x, Const) and isinstance(y, Const) and x.value != y.value:
            raise said(place, f"extents {x.value} and {y.value} for {name}", "the same")
    return Gemm(a, b, c, ta, tb, clear)


def reduce(r: Pieces, v: dict[str, Any], place: Place, depth: int) -> Step:
    kind = r.one_of(v["kind"], (place, "kind"), REDUCTIONS)
    src = r.region(v["src"], (place, "src"), depth)
    dst = r.region(v["dst"], (place, "dst"), depth)
    among = BITS if kind.startswith("bit") else NUMBERS
    r.dtype(src, (place, "src"), among, kind)
    r.dtype(dst, (place, "dst"), among, kind)
    axis = r.axis(v["axis"], src, (place, "axis"))
    r.alike(place, src, dst, axis)
    return Reduce(
        kind, src, dst, axis, r.flag(v, "clear", True, place), r.flag(v, "nan", False, place)
    )


def scan(r: Pieces, v: dict[str, Any], place: Place, depth: int) -> Step:
    kind = r.one_of(v["kind"], (place, "kind"), SCANS)
    src = r.region(v["src"], (place, "src"), depth)
    dst = r.region(v["dst"], (place, "dst"), depth)
    r.dtype(src, (place, "src"), NUMBERS, kind)
    r.dtype(dst, (place, "dst"), NUMBERS, kind)
    r.alike(place, src, dst)
    axis = r.axis(v["axis"], src, (place, "axis"))
    return Scan(kind, src, dst, axis, r.flag(v, "reverse", False, place))


def transpose(r: Pieces, v: dict[str, Any], place: Place, depth: int) -> Step:
    src = r.region(v["src"], (place, "src"), depth)
    dst = r.region(v["dst"], (place, "dst"), depth)
    for key, region in (("src", src), ("dst", dst)):
        if len(region.shape) < 2:
            raise said((place, key), f"{len(region.shape)} dimensions", "at least 2")
    for x, y in zip(src.shape[-2:], dst.shape[-2:][::-1], strict=True):
        if isinstance(x, Const) and isinstance(y, Const) and x.value != y.value:
            raise said(place, f"extents {x.value} and {y.value}", "them exchanged")
    a, b = extents(src.shape[:-2]), extents(dst.shape[:-2])
    if a is not None and b is not None and a != b:
        raise said(place, f"leading extents {a} and {b}", "the same, but for extents of 1")
    return Transpose(src, dst)


def atomic(r: Pieces, v: dict[str, Any], place: Place, depth: int) -> Step:
    kind = r.one_of(v["kind"], (place, "kind"), ATOMICS)
    dst = r.region(v["dst"], (place, "dst"), depth)
    r.dtype(dst, (place, "dst"), NUMBERS, kind)
    if ("value" in v) == ("src" in v):
        raise said(place, "both or none of value and src", "one of them")
    if "value" in v:
        return Atomic(kind, dst, value=r.e.read(v["value"], (place, "value"), depth)[0])
    src = r.region(v["src"], (place, "src"), depth)
    r.alike(place, src, dst)
    return Atomic(kind, dst, src=src)
