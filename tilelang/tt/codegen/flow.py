"""Which storages are needed after each operation, so that a kernel pops what is used up.

An operation whose result nobody needs is left out, with all that is there for it alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .tiles import Accumulate, Choose, Operation, Repeat, Write, defined, used


@dataclass
class Node:
    """An operation with the storages that are live before and after it, and its bodies' nodes.

    A body's own ``before`` is in ``heads``: what is live where it begins.
    """

    operation: Operation
    before: frozenset[int]
    after: frozenset[int]
    bodies: list[list[Node]] = field(default_factory=list)
    heads: list[frozenset[int]] = field(default_factory=list)


def flow(body: tuple[Operation, ...]) -> tuple[list[Node], frozenset[int]]:
    """The operations that count, and what is live where the block begins."""
    return _body(body, frozenset())


def with_a_turn(body: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """The same where each loop has a turn: what one turn does stands before it."""
    out: list[Operation] = []
    for operation in body:
        if isinstance(operation, Repeat):
            out += with_a_turn(operation.body)
        elif isinstance(operation, Choose):
            then, otherwise = map(with_a_turn, (operation.then, operation.otherwise))
            operation = replace(operation, then=then, otherwise=otherwise)
        out.append(operation)
    return tuple(out)


def _body(body: tuple[Operation, ...], after: frozenset[int]) -> tuple[list[Node], frozenset[int]]:
    nodes: list[Node] = []
    for operation in reversed(body):
        node = _node(operation, after)
        if node is not None:
            nodes.append(node)
            after = node.before
    return nodes[::-1], after


def _node(operation: Operation, after: frozenset[int]) -> Node | None:
    if isinstance(operation, Choose):
        then, then_head = _body(operation.then, after)
        otherwise, other_head = _body(operation.otherwise, after)
        if not then and not otherwise:
            return None
        heads = [then_head, other_head]
        return Node(operation, then_head | other_head, after, [then, otherwise], heads)
    if isinstance(operation, Repeat):
        head = after
        while True:
            nodes, first = _body(operation.body, head)
            if first <= head:
                break
            head |= first
        return Node(operation, head, after, [nodes], [first]) if nodes else None
    if isinstance(operation, Accumulate):
        return _accumulate(operation, after)
    target = defined(operation)
    if not isinstance(operation, Write) and target not in after:
        return None
    rest = after if target is None else after - {target}
    return Node(operation, rest | used(operation), after)


def _accumulate(operation: Accumulate, after: frozenset[int]) -> Node | None:
    products = tuple(each for each in operation.products if each.c in after)
    if not products:
        return None
    operation = replace(operation, products=products)
    made = {defined(each) for each in operation.body}
    operands = frozenset(s for each in products for s in (each.a, each.b))
    outside = after - {each.c for each in products}
    old = frozenset(each.c for each in products if not each.fresh)
    nodes, first = _body(operation.body, outside | operands | old)
    before = first - made
    nodes, first = _body(operation.body, before | operands)
    return Node(operation, before, after, [nodes], [before])
