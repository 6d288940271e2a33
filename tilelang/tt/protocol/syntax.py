"""The subset of C++ that is read: tokens, and the tree of a kernel's text. Trees are equal wherever
their texts stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Union

_TOKEN = re.compile(
    r"(?P<space>[ \t]+|//[^\n]*|#include[^\n]*|#define INP_FLOAT32(?=\n))|(?P<line>\n)"
    r"|(?P<number>0[xX][0-9a-fA-F]+|\d+)[uU]?|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>::|\+\+|--|\+=|-=|\*=|&&|\|\||==|!=|<=|>=|>>|<<|[-+*/%<>=!?:;,.(){}\[\]&|])"
)


class Unread(ValueError):
    """Text that isn't of the subset; ``line`` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line, self.what = line, what


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    line: int


def tokens(text: str) -> Iterator[Token]:
    """What a text is made of, without blanks, comments and includes."""
    at, line = 0, 1
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Unread(line, f"found {text[at : at + 20].splitlines()[0]!r}")
        kind = found.lastgroup or ""
        if kind == "line":
            line += 1
        elif kind != "space":
            yield Token(kind, found[kind], line)
        at = found.end()
    yield Token("end", "the end", line)


@dataclass(frozen=True)
class Number:
    value: int


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Binary:
    """A sign between two, or "?" with a third; a sign before one has it as ``a``."""

    sign: str
    a: Expression
    b: Expression | None = None
    c: Expression | None = None


@dataclass(frozen=True)
class Call:
    """``function(arguments)``, or of a member of ``on``. ``template`` is not read but for types."""

    function: str
    template: str
    arguments: tuple[Expression, ...]
    line: int = field(compare=False)
    on: Expression | None = None


@dataclass(frozen=True)
class Member:
    on: Expression
    name: str


@dataclass(frozen=True)
class Element:
    on: Expression
    index: Expression


@dataclass(frozen=True)
class Braces:
    values: tuple[Expression, ...]


Expression = Union[Number, Name, Binary, Call, Member, Element, Braces]  # noqa: UP007


@dataclass(frozen=True)
class Declare:
    line: int = field(compare=False)
    type: str
    name: str
    value: Expression


@dataclass(frozen=True)
class Assign:
    """``target`` = value, or what ``sign`` says: "+", "-" or "*" before the =."""

    line: int = field(compare=False)
    target: Expression
    sign: str
    value: Expression


@dataclass(frozen=True)
class Do:
    line: int = field(compare=False)
    call: Call


@dataclass(frozen=True)
class Loop:
    """``for (TYPE name = first; name < end; name += step)``"""

    line: int = field(compare=False)
    type: str
    name: str
    first: Expression
    end: Expression
    step: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Choose:
    line: int = field(compare=False)
    condition: Expression
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@dataclass(frozen=True)
class Return:
    line: int = field(compare=False)
    value: Expression


Statement = Union[Declare, Assign, Do, Loop, Choose, Return]  # noqa: UP007


@dataclass(frozen=True)
class Function:
    name: str
    parameters: tuple[str, ...]
    body: tuple[Statement, ...]
    line: int = field(compare=False)


@dataclass
class Text:
    """A kernel's text. ``structs`` are the fields of each, in order."""

    constants: dict[str, int] = field(default_factory=dict)
    structs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
