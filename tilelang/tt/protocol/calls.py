"""The calls of TT-metal's kernel API that a kernel may have, and what each does to DST.

The list is closed: a call that isn't here is a fault, since nothing is known of what it waits for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """A call that makes tiles of DST, by the places of its arguments.

    ``tiles`` are pairs of a circular buffer and a tile in it; ``takes`` are slots that have to
    hold something already, ``makes`` those that do then.
    """

    tiles: tuple[tuple[int, int], ...] = ()
    takes: tuple[int, ...] = ()
    makes: tuple[int, ...] = ()


_UNARY = Operation(takes=(0,), makes=(0,))
_BINARY = Operation(takes=(0, 1), makes=(2,))

_ONE_TILE = (
    *("exp", "exp2", "log", "sqrt", "rsqrt", "recip", "sigmoid", "tanh", "erf", "abs", "negative"),
    *("eqz", "gelu", "silu", "relu", "square", "floor"),
)
_WITH_NUMBER = (
    *("add_unary", "sub_unary", "mul_unary", "rsub_unary", "div_unary"),
    *(f"unary_{name}" for name in ("eq", "ne", "gt", "ge", "lt", "le", "max", "min")),
)
_TWO_TILES = (
    *("add_binary", "sub_binary", "mul_binary", "div_binary", "binary_max", "binary_min"),
    *(f"{name}_binary" for name in ("eq", "ne", "lt", "le", "gt", "ge")),
)

OPERATIONS: dict[str, Operation] = {
    **{f"{name}_tile": _UNARY for name in (*_ONE_TILE, *_WITH_NUMBER)},
    **{f"{name}_tile": _BINARY for name in _TWO_TILES},
    "where_tile": Operation(takes=(0, 1, 2), makes=(3,)),
    "fill_tile": Operation(makes=(0,)),
    "fill_tile_bitcast": Operation(makes=(0,)),
    "copy_dest_values": Operation(takes=(0,), makes=(1,)),
    "copy_tile": Operation(tiles=((0, 1),), makes=(2,)),
    "unary_bcast": Operation(tiles=((0, 1),), makes=(2,)),
    "transpose_tile": Operation(tiles=((0, 1),), makes=(2,)),
    # It adds to what the slot holds; a slot that was acquired holds zeros.
    "reduce_tile": Operation(tiles=((0, 2), (1, 3)), makes=(4,)),
}

#: Calls that set units up, and neither wait nor move a tile.
SETTINGS = frozenset(
    {
        *("compute_kernel_hw_startup", "reconfig_data_format", "reconfig_data_format_srca"),
        *("reconfig_data_format_srcb", "pack_reconfig_data_format", "copy_init", "transpose_init"),
        *("matmul_block_init", "reduce_init", "reduce_uninit", "unary_bcast_init"),
        *("unary_bcast_uninit", "binop_with_scalar_tile_init", "fill_tile_init"),
        "copy_dest_values_init",
        *(f"{name}_init" for name in OPERATIONS if name.endswith("_tile")),
    }
)

#: DST's states, and the call that leads from each to the next.
DST_ORDER = {
    "tile_regs_acquire": ("free", "acquired"),
    "tile_regs_commit": ("acquired", "committed"),
    "tile_regs_wait": ("committed", "packing"),
    "tile_regs_release": ("packing", "free"),
}

BUFFERS = frozenset({"cb_reserve_back", "cb_push_back", "cb_wait_front", "cb_pop_front"})
MOVES = frozenset(
    {
        *("noc_async_read_page", "noc_async_write_page"),
        *("noc_async_read_barrier", "noc_async_write_barrier", "noc_async_writes_flushed"),
        *("noc_async_read_set_trid", "noc_async_read_barrier_with_trid"),
        *("noc_semaphore_set", "noc_semaphore_wait", "noc_semaphore_inc"),
        "noc_semaphore_wait_min",
        *("noc_semaphore_set_multicast", "noc_async_write_multicast", "noc_async_atomic_barrier"),
    }
)
ARGUMENTS = frozenset({"get_arg_val", "get_common_arg_val"})
POINTERS = frozenset({"get_read_ptr", "get_write_ptr"})
#: Places in other cores' L1, the last of their arguments being the place in this one's.
REMOTE = frozenset({"get_noc_addr", "get_noc_multicast_addr"})
PRODUCTS = frozenset({"matmul_block"})
PACKS = frozenset({"pack_tile"})

#: Which of them each role may call: the packer and DST are compute's, the NoC is the others'.
COMPUTE_ONLY = frozenset({*OPERATIONS, *SETTINGS, *DST_ORDER, *PRODUCTS, *PACKS})
MOVEMENT_ONLY = frozenset({*MOVES, *POINTERS, *REMOTE})

EFFECTS = frozenset({*OPERATIONS, *DST_ORDER, *BUFFERS, *MOVES, *PRODUCTS, *PACKS})
