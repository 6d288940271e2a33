"""Where a kernel plan rounds, and to which format: all that a bound takes from it.

Results are packed from DST to a buffer in L1. A plan's steps say which step of the program they do,
so each result of a program's step has the formats of the buffers that it goes through. A map's last
function may have rounded its result before.
"""

from __future__ import annotations

from ..codegen.arguments import steps_alone
from ..codegen.plan import COMPUTE, WRITER, KernelPlan, MultiplyTiles, TileMap, WriteTiles
from ..codegen.slots import rounds


class Packs:
    """The formats that results are rounded to, in the order in which they are."""

    def __init__(self, plan: KernelPlan) -> None:
        self.dst = plan.dst
        self._names = [buffer.name for buffer in plan.program.buffers]
        self._formats: dict[tuple[str, str], list[str]] = {}
        self._staged: dict[tuple[str, int], str] = {}
        self._products: dict[tuple[str, str], MultiplyTiles] = {}
        self._rounding: dict[tuple[str, str], list[bool]] = {}
        for step in steps_alone(plan.kernels[COMPUTE]):
            # A block in two buffers has one format.
            beside = {plan.buffers[made.buffer].beside for made in step.makes}
            for made in step.makes:
                if made.buffer in beside:
                    continue
                buffer = plan.buffers[made.buffer]
                for place in step.places:
                    key = place, buffer.storage
                    self._formats.setdefault(key, []).append(buffer.format)
                    if isinstance(step.work, MultiplyTiles):
                        self._products[key] = step.work
                    if isinstance(step.work, TileMap):
                        by_itself = bool(rounds(step.work.code))
                        self._rounding.setdefault(key, []).append(by_itself)
        for step in steps_alone(plan.kernels[WRITER]):
            if isinstance(step.work, WriteTiles):
                storage = plan.buffers[step.work.buffer].storage
                for place in step.places:
                    self._staged[place, step.work.window.tensor] = storage

    def of(self, place: str, buffer: int) -> list[str]:
        """Those of a step's result in scratch; none where compute has no hand in it."""
        return self._formats.get((place, self._names[buffer]), [])

    def of_tensor(self, place: str, tensor: int) -> list[str]:
        """Those of what a step stores to device memory by itself."""
        storage = self._staged.get((place, tensor))
        return [] if storage is None else self._formats.get((place, storage), [])

    def rounds(self, place: str, buffer: int, number: int) -> bool:
        """Whether a map's last function rounds its result to bfloat16 by itself, of the store of
        that number, from 0, to a buffer."""
        staged = self._staged.get((place, buffer))
        # What is stored to device memory has a storage of its own, which may be packed again.
        key, number = (place, staged or self._names[buffer]), 0 if staged else number
        found = self._rounding.get(key, [False])
        return found[min(number, len(found) - 1)]

    def product(self, place: str, buffer: int) -> MultiplyTiles | None:
        """What the plan has for a product into a buffer."""
        return self._products.get((place, self._names[buffer]))
