"""Pages that a kernel moves at once: those that lie one after the other in a bank.

A kernel's time is that of its entries more than of their bytes. What is reached is the same: each
page at its own address.
"""

from __future__ import annotations

import numpy as np

from .tiles import Array


def by_place(entries: Array, parts: int) -> Array:
    """An order of entries (NoC, x, y, address, bytes) in which those that lie one after the other
    in a bank follow each other, and each of so many parts has as many of either NoC."""
    noc, x, y, address, _ = entries.T
    part = np.zeros(len(entries), np.int64)
    for number in (0, 1):
        ours = np.flatnonzero(noc == number)
        ours = ours[np.lexsort((address[ours], y[ours], x[ours]))]
        part[ours] = np.arange(len(ours)) * parts // max(len(ours), 1)
    return np.lexsort((address, y, x, noc, part))


def runs_of(entries: Array, slot: int) -> Array:
    """Entries (NoC, x, y, address, bytes), each in a slot of L1 after the other's, with those made
    one that lie one after the other in a bank as well; with the place in L1 of each, and NoC 0's
    first. A kernel's time is that of its entries, not of their bytes."""
    places = np.arange(len(entries)) * slot
    order = np.argsort(entries[:, 0], kind="stable")
    ordered, places = entries[order], places[order]
    before = ordered[:-1]
    follows = (ordered[1:, :3] == before[:, :3]).all(axis=1)
    follows &= ordered[1:, 3] == before[:, 3] + slot
    follows &= (before[:, 4] == slot) & (places[1:] == places[:-1] + slot)
    starts = np.flatnonzero(np.concatenate([[True], ~follows]))
    return np.column_stack(
        [ordered[starts, :4], np.add.reduceat(ordered[:, 4], starts), places[starts]]
    )
