"""The errors of an output as a picture: which part of its bound each element is off by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..tensors.tiles import Array

#: Cells a side, at most.
MOST = 48

# What is beyond its bound by more is shown as that: where the bound is 0, any error is.
_MOST_USED = 1000.0


@dataclass(frozen=True)
class Picture:
    """Of a tensor as a matrix: its leading dimensions are rows too.

    ``rows`` and ``columns`` are the matrix's, in elements; a cell is of ``down`` x ``across`` of
    them, and says what the worst one uses of its bound, None where none has a bound.
    """

    rows: int
    columns: int
    down: int
    across: int
    cells: tuple[tuple[float | None, ...], ...]


def picture_of(used: Array) -> Picture:
    """used : which part of its own bound each element is off by, NaN where it has none"""
    matrix = used.reshape(-1, used.shape[-1] if used.ndim else 1)
    rows, columns = matrix.shape
    if not matrix.size:
        return Picture(rows, columns, 1, 1, ())
    down, across = -(-rows // MOST), -(-columns // MOST)
    known = np.minimum(np.where(np.isnan(matrix), -1.0, matrix), _MOST_USED)
    worst = np.maximum.reduceat(known, range(0, rows, down), axis=0)
    worst = np.maximum.reduceat(worst, range(0, columns, across), axis=1)
    cells = tuple(
        tuple(None if each < 0 else float(f"{each:.3g}") for each in row) for row in worst.tolist()
    )
    return Picture(rows, columns, down, across, cells)
