"""A call's tensors on their way: results are made, and what crosses does so by the memory that the
device's process has too, with one copy there and one back.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..codegen.launch import TensorSpec
from ..program.dtypes import DTYPES
from ..runtime.session.shared import SharedMemory
from .compiled import Compiled
from .tensor_kinds import new_tensor, torch_device, view_of, write


@dataclass(frozen=True)
class Place:
    """What becomes of a tensor: whether it is given to the device, whether it comes back, and at
    which byte of a session's memory it begins."""

    spec: TensorSpec
    given: bool
    back: bool
    begin: int


def nbytes(spec: TensorSpec) -> int:
    """Bytes of a tensor where it is compact, in the program's dtype."""
    return math.prod(spec.shape) * DTYPES[spec.dtype].bits // 8


def new_tensors(
    compiled: Compiled, shapes: Sequence[tuple[int, ...] | None], beside: Any
) -> dict[int, Any]:
    """The tensors that a call gives back, by their places, on the device of the one ``beside``."""
    made: dict[int, Any] = {}
    device = torch_device(beside) if compiled.results else None
    for place in compiled.results:
        parameter, shape = compiled.parameters[place], shapes[place]
        if shape is None:
            raise ValueError(
                f"kernel {compiled.name}: out_idx names {parameter.name}, which is a number; "
                "expected a tensor"
            )
        made[place] = new_tensor(shape, parameter.dtype, device)
    return made


class Memory:
    """The tensors of a call, in a session's memory: :meth:`put` copies there, :meth:`take` back.

    Raises ValueError for a tensor that is to be written and whose elements overlap.
    """

    def __init__(self, memory: SharedMemory, size: int, used: Sequence[tuple[Place, Any]]) -> None:
        self._mapped = memory.view(size)
        self._address = memory.address
        self._used = [(place, tensor, _is_plain(tensor)) for place, tensor in used]
        for place, tensor, plain in self._used:
            if place.back and not plain:
                _check_writable(place.spec.name, tensor)

    def put(self) -> None:
        for place, tensor, plain in self._used:
            if not place.given:
                continue
            if plain:
                ctypes.memmove(self._address + place.begin, tensor.data_ptr(), tensor.nbytes)
            else:
                write(view_of(self._mapped, tensor, place.begin), tensor)

    def take(self) -> None:
        for place, tensor, plain in self._used:
            if not place.back:
                continue
            if plain:
                ctypes.memmove(tensor.data_ptr(), self._address + place.begin, tensor.nbytes)
            else:
                write(tensor, view_of(self._mapped, tensor, place.begin))


def _is_plain(tensor: Any) -> bool:
    """Whether its bytes are as they are wanted. Copying those is left to memmove: torch would share
    them out among threads, which a busy machine is slow to wake."""
    return bool(tensor.is_contiguous() and tensor.device.type == "cpu" and not tensor.is_neg())


def _check_writable(name: str, tensor: Any) -> None:
    for extent, stride in zip(tensor.shape, tensor.stride(), strict=True):
        if stride == 0 and extent > 1:
            raise ValueError(
                f"{name}, which the kernel writes, has elements that overlap: found the stride 0 "
                f"of {extent} elements; expected each in a place of its own: "
                f"torch.empty({tuple(tensor.shape)}, dtype={tensor.dtype})"
            )
