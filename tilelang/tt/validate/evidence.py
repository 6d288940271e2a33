"""The words of the evidence: levels, verdicts, controls. Plain data, which needs no ttnn."""

from __future__ import annotations

from dataclasses import dataclass, fields

#: What each level claims, in a sentence for the report.
LEVELS = {
    "E1": "its accessor words are those of ttnn's TensorAccessorArgs",
    "E2": "its pages, tiles, banks, sizes, padding and format are those that ttnn allocated",
    "E3": "TensorAccessor, on the device, finds each page at the predicted address of each NoC",
    "E4": "each page that ttnn wrote is read, without TensorAccessor, where it is predicted",
    "E5": "each page written without TensorAccessor where it is predicted is read back by ttnn",
    "E6": "by the schedule's core ranges and arguments each block's core copies the block's tile",
}
#: The levels that are about a tensor; the last is about a schedule.
TENSOR_LEVELS = tuple(LEVELS)[:-1]


# Characters of a difference's texts.
_MOST_SAID = 300


@dataclass(frozen=True)
class Difference:
    """The first difference: what it is about, what was claimed and what was found there."""

    what: str
    expected: str
    found: str

    def __post_init__(self) -> None:
        for field in fields(self):
            said = getattr(self, field.name)
            if len(said) > _MOST_SAID:
                object.__setattr__(self, field.name, f"{said[: _MOST_SAID - 3]}...")

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}; found {self.found}"


@dataclass(frozen=True)
class Verdict:
    """``checked`` counts what was compared: words, figures, addresses, pages or tiles."""

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


REJECTED, UNNOTICED, NO_EFFECT = "rejected", "unnoticed", "no effect"


@dataclass(frozen=True)
class Control:
    """What a level made of a mutation."""

    mutation: str
    level: str
    outcome: str
    reason: str = ""


@dataclass
class Examined:
    """The verdicts of a tensor or a schedule, and what became of its controls."""

    verdicts: list[Verdict]
    controls: list[Control]


def outcome(mutation: str, verdict: Verdict) -> Control:
    """What became of a control: the level has to reject the wrong claim."""
    if verdict.proven:
        return Control(mutation, verdict.level, UNNOTICED)
    return Control(mutation, verdict.level, REJECTED, str(verdict.difference))
