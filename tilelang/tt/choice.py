"""Which policy the bounds choose, for ``policy="auto"``, and what they say of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .bounds import RESOURCES, Bounds, bounds_of
from .device_spec import DeviceSpec
from .metadata import buffers_of, schedules_of
from .policies import POLICIES
from .program import Program

# What kernels take beside the wall, in cycles, as wolfpine models it. No bound has it, since other
# kernels may do with less. It is for telling policies apart where a launch is short.
#: A page that a reader or writer moves itself.
PAGE = 90
#: An element that it fills in a tile, beyond a tensor's edge: a GEMM of 70 x 100 x 64 in
#: blocks of 64 x 32 takes 54,651 cycles where a core fills 9,216 of them, 45,470 where 7,296.
FILLED = 5
#: A trip to DRAM and back: each time that something read is waited for; a kernel that shares begins
#: the next reads of a block before.
TRIP = 700
#: Cores of a group, each time that they meet: that each has room, and that what is read has come.
TOGETHER = 360

#: Options that take no more than so many times the least are on a level: bounds are no finer.
LEVEL = 1.05


@dataclass(frozen=True)
class Option:
    """A function under one policy: the bounds of each launch, or why there are none."""

    policy: str
    launches: tuple[Bounds, ...] = ()
    refused: str = ""

    @property
    def least(self) -> int:
        """Cycles that all launches take at least, one after the other."""
        return sum(each.least for each in self.launches)

    @property
    def expected(self) -> float:
        """What options are compared by: the wall, or what a core takes one after the other, its
        products and its reads."""
        total = 0.0
        for each in self.launches:
            moving = max(PAGE * pages + FILLED * filled for pages, filled in each.movers)
            own = each.cycles["matrix"] + moving
            if any(moved.received for moved in each.tensors.values()):
                own += TRIP * each.turns + TOGETHER * each.meetings
            else:
                own += TRIP * each.rounds
            total += max(each.least, own)
        return total

    def __str__(self) -> str:
        walls = dict.fromkeys(RESOURCES[each.wall] for each in self.launches)
        return f"{self.expected:.0f} cycles, at least {self.least} ({', then '.join(walls)})"


def bounds_of_function(attrs: Mapping[str, Any]) -> tuple[Bounds, ...]:
    """The bounds of each launch of a function, from its attributes. Raises what bounds_of does."""
    program = Program.from_json(attrs["tt_program"])
    buffers = buffers_of(attrs)
    device = DeviceSpec.from_attr(attrs["tt_device"])
    return tuple(
        bounds_of(program, buffers, schedule, device, launch)
        for launch, schedule in enumerate(schedules_of(attrs))
    )


def options(infer: Callable[[str], Mapping[str, Any]]) -> tuple[Option, ...]:
    """A function under each policy.

    Parameters
    ----------
    infer : gives the function's attributes under a policy; what it refuses is no option

    Raises what ``infer`` does, if it refuses all of them.
    """
    found, errors = [], []
    for policy in POLICIES:
        try:
            attrs = infer(policy)
        except (ValueError, NotImplementedError) as error:
            errors.append(error)
            found.append(Option(policy, refused=str(error)))
            continue
        try:
            found.append(Option(policy, bounds_of_function(attrs)))
        except NotImplementedError as error:
            found.append(Option(policy, refused=f"its bounds aren't known: {error}"))
    if len(errors) == len(POLICIES):
        raise errors[0]
    return tuple(found)


def choose(found: Sequence[Option]) -> tuple[Option, str]:
    """The option that takes the least, of those on a level the first, and why in a sentence.

    Raises NotImplementedError where no policy has bounds.
    """
    possible = [each for each in found if not each.refused]
    if not possible:
        reasons = "; ".join(dict.fromkeys(each.refused for each in found))
        raise NotImplementedError(
            f'policy is "auto", which needs bounds; expected {", ".join(POLICIES[:-1])} or '
            f"{POLICIES[-1]} ({reasons})"
        )
    least = min(each.expected for each in possible)
    best = next(each for each in possible if each.expected <= LEVEL * least)
    others = [f"{each.policy} about {each}" for each in possible if each is not best]
    others += [f"{each.policy} is refused" for each in found if each.refused]
    return best, f"Chosen by its bounds: {'; '.join([f'about {best}', *others])}."
