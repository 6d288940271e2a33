"""Kernels by schedules of other policies: each block once, and what cores read together once."""

from __future__ import annotations

from dataclasses import replace

import kernel_list
import pytest
from asked import asked_of
from compared import assert_right, shown
from memory_kernels import norm_then_gemm
from policies import schedule
from tile_builder import Builder
from tile_kernels import flash_attention, gemm

from tilelang.tt.codegen.generate import generate, generate_all
from tilelang.tt.describe import schedule_program
from tilelang.tt.policies import POLICIES
from tilelang.tt.protocol import faults

pytestmark = pytest.mark.needs("wolfpine")

BOTH = (("A", "x", 1), ("B", "y", 0))


@pytest.fixture(scope="module", params=["wormhole_b0", "blackhole"])
def ttsim(request):
    from tilelang.tt.runtime.backends.devices import open_device

    with open_device("ttsim", request.param) as session:
        yield session


def by(session, program, told):
    """The plan of a program by a schedule, of which ``told`` is what policies.schedule takes."""
    made = schedule(program.launches[0].grid, session.spec, **told)
    return generate(program, made, session.spec)


def rectangle(across, down, shared=(), order="row_major", at=(0, 0)):
    corners = (*at, at[0] + across - 1, at[1] + down - 1)
    return {"policy": "rectangular", "order": order, "cores": [corners], "shared": shared}


ORDERS = {
    "strided": {"policy": "strided", "cores": [(0, 0, 2, 1)]},
    "column by column": {"order": "column_major", "cores": [(0, 0, 2, 1)]},
    "strided down the columns": {
        "policy": "strided", "order": "column_major", "cores": [(0, 0, 2, 1)],
    },
    "cores with a hole": {"policy": "strided", "cores": [(0, 0, 0, 2), (2, 0, 2, 2)]},
    "boxes": rectangle(2, 2),
    "boxes, down the columns": rectangle(2, 2, order="column_major"),
}  # fmt: skip


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", ["gemm_ragged", "gemm_batch", "vector", "column_sum"])
def test_each_block_runs_once_in_any_order(ttsim, order, name):
    program = {**kernel_list.LIST, **kernel_list.VECTOR}[name]
    assert_right(shown(ttsim, program, ["mixed"], plan=by(ttsim, program, ORDERS[order])))


#: Eight cores around a hole, of which a rectangle has three.
RING = [(x, y, x, y) for y in range(3) for x in range(3) if (x, y) != (1, 1)]
# The blocks of a GEMM, cores that may be used, and what a rectangle shares of it by the passes.
FEW = {
    "a row of a prime number": ((1, 11), RING, {"A"}),
    "a column of a prime number": ((11, 1), [(0, 0, 1, 2)], {"B"}),
    "fewer blocks than cores": ((2, 3), [(0, 0, 3, 3)], {"A", "B"}),
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", FEW)
def test_few_blocks_run_by_every_policy(ttsim, name, policy):
    (down, across), cores, shared = FEW[name]
    program = gemm(32 * down, 32 * across, 64, 32, 32)
    (made,) = schedule_program(program, ttsim.spec, policy, cores=cores)
    wanted = shared if policy == "rectangular" else set()
    assert {each.buffer for each in made.shared_reads} == wanted
    assert_right(shown(ttsim, program, ["mixed"], plan=generate(program, made, ttsim.spec)))


def halves(m, n, k):
    """C = A @ B, to two accumulators: a turn reads two blocks of A and two of B."""
    b = Builder()
    A, B = b.tensor("A", (m, k), "bfloat16"), b.tensor("B", (k, n), "bfloat16")
    C = b.tensor("C", (m, n))
    side = (32, 32)
    blocks = [[b.shared(f"{s}{half}", side, "bfloat16") for s in "ab"] for half in "01"]
    sums = [b.scratch(f"c{half}", side) for half in "01"]
    with b.launch((n // 32, m // 32), "bx", "by") as (bx, by):
        for c in sums:
            b.fill(c, 0)
        with b.loop("k", k // 64, stages=2) as ko:
            for half, ((x, y), c) in enumerate(zip(blocks, sums, strict=True)):
                at = ko * 64 + half * 32
                b.copy(A.at(by * 32, at).of(*side), x)
                b.copy(B.at(at, bx * 32).of(*side), y)
                b.gemm(x, y, c)
        with b.map(i=32, j=32) as (i, j):
            b.store(sums[0][i, j], sums[0][i, j] + sums[1][i, j])
        b.copy(sums[0], C.at(by * 32, bx * 32).of(*side))
    return b.program()


SHARED = {
    # A block a core, several, and as many as divide by nothing; edges; what only one axis shares.
    "a block a core": (gemm(128, 128, 128), rectangle(2, 2, shared=BOTH)),
    "several blocks a core": (gemm(256, 192, 96), rectangle(2, 2, shared=BOTH)),
    "boxes of three sizes": (gemm(320, 448, 64), rectangle(3, 2, shared=BOTH)),
    "boxes of three sizes, down the columns": (
        gemm(320, 448, 64), rectangle(3, 2, shared=BOTH, order="column_major"),
    ),
    "ragged": (gemm(300, 170, 80), rectangle(3, 3, shared=BOTH)),
    "not at the corner": (gemm(192, 192, 64), rectangle(3, 2, shared=BOTH, at=(1, 2))),
    "a row of cores": (gemm(64, 320, 96), rectangle(5, 1, shared=BOTH[:1])),
    "a column of cores": (gemm(320, 64, 96), rectangle(1, 5, shared=BOTH[1:])),
    "B alone": (gemm(192, 192, 64), rectangle(3, 3, shared=BOTH[1:])),
    "both over NoC 0": (
        gemm(128, 128, 96), rectangle(2, 2, shared=(("A", "x", 0), ("B", "y", 0))),
    ),
    "both over NoC 1": (
        gemm(128, 128, 96), rectangle(2, 2, shared=(("A", "x", 1), ("B", "y", 1))),
    ),
    "batches": (gemm(128, 128, 64, batch=3), rectangle(2, 6, shared=BOTH)),
    # Layers of z: two of three batches and of two, and each core has two columns of blocks.
    "one weight of all batches": (
        gemm(128, 256, 96, batch=5, weight=True),
        rectangle(2, 4, shared=(("A", "x", 1), ("B", "yz", 0))),
    ),
    "one weight, a block a batch": (
        gemm(64, 64, 64, batch=3, weight=True), rectangle(1, 3, shared=(("B", "yz", 1),)),
    ),
    "A and B transposed": (gemm(128, 128, 96, ta=True, tb=True), rectangle(2, 2, shared=BOTH)),
    "a bias, which a column shares": (
        gemm(192, 128, 64, bias=True, act="relu"),
        rectangle(2, 3, shared=(*BOTH, ("bias", "y", 0))),
    ),
    "two blocks of each in a turn": (halves(128, 128, 256), rectangle(2, 2, shared=BOTH)),
    "attention: K and V of a head": (
        flash_attention(1, 2, 256, 64, False),
        rectangle(4, 2, shared=(("K", "x", 0), ("V", "x", 1))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHARED)
def test_what_cores_read_together_comes_to_each(ttsim, name):
    program, told = SHARED[name]
    plan = by(ttsim, program, told)
    assert faults(*asked_of(plan)) == []
    assert_right(shown(ttsim, program, ["mixed"], plan=plan))


def test_what_cores_read_together_may_come_in_parts(ttsim):
    """Where L1 doesn't hold whole panels, each part is sent anew."""
    program = gemm(128, 192, 256)
    told = rectangle(3, 2, shared=BOTH)
    made = schedule(program.launches[0].grid, ttsim.spec, **told)
    plan = generate(program, made, replace(ttsim.spec, l1_bank_size=36864))
    assert plan.to_json()["products"][0]["operands"] == "in parts"
    assert faults(*asked_of(plan)) == []
    assert_right(shown(ttsim, program, ["mixed"], plan=plan))


@pytest.mark.long
@pytest.mark.parametrize(
    ("arch", "sizes", "block", "cores"),
    [
        ("wormhole_b0", (1024, 1024, 1024), 128, (8, 8)),
        ("blackhole", (2048, 2048, 512), 256, (8, 8)),
    ],
)
def test_each_tensor_of_a_gemm_is_read_once(arch, sizes, block, cores):
    """Counted by the kernels: every page of A and B once, and every page of C written once."""
    from dram_counts import count
    from random_arrays import arrays_of

    from tilelang.tt.runtime.backends.devices import open_device

    m, n, k = sizes
    program = gemm(m, n, k, bm=block, bn=block, bk=64)
    with open_device("ttsim", arch) as session:
        plan = by(session, program, rectangle(*cores, shared=BOTH))
        assert len(plan.cores) == cores[0] * cores[1]
        found = count((plan,), arrays_of(program), session, timeout=900)
    assert found == (2 * (m * k + k * n), 2 * m * n)


OF_PASSES = {
    "a GEMM": (gemm(192, 192, 96), {"A", "B"}),
    "a GEMM with a bias": (gemm(192, 128, 64, bias=True, act="relu"), {"A", "B", "bias"}),
    "attention": (flash_attention(1, 2, 256, 64, False), {"K", "V"}),
    "a copy": (kernel_list.LIST["copy_ragged"], set()),
    "what the launch before made": (norm_then_gemm(128, 256, 96), {"Y", "B"}),
}


@pytest.mark.parametrize("name", OF_PASSES)
def test_what_the_passes_say_is_shared_is_shared(ttsim, name):
    """A rectangular schedule as a plan has it, of which the author says the policy alone."""
    program, shared = OF_PASSES[name]
    made = schedule_program(program, ttsim.spec, "rectangular")
    plans = generate_all(program, made, ttsim.spec)
    assert {program.buffers[each.tensor].name for plan in plans for each in plan.shares} == shared
    assert_right(shown(ttsim, program, ["mixed"], plan=plans))


class _Device:
    """Where a device says that its cores are: on the NoC, beside them, there may be a column of DRAM."""

    def __init__(self, arch, columns):
        self._arch, self._columns = arch, columns

    def arch(self):
        import ttnn

        return getattr(ttnn.device.Arch, self._arch)

    def worker_core_from_logical_core(self, core):
        import ttnn

        return ttnn.CoreCoord(self._columns[core.x], core.y + 1)


def test_a_multicast_across_what_is_no_core_is_refused():
    """On a Wormhole whose coordinates aren't translated, DRAM is between the fourth and the fifth."""
    from tilelang.tt.codegen.launch import launch
    from tilelang.tt.device_spec import DeviceSpec
    from tilelang.tt.runtime.jobs.launching import _places

    spec, program = DeviceSpec.preset("n150"), gemm(64, 384, 64)
    told = rectangle(6, 1, shared=BOTH[:1])
    made = launch(
        generate(program, schedule(program.launches[0].grid, spec, **told), spec, "kernel")
    )
    apart, beside = (1, 2, 3, 4, 6, 7), (18, 19, 20, 21, 22, 23)
    with pytest.raises(NotImplementedError, match=r"cores \(1, 0\) to \(5, 0\) are at 2-1 to 7-1"):
        _places(_Device("WORMHOLE_B0", apart), made)
    assert _places(_Device("WORMHOLE_B0", beside), made)[5, 0] == (23, 1)
    assert _places(_Device("BLACKHOLE", apart), made)[5, 0] == (7, 1)
