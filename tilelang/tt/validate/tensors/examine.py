"""A batch of tensors through its levels and controls, on the open device.

Runs in the process that has the device open; what is returned is small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...device_spec import DeviceSpec
from ...metadata import BufferDescriptor
from ...runtime.session.told import tell
from ..evidence import NO_EFFECT, Control, Difference, Examined, Verdict, outcome
from .batch import Batch, Transfer
from .claims import Claim
from .controls import MUTATIONS, has_effect
from .levels import (
    judge_addresses,
    judge_allocation,
    judge_arguments,
    judge_pages_read,
    judge_pages_written,
    judge_routes,
)
from .trials import TURNS, WRITTEN, WrongClaims, controls_of_writing, readings, transfer_of


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
    batch = Batch(device, spec, buffers, seed, "E4" in levels, most_cores)
    pages = f"of {sum(buffer.accessor.num_pages for buffer in buffers)} pages"
    addresses = f", addresses {pages}" if "E3" in levels else ""
    tell(f"arguments and allocation of {len(buffers)} tensors{addresses}")
    results = [Examined([], []) for _ in buffers]
    judges = _host_judges(batch, "E3" in levels)
    for index, claim in enumerate(batch.claims):
        for level, judge in judges.items():
            if level in levels:
                results[index].verdicts.append(judge(index, claim))
    wrong = _wrong_claims(batch, results)
    controls: list[tuple[int, Control]] = []
    for index, claim in enumerate(batch.claims):
        for level, judge in judges.items():
            if level in levels:
                for control in _controls(level, claim, wrong[index], partial(judge, index)):
                    controls.append((index, control))
    routes = []
    if "E4" in levels:
        tell(f"host to device {pages}")
        verdicts, transfers, of_reading = _read(batch, wrong)
        controls += of_reading
        _append(results, verdicts)
        routes.append(transfers)
    if "E5" in levels:
        tell(f"device to host {pages}")
        verdicts, transfers = _write(batch)
        _append(results, verdicts)
        routes.append(transfers)
    for result, *transfers in zip(results, *routes, strict=True):
        if transfers and _is_proven(result):
            result.verdicts[-1] = judge_routes(
                result.verdicts[-1], *(transfer.places[:, 0] for transfer in transfers)
            )
    if "E5" in levels:
        tell("wrong claims about device to host")
        still = [w if _is_proven(r) else [] for w, r in zip(wrong, results, strict=True)]
        controls += controls_of_writing(batch, still)
    for index, control in controls:
        if _is_proven(results[index]):
            results[index].controls.append(control)
    return results


def _append(results: Sequence[Examined], verdicts: Sequence[Verdict]) -> None:
    for result, verdict in zip(results, verdicts, strict=True):
        result.verdicts.append(verdict)


def _wrong_claims(batch: Batch, results: Sequence[Examined]) -> list[WrongClaims]:
    """What the mutations make of each claim that is proven as far as it has been examined."""
    return [
        [(m, m.apply(claim)) for m in MUTATIONS] if _is_proven(result) else []
        for claim, result in zip(batch.claims, results, strict=True)
    ]


def _is_proven(result: Examined) -> bool:
    return all(verdict.proven for verdict in result.verdicts)


def _host_judges(batch: Batch, asks_kernels: bool) -> dict[str, Callable[[int, Claim], Verdict]]:
    """The levels that compare a claim with what is known already."""
    addresses = batch.accessor_addresses() if asks_kernels else []
    return {
        "E1": lambda index, claim: judge_arguments(claim, batch.allocations[index]),
        "E2": lambda index, claim: judge_allocation(claim, batch.allocations[index]),
        "E3": lambda index, claim: judge_addresses(claim, addresses[index]),
    }


def _transfers(batch: Batch, turn: int) -> tuple[list[Transfer], list[str]]:
    """Each claim's transfer, and why it must not be made, or nothing."""
    nothing = Transfer(np.zeros((0, 4), np.int64), 0)
    refused = [claim.contradiction() for claim in batch.claims]
    transfers = [
        nothing if why else transfer_of(claim, turn)
        for claim, why in zip(batch.claims, refused, strict=True)
    ]
    for index, transfer in enumerate(transfers):
        reasons = batch.refusals(transfer, index)
        if reasons:
            page = min(reasons)
            refused[index] = f"page {page} at {reasons[page]}"
    return transfers, refused


def _read(
    batch: Batch, wrong_claims: Sequence[WrongClaims]
) -> tuple[list[Verdict], list[Transfer], list[tuple[int, Control]]]:
    """E4, what was read, and the controls, which read pages in the same program."""
    transfers, refused = _transfers(batch, TURNS["E4"])
    asked, controls = readings(batch, wrong_claims)
    right = [transfer for transfer, why in zip(transfers, refused, strict=True) if not why]
    found = iter(batch.read([*right, *(one.transfer for one in asked)]))
    verdicts = [
        _refused("E4", why)
        if why
        else judge_pages_read(claim, batch.pages(claim, index), next(found))
        for index, (claim, why) in enumerate(zip(batch.claims, refused, strict=True))
    ]
    for one, content in zip(asked, found, strict=True):
        pages = batch.pages(one.claim, one.index)
        verdict = judge_pages_read(one.claim, pages, content, one.pages)
        controls.append((one.index, outcome(one.mutation.name, verdict)))
    return verdicts, transfers, controls


def _write(batch: Batch) -> tuple[list[Verdict], list[Transfer]]:
    """E5, with other contents than E4's, and what was written."""
    transfers, refused = _transfers(batch, TURNS["E5"])
    allowed = [index for index, why in enumerate(refused) if not why]
    batch.write(
        [transfers[index] for index in allowed],
        [batch.pages(batch.claims[index], index, WRITTEN) for index in allowed],
    )
    verdicts = [
        _refused("E5", why)
        if why
        else judge_pages_written(claim, batch.bits(index, WRITTEN), batch.read_back(index))
        for index, (claim, why) in enumerate(zip(batch.claims, refused, strict=True))
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
