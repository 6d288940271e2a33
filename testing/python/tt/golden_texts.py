"""The golden texts of generated kernels; run as a program, it renews them."""

from __future__ import annotations

from pathlib import Path

import kernel_list
import policies
from tile_kernels import flash_attention, gemm

from tilelang.tt import DeviceSpec, describe
from tilelang.tt.codegen.describe import render
from tilelang.tt.codegen.emit import sources
from tilelang.tt.codegen.fuse import FUSIONS
from tilelang.tt.codegen.generate import generate_all
from tilelang.tt.codegen.plan import KernelPlan
from tilelang.tt.program import Program, listing

FOLDER = Path(__file__).parent / "codegen" / "golden"

#: Each construct once, and what is the same in all is read as rarely as can be.
NAMES = [
    "copy_rank4",
    "gemm",
    "gemm_ta_tb_batch",
    "gemm_bias_large_blocks",
    "gemm_16_tb_ragged",
    "products_16",
    "two_products",
    "persistent_gemm",
    "conditional",
    "add_bfloat16_ragged",
    "compare",
    "vector",
    "gemm_bias_relu",
    "softmax",
    "layer_norm",
    "column_sum",
    "masked",
    "attention_causal",
    "statistics",
    "in_place",
    "split_k",
    "stacks",
    "edges",
    "gemm_strided",
    "gemm_shared",
    "attention_shared",
]

BOTH = (("A", "x", 1), ("B", "y", 0))

#: Kernels by schedules of their own: the program, and what policies.schedule is told.
SCHEDULED = {
    "gemm_strided": (gemm(640, 640, 64), ("strided",)),
    "gemm_shared": (gemm(192, 320, 128), ("rectangular", "row_major", [(0, 0, 1, 1)], BOTH)),
    # Of its tensors one is shared, and each core reads the other by itself.
    "gemm_shared_row": (
        gemm(64, 256, 128),
        ("rectangular", "row_major", [(0, 0, 3, 0)], (("A", "x", 1),)),
    ),
    "attention_shared": (
        flash_attention(1, 2, 256, 64, False),
        ("rectangular", "row_major", [(0, 0, 1, 1)], (("K", "x", 1), ("V", "x", 0))),
    ),
}

EVERY = {
    **kernel_list.LIST,
    **kernel_list.VECTOR,
    **{name: program for name, (program, _) in SCHEDULED.items()},
}


def plans(
    program: Program,
    name: str,
    fusions: frozenset[str] = FUSIONS,
    device: DeviceSpec | None = None,
) -> tuple[KernelPlan, ...]:
    """The kernel plan of each launch, for a device, by default an n150."""
    device = device or DeviceSpec.preset("n150")
    _, told = SCHEDULED.get(name, (None, ()))
    of_launches = [
        policies.schedule(launch.grid, device, *told)
        if told
        else describe.schedule_tiles(launch.grid, device)
        for launch in program.launches
    ]
    return generate_all(program, of_launches, device, name, fusions)


def plan(program: Program, name: str, fusions: frozenset[str] = FUSIONS) -> KernelPlan:
    """The kernel plan of a program with one launch, for an n150."""
    (made,) = plans(program, name, fusions)
    return made


def texts(program: Program, name: str) -> list[tuple[str, str]]:
    """Each kernel's role and text, of all launches."""
    return [each for made in plans(program, name) for each in sources(made).items()]


def listing_of(program: Program, name: str) -> str:
    return listing(program, name)


def path(name: str) -> Path:
    return FOLDER / f"{name}.txt"


def text(name: str) -> str:
    """A kernel's sources, and its choices."""
    parts: list[str] = []
    several = plans(EVERY[name], name)
    for made in several:
        lead = f"launch_{made.launch}/" if len(several) > 1 else ""
        parts += [f"==== {lead}{role}.cpp\n{text}" for role, text in sources(made).items()]
        choices = {key: value for key, value in made.to_json().items() if key != "cores"}
        parts += [f"==== {lead}kernel.json\n", render(choices), "\n"]
    return "".join(parts)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.glob("*.txt"):
        stale.unlink()
    for each in NAMES:
        path(each).write_text(text(each))
