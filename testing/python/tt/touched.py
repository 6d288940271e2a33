"""A slow model of what blocks touch: every block, turn and element, from docs/program.md's text alone.

Integers and numpy; it reads a program's JSON and shares nothing with the library. Values are not
computed: indices and conditions have to be of block indices, loops, lets and scalars.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np

BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "floordiv": lambda a, b: a // b,
    "floormod": lambda a, b: a % b,
    "div": lambda a, b: int(a / b),
    "mod": lambda a, b: int(math.fmod(a, b)),
    "min": min,
    "max": max,
    "lt": lambda a, b: a < b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "and": lambda a, b: a and b,
}


def value(e, env: dict[int, int]):
    """The value of an integer expression or a condition."""
    if isinstance(e, (bool, int)):
        return e
    ((key, args),) = e.items()
    if key == "var":
        return env[args]
    return BINARY[key](*(value(arg, env) for arg in args))


@dataclass
class Touched:
    """By block and buffer, masks over the buffer's elements."""

    reads: dict[tuple, np.ndarray] = field(default_factory=dict)
    writes: dict[tuple, np.ndarray] = field(default_factory=dict)
    updates: dict[tuple, np.ndarray] = field(default_factory=dict)
    inputs: set[int] = field(default_factory=set)


class Leave(Exception):
    pass


class Break(Leave):
    pass


class Continue(Leave):
    pass


class Model:
    """Runs one launch after the other; ``scalars`` are the values of scalar variables."""

    def __init__(self, program: dict, scalars: dict[int, int]):
        self.program = program
        self.buffers = program["buffers"]
        self.scalars = scalars
        self.before = {}  # what earlier launches have written
        self.launches: list[Touched] = [self._launch(each) for each in program["launches"]]

    def _launch(self, launch: dict) -> Touched:
        self.touched = Touched()
        for block in itertools.product(*(range(extent) for extent in launch["grid"])):
            env = dict(self.scalars)
            env |= {v: b for v, b in zip(launch["indices"], block, strict=True) if v is not None}
            self.block = block
            self._body(launch["body"], env)
        for (_, storage), mask in self.touched.writes.items():
            self.before[storage] = self.before.get(storage, False) | mask
        return self.touched

    def _body(self, body: list, env: dict[int, int]) -> None:
        env = dict(env)
        for step in body:
            self._step(step, env)

    def _step(self, step: dict, env: dict[int, int]) -> None:
        kind = step["step"]
        if kind == "let":
            env[step["var"]] = value(step["value"], env)
        elif kind == "when":
            taken = value(step["condition"], env)
            self._body(step["then"] if taken else step.get("else", []), env)
        elif kind == "loop":
            self._loop([step], step["body"], env)
        elif kind == "map":
            self._loop(step["loops"], step["body"], env)
        elif kind == "break":
            raise Break
        elif kind == "continue":
            raise Continue
        elif kind == "copy":
            self._region("reads", step["src"], env)
            self._region("writes", step["dst"], env)
        elif kind == "fill":
            self._region("writes", step["dst"], env)
        elif kind == "atomic" and "dst" in step:
            self._region("updates", step["dst"], env)
        elif kind == "store":
            self._loads(step["value"], env)
            ones = [1] * len(step["at"])
            self._region("writes", {"buffer": step["buffer"], "at": step["at"], "shape": ones}, env)
        else:
            raise AssertionError(kind)

    def _loop(self, loops: list, body: list, env: dict[int, int]) -> None:
        if not loops:
            return self._body(body, env)
        first = value(loops[0].get("min", 0), env)
        for turn in range(first, first + value(loops[0]["extent"], env)):
            try:
                self._loop(loops[1:], body, env | {loops[0]["var"]: turn})
            except Continue:
                continue
            except Break:
                break
        return None

    def _loads(self, e, env: dict[int, int]) -> None:
        if not isinstance(e, dict):
            return
        ((key, args),) = e.items()
        if key == "load":
            ones = [1] * (len(args) - 1)
            self._region("reads", {"buffer": args[0], "at": args[1:], "shape": ones}, env)
        elif key not in ("var", "float", "int"):
            for arg in args:
                self._loads(arg, env)

    def _region(self, mode: str, region: dict, env: dict[int, int]) -> None:
        buffer = self.buffers[region["buffer"]]
        storage = buffer.get("of", region["buffer"])
        if self.buffers[storage]["kind"] == "scratch":
            return
        mask = mask_of(buffer, self.buffers[storage], region["at"], region["shape"], env)
        if not mask.any():
            return
        held = self.touched.writes.get((self.block, storage), False)
        held = held | self.touched.updates.get((self.block, storage), False)
        held = held | self.before.get(storage, False)
        if mode != "writes" and (mask & np.logical_not(held)).any():
            self.touched.inputs.add(storage)
        masks = getattr(self.touched, mode)
        masks[self.block, storage] = masks.get((self.block, storage), False) | mask


def mask_of(buffer: dict, storage: dict, at: list, shape: list, env: dict[int, int]) -> np.ndarray:
    """The elements of the storage that a region of it, or of a view of it, has within it."""
    mask = np.zeros(buffer["shape"], bool)
    box = []
    for first, extent in zip(at, shape, strict=True):
        begin = value(first, env)
        box.append(slice(max(begin, 0), max(begin + value(extent, env), 0)))
    mask[tuple(box)] = True
    if "of" not in buffer:
        return mask
    whole = np.zeros(math.prod(storage["shape"]), bool)
    whole[buffer["offset"] : buffer["offset"] + mask.size] = mask.ravel()
    return whole.reshape(storage["shape"])


def cells_of(mask: np.ndarray, tile: int) -> set[int]:
    """The tiles over the last two dimensions, or elements, that a mask has an element of."""
    if tile == 1:
        return set(np.flatnonzero(mask).tolist())
    *lead, height, width = (1, 1, *mask.shape)[-max(mask.ndim, 2) :]
    places = np.argwhere(mask.reshape(*lead, height, width))
    places[:, -2:] //= tile
    bounds = (*lead, -(-height // tile), -(-width // tile))
    return set(np.ravel_multi_index(tuple(places.T), bounds).tolist())
