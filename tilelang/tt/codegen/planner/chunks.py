"""Chunks of K that are read, sent on and multiplied in parts: compute begins with the first.

A kernel's author chooses how much of K a turn of the loop takes. What a product adds up does not
depend on it: all turns go to DST, a tile of K after the other. So where the blocks of all turns
stay in L1, a block may come in parts along K, each of which lies in L1 by itself, and compute waits
for a part instead of for a block.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from ..tiles import Accumulate, Multiply, Operation, Read, Storage, defined, used, walk

#: Tiles that a part has at least, of each operand. To tell other cores and compute of a part takes
#: a reader's processor as long as to begin the reads of two or three pages.
LEAST = 4


def parts_of(
    body: tuple[Operation, ...], storages: Mapping[int, Storage], apart: Set[int]
) -> dict[str, int]:
    """In how many parts the blocks of a loop's turns may come, by the place of the loop; those that
    come whole are left out. ``apart``: storages that compute makes buffers of its own of."""
    found: dict[str, int] = {}
    for operation in walk(body):
        if isinstance(operation, Accumulate):
            parts = _parts(operation, body, storages)
            if parts > 1 and not apart & {s for each in operation.products for s in used(each)}:
                found[operation.place] = parts
    return found


def _parts(
    operation: Accumulate, body: tuple[Operation, ...], storages: Mapping[int, Storage]
) -> int:
    products = operation.products
    read = {
        each.target for each in operation.body
        if isinstance(each, Read) and not each.window.turned and storages[each.target].matrices == 1
    }  # fmt: skip
    first = {each.a for each in products}
    second = {each.b for each in products}
    lengths = {storages[each.a].across for each in products}
    if len(read) < len(operation.body) or first | second != read or first & second:
        return 1
    if len(lengths) > 1 or any(_elsewhere(s, operation, body) for s in read):
        return 1
    if any(_turned(s, products) is None for s in second):
        return 1
    (length,) = lengths
    sides = [storages[s].pages // length for s in read]
    whole = min(sides) * length
    return max(
        (n for n in range(1, length + 1) if length % n == 0 and whole // n >= LEAST), default=1
    )


def _elsewhere(storage: int, operation: Accumulate, body: tuple[Operation, ...]) -> bool:
    """Whether something but a loop's reads and products has to do with a storage."""
    own = (*operation.body, *operation.products)
    return any(storage in {*used(each), defined(each)} for each in walk(body) if each not in own)


def _turned(storage: int, products: tuple[Multiply, ...]) -> bool | None:
    """Whether products take a second operand transposed; None where some do and some don't."""
    ways = {each.transpose_b for each in products if each.b == storage}
    return ways.pop() if len(ways) == 1 else None


def first_operands(body: tuple[Operation, ...], parts: Mapping[str, int]) -> set[int]:
    """The first operands that come in parts: tiles of theirs go down the columns, as a part is
    some of these."""
    return {
        product.a
        for operation in walk(body)
        if isinstance(operation, Accumulate) and operation.place in parts
        for product in operation.products
    }
