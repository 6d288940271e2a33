"""Kernels whose results are proven in every run, as tile programs: few blocks, of one tile each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ...program import (
    ZERO,
    Cast,
    Const,
    Copy,
    Expr,
    Fill,
    Gemm,
    Launch,
    Load,
    Loop,
    Map,
    MapLoop,
    Op,
    Program,
    Reduce,
    Region,
    Scratch,
    Step,
    Store,
    Tensor,
    Var,
    Variable,
)

TILE = 32


@dataclass
class _Maker:
    """Buffers and variables as they are named."""

    buffers: list[Tensor | Scratch] = field(default_factory=list)
    variables: list[Variable] = field(default_factory=list)

    def tensor(self, name: str, rows: int, columns: int, dtype: str = "bfloat16") -> int:
        place = sum(isinstance(each, Tensor) for each in self.buffers)
        self.buffers.append(Tensor(name, place, dtype, (rows, columns)))
        return len(self.buffers) - 1

    def scratch(self, name: str, *shape: int, dtype: str = "float32") -> int:
        self.buffers.append(Scratch(name, "shared.dyn", dtype, shape))
        return len(self.buffers) - 1

    def variable(self, name: str, kind: str) -> Var:
        self.variables.append(Variable(name, kind, "int32"))
        return Var(len(self.variables) - 1)

    def whole(self, buffer: int) -> Region:
        shape = self.buffers[buffer].shape
        return Region(buffer, (ZERO,) * len(shape), tuple(map(Const, shape)))

    def block(self, tensor: int, row: Expr, column: Expr, like: int) -> Region:
        """The part of a tensor at a row and a column of blocks of some scratch's shape."""
        shape = self.buffers[like].shape
        rows, columns = shape if len(shape) == 2 else (*shape, 1)
        at = tuple(
            each if each == ZERO else Op("mul", (each, Const(extent)))
            for each, extent in ((row, rows), (column, columns))
        )
        return Region(tensor, at, (Const(rows), Const(columns)))

    def each(self, target: int, value: Callable[[Var, Var], Expr]) -> Map:
        """Each element of a matrix becomes a value, by its row and column."""
        i, j = self.variable("i", "loop"), self.variable("j", "loop")
        rows, columns = self.buffers[target].shape
        loops = (
            MapLoop(i.id, Const(rows), "parallel"),
            MapLoop(j.id, Const(columns), "parallel"),
        )
        return Map(loops, (Store(target, (i, j), value(i, j)),))

    def program(self, grid: tuple[int, int, int], blocks: tuple[Var, ...], *body: Step) -> Program:
        """Checked, as one that was read."""
        x, y, z = [*(var.id for var in blocks), None, None, None][:3]
        launch = Launch(grid, (x, y, z), body)
        made = Program(tuple(self.buffers), tuple(self.variables), (launch,))
        return Program.from_json(made.to_text())


def _float(value: float) -> Const:
    return Const(value, "float32")


def gemm_gelu(across: int = 2, down: int = 1) -> Program:
    """C = gelu(A @ B + bias), so many blocks of 32x32, of K = 64 in two steps; gelu by its
    sigmoid."""
    m = _Maker()
    M, N = down * TILE, across * TILE
    A, B = m.tensor("A", M, 64), m.tensor("B", 64, N)
    bias, C = m.tensor("bias", 1, N), m.tensor("C", M, N)
    a, b = (m.scratch(name, TILE, TILE, dtype="bfloat16") for name in ("A_shared", "B_shared"))
    v, c = m.scratch("bias_shared", 1, TILE, dtype="bfloat16"), m.scratch("C_local", TILE, TILE)
    bx, by, k = m.variable("bx", "block"), m.variable("by", "block"), m.variable("k", "loop")

    def with_bias(i: Var, j: Var) -> Expr:
        return Op("add", (Load(c, (i, j)), Cast("float32", Load(v, (ZERO, j)))))

    def gelu(i: Var, j: Var) -> Expr:
        x = Load(c, (i, j))
        cubed = Op("mul", (Op("mul", (Op("mul", (x, x)), x)), _float(0.0713548163)))
        sum_ = Op("add", (Op("mul", (x, _float(1.5957691216))), cubed))
        return Op("mul", (x, Op("sigmoid", (sum_,))))

    turn = (
        Copy(m.block(A, by, k, a), m.whole(a)),
        Copy(m.block(B, k, bx, b), m.whole(b)),
        Gemm(m.whole(a), m.whole(b), m.whole(c)),
    )
    return m.program(
        (across, down, 1), (bx, by),
        Copy(m.block(bias, ZERO, bx, v), m.whole(v)),
        Fill(m.whole(c), _float(0.0)),
        Loop(k.id, Const(2), "serial", turn, stages=2),
        m.each(c, with_bias),
        m.each(c, gelu),
        Copy(m.whole(c), m.block(C, by, bx, c)),
    )  # fmt: skip


def softmax() -> Program:
    """Softmax of 64 rows of 64."""
    m = _Maker()
    X, Y = m.tensor("X", 64, 64), m.tensor("Y", 64, 64)
    x, top, total = m.scratch("x", TILE, 64), m.scratch("top", TILE), m.scratch("total", TILE)
    bx = m.variable("bx", "block")

    def power(i: Var, j: Var) -> Expr:
        less = Op("sub", (Load(x, (i, j)), Load(top, (i,))))
        return Op("exp2", (Op("mul", (less, _float(1.4426950408889634))),))

    def share(i: Var, j: Var) -> Expr:
        return Op("div", (Load(x, (i, j)), Load(total, (i,))))

    return m.program(
        (2, 1, 1), (bx,),
        Copy(m.block(X, bx, ZERO, x), m.whole(x)),
        Reduce("max", m.whole(x), m.whole(top), 1),
        m.each(x, power),
        Reduce("sum", m.whole(x), m.whole(total), 1),
        m.each(x, share),
        Copy(m.whole(x), m.block(Y, bx, ZERO, x)),
    )  # fmt: skip


def two_products() -> Program:
    """C = A @ B.T in two steps, then D = A's left half @ E.T by the same accumulator, in 2 blocks:
    each mutation of controls.py has an effect on it."""
    m = _Maker()
    A, B, E = m.tensor("A", 32, 64), m.tensor("B", 64, 64), m.tensor("E", 64, 32)
    C, D = m.tensor("C", 32, 64), m.tensor("D", 32, 64, "float32")
    a, b = (m.scratch(name, TILE, TILE, dtype="bfloat16") for name in ("a", "b"))
    c = m.scratch("c", TILE, TILE)
    bx, by, k = m.variable("bx", "block"), m.variable("by", "block"), m.variable("k", "loop")

    def turn(right: int, k: Expr) -> tuple[Step, ...]:
        return (
            Copy(m.block(A, by, k, a), m.whole(a)),
            Copy(m.block(right, bx, k, b), m.whole(b)),
            Gemm(m.whole(a), m.whole(b), m.whole(c), transpose_b=True),
        )

    return m.program(
        (2, 1, 1), (bx, by),
        Fill(m.whole(c), _float(0.0)),
        Loop(k.id, Const(2), "serial", turn(B, k), stages=2),
        Copy(m.whole(c), m.block(C, by, bx, c)),
        Fill(m.whole(c), _float(0.0)),
        *turn(E, ZERO),
        Copy(m.whole(c), m.block(D, by, bx, c)),
    )  # fmt: skip


def shared_gemm() -> Program:
    """C = A @ B, 128x96 of K = 64 in two steps, in 3 x 4 blocks: a core of CORES has two of them,
    so that what its block before left of tiles and semaphores matters."""
    m = _Maker()
    A, B, C = m.tensor("A", 128, 64), m.tensor("B", 64, 96), m.tensor("C", 128, 96)
    a, b = (m.scratch(name, TILE, TILE, dtype="bfloat16") for name in ("A_shared", "B_shared"))
    c = m.scratch("C_local", TILE, TILE)
    bx, by, k = m.variable("bx", "block"), m.variable("by", "block"), m.variable("k", "loop")
    turn = (
        Copy(m.block(A, by, k, a), m.whole(a)),
        Copy(m.block(B, k, bx, b), m.whole(b)),
        Gemm(m.whole(a), m.whole(b), m.whole(c)),
    )
    return m.program(
        (3, 4, 1), (bx, by),
        Fill(m.whole(c), _float(0.0)),
        Loop(k.id, Const(2), "serial", turn, stages=2),
        Copy(m.whole(c), m.block(C, by, bx, c)),
    )  # fmt: skip
