"""One kernel's text, followed statement by statement on all its paths.

A loop over numbers that the text has is followed turn by turn; any other once, for a turn that
stands for all: what it leaves has to suit what it began with. Of a condition that isn't a number
both ways are followed, and have to leave the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from . import calls
from .actions import Actions
from .numbers import Known, Poly, Value, binary, computed, name, opaque, replaced
from .parser import parse
from .state import State
from .syntax import (
    Assign,
    Binary,
    Braces,
    Call,
    Choose,
    Declare,
    Do,
    Element,
    Expression,
    Function,
    Loop,
    Member,
    Name,
    Number,
    Return,
    Statement,
    Text,
    Unread,
)

#: Turns of a loop that are followed one by one, at most.
MOST_TURNS = 1 << 14


@dataclass(frozen=True)
class Pointer:
    """An address in a circular buffer: ``bytes`` from its next page to take or to fill, when
    ``done`` pages had been popped or pushed."""

    buffer: int
    writes: bool
    done: Value
    bytes: Value
    element: int = 0  # bytes of what is stored through it, where that is known


_FLOOR_DIV = parse(
    "inline int32_t floor_div(int32_t a, int32_t b) {"
    "return a / b - ((a % b != 0 && (a % b < 0) != (b < 0)) ? 1 : 0); }"
).functions["floor_div"]


def _is_floor_div(function: Function) -> bool:
    """Bounds of its values are known, if it is what it is called."""
    return (function.parameters, [_given(each) for each in function.body]) == (
        _FLOOR_DIV.parameters,
        [_given(each) for each in _FLOOR_DIV.body],
    )


def _given(each: Statement) -> Expression | None:
    return each.value if isinstance(each, Return) else None


_BYTES = {"uint16_t": 2, "int32_t": 4, "uint32_t": 4}


@dataclass
class Kernel:
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

    def run(self) -> State:
        """Follow kernel_main, and give what it leaves."""
        main = self.text.functions.get("kernel_main")
        if main is None:
            raise Unread(1, "found no kernel_main")
        state = State()
        self.names = [dict(self.text.constants)]
        self.block(main.body, state)
        self.actions.end(state, main.line)
        return state

    def block(self, body: tuple[Statement, ...], state: State) -> Any:
        self.names.append({})
        given = None
        for each in body:
            given = self.statement(each, state)
            if given is not None:
                break
        self.names.pop()
        return given

    def statement(self, each: Statement, state: State) -> Any:
        if isinstance(each, Declare):
            value = self.value(each.value, state, each.line)
            if isinstance(each.value, Call) and each.value.function in calls.ARGUMENTS:
                value = self.argument(each, each.value)
            self.names[-1][each.name] = value
        elif isinstance(each, Assign):
            self.assign(each, state)
        elif isinstance(each, Do):
            self.call(each.call, state)
        elif isinstance(each, Loop):
            self.loop(each, state)
        elif isinstance(each, Choose):
            self.choose(each, state)
        elif isinstance(each, Return):
            return self.value(each.value, state, each.line)
        return None

    def argument(self, each: Declare, call: Call) -> Value:
        """An argument's value is its name, which the kernels share."""
        if each.type == "uint32_t":
            self.known.counts.add(each.name)
        (place,) = call.arguments
        if self.shared is not None and call.function == "get_common_arg_val":
            number = place.value if isinstance(place, Number) else -1
            given = self.shared[number] if 0 <= number < len(self.shared) else "none"
            if given != each.name:
                self.actions.fault(
                    each.line, f"{each.name} is shared argument {number}; the host gives {given}"
                )
        return name(each.name)

    # Values.

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
            self.value(e.on, state, line)
            return self.unknown()
        assert isinstance(e, Element)
        raise Unread(line, "found a read through a pointer")

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
            return Pointer(a.buffer, a.writes, a.done, a.bytes + b)
        if not all(isinstance(x, (int, Poly)) for x in (a, b)):
            raise Unread(line, f"found {e.sign} of what is no number")
        return binary(e.sign, a, b)

    def assign(self, each: Assign, state: State) -> None:
        value = self.value(each.value, state, each.line)
        if isinstance(each.target, Element):
            pointer = self.value(each.target.on, state, each.line)
            index = self.value(each.target.index, state, each.line)
            if not isinstance(pointer, Pointer):
                raise Unread(each.line, "found a store through what is no pointer to a buffer")
            low, high = self.known.range(index)
            if pointer.element == 0 or low is None or high is None:
                low, high = 0, 0  # somewhere in the page where it points
            ends = (low * pointer.element, high * pointer.element)
            self.actions.store(pointer, ends, state, each.line)
            return
        if not isinstance(each.target, Name):
            raise Unread(each.line, "found an assignment to what is no name")
        key = each.target.name
        old = self.look(key, each.line)
        if each.sign == "+" and isinstance(old, Pointer):
            value = Pointer(old.buffer, old.writes, old.done, old.bytes + value)
        elif each.sign:
            value = binary(each.sign, old, value)
        where = max(index for index, scope in enumerate(self.names) if key in scope)
        if where < self.fixed:
            raise Unread(
                each.line,
                f"found {key} changed in one way of several, or in a turn of unknown bounds",
            )
        self.names[where][key] = value

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
        if function == "get_tile_size":
            return self.actions.page_bytes(self.actions.buffer(arguments[0], line))
        if function in calls.POINTERS:
            buffer = self.actions.buffer(arguments[0], line)
            writes = function == "get_write_ptr"
            done = (state.pushed if writes else state.popped).get(buffer, 0)
            return Pointer(buffer, writes, done, 0)
        self.actions.do(self.role, function, arguments, state, line)
        return None

    def enter(self, call: Call, state: State) -> Any:
        """A function of the kernel's own. One that only computes is a function of its values."""
        function = self.text.functions[call.function]
        given = [self.value(each, state, call.line) for each in call.arguments]
        if len(given) != len(function.parameters):
            raise Unread(
                call.line,
                f"{call.function} is given {len(given)} values; expected "
                f"{len(function.parameters)}",
            )
        if not self.acts(function.body):
            if not all(isinstance(x, (int, Poly)) for x in given):
                raise Unread(call.line, f"{call.function} computes with what is no number")
            if call.function == "floor_div" and not _is_floor_div(function):
                raise Unread(function.line, "found a floor_div that isn't one")
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

    # Ways.

    def apart(self, body: tuple[Statement, ...], state: State, line: int, fixed: int) -> None:
        """Follow a body that can't be left, in which the first ``fixed`` scopes don't change."""
        before, self.fixed = self.fixed, fixed
        if self.block(body, state) is not None:
            raise Unread(line, "found a return from within")
        self.fixed = before

    def choose(self, each: Choose, state: State) -> None:
        condition = self.value(each.condition, state, each.line)
        if isinstance(condition, int):
            self.apart(each.then if condition else each.otherwise, state, each.line, self.fixed)
            return
        other = state.copy()
        before = state.copy()
        self.apart(each.then, state, each.line, len(self.names))
        self.apart(each.otherwise, other, each.line, len(self.names))
        for what, a, b in (
            ("reserved", state.reserved, other.reserved), ("waited for", state.waited, other.waited)
        ):  # fmt: skip
            for buffer in sorted({*a, *b}):
                one, two = a.get(buffer, 0), b.get(buffer, 0)
                if one != two:
                    self.actions.fault(
                        each.line,
                        f"{self.actions.label(buffer)}: {one} pages are {what} after one way, and "
                        f"{two} after the other",
                    )
        if state.dst != other.dst or (state.dst != "free" and state.slots != other.slots):
            self.actions.fault(each.line, "DST is left in two states by two ways")
        for mine, its, first in (
            (state.pushed, other.pushed, before.pushed), (state.popped, other.popped, before.popped)
        ):  # fmt: skip
            for buffer in {*mine, *its}:
                begin = first.get(buffer, 0)
                one, two = mine.get(buffer, 0) - begin, its.get(buffer, 0) - begin
                mine[buffer] = begin + two + condition * (one - two)
        state.join_flags(other)

    def loop(self, each: Loop, state: State) -> None:
        first, end, step = (
            self.value(x, state, each.line) for x in (each.first, each.end, each.step)
        )
        if not isinstance(step, int) or step <= 0:
            raise Unread(each.line, f"found a loop that steps by {step}; expected a number")
        if all(isinstance(x, int) for x in (first, end)) and self.acts(each.body, deep=False):
            turns = range(first, end, step)
            if len(turns) > MOST_TURNS:
                raise Unread(each.line, f"found a loop of {len(turns)} turns")
            for at in turns:
                self.names.append({each.name: at})
                self.apart(each.body, state, each.line, self.fixed)
                self.names.pop()
            return
        self.any_turn(each, first, end, step, state)

    def any_turn(self, each: Loop, first: Value, end: Value, step: int, state: State) -> None:
        self.fresh += 1
        key = f"{each.name}#{self.fresh}"
        last, turns = end - step, self.turns(first, end, step)
        index = name(key)
        begin = state.copy()

        def once(entry: State) -> State:
            after = entry.copy()
            self.names.append({each.name: index})
            outer = self.fresh
            self.apart(each.body, after, each.line, len(self.names))
            self.fresh = outer
            self.names.pop()
            return after

        self.known.loops[key] = (first, last)
        if not self.acts(each.body, deep=False):
            # It only stores: the same each turn.
            found = once(state)
            if found.counts() != state.counts():
                raise Unread(each.line, "found a call within a declaration")
            state.join_flags(found)
            del self.known.loops[key]
            return
        if step != 1:
            raise Unread(each.line, f"found a loop that steps by {step}, of unknown bounds")
        found = once(begin)
        if found.flags() != begin.flags():  # a later turn begins with what one has left
            again = begin.copy()
            again.join_flags(found)
            again.filled = dict(begin.filled)
            found = once(again)
        self.actions.suits(begin, found, each.line)
        for kind in ("pushed", "popped"):
            before, after = getattr(begin, kind), getattr(found, kind)
            for buffer in after:
                gain = after[buffer] - before.get(buffer, 0)
                total = self.sum(gain, key, first, end, turns)
                getattr(state, kind)[buffer] = before.get(buffer, 0) + total
        for buffer, pages in found.waited.items():
            before_loop = begin.waited.get(buffer, 0)
            if pages == before_loop:
                continue
            # Of no turn at all what was there before is at least as much, or counts.
            after_last = replaced(pages, key, last)
            none = replaced(pages, key, first - 1)
            sure = self.known.at_most(none, before_loop) or self.known.at_most(1, turns)
            state.waited[buffer] = after_last if sure else before_loop
        state.join_flags(found)
        state.filled = dict(found.filled)
        # Of a product of no turns at all the slots hold the zeros that were acquired.
        state.slots |= found.slots
        del self.known.loops[key]

    def turns(self, first: Value, end: Value, step: int) -> Value:
        difference = end - first
        if isinstance(difference, int):
            return max(0, -(-difference // step))
        if step == 1 and self.known.at_most(0, difference):
            return difference
        return opaque("turns", difference, step)

    def sum(self, gain: Value, key: str, first: Value, end: Value, turns: Value) -> Value:
        """The gains of all turns from the first to before ``end``."""
        if not isinstance(gain, Poly) or not gain.has(key):
            return gain * turns
        depth = str(gain).count("sum(")
        bound = replaced(gain, key, name(f"@{depth}"))
        return computed("sum", first, end, bound)
