"""Tile programs at random, of every kind of step and expression that kernels are generated for.

``programs()`` is hypothesis' strategy for them. Each block makes a part of the outputs from parts
of the inputs: matrices in scratch of 32x32 or 64 each way, columns of row statistics and rows.
What is drawn is what a kernel's author might write, so few of them are refused; values are kept from
growing without end, and from where a function isn't defined, in most places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hypothesis import strategies as st
from tile_builder import Buf, Builder, cast, number, op, select

from tilelang.tt.program import Program

SIDES = (32, 64)
DTYPES = ("bfloat16", "float32", "float16")

#: Functions of one value, and what keeps a value in their domain.
UNARY = {
    "exp": lambda x: op("min", x, 3.0),
    "exp2": lambda x: op("max", op("min", x, 4.0), -20.0),
    "log": lambda x: op("abs", x) + 0.25,
    "log2": lambda x: op("abs", x) + 0.5,
    "sqrt": lambda x: op("abs", x),
    "rsqrt": lambda x: op("abs", x) + 0.5,
    "sigmoid": lambda x: x,
    "tanh": lambda x: x,
    "erf": lambda x: x,
    "abs": lambda x: x,
}
BINARY = ("add", "sub", "mul", "max", "min", "div")
COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
REDUCTIONS = ("sum", "max", "min", "abssum", "absmax")
CONSTANTS = (0.5, -1.0, 2.0, 0.1, 3.0, -0.75)


@dataclass
class Maker:
    """One program. ``draw`` decides everything; ``live`` are the scratch buffers with a content."""

    draw: st.DrawFn
    b: Builder = field(default_factory=Builder)
    live: list[Buf] = field(default_factory=list)
    names: int = 0

    def pick(self, *among):
        return self.draw(st.sampled_from(among))

    def maybe(self, share: int = 2) -> bool:
        """Once in so many; shrinks to no."""
        return self.draw(st.integers(0, share - 1)) == share - 1

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def program(self) -> Program:
        b = self.b
        self.bm, self.bn = self.pick(*SIDES), self.pick(*SIDES)
        self.gx, self.gy, self.batch = self.pick(1, 2), self.pick(1, 2), self.pick(1, 1, 2)
        # A ragged tensor ends within its last blocks.
        self.m = self.gy * self.bm - self.pick(0, 0, 0, 12)
        self.n = self.gx * self.bn - self.pick(0, 0, 0, 7)
        self.lead = () if self.batch == 1 else (self.batch,)
        count = self.draw(st.integers(1, 3))
        self.inputs = [self.tensor(f"X{i}") for i in range(count)]
        self.row = b.tensor("R", (1, self.n), self.pick(*DTYPES)) if self.maybe(3) else None
        self.s = b.scalar("s", "float32") if self.maybe(3) else None
        pile = (self.pick(2, 3), self.m, self.n)
        self.pile = b.tensor("P", pile, self.pick(*DTYPES)) if self.maybe(3) else None
        depth = self.pick(32, 64, 96) if self.maybe() else 0
        self.operands = self.products(depth) if depth else None
        outputs = [self.tensor(f"Y{i}") for i in range(self.pick(1, 1, 2))]
        stat = self.statistics() if self.maybe(4) else None
        piled = self.pile is not None and not self.lead and self.maybe()
        self.piled = b.tensor("Q", self.pile.shape, self.pick(*DTYPES)) if piled else None
        last = [self.tensor("Z")] if self.maybe(4) else []
        if self.maybe(6):
            self.inputs.append(outputs[0])  # read and written, by its own blocks
        if not last:
            self.launch(outputs, stat)
            return b.program()
        # What the first launch leaves in device memory the second one reads, in blocks of its own.
        held = b.workspace("W", (*self.lead, self.m, self.n), self.pick(*DTYPES))
        self.launch([held, *outputs], stat)
        self.inputs = [held, *(each for each in self.inputs if each is not outputs[0])]
        self.bm, self.bn = self.pick(*SIDES), self.pick(*SIDES)
        self.gx, self.gy = -(-self.n // self.bn), -(-self.m // self.bm)
        if self.operands:
            A, B, _, _, ta, tb = self.operands
            self.operands = A, B, 32, -(-depth // 32), ta, tb  # which divides any block
        self.launch(last, None)
        return b.program()

    def launch(self, outputs: list[Buf], stat: Buf | None) -> None:
        """Some steps, and what they made to the outputs."""
        self.live = []
        blocks = [self.name("b") for _ in range(3 if self.lead else 2)]
        with self.b.launch((self.gx, self.gy, self.batch), *blocks) as (self.bx, self.by, *self.bz):
            for _ in range(self.draw(st.integers(1, 7))):
                self.step()
            self.finish(outputs, stat)
            if self.piled is not None:
                self.pile_up(self.piled)
                self.piled = None

    def statistics(self) -> Buf:
        """A number of each row, as a column or, where there is one matrix, of rank 1."""
        shape = (self.m,) if not self.lead and self.maybe() else (*self.lead, self.m, 1)
        return self.b.tensor("S", shape, "float32")

    def tensor(self, name: str) -> Buf:
        dtype = self.pick("bfloat16", *DTYPES)
        pad = 1.5 if self.maybe(6) else None
        return self.b.tensor(name, (*self.lead, self.m, self.n), dtype, pad)

    def products(self, depth: int):
        """The tensors of a product, the inner extent a block has, and the turns."""
        inner = 32 if depth % 64 else self.pick(32, 64)
        dtype, ta, tb = self.pick("bfloat16", *DTYPES), self.maybe(), self.maybe()
        k = depth - self.pick(0, 0, 5)
        A = self.b.tensor("A", (*self.lead, *((k, self.m) if ta else (self.m, k))), dtype)
        B = self.b.tensor("B", (*self.lead, *((self.n, k) if tb else (k, self.n))), dtype)
        return A, B, inner, depth // inner, ta, tb

    # Parts of tensors.

    def window(self, tensor: Buf, row, column, rows: int, columns: int):
        at = (*self.bz, row, column)
        return tensor.at(*at).of(*(1 for _ in self.bz), rows, columns)

    def block(self, tensor: Buf):
        return self.window(tensor, self.by * self.bm, self.bx * self.bn, self.bm, self.bn)

    def scratch(self, shape, dtype=None) -> Buf:
        dtype = dtype or self.pick("float32", *DTYPES)
        return self.b.scratch(self.name("t"), shape, dtype)

    def matrices(self, shape=None):
        shape = shape or (self.bm, self.bn)
        return [each for each in self.live if each.shape == shape]

    def matrix(self) -> Buf:
        """One that has a content: of those there are, or read."""
        found = self.matrices()
        if found and not self.maybe(3):
            return self.draw(st.sampled_from(found))
        return self.read()

    def target(self, shape, dtype=None) -> Buf:
        """One to be written: new, or one that is there."""
        found = [each for each in self.matrices(shape) if dtype in (None, each.dtype)]
        if found and self.maybe(3):
            return self.draw(st.sampled_from(found))
        return self.scratch(shape, dtype)

    def made(self, buffer: Buf) -> Buf:
        if buffer not in self.live:
            self.live.append(buffer)
        return buffer

    def read(self) -> Buf:
        tensor = self.draw(st.sampled_from(self.inputs))
        target = self.target((self.bm, self.bn))
        self.b.copy(self.block(tensor), target)
        return self.made(target)

    # Steps.

    def step(self) -> None:
        steps = [
            self.map, self.map, self.map, self.reduce, self.fill, self.cast_copy, self.branch,
            self.online, self.transpose, self.read,
        ]  # fmt: skip
        if self.pile is not None:
            steps.append(self.add_up)
        if self.operands:
            steps += [self.gemm, self.gemm]
        self.draw(st.sampled_from(steps))()

    def fill(self) -> Buf:
        target = self.target((self.bm, self.bn))
        self.b.fill(target, self.pick(0.0, *CONSTANTS))
        return self.made(target)

    def cast_copy(self) -> Buf:
        source = self.matrix()
        target = self.scratch(source.shape)
        self.b.copy(source, target)
        return self.made(target)

    def transpose(self) -> Buf:
        source = self.matrix()
        turned = self.scratch(source.shape[::-1], source.dtype)
        back = self.scratch(source.shape, source.dtype)
        self.b.transpose(source, turned)
        self.b.transpose(turned, back)
        return self.made(back)

    def map(self) -> Buf:
        """One store, or two; now and then for some of the points alone."""
        kept = self.matrices()
        direct = self.maybe(3)
        first = self.target((self.bm, self.bn))
        leaves = [each for each in self.live if each is not first or each in kept]
        second = self.scratch((self.bm, self.bn)) if self.maybe(4) else None
        kind = self.pick("parallel", "parallel", "serial", "unrolled")
        with self.b.map(kind, i=self.bm, j=self.bn) as (self.i, self.j):
            value = self.value(leaves, direct, self.draw(st.integers(1, 3)))
            if first in kept and self.maybe(3):
                with self.b.when(self.mask()):
                    self.b.store(first[self.i, self.j], cast(first.dtype, value))
            elif self.maybe(4):
                value = self.b.let(self.name("x"), value)
                self.b.store(first[self.i, self.j], cast(first.dtype, value * value))
            else:
                self.b.store(first[self.i, self.j], cast(first.dtype, value))
            if second is not None:
                other = self.value([e for e in leaves if e is not first], direct, 1)
                self.b.store(second[self.i, self.j], cast(second.dtype, other))
        self.made(first)
        return self.made(second) if second is not None else first

    def reduce(self) -> Buf:
        source = self.matrix()
        axis = self.pick(1, 1, 0)
        rows, columns = source.shape
        shape = (rows,) if axis == 1 else (1, columns)
        kind = self.pick(*REDUCTIONS)
        kept = [each for each in self.live if each.shape == shape and each.dtype == "float32"]
        if kept and self.maybe():
            target = self.draw(st.sampled_from(kept))
            self.b.reduce(kind, source, target, axis, clear=False)
            return target
        target = self.scratch(shape, "float32")
        self.b.reduce(kind, source, target, axis)
        return self.made(target)

    def gemm(self) -> Buf:
        """A product of its own, over all of K or a part; added to what was there, or not."""
        A, B, inner, turns, ta, tb = self.operands
        a = self.scratch((inner, self.bm) if ta else (self.bm, inner), A.dtype)
        b = self.scratch((self.bn, inner) if tb else (inner, self.bn), B.dtype)
        # Sums in 16 bits, now and then; they hold operands of 16 bits alone.
        sums = "bfloat16" if A.dtype == "bfloat16" and self.maybe(3) else "float32"
        old = [each for each in self.matrices() if each.dtype == sums]
        if old and self.maybe(3):
            c = self.draw(st.sampled_from(old))
        else:
            c = self.scratch((self.bm, self.bn), sums)
            self.b.fill(c, 0.0)
        if self.maybe(4) and turns > 1 and self.gy > 1:
            turns = self.by + 1  # as many as the block's row says
        with self.b.loop(self.name("k"), turns, stages=self.pick(0, 2)) as k:
            row, column = self.by * self.bm, self.bx * self.bn
            at = (k * inner, row) if ta else (row, k * inner)
            self.b.copy(self.window(A, *at, *a.shape), a)
            at = (column, k * inner) if tb else (k * inner, column)
            self.b.copy(self.window(B, *at, *b.shape), b)
            if self.maybe(4):
                with self.b.map(i=a.shape[0], j=a.shape[1]) as (i, j):
                    self.b.store(a[i, j], cast(a.dtype, a[i, j] * number(0.5, a.dtype)))
            self.b.gemm(a, b, c, transpose_a=ta, transpose_b=tb)
        return self.made(c)

    def branch(self) -> Buf:
        """Two ways to one content."""
        target = self.scratch((self.bm, self.bn))
        source = self.matrix()
        condition = self.pick(self.bx.eq(0), (self.by % 2).eq(1), self.bx + self.by > 0)
        with self.b.when(condition):
            self.b.copy(source, target)
        with self.b.otherwise():
            if self.maybe():
                self.b.fill(target, self.pick(*CONSTANTS))
            else:
                with self.b.map(i=self.bm, j=self.bn) as (self.i, self.j):
                    self.b.store(target[self.i, self.j],
                                 cast(target.dtype, self.value([source], False, 1)))  # fmt: skip
        return self.made(target)

    def online(self) -> Buf:
        """A loop that carries statistics from turn to turn."""
        source = self.matrix()
        top, total = (self.scratch((self.bm,), "float32") for _ in range(2))
        kind = self.pick("max", "sum", "absmax")
        self.b.fill(top, -math.inf if kind == "max" else 0.0)
        self.b.fill(total, 1.0)
        held = self.scratch((self.bm, self.bn), "float32")
        with self.b.loop(self.name("w"), self.pick(1, 2, 3)) as w:
            with self.b.map(i=self.bm, j=self.bn) as (i, j):
                below = i >= j + w * 8 if self.maybe(3) else None
                x = cast("float32", source[i, j]) * 0.5
                x = x if below is None else select(below, x, number(-1.0, "float32"))
                self.b.store(held[i, j], x)
            self.b.reduce(kind, held, top, 1, clear=False)
            with self.b.map(i=self.bm) as i:
                self.b.store(total[i], total[i] * 0.5 + op("max", op("min", top[i], 3.0), -3.0))
        self.made(top)
        return self.made(total)

    def add_up(self) -> Buf:
        """The matrices of a tensor, in turns."""
        total = self.scratch((self.bm, self.bn), "float32")
        self.b.fill(total, self.pick(0.0, *CONSTANTS))
        turns = (self.pile.shape[0], self.pick("serial", "unrolled"))
        with self.b.map(k=turns, i=self.bm, j=self.bn) as (k, i, j):
            at = (k, self.by * self.bm + i, self.bx * self.bn + j)
            value = cast("float32", self.pile[at])
            if self.maybe():
                value = op("max", value, total[i, j])
            self.b.store(total[i, j], total[i, j] * 0.5 + value)
        return self.made(total)

    def pile_up(self, output: Buf) -> None:
        """Several matrices in one buffer, each the same way."""
        shape = (self.pile.shape[0], self.bm, self.bn)
        held, made = self.scratch(shape), self.scratch(shape)
        at = (0, self.by * self.bm, self.bx * self.bn)
        self.b.copy(self.pile.at(*at).of(*shape), held)
        with self.b.map(k=shape[0], i=self.bm, j=self.bn) as (k, i, j):
            function = self.pick(*UNARY)
            value = op(function, UNARY[function](cast("float32", held[k, i, j])))
            self.b.store(made[k, i, j], cast(made.dtype, value))
        self.b.copy(made, output.at(*at).of(*shape))

    # Values.

    def value(self, leaves: list[Buf], direct: bool, depth: int):
        """A float32 value at the map's point."""
        if depth == 0:
            return self.leaf(leaves, direct)
        kind = self.pick("binary", "unary", "number", "unary", "binary", "select", "fma")
        if kind == "unary":
            function = self.pick(*UNARY)
            return op(function, UNARY[function](self.value(leaves, direct, depth - 1)))
        a = self.value(leaves, direct, depth - 1)
        if kind == "number":
            return op(self.pick(*BINARY[:-1]), *self.order(a, self.constant()))
        b = self.value(leaves, direct, depth - 1)
        if kind == "binary":
            name = self.pick(*BINARY)
            return op(name, a, op("abs", b) + 0.5 if name == "div" else b)
        if kind == "fma":
            return op("fma", a, self.leaf(leaves, direct), b)
        condition = self.mask() if self.maybe() else op(self.pick(*COMPARISONS), a, b)
        if self.maybe(4):
            other = op(self.pick(*COMPARISONS), b, self.constant())
            condition = op(self.pick("and", "or"), condition, other)
        if self.maybe(6):
            condition = op("not", condition)
        return select(condition, a, b)

    def order(self, a, b):
        return (b, a) if self.maybe(3) else (a, b)

    def constant(self):
        if self.s is not None and self.maybe():
            return self.s
        return number(self.pick(*CONSTANTS), "float32")

    def leaf(self, leaves: list[Buf], direct: bool):
        kinds = []
        matrix, column, row = (self.bm, self.bn), (self.bm,), (1, self.bn)
        for each in leaves:
            if each.shape == matrix:
                kinds.append((each, (self.i, self.j)))
            elif each.shape == column:
                kinds.append((each, (self.i,)))
            elif each.shape == row:
                kinds.append((each, (0, self.j)))
        if direct or not kinds:
            for tensor in self.inputs:
                at = (*self.bz, self.by * self.bm + self.i, self.bx * self.bn + self.j)
                kinds.append((tensor, at))
            if self.row is not None:
                kinds.append((self.row, (0, self.bx * self.bn + self.j)))
        buffer, at = self.draw(st.sampled_from(kinds))
        return cast("float32", buffer[at])

    def mask(self):
        """A condition on indices."""
        i, j = self.by * self.bm + self.i, self.bx * self.bn + self.j
        return self.pick(i >= j, self.j < 20, (self.i % 2).eq(0), i + j < 50)

    # Outputs.

    def finish(self, outputs: list[Buf], stat: Buf | None) -> None:
        for output in outputs:
            if self.maybe(4):
                with self.b.map(i=self.bm, j=self.bn) as (self.i, self.j):
                    at = (*self.bz, self.by * self.bm + self.i, self.bx * self.bn + self.j)
                    value = self.value(self.live, True, 1)
                    self.b.store(output[at], cast(output.dtype, value))
                continue
            found = self.matrices()
            source = found[-1] if found else self.read()
            self.b.copy(source, self.block(output))
            if len(found) > 1:
                self.live.remove(source)
        if stat is not None:
            columns = [each for each in self.live if each.shape == (self.bm,)]
            source = columns[-1] if columns else self.scratch((self.bm,), "float32")
            if not columns:
                self.b.fill(source, 2.0)
            with self.b.when(self.bx.eq(self.gx - 1)):
                if len(stat.shape) == 1:
                    self.b.copy(source, stat.at(self.by * self.bm).of(self.bm))
                else:
                    self.b.copy(source, self.window(stat, self.by * self.bm, 0, self.bm, 1))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    return Maker(draw).program()
