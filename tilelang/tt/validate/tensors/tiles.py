"""The bytes of a tensor's pages, by our own tilizing, and contents that tell pages apart.

A tile is 32 x 32 elements in four faces of 16 x 16, row-major within a face and among the faces
(tt-metal, tech_reports/tensor_layouts: tiles and faces).
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...metadata import BufferDescriptor
from .formats import at_least_2d, item_bytes

Array = np.ndarray[Any, Any]

#: A tile's faces are of so many elements each way.
FACE = 16
_TILE = 32

# An unsigned integer of each size of an element, for its bits.
_BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32}

_WORD = np.dtype(np.uint64)

# Floating-point contents are normal numbers, which no conversion changes: the exponent's top bits
# are fixed, and the rest is free.
_NORMAL = {"float32": (0x20000000, 0x1FFFFFFF), "bfloat16": (0x2000, 0x1FFF)}


def tilize(bits: Array, buffer: BufferDescriptor, face: int = FACE) -> Array:
    """The pages of a tensor.

    Parameters
    ----------
    bits : the elements' bits, of the buffer's shape
    face : elements each way of a face, which divides a tile's extents

    Returns
    -------
    uint8 of shape (pages, bytes a page); the padding of the last two dimensions is zero

    Raises
    ------
    ValueError
        The padded shape or the numbers of tiles are not those of the shape.
    """
    page = page_of_tile(buffer)
    shape = at_least_2d(buffer.shape)
    batch, height, width = _padded_3d(buffer)
    padded = bits.reshape(-1, *shape[-2:])
    if padded.shape != (batch, height, width):
        padded = np.zeros((batch, height, width), bits.dtype)
        padded[:, : shape[-2], : shape[-1]] = bits.reshape(-1, *shape[-2:])
    rows, columns = buffer.tile_shape
    faces = padded.reshape(
        batch, height // rows, rows // face, face, width // columns, columns // face, face
    )
    tiles = faces.transpose(0, 1, 4, 2, 5, 3, 6).reshape(-1, rows * columns)
    pages = tiles
    if (page != np.arange(len(page))).any():
        pages = np.zeros_like(tiles)
        pages[page] = tiles
    return pages.view(np.uint8).reshape(len(pages), -1)


def page_of_tile(buffer: BufferDescriptor) -> Array:
    """The page of each tile, as the descriptor numbers them: along a row, down, over the batch.

    Raises ValueError if the padded shape doesn't hold the shape, or isn't of so many tiles.
    """
    shape = at_least_2d(buffer.shape)
    batch, height, width = _padded_3d(buffer)
    rows, columns = buffer.tile_shape
    if height < shape[-2] or width < shape[-1]:
        raise ValueError(
            f"found a padded shape {buffer.padded_shape}; expected one that holds {shape}"
        )
    b, i, j = np.indices((batch, height // rows, width // columns)).reshape(3, -1)
    page = (b * buffer.num_tiles_height + i) * buffer.num_tiles_width + j
    if page.size and page.max() >= page.size:
        raise ValueError(
            f"found {buffer.num_tiles_height} x {buffer.num_tiles_width} tiles; expected those of "
            f"the padded shape {buffer.padded_shape}"
        )
    return np.asarray(page)


def _padded_3d(buffer: BufferDescriptor) -> tuple[int, int, int]:
    *batch, height, width = buffer.padded_shape
    return int(np.prod(batch, dtype=np.int64)), height, width


def differing(a: Array, b: Array) -> Array:
    """Which pages differ, of two arrays of as many bytes; bool of shape (pages,)."""
    if a.shape[1] % _WORD.itemsize == 0:  # else byte by byte, which takes several times as long
        a, b = a.view(_WORD), b.view(_WORD)
    return np.asarray((a != b).any(axis=1))


def bits_dtype(dtype: str) -> Any:
    """The unsigned integer that holds an element's bits."""
    return _BITS[item_bytes(dtype)]


def contents(shape: tuple[int, ...], dtype: str, seed: int) -> Array:
    """Elements' bits, of a shape, that differ from tile to tile and from seed to seed.

    The first elements of two tiles of a tensor, which no padding hides, differ unless the tiles'
    numbers are equal modulo 2 to the free bits of an element; where they are, or where the
    seeds differ, elements further on differ. No descriptor has a say in it.
    """
    *batch, height, width = at_least_2d(shape)
    matrices, down, across = prod(batch), -(-height // _TILE), -(-width // _TILE)
    # All of it is modulo 2 to the bits of an element, so their arithmetic is no wider.
    bits = bits_dtype(dtype)
    tile = np.arange(matrices * down * across, dtype=np.uint32)
    # Odd factors are one to one modulo a power of 2. The step from place to place depends on all
    # bits of tile and seed.
    first = tile * np.uint32(7919) + np.uint32(seed * 15485863 & 0xFFFFFFFF)
    step = (first * np.uint32(2654435761)) >> np.uint32(15) | np.uint32(1)
    grid = (matrices, down, 1, across, 1)
    place = np.arange(_TILE * _TILE, dtype=np.uint32).reshape(1, 1, _TILE, 1, _TILE)
    values = step.astype(bits).reshape(grid) * place.astype(bits)
    values += first.astype(bits).reshape(grid)
    if dtype in _NORMAL:
        fixed, free = _NORMAL[dtype]
        values &= bits(free)
        values |= bits(fixed)
    padded = values.reshape(matrices, down * _TILE, across * _TILE)
    return np.ascontiguousarray(padded[:, :height, :width]).reshape(shape)
