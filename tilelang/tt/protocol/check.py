"""The kernels of a launch, each by itself and one beside the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .actions import Actions, Buffer, Fault
from .groups import Place, Rectangle, disagreements
from .kernel import Kernel
from .numbers import Known, Value
from .parser import parse
from .state import State
from .syntax import Unread


class ProtocolError(RuntimeError):
    """Kernels that break the protocol; ``faults`` are all that were found."""

    def __init__(self, function: str, faults: Sequence[Fault | str]) -> None:
        lines = "".join(f"\n  {each}" for each in faults)
        super().__init__(
            f"{function}: the generated kernels break TT-metal's protocol, and would race or hang "
            f"on a card; report it with the kernel:{lines}"
        )
        self.faults = tuple(faults)


def faults(
    sources: Mapping[str, str],
    buffers: Sequence[Buffer],
    slots: int,
    arguments: Mapping[str, Mapping[str, int | None]] | None = None,
) -> list[Fault]:
    """What is wrong with kernels that run on one core side by side.

    Parameters
    ----------
    sources : the text of each by its role: "reader", "compute", "writer"
    buffers : the circular buffers, as the host makes them
    slots : tiles of DST that a section has: 8 of 16 bits, 4 of 32, where halves take turns
    arguments : for each role those that all cores share, in the host's order, with the values
        that are known
    """
    return _followed(sources, buffers, slots, arguments)[0]


def needless(
    sources: Mapping[str, str],
    buffers: Sequence[Buffer],
    slots: int,
    arguments: Mapping[str, Mapping[str, int | None]] | None = None,
) -> list[tuple[str, int]]:
    """Waits for pages that were waited for before, and not popped since: the role and the line.

    They do no harm, and without one of them the kernel is as right as with it.
    """
    _, all_waits = _followed(sources, buffers, slots, arguments)
    return [(role, line) for role, of in all_waits.items() for line, more in of.items() if not more]


def require(
    function: str,
    sources: Mapping[str, str],
    buffers: Sequence[Buffer],
    slots: int,
    arguments: Mapping[str, Mapping[str, int | None]] | None = None,
) -> None:
    """Raise ProtocolError, with all that :func:`faults` finds, if it finds any."""
    found = faults(sources, buffers, slots, arguments)
    if found:
        raise ProtocolError(function, found)


def require_groups(
    function: str,
    shares: Sequence[tuple[str, int]],
    cores: Mapping[Place, Sequence[tuple[Place, Rectangle]]],
) -> None:
    """Raise ProtocolError, with all that :func:`groups.disagreements` finds, if it finds any."""
    found = disagreements(shares, cores)
    if found:
        raise ProtocolError(function, found)


def _between(buffer: Buffer, states: Mapping[str, State], known: Known) -> list[Fault]:
    """One kernel fills a buffer and one takes from it, and as much."""
    label = buffer.name or f"buffer {buffer.index}"
    at = buffer.index
    makers = [role for role, state in states.items() if at in state.pushed]
    takers = [role for role, state in states.items() if at in {*state.waited, *state.popped}]
    if len(makers) != 1 or len(takers) != 1:
        return [
            Fault(
                role, 1, f"{label} is filled by {makers}, taken by {takers}; expected one of each"
            )
            for role in (*makers, *takers, *states)[:1]
        ]
    pushed: Value = states[makers[0]].pushed[at]
    taken = states[takers[0]]
    popped, held = taken.popped.get(at, 0), taken.waited.get(at, 0)
    if known.followed:  # what is done in one turn alone has no form but its number
        pushed, popped, held = map(known.evaluated, (pushed, popped, held))
    if pushed != popped + held:
        return [
            Fault(
                takers[0], 1,
                f"{label}: {makers[0]} pushes {pushed} pages; {popped} are popped, and {held} kept",
            )
        ]  # fmt: skip
    return []


def _followed(
    sources: Mapping[str, str],
    buffers: Sequence[Buffer],
    slots: int,
    arguments: Mapping[str, Mapping[str, int | None]] | None,
) -> tuple[list[Fault], dict[str, dict[int, bool]]]:
    found: list[Fault] = []
    states: dict[str, State] = {}
    waits: dict[str, dict[int, bool]] = {}
    by_index = {each.index: each for each in buffers}
    given = arguments or {}
    values: dict[str, int] = {}
    for role, of_role in given.items():
        for name, value in of_role.items():
            if value is not None and values.setdefault(name, value) != value:
                found.append(Fault(role, 1, f"{name} is {value}; it is {values[name]} elsewhere"))
    known = Known(values, {}, {name for name, value in values.items() if value >= 0})
    for role, text in sources.items():
        known.loops = {}
        actions = Actions(role, by_index, slots, known)
        shared = tuple(given[role]) if role in given else None
        try:
            states[role] = Kernel(role, parse(text), actions, shared).run()
        except Unread as error:
            actions.fault(error.line, error.what)
        found += actions.faults
        waits[role] = actions.waits
    if not found:
        for index in by_index:
            found += _between(by_index[index], states, known)
    return found, waits
