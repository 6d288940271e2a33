"""A device that is nowhere, and what it would answer, spelled out number by number; for tests."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

import tilelang.tt as tt
from tilelang.tt.describe import describe_tensor, schedule_tiles
from tilelang.tt.metadata import RuntimeArg

#: Four banks in two memories, two of which begin half way; the NoCs see them at other coordinates.
SPEC = replace(
    tt.DeviceSpec.preset("n150"),
    **{"grid_x": 3, "grid_y": 2, "dram_banks": 4, "dram_alignment": 32},
    dram_cores=((1, 2), (1, 2), (5, 7), (5, 7)),
    dram_cores_noc1=((8, 9), (8, 9), (4, 4), (4, 4)),
    dram_offsets=(0, 1 << 30, 0, 1 << 30),
)
BASE = 0x8000
CORES = (SPEC.dram_cores, SPEC.dram_cores_noc1)


def claim_of(shape=(100, 70), dtype="float32"):
    """What the passes say of a tensor at BASE."""
    from tilelang.tt.validate.tensors.claims import Banks, Claim

    return Claim(describe_tensor("X", shape, dtype, SPEC), BASE, Banks.of(SPEC))


def addresses_of(num_pages: int, aligned_page_size: int, base: int = BASE) -> np.ndarray:
    """The NoC addresses of pages on NoC 0 and NoC 1, by interleaved_addr_gen, one by one."""
    found = np.zeros((num_pages, 2), np.int64)
    for page in range(num_pages):
        row, bank = divmod(page, 4)
        address = base + row * aligned_page_size + SPEC.dram_offsets[bank]
        for noc in (0, 1):
            x, y = CORES[noc][bank]
            found[page, noc] = y << 42 | x << 36 | address
    return found


def bits_of(claim, seed=0) -> np.ndarray:
    """Random elements of a claim's tensor, of 4 bytes each."""
    shape = claim.buffer.shape
    return np.random.default_rng(seed).integers(0, 2**32, shape, np.uint32)


def allocation_of(claim):
    """What ttnn would say of a tensor whose descriptor is right."""
    from tilelang.tt.validate.evidence import Allocation

    buffer, accessor = claim.buffer, claim.buffer.accessor
    return Allocation(
        compile_time_args=accessor.compile_time_args,
        page_size=accessor.page_size,
        aligned_page_size=accessor.aligned_page_size,
        num_pages=accessor.num_pages,
        num_banks=accessor.num_banks,
        padded_shape=buffer.padded_shape,
        needs_padding=prod(buffer.padded_shape) != prod(buffer.shape),
        tile_shape=buffer.tile_shape,
        tiles=(buffer.num_tiles_height, buffer.num_tiles_width),
        data_format=buffer.data_format,
        memory=accessor.memory,
        layout=buffer.layout,
    )


#: Of a kernel with two tensors and two scalars, on 3x2 cores: two tiles on the first one or two.
ARGS = (
    *(RuntimeArg("A_addr", "uint32", "buffer_address", source="A"),),
    *(RuntimeArg("B_addr", "uint32", "buffer_address", source="B"),),
    *(RuntimeArg("n_value", "int32", "scalar", source="n"),),
    *(RuntimeArg("m_value", "int32", "scalar", source="m"),),
    *(RuntimeArg("kt_tiles", "uint32", "constant", value=5),),
)


def scheduled(tiles):
    right = schedule_tiles(tiles, SPEC)
    return replace(right, runtime_args=(*right.runtime_args, *ARGS))


SCHEDULE = scheduled([4, 2])  # 8 tiles on 3x2 cores: two with two, four with one


def walked(schedule, core):
    """The tiles of a core, one after another, as docs/metadata.md has them."""
    x, y, z = (range(extent) for extent in schedule.grid)
    if schedule.order == "row_major":
        order = [(k * len(y) + j) * len(x) + i for k in z for j in y for i in x]
    else:
        order = [(k * len(y) + j) * len(x) + i for k in z for i in x for j in y]
    if not schedule.boxes:
        tiles = schedule.tiles_per_core[core]
        return [order[tiles.start_id + n * schedule.stride] for n in range(tiles.count)]
    box = schedule.boxes[core]
    own = {
        (k * len(y) + j) * len(x) + i
        for i in x[box.x : box.x + box.across]
        for j in y[box.y : box.y + box.down]
        for k in z[box.z : box.z + box.deep]
    }
    return [tile for tile in order if tile in own]


def copy_by(schedule):
    """The copy that a device makes by a schedule, word by word."""
    from tilelang.tt.validate.schedules.stamps import Copied, address_word, scalar_word

    numbers = np.random.default_rng(2)
    content = numbers.integers(2**31, 2**32, (schedule.num_tiles * 32, 32), np.uint32)
    arrived = np.zeros_like(content)
    width = schedule.core_grid[0]
    given = {"A": address_word("A"), "B": address_word("B"), "kt_tiles": 5}
    given |= {"n": scalar_word("n"), "m": scalar_word("m")}
    for r in schedule.core_ranges:
        for y in range(r.y0, r.y1 + 1):
            for x in range(r.x0, r.x1 + 1):
                own = schedule.tiles_per_core[y * width + x]
                for copied, tile in enumerate(walked(schedule, y * width + x)):
                    rows = slice(tile * 32, tile * 32 + 32)
                    arrived[rows] = content[rows]
                    words = [x, y, tile, copied, own.start_id, own.count, *schedule.grid]
                    words += [given[arg.source or "kt_tiles"] for arg in schedule.runtime_args[5:]]
                    for place, word in enumerate(words):
                        arrived[tile * 32, place] = word
    return Copied(content, arrived, (3, 2), (2, 2, 1, 1, 1, 1))
