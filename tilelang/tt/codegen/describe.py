"""A kernel plan as plain values, as kernel.json has it."""

from __future__ import annotations

import json
from typing import Any

from ..program import Tensor, Workspace
from .arguments import OWN, OWN_BOX, steps_alone
from .keep import kept
from .plan import Core, KernelPlan, MultiplyTiles, TileMap
from .slots import rounds
from .windows import FORMATS


def describe(plan: KernelPlan) -> dict[str, Any]:
    """The choices of a plan. Bytes are a core's, in L1; tiles are 32 x 32 elements."""
    program = plan.program
    return {
        "function": plan.function,
        "grid": list(plan.grid),
        "tensors": [
            {
                "name": tensor.name,
                "shape": list(tensor.shape),
                "dtype": tensor.dtype,
                "format": FORMATS[tensor.dtype],
                **tensor_use(plan, id),
            }
            for id in plan.tensors
            if isinstance(tensor := program.buffers[id], (Tensor, Workspace))
        ],
        "buffers": [
            {
                "index": each.index,
                "name": each.name,
                "holds": each.storage,
                "format": each.format,
                "tiles_down": each.down,
                "tiles_across": each.across,
                "order": "columns" if each.by_columns else "rows",
                "blocks": each.blocks,
                "page_bytes": each.page_bytes,
                "bytes": each.bytes,
                "producer": each.producer,
                "consumer": each.consumer,
                **({"beside": plan.buffers[each.beside].name} if each.beside is not None else {}),
            }
            for each in plan.buffers
        ],
        "l1_bytes": plan.l1_bytes,
        **_shared_reads(plan),
        **_kept_reads(plan),
        "products": [_product(plan, work) for work in _products(plan)],
        **_rounding(plan),
        "dst": {"tiles": plan.slots, "format": plan.dst},
        "math_fidelity": plan.fidelity,
        "fusions": list(plan.fusions),
        "arguments": {
            role: [
                {
                    key: value
                    for key, value in (
                        ("name", each.name),
                        ("class", each.kind),
                        ("dtype", each.dtype),
                        ("source", each.source),
                        ("value", each.value),
                    )
                    if value not in ("", None)
                }
                for each in arguments
            ]
            for role, arguments in plan.arguments.items()
            if plan.kernels[role]
        },
        "accessors": {
            role: [program.buffers[id].name for id in ids] for role, ids in plan.accessors.items()
        },
        "cores": [
            {
                "x": core.x,
                "y": core.y,
                **dict(zip(OWN_BOX if plan.walk.box else OWN, core.blocks, strict=True)),
                **_groups(plan, core),
            }
            for core in plan.cores
        ],
    }


def _shared_reads(plan: KernelPlan) -> dict[str, Any]:
    """What cores read together; each with the numbers of its two semaphores."""
    if not plan.shares:
        return {}
    return {
        "shared_reads": [
            {
                "tensor": plan.program.buffers[share.tensor].name,
                "along": share.along,
                "noc": share.noc,
                "kernel": share.role,
                "receivers": share.receivers,
                "semaphores": {"ready": share.ready, "valid": share.valid},
            }
            for share in plan.shares
        ]
    }


def _kept_reads(plan: KernelPlan) -> dict[str, Any]:
    """Tensors that are read once for all turns of a core along some axes."""
    found = {
        plan.program.buffers[tensor].name: ["xyz"[axis] for axis in axes]
        for tensor, axes in kept(plan).items()
    }
    return {"kept_reads": found} if found else {}


def _groups(plan: KernelPlan, core: Core) -> dict[str, Any]:
    """A core's group in each shared read, by places in the device's grid."""
    if not plan.shares:
        return {}
    return {
        "groups": {
            plan.program.buffers[share.tensor].name: {
                "sender": list(group.sender),
                "receivers": list(group.receivers),
            }
            for share, group in zip(plan.shares, core.groups, strict=True)
        }
    }


def tensor_use(plan: KernelPlan, id: int) -> dict[str, bool]:
    """What the launch does with a tensor. Outputs are "written"; what is only "read" too, or the
    kernel's own device memory, says so."""
    written = id in plan.written
    return {
        "written": written,
        **({"read": True} if written and id in plan.inputs else {}),
        **({"workspace": True} if isinstance(plan.program.buffers[id], Workspace) else {}),
    }


def _products(plan: KernelPlan) -> list[MultiplyTiles]:
    return [
        each.work
        for each in steps_alone(plan.kernels["compute"])
        if isinstance(each.work, MultiplyTiles)
    ]


def _product(plan: KernelPlan, work: MultiplyTiles) -> dict[str, Any]:
    """How a product adds up: in DST alone, or by way of L1, where DST's float32 loses 13 bits."""
    over = "one step" if work.turns is None else "all turns"
    return {
        "target": plan.buffers[work.target].name,
        "sub_block": [work.sub_down, work.sub_across],
        "accumulates_in_dst": over,
        "begins_with": "zeros" if work.old is None else plan.buffers[work.old].name,
        "operands": "in parts" if work.streamed else "whole",
    }


def _rounding(plan: KernelPlan) -> dict[str, Any]:
    """Functions that round their result to bfloat16 by themselves, by the buffers it goes to."""
    found = [
        {"function": function, "target": plan.buffers[each.work.target].name, "to": "bfloat16"}
        for each in steps_alone(plan.kernels["compute"])
        if isinstance(each.work, TileMap) and (function := rounds(each.work.code))
    ]
    return {"rounding_functions": found} if found else {}


def render(value: Any, depth: int = 0) -> str:
    """A document as JSON; what fits in a line stands in one."""
    short = json.dumps(value)
    if not isinstance(value, (dict, list)) or (len(short) + depth <= _WIDTH and depth):
        return short
    pad = " " * (depth + 1)
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {render(each, depth + 1)}" for key, each in value.items()]
    else:
        items = [render(each, depth + 1) for each in value]
    inside = f",\n{pad}".join(items)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{pad}{inside}\n{' ' * depth}{closing}"


_WIDTH = 110
