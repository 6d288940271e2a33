"""A turn of a loop that stands for all of them, where their number isn't in the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .numbers import Poly, Value, binary, computed, name, only_where, opaque, replaced
from .state import State, Tagged
from .syntax import Do, Loop, Statement, Unread
from .values import Values

#: Turns by which reads may begin before they are waited for, at most, and one more.
MOST_AHEAD = 4


class Turns(Values):
    """What all turns of a loop do, by one of them."""

    def apart(self, body: tuple[Statement, ...], state: State, line: int, fixed: int) -> None:
        """Follow a body that can't be left, in which the first ``fixed`` scopes don't change."""
        raise NotImplementedError

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
        if self.hands_on(each.body, begin):
            self.handed_on(each, first, end, turns, key, begin, state, once)
            del self.known.loops[key]
            return
        found = once(begin)
        if found.flags() != begin.flags():  # a later turn begins with what one has left
            again = begin.copy()
            again.join_flags(found)
            again.filled = dict(begin.filled)
            found = once(again)
        if found.tag != begin.tag:
            self.actions.fault(each.line, "a turn ends with another transaction id than it begins")
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

    def hands_on(self, body: tuple[Statement, ...], begin: State) -> bool:
        """Whether turns push what was reserved before the loop."""
        return any(
            isinstance(each, Do)
            and each.call.function == "cb_push_back"
            and begin.reserved.get(self.value(each.call.arguments[0], begin, each.line), 0) != 0
            for each in body
        )

    def handed_on(
        self,
        each: Loop,
        first: Value,
        end: Value,
        turns: Value,
        key: str,
        begin: State,
        state: State,
        once: Callable[[State], State],
    ) -> None:
        """A loop whose turns push what was reserved before it, and may begin the reads of the next.

        Of the first turn it is seen how much each pushes and pops, and of which buffers it reserves
        as much again; then a turn that stands for all is followed, from what the one before has
        left, as that depends on which turn it is.
        """
        entry = begin.copy()
        self.names.append({each.name: first})
        self.apart(each.body, entry, each.line, len(self.names))
        self.names.pop()
        gains = {b: n - begin.pushed.get(b, 0) for b, n in entry.pushed.items()}
        taken = {b: n - begin.popped.get(b, 0) for b, n in entry.popped.items()}
        again = {b for b in gains if begin.reserved.get(b, 0) == entry.reserved.get(b, 0)}
        sure, last = self.known.at_most(1, turns), end - 1
        if not sure and again != {*gains}:
            raise Unread(each.line, "found a loop, perhaps of no turn, that hands on")
        words = begin.talk.words
        counts = {s: n - words.get(s, 0) for s, n in entry.talk.words.items()}
        index = name(key)

        def later(tagged: frozenset[Tagged]) -> State:
            """What the turn of the index begins with."""
            made = begin.copy()
            made.join_flags(entry)
            made.filled, made.tagged = dict(begin.filled), tagged
            for buffer, gain in gains.items():
                before = gain * (index - first)
                made.pushed[buffer] = begin.pushed.get(buffer, 0) + before
                if buffer not in again:
                    made.reserved[buffer] = begin.reserved.get(buffer, 0) - before
                    made.beside[buffer] = begin.beside.get(buffer, 0) - before
            for buffer, gain in taken.items():
                made.popped[buffer] = begin.popped.get(buffer, 0) + gain * (index - first)
            for word, gain in counts.items():
                made.talk.words[word] = words.get(word, 0) + gain * (index - first)
            return made

        faults = dict(self.actions.faults)
        # What is on the way when a turn begins: what those before it have begun, some of which may
        # have left it to a turn after them.
        left: frozenset[Tagged] = frozenset()
        for _ in range(MOST_AHEAD):
            then = once(later(frozenset(one.by(key, index - 1) for one in left))).tagged
            if then == left:
                break
            left = then
        self.actions.faults = faults
        before_first = {replace(one.by(key, first - 1), condition=1) for one in left}
        some = binary("<", first, end)
        if before_first != {replace(one, condition=1) for one in begin.tagged} or not (
            sure or all(only_where(some, one.condition) for one in begin.tagged)
        ):
            self.actions.fault(
                each.line, "what is read before the loop isn't as a turn reads for the next one"
            )
        found = once(later(frozenset(one.by(key, index - 1) for one in left)))
        after = later(frozenset()).copy()
        for buffer, gain in gains.items():
            after.pushed[buffer] += gain
            if buffer not in again:
                after.reserved[buffer] -= gain
        for buffer, gain in taken.items():
            after.popped[buffer] += gain
        held, wanted = ({b: n for b, n in of.reserved.items() if n != 0} for of in (found, after))
        if (found.pushed, held, found.tagged) != (after.pushed, wanted, left):
            self.actions.fault(each.line, "turns push or read unlike each other")
        kept = any(found.waited.get(b, 0) != begin.waited.get(b, 0) for b in taken)
        if found.popped != after.popped or kept:
            self.actions.fault(each.line, "turns wait or pop unlike each other")
        for word, gain in counts.items():
            after.talk.words[word] += gain
        after.reserved = begin.reserved
        found.reserved = begin.reserved
        self.actions.suits(after, found, each.line)
        state.join_flags(found)
        state.filled, state.slots = dict(found.filled), state.slots | found.slots
        state.tag = replaced(found.tag, key, last)
        state.tagged = frozenset(
            one for one in (one.by(key, last) for one in found.tagged) if one.condition != 0
        )
        for buffer, gain in gains.items():
            state.pushed[buffer] = begin.pushed.get(buffer, 0) + gain * turns
            if buffer not in again:
                state.reserved[buffer] = begin.reserved.get(buffer, 0) - gain * turns
            elif not any(one.buffer == buffer for one in state.tagged):
                # What the last turn has reserved for none after it was given nothing.
                state.reserved[buffer], state.filled[buffer] = 0, frozenset()
        for buffer, gain in taken.items():
            state.popped[buffer] = begin.popped.get(buffer, 0) + gain * turns
        for word, gain in counts.items():
            state.talk.words[word] = words.get(word, 0) + gain * turns

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
