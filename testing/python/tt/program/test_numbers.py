"""Each number of a kernel that was written by hand for a device follows from the tile program or the plan.

docs/program.md has the table; here are the kernels' own formulas, in tiles of 32 x 32, on the left,
and on the right what is read out of the program. A format that loses one of them can't be generated from.
"""

from __future__ import annotations

import math
import struct

import pytest
import tile_kernels as kernels

from tilelang.tt import program as p

TILE = 32


def tiles(n: int) -> int:
    return -(-n // TILE)


def word(value: float) -> int:
    """A float32's bits, as a kernel's argument has them."""
    return struct.unpack("<I", struct.pack("<f", value))[0]


class Reading:
    """A program with its buffers by name and its steps by class."""

    def __init__(self, program: p.Program) -> None:
        self.program = program
        self.buffers = {b.name: b for b in program.buffers}
        self.steps = [step for _, step in p.steps_of(program)]

    def all(self, kind):
        return [step for step in self.steps if isinstance(step, kind)]

    def tile_shape(self, name: str) -> tuple[int, ...]:
        """A buffer in tiles; a matrix's leading dimensions are matrices, a vector is a column."""
        shape = self.buffers[name].shape
        return (*shape[:-2], *(tiles(n) for n in shape[-2:]))

    def words(self) -> set[int]:
        """The bits of all float constants of its maps and fills."""
        found = set()
        for step in self.steps:
            for e in p.expressions_of(step):
                found |= {
                    word(n.value) for n in p.nodes(e) if isinstance(getattr(n, "value", 0), float)
                }
        return found

    def int(self, e: p.Expr, **named: int) -> int:
        """An index for values of the variables, by their names."""
        if isinstance(e, p.Const):
            return int(e.value)
        if isinstance(e, p.Var):
            return named[self.program.variables[e.id].name]
        a, b = (self.int(arg, **named) for arg in e.args)
        return {"add": a + b, "sub": a - b, "mul": a * b, "floordiv": a // (b or 1)}[e.op]

    def first_page(self, region: p.Region, **named: int) -> int:
        """The page of a tiled tensor that a region begins with."""
        shape = self.program.buffers[region.buffer].shape
        at = [self.int(e, **named) for e in region.at]
        page = 0
        for index, extent in zip(at[:-2], shape[:-2], strict=True):
            page = page * extent + index
        for index, extent in zip(at[-2:], shape[-2:], strict=True):
            assert index % TILE == 0
            page = page * tiles(extent) + index // TILE
        return page


@pytest.mark.parametrize("ta", [False, True])
@pytest.mark.parametrize("tb", [False, True])
def test_a_gemms_numbers(ta, tb):
    z, m, n, k, bm, bn, bk = 2, 100, 160, 96, 128, 128, 32
    r = Reading(
        kernels.gemm(m, n, k, bm, bn, bk, batch=z, ta=ta, tb=tb, bias=True, act="gelu_tanh")
    )
    mt, nt, kt = tiles(m), tiles(n), tiles(k)
    kbm, kbn, kbk = bm // TILE, bn // TILE, bk // TILE
    # The grid that a block's number is split by: bx = t % gx, by = t / gx % gy, bz = t / (gx * gy).
    assert r.program.launches[0].grid == (-(-nt // kbn), -(-mt // kbm), z)
    (loop,), (gemm,) = r.all(p.Loop), r.all(p.Gemm)
    assert (loop.extent, loop.stages) == (p.Const(-(-kt // kbk)), 2)
    assert (gemm.transpose_a, gemm.transpose_b) == (ta, tb)
    # Tensors and blocks in tiles.
    assert r.tile_shape("A") == (z, *((kt, mt) if ta else (mt, kt)))
    assert r.tile_shape("B") == (z, *((nt, kt) if tb else (kt, nt)))
    assert r.tile_shape("C") == (z, mt, nt)
    assert r.tile_shape("A_shared") == ((kbk, kbm) if ta else (kbm, kbk))
    assert r.tile_shape("B_shared") == ((kbn, kbk) if tb else (kbk, kbn))
    assert (r.tile_shape("C_local"), r.tile_shape("bias_shared")) == ((kbm, kbn), (1, kbn))
    # Formats: the accumulator's is float32, so DST's is.
    dtypes = {name: b.dtype for name, b in r.buffers.items()}
    assert (dtypes["A_shared"], dtypes["C_local"], dtypes["C"]) == (
        "bfloat16",
        "float32",
        "bfloat16",
    )
    copies = {r.program.buffers[c.src.buffer].name: c.src for c in r.all(p.Copy)}
    out = next(c.dst for c in r.all(p.Copy) if r.program.buffers[c.dst.buffer].name == "C")
    for bx, by, bz, ko in ((0, 0, 0, 0), (1, 0, 1, 2)):
        at = dict(bx=bx, by=by, bz=bz, ko=ko)
        a = (bz * kt + ko * kbk) * mt + by * kbm if ta else (bz * mt + by * kbm) * kt + ko * kbk
        b = (bz * nt + bx * kbn) * kt + ko * kbk if tb else (bz * kt + ko * kbk) * nt + bx * kbn
        assert r.first_page(copies["A"], **at) == a
        assert r.first_page(copies["B"], **at) == b
        assert r.first_page(copies["bias"], **at) == bx * kbn
        assert r.first_page(out, **at) == (bz * mt + by * kbm) * nt + bx * kbn
    # gelu's two constants; pages outside are zeros, since no tensor has a pad.
    assert {0x3D922279, 0x3FCC422A} <= r.words()
    assert {getattr(b, "pad", None) for b in r.buffers.values()} == {None}


@pytest.mark.parametrize("layer", [False, True])
def test_a_norms_numbers(layer):
    rows, n = 64, 128
    r = Reading(kernels.norm(rows, n, layer))
    assert r.program.launches[0].grid == (rows // TILE, 1, 1)
    assert r.tile_shape("X") == (rows // TILE, n // TILE)
    for name in ("X_shared", "xf", "sq", "W_shared", "B_shared"):
        assert r.tile_shape(name) == (1, n // TILE)
    assert r.buffers["stat"].shape == (TILE,)
    assert {word(1 / n), word(1e-5)} <= r.words()
    source = r.all(p.Copy)[0].src
    assert [r.first_page(source, bx=bx) for bx in (0, 1)] == [0, n // TILE]
    # What the row statistic is spread over is in the indices: stat[i] along j, w[0, j] along i.
    assert [(s.kind, s.axis, s.clear) for s in r.all(p.Reduce)] == [("sum", 1, True)] * (1 + layer)


@pytest.mark.parametrize("causal", [False, True])
def test_an_attentions_numbers(causal):
    batch, heads, s, d, bm, bn = 2, 3, 256, 64, 64, 64
    r = Reading(kernels.flash_attention(batch, heads, s, d, causal, bm, bn))
    km, kn, kd, ks = bm // TILE, bn // TILE, d // TILE, s // TILE
    gx, gy, gz = s // bm, heads, batch
    assert r.program.launches[0].grid == (gx, gy, gz)
    assert r.tile_shape("Q_shared") == r.tile_shape("acc_o") == (km, kd)
    assert r.tile_shape("K_shared") == r.tile_shape("V_shared") == (kn, kd)
    assert r.tile_shape("acc_s") == r.tile_shape("acc_s_cast") == (km, kn)
    assert {r.buffers[n].shape for n in ("scores_max", "scores_sum", "logsum")} == {(bm,)}
    (loop,) = r.all(p.Loop)
    for bx in range(gx):
        trips = ((bx + 1) * km + kn - 1) // kn if causal else ks // kn
        assert r.int(loop.extent, bx=bx) == trips
    copies = {r.program.buffers[c.src.buffer].name: c.src for c in r.all(p.Copy)}
    for bx, by, bz, ko in ((0, 0, 0, 0), (3, 2, 1, 1)):
        at = dict(bx=bx, by=by, bz=bz, ko=ko)
        base = (bz * gy + by) * ks * kd
        assert r.first_page(copies["Q"], **at) == base + bx * km * kd
        assert (
            r.first_page(copies["K"], **at)
            == r.first_page(copies["V"], **at)
            == base + ko * kn * kd
        )
    assert {word(d**-0.5 * 1.44269504), word(-math.inf)} <= r.words()
    # The second product has its operand as bfloat16, the first adds to the mask.
    first, second = r.all(p.Gemm)
    assert (first.transpose_b, second.transpose_b) == (True, False)
    assert (first.clear, second.clear) == (p.Const(False, "bool"),) * 2
    assert r.buffers["acc_s_cast"].dtype == "bfloat16"
    reductions = [(step.kind, step.clear) for step in r.all(p.Reduce)]
    assert reductions == [("max", False), ("sum", True)]
    if causal:
        mask = next(
            s
            for s in r.all(p.Map)
            if any(isinstance(n, p.Op) and n.op == "select" for n in p.nodes(s.body[0].value))
        )
        condition = mask.body[0].value.args[0]
        assert condition.op == "ge"
        at = dict(bx=2, i=5, ko=1, j=7)
        assert [r.int(e, **at) for e in condition.args] == [2 * bm + 5, 1 * bn + 7]
