"""A map gives what its points give one after the other; a slow model goes through them in Python's ints."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tile_builder import Builder, op, select

import tilelang.tt as tt
from tilelang.tt import program as p
from tilelang.tt.program.interpreter import nest


class Slow:
    """One point at a time, in int32, from docs/program.md's text alone: maps of serial loops."""

    def __init__(self, program: p.Program, arrays: dict[int, list[int]]) -> None:
        self.program, self.arrays, self.vars = program, arrays, {}

    def run(self) -> None:
        for launch in self.program.launches:
            for step in launch.body:
                self.points(step, 0)

    def points(self, step: p.Map, level: int) -> None:
        if level == len(step.loops):
            return self.body(step.body)
        loop = step.loops[level]
        low = self.value(loop.min)
        for value in range(low, low + self.value(loop.extent)):
            self.vars[loop.var] = value
            self.points(step, level + 1)
        return None

    def body(self, body) -> None:
        for step in body:
            if isinstance(step, p.When):
                self.body(step.then if self.value(step.condition) else step.otherwise)
            elif isinstance(step, p.Let):
                self.vars[step.var] = self.value(step.value)
            elif isinstance(step, p.Loop):
                low = self.value(step.min)
                for value in range(low, low + self.value(step.extent)):
                    self.vars[step.var] = value
                    self.body(step.body)
            else:
                value = self.value(step.value)
                place = self.place(step.buffer, step.at)
                if place is not None:
                    old = self.arrays[step.buffer][place]
                    new = old + value if isinstance(step, p.AtomicStore) else value
                    self.arrays[step.buffer][place] = (new + 2**31) % 2**32 - 2**31

    def place(self, buffer, at):
        flat = 0
        for index, extent in zip(
            map(self.value, at), self.program.buffers[buffer].shape, strict=True
        ):
            if not 0 <= index < extent:
                return None
            flat = flat * extent + index
        return flat

    def value(self, e):
        if isinstance(e, p.Const):
            return e.value
        if isinstance(e, p.Var):
            return self.vars[e.id]
        if isinstance(e, p.Load):
            place = self.place(e.buffer, e.at)
            return 0 if place is None else self.arrays[e.buffer][place]
        if e.op == "select":
            return self.value(e.args[1 if self.value(e.args[0]) else 2])
        a, b = map(self.value, e.args)
        table = {"add": a + b, "sub": a - b, "mul": a * b, "lt": a < b, "ge": a >= b}
        if e.op in table:
            out = table[e.op]
            return out if isinstance(out, bool) else (out + 2**31) % 2**32 - 2**31
        return {"floordiv": lambda: a // b, "floormod": lambda: a % b}[e.op]()


SHAPES = {"A": (6, 8), "B": (48,), "C": (5, 7)}


def compare(b: Builder, seed: int) -> None:
    program = b.program()
    r = np.random.default_rng(seed)
    given = [r.integers(-9, 9, shape).astype(np.int32) for shape in SHAPES.values()]
    arrays = {i: x.reshape(-1).tolist() for i, x in enumerate(given)}
    Slow(program, arrays).run()
    named = dict(zip(SHAPES, given, strict=True))
    found = tt.reference(program)(**named)
    found = found if isinstance(found, tuple) else (found,)
    written = sorted({id for _, step in p.steps_of(program) for id in p.writes(step)})
    for id, array in zip(written, found, strict=True):
        assert array.reshape(-1).tolist() == arrays[id], p.listing(program)


def index(r: random.Random, vars, extent):
    """An index that is now regular, now not, now outside."""
    i, j = r.choice(vars), r.choice(vars)
    return r.choice(
        [i, i, i + 1, i * 2 + j, i * extent + j, op("sub", 5, i), (i * 3 + j) // 2, i % 3, i * 0 + 2,
         (i * 8 + j) % extent, (i * 8 + j) // 7]
    )  # fmt: skip


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32))
def test_serial_maps_are_the_slow_models(seed):
    r = random.Random(seed)
    b = Builder()
    buffers = {name: b.tensor(name, shape, "int32") for name, shape in SHAPES.items()}

    def element(vars):
        buffer = r.choice([*buffers.values()])
        return buffer[tuple(index(r, vars, n) for n in buffer.shape)]

    def value(vars, depth=2):
        kind = r.randint(0, 5)
        if depth == 0 or kind == 0:
            return r.choice([r.choice(vars), element(vars), r.choice(vars) + r.randint(-3, 3)])
        x, y = value(vars, depth - 1), value(vars, depth - 1)
        if kind == 1:
            return select(x < y, x, element(vars))
        return op(r.choice(["add", "sub", "mul"]), x, y)

    def body(vars, depth, into):
        for _ in range(r.randint(1, 2)):
            kind = r.randint(0, 6 if depth else 3)
            target = element(vars) if r.random() < 0.4 else r.choice(into)
            if kind <= 2:
                new = target + value(vars) if r.random() < 0.4 else value(vars)
                b.store(target, new)
            elif kind == 3:
                b.atomic_store("add", target, value(vars))
            elif kind == 4:
                with b.when(value(vars) < value(vars)):
                    body(vars, depth - 1, into)
                if r.random() < 0.5:
                    with b.otherwise():
                        body(vars, depth - 1, into)
            elif kind == 5:
                let = b.let("let", value(vars))
                b.store(target, let + 1)
            else:
                extent = r.choice([2, 3, vars[0]])
                with b.loop("r", extent, min=r.choice([0, 1])) as k:
                    body([*vars, k], depth - 1, into)

    with b.launch():
        extents = [r.choice([1, 3, 6, 8]) for _ in range(r.randint(1, 3))]
        loops = {
            f"i{n}": (extent, "serial", r.choice([0, 0, 1])) for n, extent in enumerate(extents)
        }
        with b.map(**loops) as vars:
            vars = list(vars) if isinstance(vars, tuple) else [vars]
            # Half of the stores are to one element, regular enough to be vectorised at times.
            flat = vars[0] * 8 + vars[-1] if len(vars) > 1 else vars[0] * 1
            body(vars, 2, [r.choice([buffers["B"][flat], buffers["A"][vars[0], vars[-1]]])])
    compare(b, seed)


def chosen(make, **loops) -> list[int]:
    """The serial loops that become axes."""
    seen = []
    real = nest.Nest._tell_their_iterations

    def spy(self, frame):
        seen[:] = real(self, frame)
        return seen

    b = Builder()
    buffers = [b.tensor(name, shape, "int32") for name, shape in SHAPES.items()]
    with b.launch(), b.map("serial", **loops) as vars:
        make(b, *buffers, *(vars if isinstance(vars, tuple) else (vars,)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nest.Nest, "_tell_their_iterations", spy)
        compare(b, 0)
    return seen


@pytest.mark.parametrize(
    ("axes", "make"),
    [
        ([0, 1], lambda b, A, B, C, i, j, k: b.store(A[i, j], A[i, j] + B[k] * C[k, i])),
        ([0, 1], lambda b, A, B, C, i, j, k: b.store(B[i * 8 + j], B[i * 8 + j] + A[i, k])),
        ([0, 1], lambda b, A, B, C, i, j, k: b.store(A[(i * 4 + j) // 8, (i * 4 + j) % 8], k)),
        (
            [0],
            lambda b, A, B, C, i, j, k: b.store(A[op("sub", 5, i), 0], A[op("sub", 5, i), 0] + j),
        ),
        ([], lambda b, A, B, C, i, j, k: b.store(B[i + j], k)),
        ([], lambda b, A, B, C, i, j, k: b.store(A[i, j], A[i, j + 1])),
        ([], lambda b, A, B, C, i, j, k: b.store(B[A[i, j] % 48], k)),
        ([0, 1, 2], lambda b, A, B, C, i, j, k: b.atomic_store("add", B[A[i, j] % 4], k)),
    ],
)
def test_serial_loops_are_axes_where_what_they_store_tells_their_iteration(axes, make):
    assert chosen(make, i=3, j=4, k=5) == axes


def test_a_large_map_is_cut(monkeypatch):
    monkeypatch.setattr(nest, "MOST_POINTS", 50)
    for kind in ("parallel", "serial"):
        b = Builder()
        A, C = b.tensor("A", (30, 20), "int32"), b.tensor("C", (30, 20), "int32")
        with b.launch(), b.map(kind, i=30, j=20) as (i, j):
            b.store(C[i, j], A[i, j] + i * 100 + j)
        a = np.random.default_rng(0).integers(0, 99, (30, 20)).astype(np.int32)
        i, j = np.meshgrid(range(30), range(20), indexing="ij")
        assert np.array_equal(tt.reference(b.program())(a), a + i * 100 + j)


def test_serial_and_parallel_loops_in_any_order_of_the_nest():
    """A matrix product by atomless stores, k outside, between and inside; and with a triangle."""
    a, c = (np.random.default_rng(s).integers(-9, 9, (8, 8)).astype(np.int32) for s in (0, 1))
    for order in itertools.permutations("ijk"):
        b = Builder()
        A, B, C = (b.tensor(name, (8, 8), "int32") for name in "ABC")
        with b.launch():
            b.fill(C, 0)
            loops = {name: (8, "serial" if name == "k" else "parallel") for name in order}
            with b.map(**loops) as vars:
                at = dict(zip(order, vars, strict=True))
                i, j, k = (at[name] for name in "ijk")
                with b.when(k < i + 1):
                    b.store(C[i, j], C[i, j] + A[i, k] * B[k, j])
        assert np.array_equal(tt.reference(b.program())(a, c, a), np.tril(a) @ c)
