"""What an author may say of a schedule: a policy, an order, and the cores that may be used.

docs/metadata.md says what each means. Whether a device has the cores is for the passes to check.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Any

from .metadata import CoreRange, plain_value
from .text import shown

#: How blocks go to cores; "auto" is a question, which infer_metadata answers with one of them.
POLICIES = ("contiguous", "strided", "rectangular")
AUTO = "auto"
ORDERS = ("row_major", "column_major")

#: A grid of the first cores, (columns, rows); one rectangle, (x0, y0, x1, y1) with corners
#: inclusive; or several that are disjoint.
Cores = Iterable[Any]


def policy_attrs(
    policy: str | None = None, order: str | None = None, cores: Cores | None = None
) -> dict[str, Any]:
    """The attributes that say it; of what is None, none.

    Raises ValueError for what is of the wrong type or form, and NotImplementedError for a policy
    or an order that there is no rule for.
    """
    attrs: dict[str, Any] = {}
    if policy is not None:
        attrs["tt_schedule_policy"] = _one_of("policy", policy, (*POLICIES, AUTO))
    if order is not None:
        attrs["tt_schedule_order"] = _one_of("order", order, ORDERS)
    if cores is not None:
        attrs["tt_cores"] = rectangles(cores)
    return attrs


def said_of_schedule(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """What a function's attributes say of it, as plain values: ``policy``, ``order``, ``cores``."""
    names = {"policy": "tt_schedule_policy", "order": "tt_schedule_order", "cores": "tt_cores"}
    return {said: plain_value(attrs[name]) for said, name in names.items() if name in attrs}


def rectangles(cores: Cores) -> list[list[int]]:
    """Cores as the rectangles of ``tt_cores``. Raises ValueError for what names none."""
    wrong = ValueError(
        f"cores is {shown(cores)}; expected a grid (columns, rows), a rectangle (x0, y0, x1, y1) "
        "with corners inclusive, or a list of rectangles"
    )
    try:
        if isinstance(cores, CoreRange):
            cores = [cores]
        items = list(cores)
        if items and all(hasattr(item, "__index__") for item in items):
            items = [_grid(items) if len(items) == 2 else items]
        found = [_corners(item) for item in items]
    except TypeError:
        raise wrong from None
    if not found or any(len(corners) != 4 for corners in found):
        raise wrong
    return found


def parse_cores(texts: Iterable[str]) -> list[list[int]]:
    """Cores as a command line names them: "4x2", or "0,0,3,1", perhaps several of these."""
    found = []
    for text in texts:
        columns, x, rows = text.partition("x")
        numbers = [columns, rows] if x else text.split(",")
        if len(numbers) != (2 if x else 4) or not all(n.strip().isdecimal() for n in numbers):
            raise ValueError(
                f"found cores {text!r}; expected a grid, as in 4x2, or a rectangle x0,y0,x1,y1 "
                "with corners inclusive, as in 0,0,3,1"
            )
        found += rectangles([int(number) for number in numbers])
    return found


def _one_of(what: str, value: str, known: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what} is {shown(value)}; expected a string")
    if value not in known:
        raise NotImplementedError(
            f"{what} is {shown(value)}; expected one of {', '.join(known)}, which have a rule"
        )
    return value


def _grid(sides: list[Any]) -> list[int]:
    columns, rows = map(operator.index, sides)
    return [0, 0, columns - 1, rows - 1]


def _corners(item: Any) -> list[int]:
    if isinstance(item, CoreRange):
        return [item.x0, item.y0, item.x1, item.y1]
    return [operator.index(number) for number in item]
