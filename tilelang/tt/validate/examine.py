"""A batch of tensors, or a schedule, through its levels and controls, on the open device.

Runs in the process that has the device open; what is returned is small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..device import DeviceSpec
from ..metadata import BufferDescriptor, Schedule
from ..runtime.jobs import copy_by_schedule
from .bench import Bench, Transfer
from .claims import Claim
from .controls import (
    CLAIM_MUTATIONS,
    MUTATIONS,
    RUN_MUTATIONS,
    Mutation,
    ScheduleMutation,
    changed_pages,
    core_without_arguments,
    has_effect,
)
from .evidence import NO_EFFECT, REJECTED, UNNOTICED, Control, Difference, Examined, Verdict
from .levels import (
    judge_addresses,
    judge_allocation,
    judge_arguments,
    judge_pages_read,
    judge_pages_written,
    judge_tiles,
)
from .tiles import Array

# Pages that a control reads or writes, of the first that it changed; one that is wrong is enough.
_SAMPLE, _CANDIDATES = 4, 64

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
    for level, examine in (("E4", _read), ("E5", _write)):
        if level in levels:
            for result, verdict in zip(results, examine(bench), strict=True):
                result.verdicts.append(verdict)
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


def _rows(claim: Claim) -> Array:
    """Which row of its bank each page is in; the NoCs take turns by it, so that in two levels each
    page is reached over both."""
    accessor = claim.buffer.accessor
    return np.arange(accessor.num_pages) // accessor.num_banks


def _transfer(claim: Claim, turn: int, pages: Sequence[int] | None = None) -> Transfer:
    places = claim.places_on((_rows(claim) + turn) % 2)
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
        reasons = bench.refusals(transfer)
        if reasons:
            page = min(reasons)
            refused[index] = f"page {page} at {reasons[page]}"
    return transfers, refused


def _sample(bench: Bench, right: Claim, wrong: Claim, turn: int) -> tuple[list[int], str]:
    """Some pages that a mutation changed and that can still be reached; else why none can."""
    why = wrong.contradiction()
    if why:
        return [], why
    pages = changed_pages(right, wrong, _CANDIDATES)
    reasons = bench.refusals(_transfer(wrong, turn, pages))
    reachable = [page for place, page in enumerate(pages) if place not in reasons]
    return reachable[:_SAMPLE], "" if reachable else f"page {pages[0]} at {reasons[0]}"


def _read(bench: Bench) -> list[Verdict]:
    """E4."""
    transfers, refused = _transfers(bench, 0)
    found = iter(bench.read([t for t, why in zip(transfers, refused, strict=True) if not why]))
    return [
        _refused("E4", why)
        if why
        else judge_pages_read(claim, bench.pages(claim, index), next(found))
        for index, (claim, why) in enumerate(zip(bench.claims, refused, strict=True))
    ]


def _write(bench: Bench) -> list[Verdict]:
    """E5, with other contents than E4's."""
    transfers, refused = _transfers(bench, 1)
    allowed = [index for index, why in enumerate(refused) if not why]
    bench.write(
        [transfers[index] for index in allowed],
        [bench.pages(bench.claims[index], index, _WRITTEN) for index in allowed],
    )
    return [
        _refused("E5", why)
        if why
        else judge_pages_written(claim, bench.bits(index, _WRITTEN), bench.read_back(index))
        for index, (claim, why) in enumerate(zip(bench.claims, refused, strict=True))
    ]


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
            yield _outcome(mutation, judge(wrong))
        else:
            yield Control(mutation.name, level, NO_EFFECT)


def _outcome(mutation: Mutation | ScheduleMutation, verdict: Verdict) -> Control:
    if verdict.proven:
        return Control(mutation.name, verdict.level, UNNOTICED)
    return Control(mutation.name, verdict.level, REJECTED, str(verdict.difference))


def _controls_of_reading(
    bench: Bench, wrong_claims: Sequence[WrongClaims]
) -> Iterator[tuple[int, Control]]:
    """E4's controls, all in one program. The tensors hold what E5 wrote."""
    asked: list[tuple[int, Mutation, Claim, list[int]]] = []
    transfers = []
    for index, claim in enumerate(bench.claims):
        for mutation, wrong in wrong_claims[index]:
            if "E4" not in mutation.levels:
                continue
            if not has_effect("E4", claim, wrong):
                yield index, Control(mutation.name, "E4", NO_EFFECT)
                continue
            pages, why = _sample(bench, claim, wrong, 0)
            if why:
                yield index, Control(mutation.name, "E4", REJECTED, why)
                continue
            asked.append((index, mutation, wrong, pages))
            transfers.append(_transfer(wrong, 0, pages))
    found = bench.read(transfers) if transfers else []
    for (index, mutation, wrong, pages), content in zip(asked, found, strict=True):
        verdict = judge_pages_read(wrong, bench.pages(wrong, index, _WRITTEN), content, pages)
        yield index, _outcome(mutation, verdict)


def _controls_of_writing(
    bench: Bench, wrong_claims: Sequence[WrongClaims]
) -> Iterator[tuple[int, Control]]:
    """E5's controls: one tensor a mutation, the smallest on which it can be carried out."""
    proven = [index for index, wrong in enumerate(wrong_claims) if wrong]
    proven.sort(key=lambda index: bench.claims[index].buffer.accessor.num_pages)
    for number, mutation in enumerate(MUTATIONS):
        if "E5" not in mutation.levels:
            continue
        refused: tuple[int, str] | None = None
        for index in proven:
            claim = bench.claims[index]
            _, wrong = wrong_claims[index][number]
            if not has_effect("E5", claim, wrong):
                continue
            pages, why = _sample(bench, claim, wrong, 1)
            if why:
                refused = refused or (index, why)
                continue
            transfer = _transfer(wrong, 1, pages)
            bits = bench.bits(index, _WRITTEN + 1 + number)
            bench.write([transfer], [wrong.pages(bits)[pages]])
            verdict = judge_pages_written(wrong, bits, bench.read_back(index), pages)
            yield index, _outcome(mutation, verdict)
            break
        else:
            if refused:
                yield refused[0], Control(mutation.name, "E5", REJECTED, refused[1])
            elif proven:
                yield proven[0], Control(mutation.name, "E5", NO_EFFECT)


def examine_schedule(
    device: Any, schedule: Schedule, buffer: BufferDescriptor, with_controls: bool
) -> Examined:
    """E6 of a schedule; buffer : uint32, one page of 32 x 32 a tile."""
    content, arrived = copy_by_schedule(device, schedule, buffer)
    result = Examined([judge_tiles(schedule, content, arrived)], [])
    if not result.verdicts[0].proven:
        return result
    for mutation in CLAIM_MUTATIONS:
        wrong = mutation.apply(schedule)
        if wrong.tiles_per_core == schedule.tiles_per_core:
            result.controls.append(Control(mutation.name, "E6", NO_EFFECT))
            continue
        verdict = judge_tiles(wrong, content, arrived)
        result.controls.append(_outcome(mutation, verdict))
    for mutation in RUN_MUTATIONS if with_controls else ():
        wrong = mutation.apply(schedule)
        why = core_without_arguments(wrong)
        if why:
            result.controls.append(Control(mutation.name, "E6", REJECTED, why))
            continue
        verdict = judge_tiles(wrong, *copy_by_schedule(device, wrong, buffer))
        result.controls.append(_outcome(mutation, verdict))
    return result
