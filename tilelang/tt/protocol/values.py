"""What expressions of a kernel are worth where it is followed, and what their calls do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from . import calls
from .actions import Actions
from .numbers import Known, Poly, Value, binary, name, opaque
from .parser import parse
from .state import State
from .syntax import (
    Assign,
    Binary,
    Braces,
    Call,
    Choose,
    Do,
    Element,
    Expression,
    Loop,
    Member,
    Name,
    Number,
    Statement,
    Text,
    Unread,
)
from .talking import Remote, Semaphore


@dataclass(frozen=True)
class Pointer:
    """An address in a circular buffer: ``bytes`` from its next page to take or to fill, when
    ``done`` pages had been popped or pushed, and ``room`` were there to be used. ``after``: the
    buffer's end was minded, which may be before it."""

    buffer: int
    writes: bool
    done: Value
    bytes: Value
    room: Value = 0
    after: bool = False
    element: int = 0  # bytes of what is stored through it, where that is known


_KNOWN = parse(
    """
inline int32_t floor_div(int32_t a, int32_t b) {
    return a / b - ((a % b != 0 && (a % b < 0) != (b < 0)) ? 1 : 0);
}
inline uint32_t place_after(uint32_t buffer, uint32_t tiles) {
    const uint32_t place = get_write_ptr(buffer) + tiles * get_tile_size(buffer);
    const bool at_end = place == get_local_cb_interface(buffer).fifo_limit;
    return at_end ? place - get_local_cb_interface(buffer).fifo_size : place;
}
"""
).functions
"""Functions of whose values more is known than the text has, if they are what they are called:
bounds, and that a place follows another one in a circular buffer."""


class Group(dict[str, Any]):
    """A struct that has semaphores, by its fields; of any other nothing is known."""


_BYTES = {"uint16_t": 2, "int32_t": 4, "uint32_t": 4}


@dataclass
class Values:
    """A kernel as it is followed. ``shared`` are names of arguments, as the host gives them."""

    role: str
    text: Text
    actions: Actions
    shared: tuple[str, ...] | None
    fresh: int = 0
    fixed: int = (
        0  # how many scopes may not change: a way of several, or a turn of many, is followed
    )
    names: list[dict[str, Any]] = field(default_factory=list)

    @property
    def known(self) -> Known:
        return self.actions.known

    def block(self, body: tuple[Statement, ...], state: State) -> Any:
        """Follow statements; what they return."""
        raise NotImplementedError

    def unknown(self) -> Value:
        self.fresh += 1
        return name(f"?{self.fresh}")

    def look(self, key: str, line: int) -> Any:
        for scope in reversed(self.names):
            if key in scope:
                return scope[key]
        raise Unread(line, f"found {key}, which is declared nowhere")

    def value(self, e: Expression, state: State, line: int) -> Any:
        if isinstance(e, Number):
            return e.value
        if isinstance(e, Name):
            return self.look(e.name, line)
        if isinstance(e, Binary):
            return self.operation(e, state, line)
        if isinstance(e, Call):
            return self.call(e, state)
        if isinstance(e, Braces):
            return tuple(self.value(each, state, line) for each in e.values)
        if isinstance(e, Member):
            of = self.value(e.on, state, line)
            return of.get(e.name) if isinstance(of, Group) else self.unknown()
        assert isinstance(e, Element)
        pointer, ends = self.element(e, line, state)
        self.actions.load(pointer, ends, state, line)
        return self.unknown()

    def element(self, e: Element, line: int, state: State) -> tuple[Pointer, tuple[int, int]]:
        """What an element is of, and the first and the last byte where it may be from there."""
        pointer, index = self.value(e.on, state, line), self.value(e.index, state, line)
        if not isinstance(pointer, Pointer):
            raise Unread(line, "found an access through what is no pointer to a buffer")
        low, high = self.known.range(index)
        if pointer.element == 0 or low is None or high is None:
            low, high = 0, 0  # somewhere in the page where it points
        return pointer, (low * pointer.element, high * pointer.element)

    def operation(self, e: Binary, state: State, line: int) -> Any:
        if e.sign == "?" and e.b is not None and e.c is not None:
            condition, a, b = (self.value(x, state, line) for x in (e.a, e.b, e.c))
            if isinstance(condition, int):
                return a if condition else b
            return a if a == b else opaque("?", condition, a, b)
        if e.b is None:
            inner = self.value(e.a, state, line)
            return 1 - inner if e.sign == "!" else -inner
        a, b = self.value(e.a, state, line), self.value(e.b, state, line)
        if isinstance(a, Pointer) and e.sign == "+":
            return replace(a, bytes=a.bytes + b)
        if not all(isinstance(x, (int, Poly)) for x in (a, b)):
            raise Unread(line, f"found {e.sign} of what is no number")
        return binary(e.sign, a, b)

    # Calls.

    def call(self, call: Call, state: State) -> Any:
        line = call.line
        if call.on is not None:
            self.value(call.on, state, line)
            for each in call.arguments:
                self.value(each, state, line)
            return self.unknown()  # of a struct that only computes
        function = call.function
        if function == "reinterpret_cast":
            found = self.value(call.arguments[0], state, line)
            if isinstance(found, Pointer):
                size = sum(_BYTES.get(word, 0) for word in call.template.split())
                return replace(found, element=size)
            return found
        if function in calls.ARGUMENTS:
            return self.unknown()
        if function in ("TensorAccessorArgs", "TensorAccessor"):
            return function
        if function in self.text.functions:
            return self.enter(call, state)
        arguments = [self.value(each, state, line) for each in call.arguments]
        if function == "get_semaphore":
            if not isinstance(arguments[0], int):
                raise Unread(line, "found a semaphore whose number isn't one of the text's")
            return Semaphore(arguments[0])
        if function in calls.REMOTE:
            return Remote(arguments[-1], "multicast" in function, tuple(arguments[:-1]))
        if function == "get_tile_size":
            return self.actions.page_bytes(self.actions.buffer(arguments[0], line))
        if function in calls.POINTERS:
            return self.pointer(arguments[0], function == "get_write_ptr", state, line)
        self.actions.do(self.role, function, arguments, state, line)
        return None

    def pointer(self, given: Any, writes: bool, state: State, line: int) -> Pointer:
        buffer = self.actions.buffer(given, line)
        done = (state.pushed if writes else state.popped).get(buffer, 0)
        room = (state.reserved if writes else state.waited).get(buffer, 0)
        return Pointer(buffer, writes, done, 0, room)

    def place_after(self, given: Any, pages: Any, *, state: State, line: int) -> Pointer:
        """The place after those that stand side by side, which may be the buffer's beginning."""
        pointer = self.pointer(given, True, state, line)
        beside = state.beside.get(pointer.buffer, 0)
        if pages != beside:
            self.actions.fault(
                line,
                f"{self.actions.label(pointer.buffer)}: the place after {pages} pages is asked "
                f"for, and {beside} stand side by side",
            )
        return replace(pointer, bytes=pages * self.actions.page_bytes(pointer.buffer), after=True)

    def enter(self, call: Call, state: State) -> Any:
        """A function of the kernel's own. One that only computes is a function of its values."""
        function = self.text.functions[call.function]
        given = [self.value(each, state, call.line) for each in call.arguments]
        if function.name in _KNOWN and function != _KNOWN[function.name]:
            raise Unread(function.line, f"found a {function.name} that isn't one")
        if len(given) != len(function.parameters):
            raise Unread(
                call.line,
                f"{call.function} is given {len(given)} values; expected "
                f"{len(function.parameters)}",
            )
        if call.function == "place_after":
            return self.place_after(*given, state=state, line=call.line)
        if not self.acts(function.body):
            if not all(isinstance(x, (int, Poly)) for x in given):
                raise Unread(call.line, f"{call.function} computes with what is no number")
            return opaque(call.function, *given)
        outer = self.names, self.fixed
        own = dict(zip(function.parameters, given, strict=True))
        self.names, self.fixed = [dict(self.text.constants), own], 0
        found = self.block(function.body, state)
        self.names, self.fixed = outer
        return found

    def acts(self, body: tuple[Statement, ...], deep: bool = True) -> bool:
        """Whether any statement does more than compute. Not ``deep``: stores don't count."""
        return any(self._acts(each, deep) for each in body)

    def _acts(self, each: Statement, deep: bool) -> bool:
        if isinstance(each, Loop):
            return self.acts(each.body, deep)
        if isinstance(each, Choose):
            return self.acts(each.then, deep) or self.acts(each.otherwise, deep)
        if isinstance(each, Assign):
            return deep or not isinstance(each.target, Element)
        if isinstance(each, Do):
            called = self.text.functions.get(each.call.function)
            return called is None or self.acts(called.body, deep)
        return False
