"""Jobs that time generated kernels by the clock of each core. Runs where the device is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import ttnn

from ...codegen.arguments import CLOCK
from ...codegen.emit.text import TIME_BYTES
from ...codegen.launch import Launch
from .launching import enqueue, tensors_of

#: The processors of a core, by their places in L1: what Launch's kernels note.
PROCESSORS = ("reader", "unpack", "math", "pack", "writer")
_WORDS = 32  # of L1 a core, of which PROCESSORS take 20


def time_kernels(
    device: Any,
    launches: Sequence[Launch],
    arrays: Mapping[str, Any],
    scalars: Mapping[str, int | float],
    runs: int,
) -> list[np.ndarray[Any, Any]]:
    """What each core's clock showed, a launch: runs x cores x processors x (beginning, end).

    All launches are run once before. Cycles, as 64-bit integers; zeros of a processor that the
    launch has no kernel for.
    """
    specs = {spec.name: spec for launch in launches for spec in launch.tensors}
    tensors = tensors_of(device, specs, arrays)
    clocks = [_clocks(device, launch) for launch in launches]
    found: list[list[Any]] = [[] for _ in launches]
    for turn in range(runs + 1):
        for number, launch in enumerate(launches):
            enqueue(device, launch, {**tensors, CLOCK.source: clocks[number]}, scalars)
            if turn:
                words = ttnn.from_device(clocks[number]).to_numpy().astype(np.uint64)
                pairs = words.reshape(len(launch.cores), -1, 2)
                found[number].append(pairs[:, :, 0] | pairs[:, :, 1] << np.uint64(32))
    places = len(PROCESSORS) * TIME_BYTES // 8
    shape = (runs, -1, len(PROCESSORS), 2)
    return [np.stack(each)[:, :, :places].reshape(shape).astype(np.int64) for each in found]


def _clocks(device: Any, launch: Launch) -> Any:
    """A row of words in the L1 of each core of a launch, in their order, at one address."""
    cores = ttnn.CoreRangeSet(
        [ttnn.CoreRange(place, place) for place in (ttnn.CoreCoord(c.x, c.y) for c in launch.cores)]
    )
    memory = ttnn.MemoryConfig(
        ttnn.TensorMemoryLayout.HEIGHT_SHARDED,
        ttnn.BufferType.L1,
        ttnn.ShardSpec(cores, [1, _WORDS], ttnn.ShardOrientation.ROW_MAJOR),
    )
    zeros = ttnn.Tensor(np.zeros((len(launch.cores), _WORDS), np.uint32), ttnn.uint32)
    return ttnn.to_device(zeros, device, memory_config=memory)
