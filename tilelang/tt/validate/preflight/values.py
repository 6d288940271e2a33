"""Whether a value is what a claim may hold at a place, and what is said where it is not.

Types are taken strictly: True is no number of banks, and 12.0 none either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..evidence import Difference

#: What a word of a kernel's arguments holds, and a count that one is to hold.
UINT32 = 2**32 - 1

_SHOWN, _LONGEST = 80, 1000


class Malformed(Exception):
    """What is wrong with a claim; it doesn't leave this package."""

    def __init__(self, what: str, expected: str, found: object) -> None:
        super().__init__(what)
        self.difference = Difference(what, expected, show(found))


def expect(holds: bool, what: str, expected: str, found: object) -> None:
    """Raise Malformed unless that holds; ``found`` is shown as Python writes it."""
    if not holds:
        raise Malformed(what, expected, found)


def fault_of(check: Callable[..., None], *args: Any) -> Difference | None:
    """What a check raises as Malformed, or nothing."""
    try:
        check(*args)
    except Malformed as malformed:
        return malformed.difference
    return None


def show(value: object) -> str:
    """A value of whatever kind as a short text."""
    try:
        text = str(value) if isinstance(value, Words) else repr(value)
    except Exception:  # a number of too many digits, or a repr of someone else's
        text = f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


class Words(str):
    """What was found, where it is said in words."""


def integer(what: str, value: object, least: int = 0, most: int = UINT32) -> None:
    right = type(value) is int and least <= value <= most
    expect(right, what, f"an integer from {least} to {most}", value)


def integers(
    what: str, value: object, least: int = 0, most: int = UINT32, length: int | None = None
) -> None:
    """A tuple of integers, of a length if one is given."""
    many = "integers" if length is None else f"{length} integers"
    right = type(value) is tuple and (length is None or len(value) == length)
    expect(right, what, f"a tuple of {many}", value)
    for place, item in enumerate(value if isinstance(value, tuple) else ()):
        integer(f"{what}[{place}]", item, least, most)


def text(what: str, value: object) -> None:
    """A text that can be written into a report: no control characters, and no end of lines."""
    right = isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()
    expect(right, what, f"a printable text of at most {_LONGEST} characters", value)


def one_of(what: str, value: object, *allowed: str) -> None:
    expected = allowed[0] if len(allowed) == 1 else f"one of {', '.join(allowed)}"
    expect(isinstance(value, str) and value in allowed, what, expected, value)
