"""A mock of a board under fast dispatch whose kernels are compiled, which a card's would be too.

Programs are compiled, laid out in L1, assembled and enqueued as on a card; nothing runs, and data
that is read back is zeros. ``python dispatch_mock.py`` goes through all golden kernels and boards.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import golden_texts
from random_arrays import SCALARS

from tilelang.tt import DeviceSpec
from tilelang.tt.codegen.launch import BufferSpec, launch
from tilelang.tt.runtime.backends.clusters import clusters
from tilelang.tt.runtime.backends.mock import Mock
from tilelang.tt.runtime.root.cache import kernel_cache
from tilelang.tt.runtime.root.folder import compiler_name, simulator_root
from tilelang.tt.runtime.running import RUN
from tilelang.tt.runtime.session.parent import Session

BOARDS = ("n150", "n300", "p100a", "p150a")
EVERY = golden_texts.EVERY


class DispatchMock(Mock):
    """The mock of a board, with the kernel compiler of simulators."""

    def __init__(self, board: str) -> None:
        cluster = clusters()[board]
        super().__init__(cluster.arch, cluster, "fast")

    def environment(self, folder):
        root = simulator_root()
        return {
            **super().environment(folder),
            "TT_METAL_RUNTIME_ROOT": str(root),
            "TT_METAL_CACHE": str(kernel_cache(root.name, f"dispatch-{self.arch}")),
        }


def enqueue(board: str, name: str) -> None:
    """Compile, assemble and enqueue a kernel of the list on a board, in a session of its own."""
    with Session(DispatchMock(board), timeout=300) as session:
        plans = golden_texts.plans(EVERY[name], name, device=DeviceSpec.preset(board))
        launches = tuple(map(launch, plans))
        session.call(RUN, launches, {}, SCALARS.get(name, {}), timeout=600)


def enqueue_with(board: str, room: int) -> None:
    """Enqueue a copy whose circular buffers take so many bytes of L1."""
    (plan,) = golden_texts.plans(EVERY["copy"], "copy", device=DeviceSpec.preset(board))
    made = launch(plan)
    more = room - sum(each.pages * each.page_bytes for each in made.buffers)
    first = len(made.buffers)
    sizes = [(more // 64, 64), (1, more % 64)]  # pages are counted in 16 bits
    fillers = [
        BufferSpec(first + number, "bfloat16", pages, page_bytes)
        for number, (pages, page_bytes) in enumerate(sizes)
        if page_bytes
    ]
    filled = replace(made, buffers=(*made.buffers, *fillers))
    with Session(DispatchMock(board), timeout=300) as session:
        session.call(RUN, (filled,), {}, {}, timeout=600)


def main(names: list[str]) -> int:
    failed = 0
    print("kernels by", compiler_name(), flush=True)
    for board in BOARDS:
        for name in names or golden_texts.NAMES:
            try:
                enqueue(board, name)
                said = "enqueued"
            except Exception as error:
                failed += 1
                said = f"{type(error).__name__}: {error}"
            print(board, name, said, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
