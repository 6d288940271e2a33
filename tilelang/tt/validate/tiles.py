"""The bytes of a tensor's pages, by our own tilizing, and contents that tell pages apart.

A tile is 32 x 32 elements in four faces of 16 x 16, row-major within a face and among the faces
(tt-metal, tech_reports/tensor_layouts: tiles and faces).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..metadata import BufferDescriptor

Array = np.ndarray[Any, Any]

_FACE = 16

# An unsigned integer of each size of an element, for its bits.
_BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32}
_ITEM_BYTES = {
    **{"float32": 4, "int32": 4, "uint32": 4},
    **{"bfloat16": 2, "float16": 2, "uint16": 2, "int8": 1, "uint8": 1},
}

# Floating-point contents are normal numbers, which no conversion changes: the exponent's top bits
# are fixed, and the rest is free.
_NORMAL = {"float32": (0x20000000, 0x1FFFFFFF), "bfloat16": (0x2000, 0x1FFF)}


def tilize(bits: Array, buffer: BufferDescriptor) -> Array:
    """The pages of a tensor.

    Parameters
    ----------
    bits : the elements' bits, of the buffer's shape

    Returns
    -------
    uint8 of shape (pages, bytes a page); the padding of the last two dimensions is zero

    Raises
    ------
    ValueError
        The padded shape or the numbers of tiles are not those of the shape.
    """
    shape = _at_least_2d(buffer.shape)
    batch, height, width = _padded_3d(buffer)
    if height < shape[-2] or width < shape[-1]:
        raise ValueError(
            f"found a padded shape {buffer.padded_shape}; expected one that holds {shape}"
        )
    padded = np.zeros((batch, height, width), bits.dtype)
    padded[:, : shape[-2], : shape[-1]] = bits.reshape(-1, *shape[-2:])
    rows, columns = buffer.tile_shape
    faces = padded.reshape(
        batch, height // rows, rows // _FACE, _FACE, width // columns, columns // _FACE, _FACE
    )
    tiles = faces.transpose(0, 1, 4, 2, 5, 3, 6).reshape(-1, rows * columns)
    pages = np.zeros_like(tiles)
    pages[_page_of_tile(buffer)] = tiles
    return pages.view(np.uint8).reshape(len(pages), -1)


def untilize(pages: Array, buffer: BufferDescriptor) -> Array:
    """The elements' bits, of the buffer's shape, of a tensor's pages (elements of page by page)."""
    batch, height, width = _padded_3d(buffer)
    rows, columns = buffer.tile_shape
    padded = (
        pages[_page_of_tile(buffer)]
        .reshape(
            *(batch, height // rows, width // columns),
            *(rows // _FACE, columns // _FACE, _FACE, _FACE),
        )
        .transpose(0, 1, 3, 5, 2, 4, 6)
        .reshape(batch, height, width)
    )
    shape = _at_least_2d(buffer.shape)
    return padded[:, : shape[-2], : shape[-1]].reshape(buffer.shape)


def _page_of_tile(buffer: BufferDescriptor) -> Array:
    """The page of each tile, as the descriptor numbers them: along a row, down, over the batch."""
    batch, height, width = _padded_3d(buffer)
    rows, columns = buffer.tile_shape
    b, i, j = np.indices((batch, height // rows, width // columns)).reshape(3, -1)
    page = (b * buffer.num_tiles_height + i) * buffer.num_tiles_width + j
    if page.size and page.max() >= page.size:
        raise ValueError(
            f"found {buffer.num_tiles_height} x {buffer.num_tiles_width} tiles; expected those of "
            f"the padded shape {buffer.padded_shape}"
        )
    return np.asarray(page)


def _at_least_2d(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (1,) * (2 - len(shape)) + shape


def _padded_3d(buffer: BufferDescriptor) -> tuple[int, int, int]:
    *batch, height, width = buffer.padded_shape
    return int(np.prod(batch, dtype=np.int64)), height, width


def bits_dtype(dtype: str) -> Any:
    """The unsigned integer that holds an element's bits."""
    return _BITS[_ITEM_BYTES[dtype]]


def contents(buffer: BufferDescriptor, seed: int) -> Array:
    """Elements' bits, of the buffer's shape, that differ from page to page and from seed to seed.

    The first elements of two pages of a tensor, which no padding hides, differ unless the pages'
    numbers are equal modulo 2 to the free bits of an element; where they are, or where the
    seeds differ, elements further on differ.
    """
    dtype = bits_dtype(buffer.dtype)
    rows, columns = buffer.tile_shape
    batch, height, width = _padded_3d(buffer)
    pages = np.arange(batch * height * width // (rows * columns), dtype=np.uint32)[:, None]
    places = np.arange(rows * columns, dtype=np.uint32)[None, :]
    # Odd factors are one to one modulo a power of 2. The step from place to place depends on all
    # bits of page and seed.
    first = pages * np.uint32(7919) + np.uint32(seed * 15485863 & 0xFFFFFFFF)
    step = (first * np.uint32(2654435761)) >> np.uint32(15) | np.uint32(1)
    values = first + places * step
    fixed, free = _NORMAL.get(buffer.dtype, (0, 0xFFFFFFFF))
    return untilize(((values & np.uint32(free)) | np.uint32(fixed)).astype(dtype), buffer)
