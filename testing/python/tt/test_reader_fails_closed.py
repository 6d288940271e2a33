"""Nothing that the reader visits is passed over in silence.

A kernel's IR is changed in one place at a time, everywhere: a number, a string, an operator, an
entry of a list dropped, an annotation or an attribute added. Each change has to give another
program, a step that is not understood, or an error; else it is one of the harmless, each of which is
listed here with a reason.
"""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.needs("tilelang")

#: What may change without changing the program, by the end of the way to it, with why.
HARMLESS = {
    "tl.tileop.gemm[8]": "the policy gives warps their parts",
    "tl.launch_thread_idx": "which thread, and a block has no threads here",
    "tl.launch_thread_idx[0]": "which thread, and a block has no threads here",
    "tl.launch_thread_idx.annotations": "which thread, and a block has no threads here",
    "tirx.tvm_tuple.annotations": "threadblock_swizzle_pattern: in which order blocks start",
    "tl.launch_threads": "threads a block",
    **{f"tl.launch_threads[{axis}]": "threads a block" for axis in range(3)},
    "tirx.tvm_tuple": "threadblock_swizzle_pattern: in which order blocks start",
    "tirx.tvm_tuple[1]": "threadblock_swizzle_pattern: in which order blocks start",
    "strides": "those of one dimension left out are those of a compact buffer",
}


#: Fields that are numbers themselves, and those that describe where a node came from.
NUMBERS = (
    *("kind", "iter_type", "data_alignment", "offset_factor", "buffer_type"),
    *("span", "struct_info_", "dtype"),
)


@pytest.fixture(scope="module")
def tools():
    import tvm
    import tvm_ffi
    from tilelang_kernels import everything, lazy_gemm

    from tilelang.tt import _ffi_api

    return (
        tvm,
        tvm_ffi,
        _ffi_api.read_program,
        {
            "gemm": lazy_gemm.get_tir(M=128, N=128, K=96),
            "everything": everything(),
        },
    )


def _reachable(graph: dict, root: int) -> dict[int, str]:
    """The nodes below one, each with what it is of the node above it."""
    nodes, found, pending = graph["nodes"], {}, [(root, "")]
    while pending:
        index, what = pending.pop()
        if index in found:
            continue
        found[index] = what
        kind, data = nodes[index]["type"], nodes[index].get("data")
        if kind in ("ir.IntImm", "ir.FloatImm"):
            continue
        if kind == "ffi.Map":  # keys and values in turn
            for key, value in zip(data[::2], data[1::2], strict=True):
                name = nodes[key].get("data")
                pending += [(key, "a key"), (value, name if isinstance(name, str) else what)]
        elif isinstance(data, list):
            pending += [(entry, f"{what}[{i}]") for i, entry in enumerate(data)]
        elif isinstance(data, dict):
            for field, value in data.items():
                if isinstance(value, int) and field not in NUMBERS:
                    if kind.endswith(".Call"):
                        operator = _operator(graph, data["op"])
                        field = operator if field == "args" else f"{operator}.{field}"
                    pending.append((value, field))
    return found


def _operator(graph: dict, index: int) -> str:
    node = graph["nodes"][index]
    return str(node["data"] if isinstance(node["data"], str) else node["data"].get("name"))


def _changes(graph: dict, index: int):
    """Copies of a graph, each with one thing of a node changed, and what that was."""
    node = graph["nodes"][index]
    kind, data = node["type"].removeprefix("ir."), node.get("data")

    def changed(what: str, new: object):
        nodes = [*graph["nodes"]]
        nodes[index] = {**node, "data": new}
        return what, {**graph, "nodes": nodes}

    if kind == "IntImm" and data["dtype"] == "bool":
        return [changed("value", {**data, "value": 1 - data["value"]})]
    if kind in ("IntImm", "FloatImm"):
        return [changed("value", {**data, "value": data["value"] + 1})]
    if kind == "ffi.Array" and data:
        return [changed("an entry less", data[:-1])]
    if kind == "ffi.Map":
        return [changed("a key more", [*data, *_unknown_entry(graph)])]
    if kind == "tirx.For" and data["kind"] != 4:
        return [changed("kind", {**data, "kind": (data["kind"] + 1) % 4})]
    if kind in SWAPPED:
        nodes = [*graph["nodes"]]
        nodes[index] = {**node, "type": SWAPPED[kind]}
        return [(f"made {SWAPPED[kind]}", {**graph, "nodes": nodes})]
    return []


SWAPPED = {
    "tirx.Add": "tirx.Sub",
    "tirx.Mul": "tirx.Add",
    "tirx.LT": "tirx.LE",
    "tirx.EQ": "tirx.NE",
    "tirx.Max": "tirx.Min",
}


def _unknown_entry(graph: dict) -> list[int]:
    """A key that no rule knows, and a value: nodes of the graph."""
    strings = [i for i, node in enumerate(graph["nodes"]) if node["type"] == "ffi.String"]
    numbers = [i for i, node in enumerate(graph["nodes"]) if node["type"] == "ir.IntImm"]
    return [strings[0], numbers[0]]


@pytest.mark.parametrize("name", ["gemm", "everything"])
def test_every_change_of_a_kernel_is_seen(tools, name):
    tvm, _, read, kernels = tools
    func = kernels[name]
    graph = json.loads(tvm.ir.save_json(func))
    before = str(read(func, {}))
    body = graph["nodes"][graph["root_index"]]["data"]["body"]
    unseen, tried = [], 0
    for index, where in _reachable(graph, body).items():
        for what, changed in _changes(graph, index):
            try:
                other = tvm.ir.load_json(json.dumps(changed))
            except Exception:  # TVM itself refuses it
                continue
            tried += 1
            try:
                after = str(read(other, {}))
            except (ValueError, NotImplementedError):
                continue
            if after == before:
                unseen.append((where, graph["nodes"][index]["type"], what))
    assert tried > 100
    assert [entry for entry in unseen if entry[0] not in HARMLESS] == []
