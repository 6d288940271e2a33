"""The words of the evidence: levels, verdicts, controls. Plain data, which needs no ttnn."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .results.picture import Picture

#: What each level claims, in a sentence for the report.
LEVELS = {
    "E1": "A tensor's accessor words are those of ttnn's TensorAccessorArgs.",
    "E2": "A tensor's pages, tiles, banks, sizes, padding, format are those that ttnn allocated.",
    "E3": "TensorAccessor, on the device, finds each page at its predicted address of each NoC.",
    "E4": "Each page that ttnn wrote is read, without TensorAccessor, where it is predicted.",
    "E5": "Each page written, without TensorAccessor, where it is predicted is read back by ttnn.",
    "E6": "Each block's tile is copied by the core that the schedule names, with its arguments.",
    "E7": "The kernel, generated and run, gives the interpreter's numbers, each within its bound.",
}
#: What each is called.
NAMES = {
    "E1": "arguments",
    "E2": "allocation",
    "E3": "addresses",
    "E4": "host to device",
    "E5": "device to host",
    "E6": "schedule",
    "E7": "result",
}
#: The levels that are about a tensor; one is about a schedule, and the last about a kernel.
TENSOR_LEVELS = tuple(LEVELS)[:5]

# Characters of a difference's texts.
_MOST_SAID = 300


@dataclass(frozen=True)
class Difference:
    """The first difference: what it is about, what was claimed and what was found there."""

    what: str
    expected: str
    found: str

    def __post_init__(self) -> None:
        for one in fields(self):
            said = getattr(self, one.name)
            if len(said) > _MOST_SAID:
                object.__setattr__(self, one.name, f"{said[: _MOST_SAID - 3]}...")

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}; found {self.found}"


@dataclass(frozen=True)
class Verdict:
    """``checked`` counts what was compared: words, figures, addresses, pages, tiles or elements."""

    level: str
    checked: int
    difference: Difference | None = None

    @property
    def proven(self) -> bool:
        return self.difference is None and self.checked > 0


@dataclass(frozen=True)
class Allocation:
    """What ttnn says of a tensor that it allocated; sizes in bytes.

    ``num_banks`` is the device's, over which pages go; ``tiles`` are down and across a matrix.
    ``data_format`` is "<dtype> in <format>" where ttnn has no tensor of the dtype and its bits
    travel in another of their size.
    """

    compile_time_args: tuple[int, ...]
    page_size: int
    aligned_page_size: int
    num_pages: int
    num_banks: int
    padded_shape: tuple[int, ...]
    needs_padding: bool
    tile_shape: tuple[int, int]
    tiles: tuple[int, int]
    data_format: str
    memory: str
    layout: str


#: How the reason begins why E7 of a kernel is not checked that no sources are generated for.
NOT_GENERATED = "no kernel is generated"

REJECTED, UNNOTICED, NO_EFFECT = "rejected", "unnoticed", "no effect"


@dataclass(frozen=True)
class Control:
    """What a level made of a mutation."""

    mutation: str
    level: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Result:
    """How an output of a kernel compares, on inputs of a ``kind``.

    ``checked`` of its elements have a bound. ``error`` is the largest of any of these, ``bound``
    the largest bound; ``used`` is which part of its own bound an element is off by, at most, and
    ``at`` which element that is. ``picture`` is of all of them (results/picture.py), and
    ``shape`` is the output's.
    """

    output: str
    kind: str
    elements: int
    checked: int
    error: float
    bound: float
    used: float
    shape: tuple[int, ...]
    at: tuple[int, ...]
    picture: Picture


@dataclass
class Examined:
    """The verdicts of a tensor, a schedule or a kernel, what became of its controls, and how a
    kernel's outputs compare."""

    verdicts: list[Verdict]
    controls: list[Control]
    results: list[Result] = field(default_factory=list)


def outcome(mutation: str, verdict: Verdict) -> Control:
    """What became of a control: the level has to reject the wrong claim."""
    if verdict.proven:
        return Control(mutation, verdict.level, UNNOTICED)
    return Control(mutation, verdict.level, REJECTED, str(verdict.difference))
