"""Kernels that share, wrong on purpose: what E7 has to notice of cores that read together.

What such a kernel waits for may never come. So it waits for a while, and then goes on with whatever
is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ...codegen.launch import Launch, launch
from ...codegen.plan import (
    Ahead,
    For,
    If,
    Kept,
    KernelPlan,
    Parts,
    ReadTiles,
    Statement,
    Step,
    Together,
)
from ...codegen.tiles import Window
from ...device_spec import DeviceSpec
from ...program import ZERO, Const, Expr, Op, Var

#: The cores of the kernel that is there for these controls, across and down.
CORES = (3, 2)

_A_WHILE = """
inline void wait_a_while(volatile tt_l1_ptr uint32_t* word, uint32_t value) {
    for (uint32_t turn = 0; turn < 1024 && *word != value; ++turn) {
        invalidate_l1_cache();
    }
}
inline void wait_a_while_min(volatile tt_l1_ptr uint32_t* word, uint32_t value) {
    for (uint32_t turn = 0; turn < 1024 && *word < value; ++turn) {
        invalidate_l1_cache();
    }
}
#define noc_semaphore_wait wait_a_while
#define noc_semaphore_wait_min wait_a_while_min
"""


def _too_small(spec: DeviceSpec) -> str:
    across, down = CORES
    fits = spec.grid_x >= across and spec.grid_y >= down
    return "" if fits else f"the device has no {across} x {down} cores"


@dataclass(frozen=True)
class SharingMutation:
    """A launch whose kernels are wrong; None where cores share nothing that it would change."""

    name: str
    apply: Callable[[KernelPlan], Launch | None]
    powerless: Callable[[DeviceSpec], str] = _too_small


def _neighbours_block(plan: KernelPlan) -> Launch | None:
    """Who sends reads the block after the one that is its group's."""
    along = {share.tensor: share.along for share in plan.shares}

    def change(work: ReadTiles, loops: tuple[int, ...]) -> Window:
        window = work.window
        if along[window.tensor] == "x":
            return replace(window, row=_sum(window.row, work.down * 32))
        return replace(window, column=_sum(window.column, work.across * 32))

    return _with_windows(plan, change)


def _chunk_twice(plan: KernelPlan) -> Launch | None:
    """Who sends reads in each turn of the innermost loop what the turn before had, and in the first
    one its own."""

    def change(work: ReadTiles, loops: tuple[int, ...]) -> Window:
        if not loops:
            return work.window
        before = Op("max", (_sum(Var(loops[-1]), -1), ZERO))
        window = work.window
        row, column = (_by(e, loops[-1], before) for e in (window.row, window.column))
        return replace(window, row=row, column=column)

    return _with_windows(plan, change)


def _sum(e: Expr, more: int) -> Expr:
    return Op("add", (e, Const(more)))


def _by(e: Expr, id: int, other: Expr) -> Expr:
    """An index with another in a variable's place."""
    if isinstance(e, Var):
        return other if e.id == id else e
    if isinstance(e, Op):
        return replace(e, args=tuple(_by(each, id, other) for each in e.args))
    return e


def _with_windows(
    plan: KernelPlan, change: Callable[[ReadTiles, tuple[int, ...]], Window]
) -> Launch | None:
    """The launch of a plan whose shared reads are of other windows."""

    def each(statement: Statement, loops: tuple[int, ...]) -> Statement:
        if isinstance(statement, Step):
            work = statement.work
            if not isinstance(work, ReadTiles) or not work.shared:
                return statement
            return replace(statement, work=replace(work, window=change(work, loops)))
        if isinstance(statement, (Together, Ahead)):
            inside = (*loops, statement.var) if isinstance(statement, Ahead) else loops
            steps = tuple(each(one, inside) for one in statement.steps)
            return replace(statement, steps=steps)  # type: ignore[arg-type]
        if isinstance(statement, If):
            then, otherwise = (
                tuple(each(one, loops) for one in way)
                for way in (statement.then, statement.otherwise)
            )
            return replace(statement, then=then, otherwise=otherwise)
        inside = (*loops, statement.var) if isinstance(statement, For) else loops
        assert isinstance(statement, (For, Parts, Kept))
        return replace(statement, body=tuple(each(one, inside) for one in statement.body))

    kernels = {
        role: tuple(each(statement, ()) for statement in body)
        for role, body in plan.kernels.items()
    }
    return launch(replace(plan, kernels=kernels)) if kernels != dict(plan.kernels) else None


def _with_texts(*ways: Mapping[str, str]) -> Callable[[KernelPlan], Launch | None]:
    """A launch in whose data movement kernels other text stands, where all that is in one of the
    ways is there."""

    def apply(plan: KernelPlan) -> Launch | None:
        whole = launch(plan)
        kernels = []
        for each in whole.kernels:
            source = each.source
            for changes in ways:
                if all(old in source for old in changes):
                    for old, new in changes.items():
                        source = source.replace(old, new)
            if source != each.source:
                end = source.index("\n", source.rindex("#include")) + 1
                source = source[:end] + _A_WHILE + source[end:]
            kernels.append(replace(each, source=source))
        changed = replace(whole, kernels=tuple(kernels))
        return changed if changed != whole else None

    return apply


def _receiver_too_few(plan: KernelPlan) -> Launch | None:
    """Of several receivers the first alone gets the tiles, and all are told that they have come."""
    if not any(share.receivers > 1 for share in plan.shares):
        return None
    return _with_texts(
        {
            "group.x0, group.y0, group.x1, group.y1, address)":
                "group.x0, group.y0, group.x0, group.y0, address)",
            "tiles * get_tile_size(buffer), group.receivers);":
                "tiles * get_tile_size(buffer), 1);",
        }
    )(plan)  # fmt: skip


_ROOM = "    noc_semaphore_set(ready, 0);\n"
_FROM = "noc_async_write_multicast(\n        address,"
_GOT = "    noc_semaphore_wait(valid, 1);\n    noc_semaphore_set(valid, 0);\n"
_LAST = "inline void end_tiles(const Group& group) {\n"

SHARING_MUTATIONS = (
    SharingMutation("a sender with its neighbour's block", _neighbours_block),
    SharingMutation("a chunk twice", _chunk_twice),
    SharingMutation("a receiver too few", _receiver_too_few),
    # Who sends takes its time, so that a receiver which doesn't wait is sure to be the first.
    SharingMutation(
        "a semaphore not set back",
        _with_texts(
            {_GOT: "    noc_semaphore_wait(valid, 1);\n"},
            {_LAST: f"{_LAST}    return;\n"},
            {_ROOM: f"{_ROOM}    wait_a_while(ready, ~0u);\n"},
        ),
    ),
    # What the place before holds: the chunk before, or whatever L1 does.
    SharingMutation(
        "a stale chunk",
        _with_texts({_FROM: _FROM.replace("address", "address - tiles * get_tile_size(buffer)")}),
    ),
)
