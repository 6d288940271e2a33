"""What is done for several steps at once. Each fusion has a name, and can be switched off.

``accumulate``: products that a loop adds up stay in DST, in float32, over all turns. Without it, an
accumulator goes to L1 and back at each turn, and a float32 loses 13 bits on its way to DST.
``zeros``: an accumulator that is filled with zeros just before begins with DST's own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from .tiles import (
    ZEROS,
    Accumulate,
    Choose,
    Compute,
    Multiply,
    Operation,
    Repeat,
    Write,
    defined,
    inner,
    used,
    walk,
)

FUSIONS = frozenset({"accumulate", "zeros", "pack_to_output"})


def fuse(body: tuple[Operation, ...], fusions: frozenset[str]) -> tuple[Operation, ...]:
    """The same block with fewer operations."""
    if "accumulate" in fusions:
        uses = Counter(s for each in walk(body) for s in _touched(each))
        body = tuple(_accumulated(each, uses) for each in body)
    return _zeroed(body) if "zeros" in fusions else body


def _touched(operation: Operation) -> set[int]:
    """The storages that an operation itself, not its bodies, uses or defines."""
    target = defined(operation)
    return set(used(operation)) | (set() if target is None else {target})


def _accumulated(operation: Operation, uses: Counter[int]) -> Operation:
    if isinstance(operation, Choose):
        return replace(
            operation,
            then=tuple(_accumulated(each, uses) for each in operation.then),
            otherwise=tuple(_accumulated(each, uses) for each in operation.otherwise),
        )
    if not isinstance(operation, Repeat):
        return operation
    if _adds_up(operation.body, uses):
        rest = tuple(each for each in operation.body if not isinstance(each, Multiply))
        products = tuple(each for each in operation.body if isinstance(each, Multiply))
        head = operation.place, operation.var, operation.first, operation.trips
        return Accumulate(*head, rest, products)
    return replace(operation, body=tuple(_accumulated(each, uses) for each in operation.body))


def _adds_up(body: tuple[Operation, ...], uses: Counter[int]) -> bool:
    """Whether a loop's body makes operands and adds their products to what it else leaves alone."""
    products = [each for each in body if isinstance(each, Multiply)]
    if not products or any(isinstance(each, (Repeat, Choose, Write)) for each in body):
        return False
    here = Counter(s for each in body for s in _touched(each))
    made: set[int] = set()
    for each in body:
        if isinstance(each, Multiply):
            if each.fresh or here[each.c] != 1:
                return False
            made_here = {each.a, each.b} & {defined(other) for other in body}
            if not made_here <= made:
                return False
            continue
        target = defined(each)
        if target is None or target in made or not used(each) & _all_made(body) <= made:
            return False
        made.add(target)
    operands = {s for each in products for s in (each.a, each.b)}
    others = {s for each in body if not isinstance(each, Multiply) for s in used(each)}
    # What is made in the loop is neither carried on to the next turn nor needed afterwards.
    return all(here[s] == uses[s] for s in made) and not operands & made & others


def _all_made(body: tuple[Operation, ...]) -> set[int]:
    return {
        t for each in body if not isinstance(each, Multiply) and (t := defined(each)) is not None
    }


def _zeroed(body: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """Products whose accumulator is filled with zeros just before."""
    zeros: dict[int, str] = {}
    out: list[Operation] = []
    for each in body:
        if isinstance(each, Repeat):
            each = replace(each, body=_zeroed(each.body))
        elif isinstance(each, Choose):
            each = replace(each, then=_zeroed(each.then), otherwise=_zeroed(each.otherwise))
        elif isinstance(each, Multiply):
            each = _begin(each, zeros)
        elif isinstance(each, Accumulate):
            each = replace(each, products=tuple(_begin(one, zeros) for one in each.products))
        touched = {s for one in (each, *walk_inner(each)) for s in _touched(one)}
        for storage in touched & set(zeros):
            del zeros[storage]
        if isinstance(each, Compute) and each.value == ZEROS:
            zeros[each.target] = each.place
        out.append(each)
    return tuple(out)


def _begin(product: Multiply, zeros: dict[int, str]) -> Multiply:
    if product.fresh or product.c not in zeros:
        return product
    return replace(product, fresh=True, zeroed=zeros[product.c])


def walk_inner(operation: Operation) -> list[Operation]:
    """All operations within one."""
    return [each for body in inner(operation) for each in walk(body)]
