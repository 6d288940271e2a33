"""Text that is shown to people: printable, on one line, and of a bounded length.

A name in a plan may hold any character and be of any length; a terminal, an XML reader and a
browser each do something else with a control character. C++ has the same for its messages
(src/tt/text.h).
"""

from __future__ import annotations

import reprlib
from typing import Any

#: The most characters of one message.
MAX_MESSAGE = 2000


def printable(text: str, keep: str = "") -> str:
    r"""The text with what is no printable character escaped, as in ``\x1b``, but for ``keep``."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in keep else char.encode("unicode_escape").decode()
        for char in text
    )


def shortened(text: str, most: int = MAX_MESSAGE) -> str:
    """The text, or its two ends where it is longer."""
    if len(text) <= most:
        return text
    head = (most - 3) // 2
    return f"{text[:head]}...{text[len(text) - (most - 3 - head) :]}"


def one_line(text: str) -> str:
    """A message as one printable line of at most MAX_MESSAGE characters."""
    ends = shortened(text, 2 * MAX_MESSAGE)  # what is cut away needs no escaping
    return shortened(printable(" ".join(ends.split("\n"))))


_SHOWN = reprlib.Repr()
_SHOWN.maxlevel = 4
_SHOWN.maxdict = _SHOWN.maxlist = _SHOWN.maxtuple = 16
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = 120


def shown(value: Any) -> str:
    """A value that was found, as an error shows it: its repr, cut."""
    return shortened(printable(_SHOWN.repr(value)), 400)


def label(name: Any) -> str:
    """A name at the beginning of an error: as it is, but printable and cut."""
    return shortened(printable(shortened(str(name), 400)), 120)
