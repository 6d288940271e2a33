"""Jobs of kernels that are called again and again: tensors come and go by shared memory, and what
a launch is comes once.

Runs in the process that has the device open.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..codegen.launch import Launch
from .shared import of_worker

# By the caller's numbers, the last used at the end. A kernel with dynamic dimensions has some for
# each shape, so what wasn't used for long is forgotten, and asked for again.
_LAUNCHES: OrderedDict[int, tuple[Launch, ...]] = OrderedDict()
_MOST = 512

#: A tensor: name, dtype, shape, where it begins, and whether it is given and taken back.
Record = tuple[str, str, tuple[int, ...], int, bool, bool]


def prepare(device: Any, number: int, launches: tuple[Launch, ...]) -> None:
    """Keep launches under a number."""
    _LAUNCHES[number] = launches
    if len(_LAUNCHES) > _MOST:
        _LAUNCHES.popitem(last=False)


def call(
    device: Any,
    number: int,
    size: int,
    records: Sequence[Record],
    scalars: Mapping[str, int | float],
) -> bool:
    """Run launches that were prepared, on tensors in the shared memory, of which ``size`` bytes
    are in use. What isn't given holds zeros before. False where they are not known here."""
    from .launching import run_kernels

    launches = _LAUNCHES.get(number)
    if launches is None:
        return False
    _LAUNCHES.move_to_end(number)
    memory = of_worker().view(size)
    views = {
        name: _view(memory, dtype, shape, begin) for name, dtype, shape, begin, _, _ in records
    }
    given = {record[0]: views[record[0]] for record in records if record[4]}
    found = run_kernels(device, launches, given, scalars)
    for name, *_, back in records:
        if back:
            views[name][...] = found[name]
    return True


def nothing(device: Any, number: int, size: int, records: Sequence[Record], scalars: Any) -> bool:
    """The empty job, by which benchmarks measure what a call costs by itself."""
    of_worker().view(size)
    return True


def _view(memory: Any, dtype: str, shape: tuple[int, ...], begin: int) -> np.ndarray[Any, Any]:
    import ml_dtypes

    of = np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(memory, of, count, begin).reshape(shape)
