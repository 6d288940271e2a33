"""What follows from a tile program, against a slow model that goes through every block and element."""

from __future__ import annotations

import itertools

import numpy as np
import touched
from analysis_programs import N, analyse, programs
from hypothesis import HealthCheck, given, settings

from tilelang.tt.program import Program
from tilelang.tt.program.settle import settle


def evaluated(region: dict, buffer: dict, env: dict[int, int]) -> np.ndarray:
    """The elements that an access region of the analysis is, for one block."""
    at, shape = region["at"], region["shape"]
    if region["unit"] == "pages":
        sides = [1] * (len(at) - 2) + [32] * min(len(at), 2)
        at = [{"mul": [e, side]} for e, side in zip(at, sides, strict=True)]
        shape = [{"mul": [e, side]} for e, side in zip(shape, sides, strict=True)]
    mask = np.zeros(buffer["shape"], bool)

    def turn(loops: list, env: dict[int, int]) -> None:
        if not loops:
            mask[...] |= touched.mask_of(buffer, buffer, at, shape, env)
            return
        first = touched.value(loops[0].get("min", 0), env)
        for i in range(first, first + touched.value(loops[0]["extent"], env)):
            turn(loops[1:], env | {loops[0]["var"]: i})

    turn(region.get("loops", []), env)
    return mask


MODES = {"read": "reads", "write": "writes", "update": "updates"}


def check_access(program: dict, found: dict, model: touched.Model) -> None:
    for number, launch in enumerate(program["launches"]):
        for block in itertools.product(*(range(extent) for extent in launch["grid"])):
            env = model.scalars | {
                v: b for v, b in zip(launch["indices"], block, strict=True) if v is not None
            }
            for storage, mode in itertools.product((0, 2), MODES):
                masks = getattr(model.launches[number], MODES[mode])
                real = masks.get(
                    (block, storage), np.zeros(program["buffers"][storage]["shape"], bool)
                )
                claimed = np.zeros_like(real)
                for region in found["buffers"][storage]["access"]:
                    if (region["launch"], region["mode"]) != (number, mode):
                        continue
                    elements = evaluated(region, program["buffers"][storage], env)
                    claimed |= elements
                    assert not region["exact"] or not (elements & ~real).any(), (region, block)
                assert not (real & ~claimed).any(), (storage, mode, block)


def writers(program: dict, model: touched.Model, storage: int, tile: int) -> str:
    """none, one block or several blocks, by counting."""
    answer = "none"
    for launch in model.launches:
        seen: dict[int, tuple] = {}
        for masks in (launch.writes, launch.updates):
            for (block, buffer), mask in masks.items():
                for cell in touched.cells_of(mask, tile) if buffer == storage else ():
                    answer = "one block" if answer == "none" else answer
                    if seen.setdefault(cell, block) != block:
                        return "several blocks"
    return answer


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(programs())
def test_no_answer_contradicts_the_slow_model(program):
    found = analyse(program)
    document = Program.from_json(program)
    for n in (0, 1, 3):
        model = touched.Model(program, {N: n})
        check_access(program, found, model)
        for storage in (0, 2):
            claims = found["buffers"][storage]
            for key, tile in (("written_by", 32), ("elements_written_by", 1)):
                real = writers(program, model, storage, tile)
                allowed = {
                    "none": {"none"},
                    "one block": {"none", "one block"},
                    "several blocks": {"several blocks"},
                }
                assert real in allowed.get(claims[key], {real}), (key, claims[key], real)
                assert settle(document, storage, tile, {N: n}).found == real
            given_before = any(storage in launch.inputs for launch in model.launches)
            assert claims["read"] or not given_before
            written = any(
                storage == buffer
                for launch in model.launches
                for _, buffer in (*launch.writes, *launch.updates)
            )
            assert claims["written"] or not written
