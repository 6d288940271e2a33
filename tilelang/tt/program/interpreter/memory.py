"""The memory of a run: an array for each buffer; views share bytes with their storage."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Program, Scratch, Tensor, View, Workspace
from .values import Value, cast, constant, numpy_dtype, undefined

Array = np.ndarray[Any, Any]


class Memory:
    """``tensors`` are the arrays of parameters, by buffer; they are written in place."""

    def __init__(self, program: Program, tensors: dict[int, Array]) -> None:
        self.program = program
        self.arrays: list[Array] = []
        self.pads: list[Value | None] = []
        self._undefined = [undefined(buffer.dtype) for buffer in program.buffers]
        for id, buffer in enumerate(program.buffers):
            if isinstance(buffer, Tensor):
                array = tensors[id]
            elif isinstance(buffer, View):
                array = np.empty(0)  # below, when there is what it is of
            else:
                array = np.full(buffer.shape, self._undefined[id], numpy_dtype(buffer.dtype))
            self.arrays.append(array)
        for id, buffer in enumerate(program.buffers):
            if isinstance(buffer, View):
                self.arrays[id] = _view(self.arrays[buffer.of], buffer)
            self.pads.append(self._pad(id))

    def _pad(self, id: int) -> Value | None:
        """What a load out of bounds gives; None for memory of the block, where it is an error."""
        storage = self.program.buffers[self.program.storage(id)]
        dtype = self.program.buffers[id].dtype
        if not isinstance(storage, (Tensor, Workspace)):
            return None
        if storage.pad is None:
            return constant(0, dtype)
        of_storage = cast(
            constant(storage.pad.value, storage.pad.dtype), storage.pad.dtype, storage.dtype
        )
        return cast(of_storage, storage.dtype, dtype)

    def begin_block(self, scratch: list[int]) -> None:
        """Memory of a block is undefined at its begin."""
        for id in scratch:
            self.arrays[id][...] = self._undefined[id]

    def scratch_of(self, ids: set[int]) -> list[int]:
        """The scratch among the storages of some buffers."""
        storages = {self.program.storage(id) for id in ids}
        return [id for id in sorted(storages) if isinstance(self.program.buffers[id], Scratch)]


def _view(storage: Array, view: View) -> Array:
    dtype = numpy_dtype(view.dtype)
    start = view.offset * dtype.itemsize
    size = dtype.itemsize * int(np.prod(view.shape, dtype=np.int64))
    raw = storage.reshape(-1).view(np.uint8)[start : start + size]
    return raw.view(dtype).reshape(view.shape)
