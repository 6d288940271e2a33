"""Where in a document something is, and the ValueError that says what is wrong there.

A place is a linked tuple (place of the parent, key or index...), so that a document without faults
costs no text.
"""

from __future__ import annotations

import json
from typing import Any

Place = tuple[Any, ...]
ROOT: Place = ()


def text_of_place(place: Place) -> str:
    """As in ``launches[0].body[2].src``; "the program" for the document itself."""
    parts: list[Any] = []
    while place:
        parts[:0] = place[1:]
        place = place[0]
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.lstrip(".") or "the program"


def shown(value: Any) -> str:
    """A value as it stands in JSON, cut short."""
    try:
        text = json.dumps(value, default=repr)
    except (TypeError, ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."


def fault(place: Place, found: Any, expected: str) -> ValueError:
    """The error of a value that is in the document."""
    return said(place, shown(found), expected)


def said(place: Place, found: str, expected: str) -> ValueError:
    """The error of what is described in words."""
    return ValueError(f"{text_of_place(place)}: found {found}; expected {expected}")
