"""One kernel's text, followed statement by statement on all its paths.

A loop over numbers that the text has is followed turn by turn; any other once, for a turn that
stands for all: what it leaves has to suit what it began with. Of a condition that isn't a number
both ways are followed, and have to leave the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import calls, talking
from .numbers import Poly, Value, below_of, binary, name
from .state import State
from .syntax import (
    Assign,
    Binary,
    Call,
    Choose,
    Declare,
    Do,
    Element,
    Loop,
    Name,
    Number,
    Return,
    Statement,
    Unread,
)
from .talking import Semaphore
from .turns import Turns
from .values import Group, Pointer

#: Turns of a loop that are followed one by one, at most.
MOST_TURNS = 1 << 14


class Kernel(Turns):
    """A kernel that is followed from its beginning to its end."""

    def run(self) -> State:
        """Follow kernel_main, and give what it leaves."""
        main = self.text.functions.get("kernel_main")
        if main is None:
            raise Unread(1, "found no kernel_main")
        state = State()
        self.names = [dict(self.text.constants)]
        #: Variables of loops whose turns are followed one by one, by the values of arguments.
        self.by_turn: set[str] = set()
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
            if isinstance(value, tuple) and any(isinstance(one, Semaphore) for one in value):
                value = Group(zip(self.text.structs[each.type], value, strict=True))
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

    def assign(self, each: Assign, state: State) -> None:
        value = self.value(each.value, state, each.line)
        if isinstance(each.target, Element):
            pointer, ends = self.element(each.target, each.line, state)
            self.actions.store(pointer, ends, state, each.line)
            return
        if not isinstance(each.target, Name):
            raise Unread(each.line, "found an assignment to what is no name")
        key = each.target.name
        old = self.look(key, each.line)
        if each.sign == "+" and isinstance(old, Pointer):
            value = replace(old, bytes=old.bytes + value)
        elif each.sign:
            value = binary(each.sign, old, value)
        where = max(index for index, scope in enumerate(self.names) if key in scope)
        if where < self.fixed:
            raise Unread(
                each.line,
                f"found {key} changed in one way of several, or in a turn of unknown bounds",
            )
        self.names[where][key] = value

    # Ways.

    def apart(self, body: tuple[Statement, ...], state: State, line: int, fixed: int) -> None:
        """Follow a body that can't be left, in which the first ``fixed`` scopes don't change."""
        before, self.fixed = self.fixed, fixed
        if self.block(body, state) is not None:
            raise Unread(line, "found a return from within")
        self.fixed = before

    def choose(self, each: Choose, state: State) -> None:
        condition = self.value(each.condition, state, each.line)
        if any(self.compares(each.condition, name) for name in self.by_turn):
            condition = self.known.evaluated(condition)
        if isinstance(condition, int):
            self.apart(each.then if condition else each.otherwise, state, each.line, self.fixed)
            return
        other = state.copy()
        before = state.copy()
        bounds = dict(self.known.loops)
        self.known.loops.update(self.bounds_where(condition))
        facts = [*self.known.facts]
        self.known.facts += [more - less - 1 for less, more in below_of(condition)]
        self.apart(each.then, state, each.line, len(self.names))
        self.known.loops, self.known.facts = bounds, facts
        self.apart(each.otherwise, other, each.line, len(self.names))
        for buffer in sorted({*state.reserved, *other.reserved}):
            one, two = state.reserved.get(buffer, 0), other.reserved.get(buffer, 0)
            if one != two:
                self.actions.fault(
                    each.line,
                    f"{self.actions.label(buffer)}: {one} pages are reserved after one way, and "
                    f"{two} after the other",
                )
        for buffer in sorted({*state.waited, *other.waited}):
            # What one way alone has waited for is to be waited for again by whoever uses it.
            one, two = state.waited.get(buffer, 0), other.waited.get(buffer, 0)
            state.waited[buffer] = one if one == two else 0
        talking.agree(self.actions, state, other, each.line)
        for way, holds in ((state, condition), (other, 1 - condition)):
            way.tagged = frozenset(
                one if one in before.tagged else replace(one, condition=one.condition * holds)
                for one in way.tagged
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

    def bounds_where(self, condition: Any) -> dict[str, tuple[Value, Value]]:
        """The bounds of a loop's variable where it is below something, as a condition has it."""
        for key, (first, _) in self.known.loops.items():
            for below in below_of(condition):
                less, more = below
                rest = less - name(key)
                if not any(isinstance(x, Poly) and x.has(key) for x in (rest, more)):
                    return {key: (first, more - rest - 1)}
        return {}

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
        alone = self.depends(each.body, each.name)
        followed = self.followed(each, first, end, step) if alone else None
        if followed is not None:
            self.by_turn.add(each.name)
            for at in followed:
                self.names.append({each.name: at})
                self.apart(each.body, state, each.line, self.fixed)
                self.names.pop()
            self.by_turn.discard(each.name)
            return
        self.any_turn(each, first, end, step, state)

    def depends(self, body: tuple[Statement, ...], key: str) -> bool:
        """Whether something is done in one turn of a loop alone."""
        return any(
            (
                isinstance(each, Choose)
                and (self.compares(each.condition, key) or self.depends(each.then, key))
            )
            or (isinstance(each, Loop) and self.depends(each.body, key))
            for each in body
        )

    def compares(self, e: Any, key: str) -> bool:
        """Whether a loop's variable is compared to one number."""
        if not isinstance(e, Binary):
            return False
        if e.sign == "==":
            return any(mentions(part, key) for part in (e.a, e.b))
        return any(self.compares(part, key) for part in (e.a, e.b, e.c))

    def followed(self, each: Loop, first: Value, end: Value, step: int) -> range | None:
        """The turns of such a loop, by the values of arguments.

        Of a number that no argument tells, as that of a block, there is none: any turn may be the
        one, and both ways have to leave the same.
        """
        first, end = self.known.evaluated(first), self.known.evaluated(end)
        if not isinstance(first, int) or not isinstance(end, int):
            return None
        self.known.followed = True
        turns = range(first, end, step)
        if len(turns) > MOST_TURNS:
            raise Unread(each.line, f"found a loop of {len(turns)} turns")
        return turns


def mentions(e: Any, key: str) -> bool:
    """Whether a name is in an expression."""
    if isinstance(e, Name):
        return e.name == key
    return isinstance(e, Binary) and any(mentions(part, key) for part in (e.a, e.b, e.c))
