"""The table of what is covered, docs/covered.md; run as a program, it runs every kernel and renews it.

Each kernel of the list runs on simulated Wormholes and Blackholes (ttsim), and the table says how
far its numbers were from the interpreter's. The tests compare the table with the list.
"""

from __future__ import annotations

from pathlib import Path

import golden_texts
import kernel_list
from random_arrays import SCALARS, errors

from tilelang.tt.program import Scratch, Tensor, Workspace, steps_of
from tilelang.tt.program.steps import NAMES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "covered.md"
ARCHES = ("wormhole_b0", "blackhole")
EVERY = {**kernel_list.LIST, **kernel_list.VECTOR}

HEAD = """\
# What generated kernels cover

Each kernel of the repository's list (`testing/python/tt/kernel_list.py`), what it is made of, and how far its numbers were from the
interpreter's when it ran on [ttsim](devices.md): the largest difference of an output relative to its largest value, float32 outputs too,
whose operands the matrix unit takes with 11 bits. `make covered` runs all of them and writes this page; the tests compare it with
the list, and hold what runs to bounds of their own.

| kernel | launches | steps | dtypes | blocks | KiB of L1 | Wormhole | Blackhole |
|---|---|---|---|---|---|---|---|
"""


def described(name: str) -> list[str]:
    """The cells of a kernel's row that follow from it alone."""
    program = EVERY[name]
    plans = golden_texts.plans(program, name)
    kinds = dict.fromkeys(NAMES[type(step)] for _, step in steps_of(program))
    steps = [kind for kind in kinds if kind != "store"]
    dtypes = {b.dtype for b in program.buffers if isinstance(b, (Tensor, Workspace, Scratch))}
    blocks = [" x ".join(map(str, launch.grid)) for launch in program.launches]
    largest = max(each.l1_bytes for each in plans) // 1024
    return [
        f"`{name}`", str(len(plans)), ", ".join(steps), ", ".join(sorted(dtypes)),
        "; ".join(blocks), str(largest),
    ]  # fmt: skip


def rows() -> dict[str, list[str]]:
    """The cells of each row of the page, by the kernel's name."""
    found: dict[str, list[str]] = {}
    for line in PAGE.read_text().splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            found[cells[0].strip("`")] = cells
    return found


def measured(session: object, name: str) -> float:
    """How far a kernel's outputs are from the interpreter's."""
    found = errors(session, EVERY[name], SCALARS.get(name))
    return max(error for error, _ in found.values())


def main() -> None:
    from tilelang.tt.runtime.backends.devices import open_device

    errors: dict[str, list[str]] = {name: [] for name in EVERY}
    for arch in ARCHES:
        with open_device("ttsim", arch) as session:
            for name in EVERY:
                error = measured(session, name)
                errors[name].append("exact" if error == 0 else f"{error:.1e}")
                print(arch, name, errors[name][-1], flush=True)
    lines = [f"| {' | '.join([*described(name), *errors[name]])} |" for name in EVERY]
    PAGE.write_text(HEAD + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
