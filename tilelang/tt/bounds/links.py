"""The bytes over each link of the two NoCs.

A packet of NoC 0 goes right, then down; one of NoC 1 goes up, then left (tt-isa-documentation,
NoC/RoutingPaths.md); both wrap around. A multicast along a row or a column crosses each link once.
All places are NoC 0's coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

#: The four kinds of links of a router: to the next one along x and along y, to its core, from it.
KINDS = ("x", "y", "in", "out")


@dataclass(frozen=True)
class Busiest:
    """The link of a NoC with the most bytes: it leaves the router at ``at`` as ``kind`` says."""

    noc: int
    kind: str
    at: tuple[int, int]
    bytes: int

    def __str__(self) -> str:
        way = {
            "x": ("right", "left")[self.noc],
            "y": ("down", "up")[self.noc],
            "in": "into its core",
            "out": "out of its core",
        }[self.kind]
        return f"({self.at[0]}, {self.at[1]}) {way}"


class Links:
    """``loads[noc][kind][y, x]`` are the bytes of a link, of the router at (x, y)."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.width, self.height = size
        shape = (self.height, self.width)
        self._flows: list[list[list[Any]]] = [[[], []], [[], []]]
        self.loads = [{kind: np.zeros(shape, np.int64) for kind in KINDS} for _ in range(2)]

    def unicast(self, noc: int, source: Any, target: Any, size: Any) -> None:
        """Flows of ``size`` bytes: arrays of (x, y) pairs, and one size for each pair."""
        source, target = np.asarray(source).reshape(-1, 2), np.asarray(target).reshape(-1, 2)
        size = np.broadcast_to(np.asarray(size, np.int64), len(source))
        self._route(noc, source, target, size)
        np.add.at(self.loads[noc]["out"], (source[:, 1], source[:, 0]), size)
        np.add.at(self.loads[noc]["in"], (target[:, 1], target[:, 0]), size)

    def multicast(self, noc: int, source: Any, targets: Any, size: int) -> None:
        """One flow to several cores of the source's row or column, each link once."""
        source, targets = np.asarray(source), np.asarray(targets).reshape(-1, 2)
        sign = 1 if noc == 0 else -1
        hops = (sign * (targets - source) % (self.width, self.height)).sum(1)
        farthest = targets[hops.argmax()]
        self._route(noc, source[None], farthest[None], np.asarray([size], np.int64))
        self.loads[noc]["out"][source[1], source[0]] += size
        self.loads[noc]["in"][targets[:, 1], targets[:, 0]] += size

    def _route(self, noc: int, source: Any, target: Any, size: Any) -> None:
        # NoC 1 is NoC 0 seen from the opposite corner, with the turn the other way round.
        far = np.array([self.width - 1, self.height - 1])
        if noc == 1:
            source, target = far - source, far - target
        row, column = (source, target) if noc == 0 else (target, source)
        x = self._along(row[:, 1], source[:, 0], target[:, 0], self.width, self.height, size)
        y = self._along(column[:, 0], source[:, 1], target[:, 1], self.height, self.width, size).T
        # A packet of NoC 0 goes along x in the source's row, and along y in the target's column.
        if noc == 1:
            x, y = x[::-1, ::-1], y[::-1, ::-1]
        self.loads[noc]["x"] += x
        self.loads[noc]["y"] += y

    @staticmethod
    def _along(line: Any, first: Any, last: Any, length: int, lines: int, size: Any) -> Any:
        """The bytes over each link of parallel lines, [line, place]; flows go up and wrap."""
        steps = (last - first) % length
        ends = np.zeros((lines, 2 * length + 1), np.int64)
        np.add.at(ends, (line, first), size)
        np.add.at(ends, (line, first + steps), -size)
        over = ends.cumsum(1)
        return over[:, :length] + over[:, length : 2 * length]

    def busiest(self, noc: int) -> Busiest:
        """The most loaded link of a NoC; of several, the first in the order of KINDS."""
        kind = max(KINDS, key=lambda kind: int(self.loads[noc][kind].max()))
        loads = self.loads[noc][kind]
        y, x = np.unravel_index(int(loads.argmax()), loads.shape)
        return Busiest(noc, kind, (int(x), int(y)), int(loads[y, x]))
