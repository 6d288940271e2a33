"""A batch of tensors through its levels and controls, on the open device.

Runs in the process that has the device open; what is returned is small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..device import DeviceSpec
from ..metadata import BufferDescriptor
from .bench import Bench, Transfer
from .claims import Claim
from .controls import MUTATIONS, Mutation, changed_pages, has_effect, nocs_of
from .evidence import (
    NO_EFFECT,
    REJECTED,
    UNNOTICED,
    Control,
    Difference,
    Examined,
    Verdict,
    outcome,
)
from .levels import (
    judge_addresses,
    judge_allocation,
    judge_arguments,
    judge_pages_read,
    judge_pages_written,
    judge_routes,
)

# Pages over each NoC that a control reads or writes, of the first that it changed; one that is
# wrong is enough.
_SAMPLE, _CANDIDATES = 2, 64

# Pages of a tensor whose numbering is not changed by a control.
_LARGE = 1024

# The pages of a tensor that a control of E5 may read back, all of them. Every run has a small
# tensor that was made for controls (cases.for_controls).
_READ_BACK = 512

# Which NoC goes first, of the pages that a level reaches.
_TURNS = {"E4": 0, "E5": 1}

# The version of a tensor's contents that E5 writes; those of its controls follow.
_WRITTEN = 1

# Each mutation, and what it makes of one claim.
WrongClaims = Sequence[tuple[Mutation, Claim]]


def examine_tensors(
    device: Any,
    spec: DeviceSpec,
    buffers: Sequence[BufferDescriptor],
    seed: int,
    levels: Sequence[str],
    most_cores: int | None = None,
) -> list[Examined]:
    """The levels E1 to E5, or those of them that a backend can show, of tensors allocated at once.

    Controls are made where the right claim is proven; those of E5, each of which costs a tensor
    read back, on the smallest tensor of the batch that a mutation has an effect on.
    """
    bench = Bench(device, spec, buffers, seed, "E4" in levels, most_cores)
    results = [Examined([], []) for _ in buffers]
    judges = _host_judges(bench, "E3" in levels)
    for index, claim in enumerate(bench.claims):
        for level, judge in judges.items():
            if level in levels:
                results[index].verdicts.append(judge(index, claim))
    routes = []
    for level, examine in (("E4", _read), ("E5", _write)):
        if level in levels:
            verdicts, transfers = examine(bench)
            routes.append(transfers)
            for result, verdict in zip(results, verdicts, strict=True):
                result.verdicts.append(verdict)
    for result, *transfers in zip(results, *routes, strict=True):
        if transfers and _is_proven(result):
            result.verdicts[-1] = judge_routes(
                result.verdicts[-1], *(transfer.places[:, 0] for transfer in transfers)
            )
    wrong: list[WrongClaims] = [
        [(m, m.apply(claim)) for m in MUTATIONS] if _is_proven(result) else []
        for claim, result in zip(bench.claims, results, strict=True)
    ]
    for index, claim in enumerate(bench.claims):
        for level, judge in judges.items():
            if level in levels:
                judge_it = partial(judge, index)
                results[index].controls += _controls(level, claim, wrong[index], judge_it)
    if "E5" in levels:  # the pages that E4's controls read have E5's contents by now
        for index, control in _controls_of_reading(bench, wrong):
            results[index].controls.append(control)
        for index, control in _controls_of_writing(bench, wrong):
            results[index].controls.append(control)
    return results


def _is_proven(result: Examined) -> bool:
    return all(verdict.proven for verdict in result.verdicts)


def _host_judges(bench: Bench, asks_kernels: bool) -> dict[str, Callable[[int, Claim], Verdict]]:
    """The levels that compare a claim with what is known already."""
    addresses = bench.accessor_addresses() if asks_kernels else []
    return {
        "E1": lambda index, claim: judge_arguments(claim, bench.allocations[index]),
        "E2": lambda index, claim: judge_allocation(claim, bench.allocations[index]),
        "E3": lambda index, claim: judge_addresses(claim, addresses[index]),
    }


def _transfer(claim: Claim, turn: int, pages: Sequence[int] | None = None) -> Transfer:
    places = claim.places_on(nocs_of(claim, turn))
    chosen = places if pages is None else places[list(pages)]
    return Transfer(chosen, claim.buffer.accessor.page_size)


def _transfers(bench: Bench, turn: int) -> tuple[list[Transfer], list[str]]:
    """Each claim's transfer, and why it must not be made, or nothing."""
    nothing = Transfer(np.zeros((0, 4), np.int64), 0)
    refused = [claim.contradiction() for claim in bench.claims]
    transfers = [
        nothing if why else _transfer(claim, turn)
        for claim, why in zip(bench.claims, refused, strict=True)
    ]
    for index, transfer in enumerate(transfers):
        reasons = bench.refusals(transfer, index)
        if reasons:
            page = min(reasons)
            refused[index] = f"page {page} at {reasons[page]}"
    return transfers, refused


def _trial(
    bench: Bench, index: int, mutation: Mutation, wrong: Claim, level: str
) -> Control | list[int]:
    """What a level makes of a wrong claim before it is tried; or the pages to try it on.

    Those are some that the mutation changed and that can still be reached, over each NoC over which
    there are any. A claim that would do harm has to be refused for each page, and is not tried.
    """
    why = wrong.contradiction()
    if why:
        return Control(mutation.name, level, REJECTED, why)
    turn = _TURNS[level]
    pages = changed_pages(bench.claims[index], wrong, turn, _CANDIDATES)
    if not pages:
        return Control(mutation.name, level, NO_EFFECT)
    transfer = _transfer(wrong, turn, pages)
    reasons = bench.refusals(transfer, index)
    reachable = [place for place in range(len(pages)) if place not in reasons]
    if not reachable:
        return Control(mutation.name, level, REJECTED, f"page {pages[0]} at {reasons[0]}")
    if mutation.harms:
        return Control(mutation.name, level, UNNOTICED, "it is not refused")
    nocs = transfer.places[:, 0]
    by_noc = ([place for place in reachable if nocs[place] == noc] for noc in (0, 1))
    return sorted(pages[place] for places in by_noc for place in places[:_SAMPLE])


def _read(bench: Bench) -> tuple[list[Verdict], list[Transfer]]:
    """E4, and what was read."""
    transfers, refused = _transfers(bench, _TURNS["E4"])
    found = iter(bench.read([t for t, why in zip(transfers, refused, strict=True) if not why]))
    verdicts = [
        _refused("E4", why)
        if why
        else judge_pages_read(claim, bench.pages(claim, index), next(found))
        for index, (claim, why) in enumerate(zip(bench.claims, refused, strict=True))
    ]
    return verdicts, transfers


def _write(bench: Bench) -> tuple[list[Verdict], list[Transfer]]:
    """E5, with other contents than E4's, and what was written."""
    transfers, refused = _transfers(bench, _TURNS["E5"])
    allowed = [index for index, why in enumerate(refused) if not why]
    bench.write(
        [transfers[index] for index in allowed],
        [bench.pages(bench.claims[index], index, _WRITTEN) for index in allowed],
    )
    verdicts = [
        _refused("E5", why)
        if why
        else judge_pages_written(claim, bench.bits(index, _WRITTEN), bench.read_back(index))
        for index, (claim, why) in enumerate(zip(bench.claims, refused, strict=True))
    ]
    return verdicts, transfers


def _refused(level: str, why: str) -> Verdict:
    return Verdict(level, 1, Difference("pages", "ones that can be reached", why))


def _controls(
    level: str, claim: Claim, wrong_claims: WrongClaims, judge: Callable[[Claim], Verdict]
) -> Iterator[Control]:
    """The controls of a level that compares with what is known already."""
    for mutation, wrong in wrong_claims:
        if level not in mutation.levels:
            continue
        if has_effect(level, claim, wrong):
            yield outcome(mutation.name, judge(wrong))
        else:
            yield Control(mutation.name, level, NO_EFFECT)


def _controls_of_reading(
    bench: Bench, wrong_claims: Sequence[WrongClaims]
) -> Iterator[tuple[int, Control]]:
    """E4's controls, all in one program. The tensors hold what E5 wrote."""
    asked: list[tuple[int, Mutation, Claim, list[int]]] = []
    transfers = []
    for index, claim in enumerate(bench.claims):
        for mutation, wrong in wrong_claims[index]:
            if "E4" not in mutation.levels or _costs_too_much(claim, wrong):
                continue
            trial = _trial(bench, index, mutation, wrong, "E4")
            if isinstance(trial, Control):
                yield index, trial
                continue
            asked.append((index, mutation, wrong, trial))
            transfers.append(_transfer(wrong, _TURNS["E4"], trial))
    found = bench.read(transfers) if transfers else []
    for (index, mutation, wrong, pages), content in zip(asked, found, strict=True):
        verdict = judge_pages_read(wrong, bench.pages(wrong, index, _WRITTEN), content, pages)
        yield index, outcome(mutation.name, verdict)


def _costs_too_much(right: Claim, wrong: Claim) -> bool:
    """Whether a large tensor's pages would all have to be made once more for a few of them; the
    run's small tensors have such controls too."""
    return right.numbering != wrong.numbering and right.buffer.accessor.num_pages > _LARGE


def _controls_of_writing(
    bench: Bench, wrong_claims: Sequence[WrongClaims]
) -> Iterator[tuple[int, Control]]:
    """E5's controls: one tensor a mutation, the smallest on which it can be carried out."""
    sizes = [claim.buffer.accessor.num_pages for claim in bench.claims]
    proven = [
        index for index, wrong in enumerate(wrong_claims) if wrong and sizes[index] <= _READ_BACK
    ]
    proven.sort(key=lambda index: sizes[index])
    for number, mutation in enumerate(MUTATIONS):
        if "E5" not in mutation.levels:
            continue
        found: list[tuple[int, Control]] = []
        for index in proven:
            _, wrong = wrong_claims[index][number]
            trial = _trial(bench, index, mutation, wrong, "E5")
            if isinstance(trial, Control):
                found.append((index, trial))
                if mutation.harms and trial.outcome != NO_EFFECT:
                    break
                continue
            transfer = _transfer(wrong, _TURNS["E5"], trial)
            bits = bench.bits(index, _WRITTEN + 1 + number)
            bench.write([transfer], [wrong.pages(bits)[trial]])
            verdict = judge_pages_written(wrong, bits, bench.read_back(index), trial)
            found.insert(0, (index, outcome(mutation.name, verdict)))
            break
        if found:  # one that was carried out stands for those that were refused
            yield min(found, key=lambda one: _WEIGHT.index(one[1].outcome))


# Of several outcomes of one mutation, the one that says most.
_WEIGHT = (UNNOTICED, REJECTED, NO_EFFECT)
