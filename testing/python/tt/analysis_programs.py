"""Tile programs for the tests of what follows from them: pieces to write one, and generated ones."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import strategies as st

from tilelang.tt import _ffi_api

BX, BY, BZ, LOOPS, N, LET = 0, 1, 2, (3, 4, 5, 6, 7, 8), 9, 10
VARIABLES = [
    *({"name": name, "kind": "block", "dtype": "int32"} for name in ("bx", "by", "bz")),
    *({"name": f"i{i}", "kind": "loop", "dtype": "int32"} for i in LOOPS),
    {"name": "n", "kind": "scalar", "param": 9, "dtype": "int32"},
]
ZERO = {"float": [0.0, "float32"]}


def add(a, b):
    return {"add": [a, b]}


def scaled(var: int, factor: int):
    return {"mul": [{"var": var}, factor]}


def analyse(program: dict) -> dict:
    return json.loads(_ffi_api.analyze_program(json.dumps(program)))


def bind_all(body: list) -> list:
    """The body and loops around nothing, for the variables of loops that it has no use for."""
    left = [v for v in LOOPS if f'"var": {v}, "extent"' not in json.dumps(body)]
    nest = [{"var": v, "extent": 1, "kind": "serial"} for v in left]
    return [*body, *([{"step": "map", "loops": nest, "body": []}] if left else [])]


def tensor(shape: list[int], param: int = 0) -> dict:
    return {"name": "t", "kind": "tensor", "param": param, "dtype": "float32", "shape": shape}


def scratch(shape: list[int]) -> dict:
    return {"name": "s", "kind": "scratch", "scope": "shared", "dtype": "float32", "shape": shape}


@st.composite
def programs(draw) -> dict:
    """One or two launches over a tensor, scratch of its rank, a view of it and a second tensor."""
    shape = draw(
        st.sampled_from(
            [[64, 96], [100, 70], [33], [200], [2, 40, 64], [128, 32], [3, 5, 7], [64, 64]]
        )
    )
    size = int(np.prod(shape))
    buffers = [tensor(shape), scratch([256] * len(shape)), tensor(shape, 1)]
    buffers.append(
        {"name": "v", "kind": "view", "of": 0, "offset": 0, "dtype": "float32", "shape": [size]}
    )
    unused = list(LOOPS)

    def index(scope: list[int]):
        e = draw(st.sampled_from([0, 0, 0, 1, 16, 32, 64, -3]))
        for var in draw(st.lists(st.sampled_from(scope), unique=True, max_size=2)) if scope else []:
            e = add(e, scaled(var, draw(st.sampled_from([1, 2, 8, 16, 32, 48, 64, -32]))))
        if scope and draw(st.integers(0, 9)) == 0:
            op = draw(st.sampled_from(["floordiv", "floormod", "min"]))
            e = add(e, {op: [{"var": draw(st.sampled_from(scope))}, 2]})
        return e

    def regions(scope: list[int]) -> tuple[dict, dict]:
        extents = [draw(st.sampled_from([1, 3, 16, 32, 64, 100])) for _ in shape]
        of_tensor = {
            "buffer": draw(st.sampled_from([0, 0, 2])),
            "at": [index(scope) for _ in shape],
            "shape": extents,
        }
        return of_tensor, {"buffer": 1, "at": [0] * len(shape), "shape": extents}

    def step(scope: list[int], depth: int) -> dict:
        kinds = ["copy in", "copy out", "fill", "atomic", "view", "map", "map"]
        kind = draw(
            st.sampled_from(kinds + (["loop", "loop", "when"] if depth < 2 and unused else []))
        )
        region, of_scratch = regions(scope)
        if kind == "copy in":
            return {"step": "copy", "src": region, "dst": of_scratch}
        if kind == "copy out":
            return {"step": "copy", "src": of_scratch, "dst": region}
        if kind == "fill":
            return {"step": "fill", "dst": region, "value": ZERO}
        if kind == "atomic":
            return {"step": "atomic", "kind": "add", "dst": region, "value": ZERO}
        if kind == "view":
            flat = {
                "buffer": 3,
                "at": [index(scope)],
                "shape": [draw(st.sampled_from([1, 32, shape[-1], 64]))],
            }
            return {"step": "fill", "dst": flat, "value": ZERO}
        if kind == "when":
            limit = draw(st.sampled_from([0, 1, 2]))
            tested = {"var": draw(st.sampled_from([*scope, N]))}
            when = {
                "step": "when",
                "condition": {draw(st.sampled_from(["lt", "eq", "ge"])): [tested, limit]},
            }
            when["then"] = body(scope, depth + 1)
            if draw(st.booleans()):
                when["else"] = body(scope, depth + 1)
            return when
        if kind == "loop":
            var = unused.pop()
            extent = draw(st.sampled_from([1, 2, 3, 3, {"var": N}, add({"var": BX}, 1)]))
            loop = {"step": "loop", "var": var, "extent": extent, "kind": "serial"}
            loop["body"] = body([*scope, var], depth + 1)
            if draw(st.integers(0, 7)) == 0:
                leave = {"step": draw(st.sampled_from(["break", "continue"]))}
                condition = {"eq": [{"var": draw(st.sampled_from([var, N]))}, 1]}
                loop["body"].insert(0, {"step": "when", "condition": condition, "then": [leave]})
            return loop
        loops = []
        for _ in range(draw(st.integers(0, 2))):
            if not unused:
                break
            loops.append(
                {
                    "var": unused.pop(),
                    "extent": draw(st.sampled_from([1, 4, 16, 32])),
                    "kind": "serial",
                }
            )
        inner = [*scope, *(loop["var"] for loop in loops)]
        at = [index(inner) for _ in shape]
        loaded = draw(st.sampled_from([at, [index(inner) for _ in shape]]))
        load = {"load": [draw(st.sampled_from([0, 2])), *loaded]}
        store = {
            "step": "store",
            "buffer": draw(st.sampled_from([0, 2])),
            "at": at,
            "value": draw(st.sampled_from([ZERO, load])),
        }
        return {"step": "map", "loops": loops, "body": [store]}

    def body(scope: list[int], depth: int) -> list:
        return [step(scope, depth) for _ in range(draw(st.integers(1, 2)))]

    launches = []
    for number in range(draw(st.integers(1, 2))):
        grid = [draw(st.sampled_from([1, 2, 3])), draw(st.sampled_from([1, 1, 2])), 1]
        indices = [BX, BY, BZ] if number == 0 else [None, None, None]
        launches.append(
            {"grid": grid, "indices": indices, "body": body([BX, BY] if number == 0 else [], 0)}
        )
    text = json.dumps(launches[1:])
    if '"var": 0}' in text:  # a second launch has no block index
        launches = launches[:1]
    # Each variable has to be bound once, in whichever launch.
    elsewhere = [step for launch in launches[1:] for step in launch["body"]]
    every = [*launches[0]["body"], *elsewhere]
    launches[0]["body"] += bind_all(every)[len(every) :]
    return {"version": 1, "buffers": buffers, "variables": VARIABLES, "launches": launches}
