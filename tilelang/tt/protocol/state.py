"""What a kernel has done up to some place in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .numbers import Value


@dataclass
class State:
    """Pages by circular buffer, counted as the kernel itself counts them.

    ``reserved`` and ``waited`` are those that it may fill and take without asking again; ``pushed``
    and ``popped`` are totals. ``filled`` are places from the next one to push that something was
    put in. ``reading`` are buffers that reads may still be on the way to, ``leaving`` those that
    writes may still be read from, and ``unended`` says that a write may not have arrived.
    """

    reserved: dict[int, Value] = field(default_factory=dict)
    waited: dict[int, Value] = field(default_factory=dict)
    pushed: dict[int, Value] = field(default_factory=dict)
    popped: dict[int, Value] = field(default_factory=dict)
    filled: dict[int, frozenset[Value]] = field(default_factory=dict)
    reading: frozenset[int] = frozenset()
    leaving: frozenset[int] = frozenset()
    unended: bool = False
    dst: str = "free"
    slots: frozenset[int] = frozenset()

    def copy(self) -> State:
        return State(
            dict(self.reserved), dict(self.waited), dict(self.pushed), dict(self.popped),
            dict(self.filled), self.reading, self.leaving, self.unended, self.dst, self.slots,
        )  # fmt: skip

    def join_flags(self, other: State) -> None:
        """What may be so after either of two ways."""
        self.reading |= other.reading
        self.leaving |= other.leaving
        self.unended = self.unended or other.unended
        for buffer in {*self.filled, *other.filled}:
            none: frozenset[Value] = frozenset()
            self.filled[buffer] = self.filled.get(buffer, none) | other.filled.get(buffer, none)

    def counts(self) -> tuple[object, ...]:
        return self.reserved, self.waited, self.pushed, self.popped, self.dst, self.slots

    def flags(self) -> tuple[object, ...]:
        return self.reading, self.leaving, self.unended
