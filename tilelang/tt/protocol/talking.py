"""What kernels of several cores say to each other: multicasts, and the words that go with them.

One core sends and others receive, by the two ways of one condition. A receiver says that it has
room, by adding to the sender's word, and waits for its own; the sender waits for all, sets its word
back, multicasts, and then sets the receivers' words. Of room for what is sent one after the other
this may be said once; then the receivers' words count. All words end as they began, at 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .numbers import Value
from .state import Got, Sent, State, Talk
from .syntax import Unread

if TYPE_CHECKING:
    from .actions import Actions


@dataclass(frozen=True)
class Semaphore:
    """A word in L1, by its number."""

    number: int


@dataclass(frozen=True)
class Remote:
    """A place in another core's L1, or in those of a rectangle of cores (``many``)."""

    place: Any
    many: bool
    where: tuple[Any, ...]


def semaphore(value: Any, line: int) -> int:
    if not isinstance(value, Semaphore):
        raise Unread(line, "found what is no semaphore; expected get_semaphore of a number")
    return value.number


def set_word(at: Actions, word: Any, value: Value, state: State, line: int) -> None:
    number = semaphore(word, line)
    if number in state.talk.words_leaving:
        at.fault(line, f"semaphore {number} is set while a multicast of it may not have left")
    if value != 0:
        _more(at, number, value, state, line)
    state.talk.words[number] = value


def _more(at: Actions, number: int, value: Value, state: State, line: int) -> None:
    """A word that counts: who waits for what it was already waits for nothing."""
    before = state.talk.words.get(number, 0)
    if not at.known.at_most(before + 1, value):
        at.fault(
            line, f"semaphore {number} is to be {value}, and may have been so before: {before}"
        )


def wait_min(at: Actions, word: Any, value: Value, state: State, line: int) -> None:
    """For what the sender has, where it was told of room before."""
    number, talk = semaphore(word, line), state.talk
    _more(at, number, value, state, line)
    if not talk.agreed or talk.open():
        at.fault(line, f"semaphore {number} is waited for, and the sender wasn't told of room")
    room = frozenset(buffer for _, buffers in talk.agreed.values() for buffer in buffers)
    talk.got |= {Got(None, number, room)}
    talk.words[number] = value


def reserve(buffer: int, state: State) -> None:
    """What is said of room is said of what was reserved then."""
    agreed = state.talk.agreed
    for ready, (many, room) in agreed.items():
        agreed[ready] = many, room - {buffer}


def wait(at: Actions, word: Any, value: Value, state: State, line: int) -> None:
    """For all receivers, or for what the sender has."""
    number, talk = semaphore(word, line), state.talk
    if talk.asked is not None:
        ready, room = talk.asked
        talk.got |= {Got(ready, number, room)}
        talk.asked = None
    elif talk.open():
        at.fault(line, f"semaphore {number} is waited for, and nothing came of the wait before")
    else:
        talk.heard = number, value
    talk.words[number] = value


def add(at: Actions, where: Any, value: Value, state: State, line: int) -> None:
    """A receiver says that it has room."""
    if not isinstance(where, Remote) or where.many:
        raise Unread(line, "found no other core's semaphore to add to")
    number, talk = semaphore(where.place, line), state.talk
    if value != 1:
        at.fault(line, f"{value} is added to semaphore {number}; each receiver counts for 1")
    if talk.open() or any(word != 0 for word in talk.words.values()):
        at.fault(line, f"semaphore {number} is added to before words are as they were at first")
    room = frozenset(
        buffer
        for buffer, pages in state.reserved.items()
        if pages != 0 and buffer not in state.reading
    )
    talk.asked, talk.adding = (number, room), True


def multicast(
    at: Actions, pointer: Any, where: Any, size: Any, many: Value, state: State, line: int
) -> None:
    """Pages of a buffer to the same place in all receivers."""
    if not isinstance(where, Remote) or not where.many or not isinstance(size, int):
        raise Unread(line, "found a multicast to nowhere, or of an unknown size")
    if where.place != pointer:
        at.fault(line, "a multicast goes to another place than it comes from")
    talk = state.talk
    buffer, pages = at.pages_of(pointer, size, state, line)
    label = at.label(buffer)
    if buffer in state.reading:
        at.fault(line, f"{label} is multicast while reads to it may be on the way")
    at.arrived(buffer, pages, state, line)
    for page in sorted(pages - state.filled.get(buffer, frozenset()))[:1]:
        at.fault(line, f"page {page} of {label} is multicast, and nothing was put in it")
    if talk.heard is None:
        talk.heard = _told(talk, buffer, many)
    if talk.heard is None:
        at.fault(line, f"{label} is multicast, and receivers may have no room: no wait for them")
        talk.heard = -1, many
    ready, count = talk.heard
    if count != many:
        at.fault(line, f"{label} is multicast to {many} cores, and {count} were waited for")
    if talk.words.get(ready, 0) != 0:
        at.fault(line, f"{label} is multicast before semaphore {ready} is set back to 0")
    talk.heard, talk.begun = None, (ready, many, buffer, pages)
    state.leaving |= {buffer}
    state.unended = True


def _told(talk: Talk, buffer: int, many: Value) -> tuple[int, Value] | None:
    """By which word receivers have told of room for a buffer, and how many they are.

    Each group tells of room for all that was reserved then, also for what another group gets: what
    counts is the group of as many cores as it is sent to."""
    told = [(ready, n) for ready, (n, room) in talk.agreed.items() if buffer in room]
    return next((each for each in told if each[1] == many), told[0] if told else None)


def multicast_word(
    at: Actions, word: Any, where: Any, many: Value, state: State, line: int
) -> None:
    """Receivers are told that all has come."""
    number, talk = semaphore(word, line), state.talk
    if not isinstance(where, Remote) or not where.many:
        raise Unread(line, "found a multicast of a semaphore to nowhere")
    if where.place != word:
        at.fault(line, f"semaphore {number} is multicast to another one")
    if talk.begun is None:
        at.fault(line, f"semaphore {number} is multicast, and nothing before it")
        return
    ready, count, buffer, pages = talk.begun
    if buffer in state.leaving:
        at.fault(
            line,
            f"semaphore {number} is multicast while {at.label(buffer)} may not have left: on a "
            "Blackhole it may be there first; no noc_async_writes_flushed between",
        )
    if count != many:
        at.fault(line, f"semaphore {number} is multicast to {many} cores, and {count} got pages")
    if not at.known.at_most(1, talk.words.get(number, 0)):
        at.fault(line, f"semaphore {number} is {talk.words.get(number, 0)}; receivers wait for 1")
    talk.begun = None
    talk.sent |= {Sent(ready, number, buffer, pages)}
    talk.words_leaving |= {number}
    state.unended = True


def agree(at: Actions, one: State, other: State, line: int) -> None:
    """The two ways of a condition: what is sent on one of them is got on the other."""
    for state, its in ((one, other), (other, one)):
        for sent in state.talk.sent:
            one.talk.come[sent.buffer] = sent.pages
            if not any(_met(got, sent) and sent.buffer in got.room for got in its.talk.got):
                at.fault(
                    line,
                    f"{at.label(sent.buffer)} is multicast on one way, by semaphores {sent.ready} "
                    f"and {sent.valid}; on the other nobody has room for it and waits",
                )
        for got in state.talk.got:
            if not any(_met(got, sent) for sent in its.talk.sent):
                at.fault(line, f"semaphore {got.valid} is waited for, and nobody ever sets it")
    for state, its in ((one, other), (other, one)):
        _agree_on_room(state, its)
    if one.talk.between() != other.talk.between():
        at.fault(line, "a way ends between a wait for other cores and what it is for")
    if _set(one) != _set(other):
        at.fault(line, "semaphores are left at other values by one way than by the other")
    one.talk.sent, one.talk.got = frozenset(), frozenset()


def _agree_on_room(one: State, other: State) -> None:
    """One way has heard of room that receivers, who go the other one, have told of."""
    heard, asked = one.talk.heard, other.talk.asked
    if heard is not None and asked is not None and heard[0] == asked[0]:
        one.talk.agreed[heard[0]] = other.talk.agreed[heard[0]] = heard[1], asked[1]
        one.talk.heard = other.talk.asked = None


def _met(got: Got, sent: Sent) -> bool:
    return got.valid == sent.valid and got.ready in (None, sent.ready)


def push(at: Actions, buffer: int, pages: int, state: State, line: int) -> None:
    """What is handed on of a buffer that is shared, all cores have to have got."""
    come = state.talk.come.pop(buffer, None)
    missing = [] if come is None else [page for page in range(pages) if page not in come]
    if missing:
        at.fault(line, f"page {missing[0]} of {at.label(buffer)} is pushed; receivers never got it")


def suits(at: Actions, before: State, after: State, line: int) -> None:
    """A turn of a loop leaves semaphores as it found them."""
    if _set(before) != _set(after) or after.talk.open():
        at.fault(line, f"a turn ends with semaphores at {_set(after)}, begun with {_set(before)}")


def end(at: Actions, state: State, line: int) -> None:
    for number, value in _set(state).items():
        at.fault(line, f"semaphore {number} is {value} at the end; the next launch expects 0")
    if state.talk.open() or state.talk.sent or state.talk.got:
        at.fault(line, "the kernel ends while other cores wait for it, or it for them")
    if state.talk.adding:
        at.fault(line, "the kernel ends while an increment may be on the way: no atomic barrier")


def _set(state: State) -> dict[int, Value]:
    return {number: value for number, value in state.talk.words.items() if value != 0}
