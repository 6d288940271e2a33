"""What a kernel has done up to some place in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .numbers import Value, replaced


@dataclass(frozen=True)
class Sent:
    """What was multicast: how the sender knew that there is room, by what word it says that all
    has come, and the pages of the buffer."""

    ready: int
    valid: int
    buffer: int
    pages: frozenset[int]


@dataclass(frozen=True)
class Got:
    """What was waited for: by what words, and the buffers that had room when that was said.
    ``ready`` None: that was said before, for more than this."""

    ready: int | None
    valid: int
    room: frozenset[int]


@dataclass(frozen=True)
class Tagged:
    """A read to a place from a buffer's next one to push, with its transaction id, where
    ``condition`` is 1."""

    buffer: int
    place: int
    tag: Value
    condition: Value = 1

    def by(self, key: str, value: Value) -> Tagged:
        """With another value in a name's place."""
        tag, condition = replaced(self.tag, key, value), replaced(self.condition, key, value)
        return replace(self, tag=tag, condition=condition)


@dataclass
class Talk:
    """How far a kernel is with other cores, of which it knows by words in L1, the semaphores.

    ``agreed``: the word by which receivers have said that there is room, on one way of an if, and
    the sender has heard it on the other; how many they are, and the buffers that had room.

    ``words`` are what this kernel knows them to be: 0 at first. ``heard`` is the one by which all
    receivers have said, and how many, that there is room, ``begun`` what has been multicast since;
    ``asked`` the one by which a sender was told of room, and the buffers that had it. ``sent`` and
    ``got`` are what was done on one way of an if, of which another core takes the other one, and
    ``come`` are the pages of buffers that all cores have then.
    ``words_leaving`` are semaphores that a multicast may still read, ``adding`` says that an
    increment may not have arrived.
    """

    words: dict[int, Value] = field(default_factory=dict)
    heard: tuple[int, Value] | None = None
    begun: tuple[int, Value, int, frozenset[int]] | None = None
    asked: tuple[int, frozenset[int]] | None = None
    sent: frozenset[Sent] = frozenset()
    got: frozenset[Got] = frozenset()
    come: dict[int, frozenset[int]] = field(default_factory=dict)
    agreed: dict[int, tuple[Value, frozenset[int]]] = field(default_factory=dict)
    words_leaving: frozenset[int] = frozenset()
    adding: bool = False

    def copy(self) -> Talk:
        own = {"words": dict(self.words), "come": dict(self.come), "agreed": dict(self.agreed)}
        return replace(self, **own)  # type: ignore[arg-type]

    def join(self, other: Talk) -> None:
        self.words_leaving |= other.words_leaving
        self.adding = self.adding or other.adding

    def flags(self) -> tuple[object, ...]:
        return self.words_leaving, self.adding

    def between(self) -> tuple[object, ...]:
        """What was begun and isn't ended."""
        return self.heard, self.begun, self.asked

    def open(self) -> bool:
        return any(each is not None for each in self.between())


@dataclass
class State:
    """Pages by circular buffer, counted as the kernel itself counts them.

    ``reserved`` and ``waited`` are those that it may fill and take without asking again; ``pushed``
    and ``popped`` are totals. ``beside`` are those of the reserved ones that stand side by side,
    while the others may be at the buffer's beginning. ``filled`` are places from the next one to
    push that something was put in. ``reading`` are buffers that reads may still be on the way to,
    ``leaving`` those that writes may still be read from, and ``unended`` says that a write may not
    have arrived. ``tag`` is the transaction id that reads have from here on, ``tagged`` are those
    on the way with one.
    """

    reserved: dict[int, Value] = field(default_factory=dict)
    beside: dict[int, Value] = field(default_factory=dict)
    waited: dict[int, Value] = field(default_factory=dict)
    pushed: dict[int, Value] = field(default_factory=dict)
    popped: dict[int, Value] = field(default_factory=dict)
    filled: dict[int, frozenset[Value]] = field(default_factory=dict)
    reading: frozenset[int] = frozenset()
    leaving: frozenset[int] = frozenset()
    unended: bool = False
    dst: str = "free"
    slots: frozenset[int] = frozenset()
    tag: Value = 0
    tagged: frozenset[Tagged] = frozenset()
    talk: Talk = field(default_factory=Talk)

    def copy(self) -> State:
        return State(
            dict(self.reserved), dict(self.beside), dict(self.waited), dict(self.pushed),
            dict(self.popped), dict(self.filled), self.reading, self.leaving, self.unended,
            self.dst, self.slots, self.tag, self.tagged, self.talk.copy(),
        )  # fmt: skip

    def join_flags(self, other: State) -> None:
        """What may be so after either of two ways."""
        self.reading |= other.reading
        self.leaving |= other.leaving
        self.unended = self.unended or other.unended
        self.tagged |= other.tagged
        self.talk.join(other.talk)
        for buffer in {*self.filled, *other.filled}:
            none: frozenset[Value] = frozenset()
            self.filled[buffer] = self.filled.get(buffer, none) | other.filled.get(buffer, none)

    def counts(self) -> tuple[object, ...]:
        return self.reserved, self.waited, self.pushed, self.popped, self.dst, self.slots

    def flags(self) -> tuple[object, ...]:
        return self.reading, self.leaving, self.unended, self.talk.flags()
