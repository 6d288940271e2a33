"""The golden texts of generated kernels; run as a program, it renews them."""

from __future__ import annotations

from pathlib import Path

import kernel_list

from tilelang.tt import DeviceSpec, describe
from tilelang.tt.codegen import FUSIONS, KernelPlan, generate, sources
from tilelang.tt.codegen.describe import render
from tilelang.tt.program import Program, listing

FOLDER = Path(__file__).parent / "codegen" / "golden"

#: Each construct once, and what is the same in all is read as rarely as can be.
NAMES = [
    "copy_rank4",
    "gemm",
    "gemm_ta_tb_batch",
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
]


def plan(program: Program, name: str, fusions: frozenset[str] = FUSIONS) -> KernelPlan:
    """The kernel plan for an n150."""
    device = DeviceSpec.preset("n150")
    schedule = describe.schedule_tiles(program.launches[0].grid, device)
    return generate(program, schedule, device, name, fusions)


def listing_of(program: Program, name: str) -> str:
    return listing(program, name)


def path(name: str) -> Path:
    return FOLDER / f"{name}.txt"


def text(name: str) -> str:
    """A kernel's sources, and its choices."""
    made = plan({**kernel_list.LIST, **kernel_list.VECTOR}[name], name)
    parts = [f"==== {role}.cpp\n{text}" for role, text in sources(made).items()]
    choices = {key: value for key, value in made.to_json().items() if key != "cores"}
    return "".join([*parts, "==== kernel.json\n", render(choices), "\n"])


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.glob("*.txt"):
        stale.unlink()
    for each in NAMES:
        path(each).write_text(text(each))
