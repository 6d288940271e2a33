"""Declarations that stand where they are first needed, and not before all else.

An argument is a load from L1, which a core waits for. Where a core runs one block, each is read
once wherever it stands, so what is done last takes its arguments last, and reads begin sooner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Declared:
    """A constant, and the lines that declare it, as they stand at a depth of 1."""

    name: str
    lines: tuple[str, ...]

    @property
    def words(self) -> set[str]:
        return {word for line in self.lines for word in _WORD.findall(line)} - {self.name}


def placed(
    main: Sequence[str], declared: Sequence[Declared], depth: int
) -> tuple[list[Declared], list[str]]:
    """Those that stand before all of a kernel's lines, and its lines with the others in them.

    Parameters
    ----------
    main : the lines of kernel_main but for the declarations
    declared : in an order in which each needs but earlier ones
    depth : that of the statements of a block
    """
    starts, pad = _starts(main, depth), "    " * depth
    in_lines = _places(_WORD.findall(line) for line in main)
    in_others = _places(each.words for each in declared)
    where: dict[str, int | None] = {}
    for each in reversed(declared):
        # What stands around a block's statements is before them or after them.
        places = [
            _before(at, starts) if main[at].startswith(pad) else None
            for at in in_lines.get(each.name, ())
        ]
        places += [where[declared[at].name] for at in in_others.get(each.name, ())]
        known = [at for at in places if at is not None]
        where[each.name] = min(known) if known and len(known) == len(places) else None
    # What is needed until something is done in a loop or an if stands before all.
    first = next((at for at in starts if _opens(main, at, pad)), len(main))
    early = [each for each in declared if (where[each.name] or 0) <= first]
    out: list[str] = []
    for at, line in enumerate(main):
        here = [each for each in declared if where[each.name] == at and each not in early]
        if here:
            out.append(f"{pad}// Arguments of what follows.")
        out += [f"{pad[4:]}{text}" for each in here for text in each.lines]
        out.append(line)
    return early, out


def _places(texts: Iterable[Iterable[str]]) -> dict[str, list[int]]:
    """Of each word the numbers of the texts that have it."""
    found: dict[str, list[int]] = {}
    for at, words in enumerate(texts):
        for word in set(words):
            found.setdefault(word, []).append(at)
    return found


def _starts(main: Sequence[str], depth: int) -> list[int]:
    """The lines at which statements of a block begin, with the comments above them."""
    pad = "    " * depth
    starts: list[int] = []
    above: int | None = None
    for at, line in enumerate(main):
        if not line.startswith(pad) or line[len(pad) :][:1] in (" ", "}", ""):
            above = None
            continue
        above = at if above is None else above
        if not line.startswith(f"{pad}//"):
            starts.append(above)
            above = None
    return starts


def _opens(main: Sequence[str], at: int, pad: str) -> bool:
    """Whether the statement that begins at a line has a body."""
    while main[at].startswith(f"{pad}//"):
        at += 1
    return main[at].endswith("{") and main[at].startswith((f"{pad}if", f"{pad}for"))


def _before(at: int, starts: Sequence[int]) -> int | None:
    """The last of them up to a line; None before the first."""
    return max((start for start in starts if start <= at), default=None)
