"""What limits a launch: against counts by hand, known numbers, and what devices and ttnn say."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import bounds_by_hand
import pytest
import tile_kernels as kernels
from policies import schedule

from tilelang.tt.bounds import bounds_of, limits_of
from tilelang.tt.bounds.limits import geometry_of
from tilelang.tt.codegen.ways import Ways
from tilelang.tt.describe import describe_tensor
from tilelang.tt.device_spec import DeviceSpec, preset_names
from tilelang.tt.program import Tensor

N150, P150A = DeviceSpec.preset("n150"), DeviceSpec.preset("p150a")
SHARED = (("A", "x", 1), ("B", "y", 0))


def described(program, spec):
    tensors = [each for each in program.buffers if isinstance(each, Tensor)]
    return {t.name: describe_tensor(t.name, t.shape, t.dtype, spec) for t in tensors}


def bounds(program, spec, policy="contiguous", shared=(), **options):
    plan = schedule(program.launches[0].grid, spec, policy, shared=shared)
    return bounds_of(program, described(program, spec), plan, spec, **options)


# Name, program, what is shared where cores stand in a row and in a column.
PROGRAMS = [
    ("gemm", lambda: kernels.gemm(320, 256, 128, bm=64, bn=64), SHARED),
    ("ragged", lambda: kernels.gemm(200, 300, 70, bm=64, bn=96, bk=64), SHARED),
    ("one NoC", lambda: kernels.gemm(256, 96, 64, bm=32, bn=32), (("B", "y", 1),)),
    ("transposed", lambda: kernels.gemm(160, 96, 64, 32, 32, ta=True, tb=True), SHARED),
    ("batched", lambda: kernels.gemm(64, 128, 64, 32, 32, batch=3), SHARED),
    (
        "one weight",
        lambda: kernels.gemm(64, 128, 64, 32, 32, batch=5, weight=True),
        (SHARED[0], ("B", "yz", 0)),
    ),
    ("bias", lambda: kernels.gemm(96, 160, 64, 32, 64, bias=True), (*SHARED, ("bias", "y", 0))),
    ("attention", lambda: kernels.flash_attention(1, 2, 256, 64, False), (("K", "x", 1),)),
    ("causal", lambda: kernels.flash_attention(2, 2, 192, 64, True), ()),
]


@pytest.mark.parametrize("spec", [N150, P150A], ids=["wormhole", "blackhole"])
@pytest.mark.parametrize(("name", "make", "shared"), PROGRAMS, ids=[row[0] for row in PROGRAMS])
def test_bounds_are_what_is_counted_block_by_block(name, make, shared, spec):
    """On a grid of cores, a policy, an order and a subset that are drawn."""
    drawn = random.Random(f"{name} {spec.arch}")
    program = make()
    for policy in ("contiguous", "strided", "rectangular", "rectangular"):
        grid_x, grid_y = drawn.randint(1, 5), drawn.randint(1, 5)
        device = replace(spec, grid_x=grid_x, grid_y=grid_y)
        x1, y1 = drawn.randrange(grid_x), drawn.randrange(grid_y)
        plan = schedule(
            program.launches[0].grid, device, policy, drawn.choice(["row_major", "column_major"]),
            drawn.choice([None, [(0, 0, x1, y1)]]), shared,
        )  # fmt: skip
        buffers = described(program, device)
        outputs = [name for name in ("C", "O") if name in buffers]
        spread = {name: 1 for name in outputs if drawn.random() < 0.5}
        kept = {n: tuple({*drawn.choices(range(3), k=2)}) for n in buffers if drawn.random() < 0.5}
        rows = frozenset(name for name in buffers if drawn.random() < 0.5)
        ways = Ways(spread, kept if policy == "rectangular" else {}, rows)
        found = bounds_of(program, buffers, plan, device, ways=ways)
        tensors, banks, links, cycles, movers = bounds_by_hand.count(
            program, buffers, plan, device, ways
        )
        assert found.movers == movers
        limits = limits_of(device)
        for buffer, moved in found.tensors.items():
            by_hand = tuple(tensors[buffer, mode] for mode in ("read", "write", "receive"))
            assert (moved.read, moved.written, moved.received) == by_hand
            assert moved.exact
        assert found.bank[1] == max(banks.values()) == banks[found.bank[0]]
        for noc, busiest in enumerate(found.links):
            most = max((size for (n, *_), size in links.items() if n == noc), default=0)
            assert busiest.bytes == most == links[(noc, busiest.kind, *busiest.at)]
            assert found.cycles[f"noc{noc}"] == -(-most // limits.noc_bytes_per_cycle)
        assert found.cycles["matrix"] == cycles


MIB = 1 << 20


@pytest.mark.parametrize(
    ("spec", "m", "n", "k", "block", "policy", "shared", "read"),
    [
        (N150, 1024, 1024, 1024, 128, "contiguous", (), 32 * MIB),
        (N150, 1024, 1024, 1024, 128, "rectangular", (), 32 * MIB),
        (N150, 1024, 1024, 1024, 128, "rectangular", SHARED, 4 * MIB),
        (N150, 1024, 1024, 1024, 128, "rectangular", SHARED[1:], 18 * MIB),
        (P150A, 2048, 2048, 512, 256, "rectangular", SHARED, 4 * MIB),
        # 16 rows of blocks on 10 rows of cores are 20 turns of rows, and 16 columns on 11 are 22;
        # each of 2 x 2 turns reads B's 128 x 512 elements, and A's stay for the turns along x.
        (P150A, 2048, 2048, 512, 128, "rectangular", SHARED, (20 + 22 * 2) * 128 * 512 * 2),
    ],
)  # fmt: skip
def test_bytes_read_of_a_gemm_are_these(spec, m, n, k, block, policy, shared, read):
    program = kernels.gemm(m, n, k, bm=block, bn=block, bk=64)
    found = bounds(program, spec, policy, shared)
    assert found.read == read
    assert found.written == 2 * m * n


def test_sharing_moves_the_wall_from_the_noc_to_the_matrix_engine():
    program = kernels.gemm(4096, 4096, 4096, bm=256, bn=256, bk=64)
    alone = bounds(program, N150, fidelity="HiFi2")
    together = bounds(program, N150, "rectangular", SHARED, fidelity="HiFi2")
    assert (alone.wall, together.wall) == ("noc0", "matrix")
    assert 3.9 < alone.least / together.least < 4.1
    assert together.utilisation == 1
    # 16 cycles a phase for each of 128^3 products of tiles, on 64 cores at 1 GHz.
    assert together.cycles["matrix"] == 32 * 128**3 // 64
    assert together.microseconds == pytest.approx(1048.576)


def test_a_copy_in_a_loop_counts_as_often_as_it_is_done():
    from tile_builder import Builder

    b = Builder()
    A, C = b.tensor("A", (32, 32), "bfloat16"), b.tensor("C", (64, 32), "bfloat16")
    scratch = b.shared("s", (32, 32), "bfloat16")
    with b.launch(2, "bx") as bx:
        with b.loop("i", 3):
            b.copy(A, scratch)
        b.copy(scratch, C.at(bx * 32, 0).of(32, 32))
    moved = bounds(b.program(), N150).tensors
    assert (moved["A"].read, moved["C"].written) == (6 * 2048, 2 * 2048)


def test_what_nothing_comes_of_is_not_moved():
    """An RMS norm that copies a shift and doesn't add it; its kernels leave that out."""
    moved = bounds(kernels.norm(96, 64, False), N150).tensors
    assert {name: each.read for name, each in moved.items()} == {
        "X": 6 * 2048, "W": 3 * 2 * 2048, "B": 0, "O": 0
    }  # fmt: skip


def test_what_depends_on_data_is_at_most_so_much():
    from tile_builder import Builder

    b = Builder()
    A, C = b.tensor("A", (32, 32), "bfloat16"), b.tensor("C", (32, 32), "bfloat16")
    flag, scratch = b.var("flag"), b.shared("s", (32, 32), "bfloat16")
    with b.launch(1, "bx"):
        with b.when(flag[0].eq(1)):
            b.copy(A, scratch)
        b.copy(scratch, C)
    found = bounds(b.program(), N150)
    assert [each.exact for each in found.tensors.values()] == [False, True]
    assert "A: at most" in found.notes[0]


def test_imbalance_and_repeats_are_told():
    program = kernels.gemm(5 * 32, 32, 32, 32, 32)
    device = replace(N150, grid_x=1, grid_y=4)
    assert bounds(program, device).imbalance == 2 * 4 / 5
    together = bounds(program, device, "rectangular", (("B", "y", 0),))
    assert (together.cores, together.repeated, together.imbalance) == (4, 3, 2 * 4 / 5)
    # All turns are as many as the most of any core: A's blocks are read again, and B's stay.
    assert together.tensors["B"].read == 2048
    assert together.tensors["A"].read == 8 * 2048
    assert together.tensors["C"].written == 5 * 2048


def test_what_isnt_known_is_refused_or_noted():
    program = kernels.gemm(64, 64, 64)
    with pytest.raises(NotImplementedError, match="arch is 'quasar'; limits are known of wormhole"):
        bounds(program, replace(N150, arch="quasar"))
    with pytest.raises(ValueError, match="fidelity is 'HiFi5'; expected one of LoFi"):
        bounds(program, N150, fidelity="HiFi5")
    found = bounds(program, DeviceSpec.preset("p100a"))
    assert "where 7 banks stand isn't known" in found.notes[0]
    assert found.links[0].kind == "in"
    wide = replace(N150, grid_x=9)
    assert "noc0" not in bounds(program, wide).cycles
    assert "more than the chip has" in bounds(program, wide).notes[0]


# Larger blocks, told from the launch's own.

LARGER = [
    ("gemm", lambda b, c: kernels.gemm(320, 512, 128, b, c), (2, 2)),
    ("ragged", lambda b, c: kernels.gemm(300, 500, 70, b, c), (1, 2)),
    ("transposed", lambda b, c: kernels.gemm(256, 256, 64, b, c, ta=True, tb=True), (4, 4)),
    ("batched", lambda b, c: kernels.gemm(128, 256, 64, b, c, batch=3), (2, 1)),
]


@pytest.mark.parametrize("policy", ["contiguous", "rectangular"])
@pytest.mark.parametrize(("name", "make", "times"), LARGER, ids=[row[0] for row in LARGER])
def test_larger_blocks_are_those_of_a_kernel_that_has_them(name, make, times, policy):
    from tilelang.tt.larger_blocks import larger_blocks

    own, other = make(32, 32), make(32 * times[1], 32 * times[0])
    spec = replace(N150, grid_x=4, grid_y=3)
    shared = SHARED if policy == "rectangular" else ()
    plan = schedule(own.launches[0].grid, spec, policy, shared=shared)
    told, reason = larger_blocks(own, described(own, spec), plan, spec, {})
    assert reason == ""
    (found,) = (each for each in told if each.times == times)
    plan = schedule(other.launches[0].grid, spec, policy, shared=shared)
    # Of larger blocks it isn't known what kernels do beside.
    its = bounds_of(other, described(other, spec), plan, spec, ways=Ways())
    assert found.bounds.tensors == its.tensors
    for resource in ("dram", "noc0", "noc1", "matrix", "pack"):
        assert found.bounds.cycles[resource] == its.cycles[resource]
    assert found.bounds.l1_bytes == its.l1_bytes
    assert found.bounds.cores == its.cores


def test_what_no_larger_blocks_are_told_of_says_why():
    from tilelang.tt.larger_blocks import larger_blocks

    reasons = {
        "a loop or a condition depends": kernels.flash_attention(1, 2, 256, 64, True),
        "windows of A don't stand side by side": kernels.gemm(96, 96, 32, bm=48, bn=32),
    }
    for reason, program in reasons.items():
        plan = schedule(program.launches[0].grid, N150)
        found, said = larger_blocks(program, described(program, N150), plan, N150, {})
        assert found == ()
        assert reason in said


# The table of limits, against what can be asked.


@pytest.mark.parametrize("name", preset_names())
def test_banks_stand_where_the_device_said(name):
    spec = DeviceSpec.preset(name)
    geometry = geometry_of(spec)
    assert (len(geometry.columns), len(geometry.rows)) == (spec.grid_x, spec.grid_y)
    if spec.dram_banks == 7:  # a bank is missing, and how the rest is translated isn't known
        assert geometry.dram is None
    elif spec.arch == "wormhole_b0":
        assert geometry.dram[0] == spec.dram_cores
    else:  # Blackhole's are translated: four banks in a column of three endpoints each
        for (x, y), place in zip(spec.dram_cores, geometry.dram[0], strict=True):
            assert (x - 17, (y - 12) // 3) == (
                {0: 0, 9: 1}[place[0]],
                geometry.dram[0].index(place) % 4,
            )


def test_every_limit_has_its_source():
    for spec in (N150, P150A):
        limits = limits_of(spec)
        for name in limits.sources:
            assert getattr(limits, name)
            assert ": " in limits.sources[name], name  # a document, and what it says
        assert set(limits.sources) == set(limits.__dataclass_fields__) - {"sources"}


@pytest.mark.needs("ttnn")
@pytest.mark.parametrize(
    ("spec", "file"),
    [(N150, "wormhole_b0_80_arch.yaml"), (P150A, "blackhole_140_arch.yaml")],
    ids=["wormhole", "blackhole"],
)
def test_geometry_is_that_of_the_soc_descriptor(spec, file):
    """The one that ttnn's wheel brings."""
    import ttnn
    import yaml

    found = Path(ttnn.__file__).parent / "tt_metal" / "soc_descriptors" / file
    described = yaml.safe_load(found.read_text())
    whole = replace(spec, grid_x=1, grid_y=1)

    def place(text):
        return tuple(map(int, text.split("-")))

    cores = [place(each) for each in described["functional_workers"]]
    columns, rows = ({core[axis] for core in cores} for axis in (0, 1))
    full = geometry_of(replace(whole, grid_x=len(columns), grid_y=len(rows)))
    assert full.size == (described["grid"]["x_size"], described["grid"]["y_size"])
    assert full.columns == tuple(sorted(columns))
    assert full.rows == tuple(sorted(rows))
    for noc in (0, 1):
        assert full.dram[noc] == tuple(
            place(described["dram"][view["channel"]][view["worker_endpoint"][noc]])
            for view in described["dram_views"]
        )
