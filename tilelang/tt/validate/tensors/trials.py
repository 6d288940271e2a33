"""Wrong claims tried on the tensors of a batch: the controls of E4 and E5, on the open device.

A trial moves some pages of a tensor to where a wrong claim says they are. Many are tried in one
program, since each program costs a simulator as much as many pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..evidence import NO_EFFECT, REJECTED, UNNOTICED, Control, outcome
from .batch import Batch, Transfer
from .claims import Claim
from .controls import MUTATIONS, Mutation, changed_pages, nocs_of
from .levels import judge_pages_written

# Pages over each NoC that a control reads or writes, of the first that it changed; one that is
# wrong is enough.
_SAMPLE, _CANDIDATES = 2, 64

# Pages of a tensor whose numbering is not changed by a control.
_LARGE = 1024

# The pages of a tensor that a control of E5 may read back, all of them. Every run has a small
# tensor that was made for controls (cases.for_controls).
_READ_BACK = 512

# Which NoC goes first, of the pages that a level reaches.
TURNS = {"E4": 0, "E5": 1}

# The version of a tensor's contents that E5 writes; those of its controls follow.
WRITTEN = 1

# Each mutation, and what it makes of one claim.
WrongClaims = Sequence[tuple[Mutation, Claim]]


def transfer_of(claim: Claim, turn: int, pages: Sequence[int] | None = None) -> Transfer:
    places = claim.places_on(nocs_of(claim, turn))
    chosen = places if pages is None else places[list(pages)]
    return Transfer(chosen, claim.buffer.accessor.page_size)


@dataclass(frozen=True)
class Trial:
    """Some pages of a tensor, by a wrong claim about it."""

    index: int
    number: int
    mutation: Mutation
    claim: Claim
    pages: list[int]
    transfer: Transfer


def readings(
    batch: Batch, wrong_claims: Sequence[WrongClaims]
) -> tuple[list[Trial], list[tuple[int, Control]]]:
    """E4's controls: what to read, and what is refused or changes nothing."""
    asked, controls = [], []
    for index, claim in enumerate(batch.claims):
        for number, (mutation, wrong) in enumerate(wrong_claims[index]):
            if "E4" not in mutation.levels or _costs_too_much(claim, wrong):
                continue
            found = candidates(batch, index, mutation, wrong, "E4")
            if isinstance(found, Control):
                controls.append((index, found))
                continue
            pages = sorted(page for by_noc in found for page in by_noc[:_SAMPLE])
            transfer = transfer_of(wrong, TURNS["E4"], pages)
            asked.append(Trial(index, number, mutation, wrong, pages, transfer))
    return asked, controls


def _costs_too_much(right: Claim, wrong: Claim) -> bool:
    """Whether a large tensor's pages would all have to be made once more for a few of them; the
    run's small tensors have such controls too."""
    return right.numbering != wrong.numbering and right.buffer.accessor.num_pages > _LARGE


def candidates(
    batch: Batch, index: int, mutation: Mutation, wrong: Claim, level: str
) -> Control | tuple[list[int], list[int]]:
    """What a level makes of a wrong claim before it is tried; or the pages to try some of: what the
    mutation changed and can still be reached, over NoC 0 and over NoC 1.

    A claim that would do harm has to be refused for each page, and is not tried.
    """
    why = wrong.contradiction()
    if why:
        return Control(mutation.name, level, REJECTED, why)
    turn = TURNS[level]
    pages = changed_pages(batch.claims[index], wrong, turn, _CANDIDATES)
    if not pages:
        return Control(mutation.name, level, NO_EFFECT)
    transfer = transfer_of(wrong, turn, pages)
    reasons = batch.refusals(transfer, index)
    reachable = [place for place in range(len(pages)) if place not in reasons]
    if not reachable:
        return Control(mutation.name, level, REJECTED, f"page {pages[0]} at {reasons[0]}")
    if mutation.harms:
        return Control(mutation.name, level, UNNOTICED, "it is not refused")
    nocs = transfer.places[:, 0]
    noc0, noc1 = ([pages[place] for place in reachable if nocs[place] == noc] for noc in (0, 1))
    return noc0, noc1


def controls_of_writing(
    batch: Batch, wrong_claims: Sequence[WrongClaims]
) -> Iterator[tuple[int, Control]]:
    """E5's controls: one tensor a mutation, the smallest on which it can be carried out. Those that
    don't reach for the same bytes are written in one program and read back at once."""
    rounds: list[_Round] = []
    for number, mutation in enumerate(MUTATIONS):
        if "E5" not in mutation.levels:
            continue
        refused: list[tuple[int, Control]] = []
        for index in _smallest(batch, wrong_claims):
            _, wrong = wrong_claims[index][number]
            found = candidates(batch, index, mutation, wrong, "E5")
            if not isinstance(found, Control):
                _join(batch, rounds, index, number, mutation, wrong, found)
                refused = []
                break
            refused.append((index, found))
            if mutation.harms and found.outcome != NO_EFFECT:
                break
        if refused:
            yield min(refused, key=lambda one: _WEIGHT.index(one[1].outcome))
    for one in rounds:
        yield from _carry_out(batch, one.trials)


def _smallest(batch: Batch, wrong_claims: Sequence[WrongClaims]) -> list[int]:
    """The tensors that are proven and not too large to be read back, the smallest first."""
    sizes = [claim.buffer.accessor.num_pages for claim in batch.claims]
    proven = [i for i, wrong in enumerate(wrong_claims) if wrong and sizes[i] <= _READ_BACK]
    return sorted(proven, key=lambda index: sizes[index])


@dataclass
class _Round:
    """Trials that are written together: none reaches for a byte that another does."""

    trials: list[Trial] = field(default_factory=list)
    taken: set[tuple[int, int]] = field(default_factory=set)


def _join(
    batch: Batch,
    rounds: list[_Round],
    index: int,
    number: int,
    mutation: Mutation,
    wrong: Claim,
    by_noc: tuple[list[int], list[int]],
) -> None:
    """Put a trial into the first round where it finds as many pages over each NoC as it would
    alone; so what it writes, right or wrong, is there when it is read back."""
    new = _Round()
    footprints = [
        dict(zip(pages, batch.footprints(transfer_of(wrong, TURNS["E5"], pages)), strict=True))
        for pages in by_noc
    ]
    for one in (*rounds, new):
        taken, chosen = set(one.taken), []
        for pages in footprints:
            free = [page for page, units in pages.items() if not units & taken][:_SAMPLE]
            if one is not new and len(free) < min(_SAMPLE, len(pages)):
                break
            chosen += free
            taken.update(*(pages[page] for page in free))
        else:
            chosen.sort()
            transfer = transfer_of(wrong, TURNS["E5"], chosen)
            one.trials.append(Trial(index, number, mutation, wrong, chosen, transfer))
            one.taken = taken
            if one is new:
                rounds.append(one)
            return


def _carry_out(batch: Batch, trials: Sequence[Trial]) -> Iterator[tuple[int, Control]]:
    bits = [batch.bits(one.index, WRITTEN + 1 + one.number) for one in trials]
    written = [one.claim.pages(b)[one.pages] for one, b in zip(trials, bits, strict=True)]
    batch.write([one.transfer for one in trials], written)
    back = {index: batch.read_back(index) for index in {one.index for one in trials}}
    for one, version in zip(trials, bits, strict=True):
        verdict = judge_pages_written(one.claim, version, back[one.index], one.pages)
        yield one.index, outcome(one.mutation.name, verdict)


# Of several outcomes of one mutation, the one that says most.
_WEIGHT = (UNNOTICED, REJECTED, NO_EFFECT)
